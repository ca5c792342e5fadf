"""What access needs from the outside. Everything raises DatabaseUnavailable and StorageFailed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from almanac.domain.access import Role, Scope


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A caller's key without its secret. `ws_ids` None: all workspaces."""

    id: str
    name: str
    scopes: Sequence[Scope]
    ws_ids: Sequence[UUID] | None
    created_at: datetime
    revoked_at: datetime | None
    last_used_on: date | None
    daily_limit: int | None = None
    """Calls of a day in UTC; None: as many as come."""
    job_id: str | None = None
    """All that a token may look at; None: whatever its scopes let it."""


@dataclass(frozen=True, slots=True)
class ConsoleLogin:
    """What a one-time link opens."""

    role: Role
    ws_ids: Sequence[UUID] | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A request under an Idempotency-Key. `mine`: this caller is to do it; `answer` is what was told, once it is."""

    job_id: str
    request_hash: bytes
    mine: bool
    answer: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One write: who, what, of which workspace, about what. `details` holds ids, counts and codes, never content."""

    principal: str
    action: str
    ws_id: UUID | None
    subject: str | None
    details: Mapping[str, Any]


class KeyStore(Protocol):
    """Callers' keys."""

    def add(self, key: ApiKey, secret_hash: bytes) -> None:
        """Keep a new key."""
        ...

    def add_token(
        self, key_id: str, name: str, secret_hash: bytes, ws_id: UUID, job_id: str | None, lasts: timedelta
    ) -> datetime:
        """Keep a key that reads one workspace, or one job there, for so long. Return when it ends."""
        ...

    def all(self) -> Sequence[ApiKey]:
        """Return every key that is no token, the newest last."""
        ...

    def revoke(self, key_id: str) -> bool:
        """Let the key, and the tokens made with it, open nothing from now on; False when there is none."""
        ...

    def usable(self, key_id: str) -> tuple[ApiKey, bytes] | None:
        """Return the key with its secret's hash, unless it was revoked or has ended."""
        ...

    def note_use(self, key_id: str, on: date) -> None:
        """Keep the day on which it was used last."""
        ...

    def count_call(self, key_id: str, on: date) -> bool:
        """Count a call of a key with a limit, a token's to its key; False when those of the day are used up."""
        ...


class LoginStore(Protocol):
    """One-time links into the console."""

    def add(self, token_hash: bytes, login: ConsoleLogin, lasts: timedelta) -> None:
        """Keep a new link."""
        ...

    def use(self, token_hash: bytes) -> ConsoleLogin | None:
        """Use it up and return what it opens; None when it is unknown, used or too old."""
        ...


class IdempotencyStore(Protocol):
    """Requests under an Idempotency-Key, kept for a day."""

    def claim(self, caller: str, key_hash: bytes, request_hash: bytes, job_id: str, seconds: float) -> Claim:
        """Claim the request for `seconds` unless somebody has it, else return how it stands; `job_id` of a new one."""
        ...

    def answer(self, caller: str, key_hash: bytes, answer: Mapping[str, Any]) -> None:
        """Keep what was told."""
        ...

    def release(self, caller: str, key_hash: bytes) -> None:
        """Let another try do it: this one failed."""
        ...


class AuditLog(Protocol):
    """Every write through HTTP."""

    def record(self, entry: AuditEntry) -> None:
        """Keep it."""
        ...


class Issuer(Protocol):
    """The OpenID provider. Raises TransientError when it does not answer, PermanentError when it refuses."""

    def authorization_url(self) -> str:
        """Return where people consent."""
        ...

    def trade(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Trade a code for what the token endpoint gives."""
        ...
