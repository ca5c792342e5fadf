"""Consents under way over one Database: used once, bound to one browser."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.access.store import PACKAGE
from almanac.adapters.postgres.connection import Database
from almanac.errors import UnknownWorkspace
from almanac.services.accounts.ports import ConsentRow, ConsentStore


class PostgresConsents(ConsentStore):
    """The ConsentStore of the services."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("access.sql", PACKAGE)

    @override
    def add(self, state_hash: bytes, consent: ConsentRow, seconds: float) -> datetime:
        found = self._run.alone(
            "add_consent",
            state_hash=state_hash,
            ws_id=consent.ws_id,
            user_id=consent.user_id,
            account_id=consent.account_id,
            return_url=consent.return_url,
            verifier=consent.verifier,
            writing=consent.writing,
            seconds=seconds,
        )
        if not found:
            raise UnknownWorkspace(consent.ws_id)
        ends: datetime = found[0][0]
        return ends

    @override
    def bind(self, state_hash: bytes, browser_hash: bytes) -> ConsentRow | None:
        found = self._run.alone("bind_consent", state_hash=state_hash, browser_hash=browser_hash)
        return ConsentRow(*found[0]) if found else None

    @override
    def use(self, state_hash: bytes, browser_hash: bytes) -> ConsentRow | None:
        found = self._run.alone("use_consent", state_hash=state_hash, browser_hash=browser_hash)
        return ConsentRow(*found[0]) if found else None

    @override
    def account(self, ws_id: UUID, account_id: UUID) -> tuple[str, str] | None:
        found = self._run.alone("account_of_consent", ws_id=ws_id, account_id=account_id)
        return (found[0][0], found[0][1]) if found else None

    @override
    def keep_scopes(self, ws_id: UUID, account_id: UUID, scopes: Sequence[str]) -> None:
        self._run.alone("keep_scopes", ws_id=ws_id, account_id=account_id, scopes=arrays.texts(scopes))
