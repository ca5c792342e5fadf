"""Tokens of accounts in Postgres: the AccountTokens of the services."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database, Rows
from almanac.errors import RemovedMeanwhile
from almanac.services.accounts.ports import Account, AccountTokens

_ERROR_LENGTH = 1000


class PostgresAccountTokens(AccountTokens):
    """AccountTokens over one Database. A broken connection ends the run that asked."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("sync.sql")

    @override
    def store_tokens(
        self, account: Account, access: str, expires_at: datetime, refresh: str, scopes: Sequence[str] = ()
    ) -> Account:
        key = {"id": account.id, "ws_id": account.ws_id}
        tokens = {"access_token": access, "refresh_token": refresh, "scopes": arrays.texts(scopes)}
        with self._db.transaction(reconnect=False):
            stored = self._run("store_tokens", version=account.version, expires_at=expires_at, **key, **tokens)
            return _the_account(account.ws_id, stored or self._run("load_account", **key))

    @override
    def require_reconnect(self, account: Account, reason: str) -> Account:
        key = {"id": account.id, "ws_id": account.ws_id}
        with self._db.transaction(reconnect=False):
            self._run("require_reconnect", version=account.version, reason=reason[:_ERROR_LENGTH], **key)
            return _the_account(account.ws_id, self._run("load_account", **key))


def _the_account(ws_id: UUID, rows: Rows) -> Account:
    if not rows:
        raise RemovedMeanwhile("the account was removed meanwhile")
    return Account(ws_id, *rows[0])
