"""Keys, links, requests and the audit log over one Database."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.services.access.ports import (
    ApiKey,
    AuditEntry,
    AuditLog,
    Claim,
    ConsoleLogin,
    IdempotencyStore,
    KeyStore,
    LoginStore,
)

PACKAGE = "almanac.adapters.postgres.access"


class PostgresKeys(KeyStore):
    """Callers' keys."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("access.sql", PACKAGE)

    @override
    def add(self, key: ApiKey, secret_hash: bytes) -> None:
        wanted = {
            "scopes": arrays.texts(sorted(key.scopes)),
            "ws_ids": arrays.ids(key.ws_ids),
            "daily_limit": key.daily_limit,
        }
        self._run.alone("add_key", id=key.id, name=key.name, secret_hash=secret_hash, **wanted)

    @override
    def add_token(
        self, key_id: str, name: str, secret_hash: bytes, ws_id: UUID, job_id: str | None, lasts: timedelta
    ) -> datetime:
        made = {"id": key_id, "name": name, "secret_hash": secret_hash, "ws_id": ws_id, "job_id": job_id}
        ends: datetime = self._run.alone("add_token", **made, seconds=lasts.total_seconds())[0][0]
        return ends

    @override
    def all(self) -> Sequence[ApiKey]:
        return [ApiKey(*row) for row in self._run.alone("keys")]

    @override
    def revoke(self, key_id: str) -> bool:
        return bool(self._run.alone("revoke_key", id=key_id))

    @override
    def usable(self, key_id: str) -> tuple[ApiKey, bytes] | None:
        found = self._run.alone("usable_key", id=key_id)
        return (ApiKey(*found[0][:-1]), bytes(found[0][-1])) if found else None

    @override
    def note_use(self, key_id: str, on: date) -> None:
        self._run.alone("note_use", id=key_id, day=on)

    @override
    def count_call(self, key_id: str, on: date) -> bool:
        return bool(self._run.alone("count_call", id=key_id, day=on))


class PostgresLogins(LoginStore):
    """One-time links into the console."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("access.sql", PACKAGE)

    @override
    def add(self, token_hash: bytes, login: ConsoleLogin, lasts: timedelta) -> None:
        seconds = lasts.total_seconds()
        self._run.alone(
            "add_login", token_hash=token_hash, role=login.role, ws_ids=arrays.ids(login.ws_ids), seconds=seconds
        )

    @override
    def use(self, token_hash: bytes) -> ConsoleLogin | None:
        found = self._run.alone("use_login", token_hash=token_hash)
        return ConsoleLogin(*found[0]) if found else None


class PostgresRequests(IdempotencyStore):
    """Requests under an Idempotency-Key: a claim is one statement, so that twenty callers have one owner."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("access.sql", PACKAGE)

    @override
    def claim(self, caller: str, key_hash: bytes, request_hash: bytes, job_id: str, seconds: float) -> Claim:
        key = {"caller": caller, "key_hash": key_hash}
        mine = self._run.alone("claim_request", request_hash=request_hash, job_id=job_id, seconds=seconds, **key)
        if mine:
            return Claim(mine[0][0], bytes(mine[0][1]), mine=True, answer=None)
        found = self._run.alone("claimed_request", **key)[0]
        return Claim(found[0], bytes(found[1]), mine=False, answer=found[2])

    @override
    def answer(self, caller: str, key_hash: bytes, answer: Mapping[str, Any]) -> None:
        text = json.dumps(answer, default=str)
        self._run.alone("answer_request", caller=caller, key_hash=key_hash, answer=text)

    @override
    def release(self, caller: str, key_hash: bytes) -> None:
        self._run.alone("release_request", caller=caller, key_hash=key_hash)


class PostgresAuditLog(AuditLog):
    """Every write through HTTP."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("access.sql", PACKAGE)

    @override
    def record(self, entry: AuditEntry) -> None:
        self._run.alone(
            "record_audit",
            principal=entry.principal,
            action=entry.action,
            ws_id=entry.ws_id,
            subject=entry.subject,
            details=json.dumps(entry.details, default=str),
        )
