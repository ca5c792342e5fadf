"""What accounts and their tokens need from the outside."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
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


Writing = Literal["new_calendar", "own_calendars", "all_calendars"]
"""What somebody is asked to let us write to beside reading: a calendar that is made for it, their own, or all."""


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A consent under way. `verifier` is ciphertext; `account_id` is that of an account that is connected again."""

    ws_id: UUID
    user_id: str
    account_id: UUID | None
    return_url: str
    verifier: str
    writing: Writing | None = None


class ConsentStore(Protocol):
    """Consents under way, each used once. Raises DatabaseUnavailable and StorageFailed."""

    def add(self, state_hash: bytes, consent: ConsentRow, seconds: float) -> datetime:
        """Keep a new one; return when it ends. Raises UnknownWorkspace."""
        ...

    def bind(self, state_hash: bytes, browser_hash: bytes) -> ConsentRow | None:
        """Bind it to the browser that begins; None when it is used, over, or another browser's."""
        ...

    def use(self, state_hash: bytes, browser_hash: bytes) -> ConsentRow | None:
        """Use it up; None likewise."""
        ...

    def account(self, ws_id: UUID, account_id: UUID) -> tuple[str, str] | None:
        """Return user id and address of an account; None when the workspace has none of that id."""
        ...

    def keep_scopes(self, ws_id: UUID, account_id: UUID, scopes: Sequence[str]) -> None:
        """Keep what the account's owner has granted."""
        ...


@dataclass(frozen=True, slots=True)
class Granted:
    """What a code was traded for. `refresh_token` is None when the provider gave none."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    scopes: Sequence[str]


class ConsentEndpoint(Protocol):
    """A provider's consent page, and the end of its token endpoint that takes codes."""

    def address(
        self, state: str, challenge: str, redirect_uri: str, login_hint: str | None, writing: Writing | None
    ) -> str:
        """Return where somebody consents to reading, and to `writing` if that is wanted."""
        ...

    def trade(self, code: str, verifier: str, redirect_uri: str, writing: Writing | None) -> Granted:
        """Trade a code of a page that asked for `writing`.

        Raises ReconnectRequired when it is none that counts, and what the provider raises.
        """
        ...

    def suffices(self, scopes: Sequence[str]) -> bool:
        """Whether what was granted lets calendars be read."""
        ...
