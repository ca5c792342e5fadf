"""What accounts and their tokens need from the outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from almanac.services.sync.provider import CalendarEntry


@dataclass(frozen=True, slots=True)
class SealedSecrets:
    """Ciphertext of what opens an account, and by OAuth the access token's end and the scopes that were granted."""

    refresh_token: str
    access_token: str | None = None
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()


class TokenCipher(Protocol):
    """Encryption at rest; the keys rotate."""

    def encrypt(self, plain: str) -> str:
        """Return the ciphertext under the newest key."""
        ...

    def decrypt(self, ciphertext: str) -> str:
        """Return the plain text, under whichever key it was written. Raises StorageFailed when none fits."""
        ...

    def is_current(self, ciphertext: str) -> bool:
        """Return whether the newest key wrote it."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """A connected account. Tokens are ciphertext; `version` is the compare-and-set counter.

    Without a token endpoint of the provider, `refresh_token` is the secret or address that opens the account.
    """

    ws_id: UUID
    id: UUID
    provider: str
    email: str
    access_token: str | None
    refresh_token: str
    expires_at: datetime | None
    status: str
    version: int


class AccountStore(Protocol):
    """Accounts and their connections. Raises DatabaseUnavailable and StorageFailed."""

    def primary_calendar(self, ws_id: UUID, provider: str, user_id: str, email: str) -> str | None:
        """Return the known account's primary calendar id, None if there is no such account. Raises UnknownWorkspace."""
        ...

    def connect(
        self,
        ws_id: UUID,
        provider: str,
        user_id: str,
        email: str,
        secrets: SealedSecrets,
        calendars: Sequence[CalendarEntry],
    ) -> Account:
        """Store the secrets and connect the calendars, or revive both; all or nothing.

        Known connections keep their switches and their state; those that `calendars` does not name are marked lost.
        A calendar whose events the account cannot see is stored, but not enabled. `version` 1 is a new account.
        """
        ...


class AccountTokens(Protocol):
    """Compare-and-set of an account's tokens. Every method is one transaction.

    All raise DatabaseUnavailable and StorageFailed, and ReconnectRequired when the account is gone.
    """

    def store_tokens(
        self, account: Account, access: str, expires_at: datetime, refresh: str, scopes: Sequence[str] = ()
    ) -> Account:
        """Compare and set (encrypted) tokens; known scopes stay unless there are others.

        Return the account as stored: another writer's if it was faster.
        """
        ...

    def require_reconnect(self, account: Account, reason: str) -> Account:
        """Mark the account dead unless somebody stored new tokens meanwhile. Returns it as it is stored now."""
        ...
