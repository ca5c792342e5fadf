"""Callers' keys: made, listed, revoked, and told apart when they call."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from hmac import compare_digest
from uuid import UUID

from almanac.domain.access import Principal, Scope, known_scopes
from almanac.errors import BadInput, TransientError
from almanac.services.access.one_way import digest
from almanac.services.access.ports import ApiKey, KeyStore
from almanac.services.clock import Clock
from almanac.services.operations.ports import WorkspaceStore

_PREFIX = "alm"
_ID_BYTES, _SECRET_BYTES = 6, 32
_MOST_CALLS = 100_000_000


class DailyLimitReached(TransientError):
    """The key has had its calls of the day; `retry_after` seconds until the next one begins, in UTC."""

    code = "daily_limit_reached"

    def __init__(self, seconds: float) -> None:
        super().__init__("the key has had its calls of today", seconds)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was made just now, and when it ends; it is kept nowhere."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key that was made just now: `token` is shown once and kept nowhere."""

    id: str
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """The use case of `almanac api-key …`, and of a call that brings a key."""

    store: KeyStore
    workspaces: WorkspaceStore
    clock: Clock

    def add(
        self,
        name: str,
        scopes: Collection[Scope],
        ws_ids: Collection[UUID] | None,
        daily_limit: int | None = None,
    ) -> NewApiKey:
        """Make a key for those scopes and workspaces (None: all), for so many calls a day (None: as many as come).

        Raises UnknownWorkspace, and BadInput without scopes or workspaces.
        """
        if not scopes:
            raise BadInput("scope", "give at least one of read, run, operate, admin")
        if ws_ids is not None and not ws_ids:
            raise BadInput("workspace", "give at least one workspace, or all of them")
        if daily_limit is not None and not 1 <= daily_limit <= _MOST_CALLS:
            raise BadInput("daily_limit", f"must be from 1 to {_MOST_CALLS:,}")
        for ws_id in ws_ids or ():
            self.workspaces.require_workspace(ws_id)
        key_id, secret = _new()
        seen = None if ws_ids is None else list(ws_ids)
        key = ApiKey(key_id, name, sorted(scopes), seen, self.clock(), None, None, daily_limit)
        self.store.add(key, digest(secret))
        return NewApiKey(key_id, name, _text(key_id, secret))

    def add_token(self, by: str, ws_id: UUID, job_id: str | None, lasts: timedelta) -> NewToken:
        """Make a token that reads one workspace, or one job of it, for an hour at most. Raises UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        key_id, secret = _new()
        ends = self.store.add_token(key_id, f"token of {by}"[:255], digest(secret), ws_id, job_id, lasts)
        return NewToken(_text(key_id, secret), ends)

    def all(self) -> Sequence[ApiKey]:
        """Return every key, without its secret."""
        return self.store.all()

    def revoke(self, key_id: str) -> None:
        """Let the key, and the tokens made with it, open nothing any more. Raises BadInput when there is none."""
        if not self.store.revoke(key_id):
            raise BadInput("id", "no key of that id; `almanac api-key list` shows them")

    def principal(self, token: str) -> Principal | None:
        """Return who calls with that token, None when it opens nothing. The secret is compared in constant time.

        Raises DailyLimitReached.
        """
        parts = token.split("_", 2)
        if len(parts) != 3 or parts[0] != _PREFIX or "\0" in token:
            return None
        found = self.store.usable(parts[1])
        expected = found[1] if found else bytes(32)
        if not compare_digest(digest(parts[2]), expected) or found is None:
            return None
        key, now = found[0], self.clock()
        today = now.date()
        if key.daily_limit is not None and not self.store.count_call(key.id, today):
            raise DailyLimitReached((datetime.combine(today + timedelta(days=1), time.min, UTC) - now).total_seconds())
        if key.last_used_on != today:
            self.store.note_use(key.id, today)
        ws_ids = None if key.ws_ids is None else frozenset(key.ws_ids)
        return Principal(f"key:{key.id}", known_scopes(key.scopes), ws_ids, key.job_id)


def _new() -> tuple[str, str]:
    return secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)


def _text(key_id: str, secret: str) -> str:
    return f"{_PREFIX}_{key_id}_{secret}"
