"""What accounts and their tokens need from the outside."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FreshToken:
    """Answer of the token endpoint. `refresh_token` is None when the old one stays valid (trap 81)."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)


class TokenEndpoint(Protocol):
    """OAuth 2 token endpoint. Raises ReconnectRequired on invalid_grant, GoogleUnavailable or GoogleRejected else."""

    def refresh(self, refresh_token: str) -> FreshToken:
        """Trade a refresh token for an access token."""
        ...


class TokenCipher(Protocol):
    """Encryption at rest; the keys rotate."""

    def encrypt(self, plain: str) -> str:
        """Ciphertext under the newest key."""
        ...

    def decrypt(self, ciphertext: str) -> str:
        """Plain text, under whichever key it was written. Raises StorageFailed when none fits."""
        ...

    def is_current(self, ciphertext: str) -> bool:
        """Whether the newest key wrote it."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """A connected account. Tokens are ciphertext; `version` is the compare-and-set counter."""

    ws_id: UUID
    id: UUID
    email: str
    access_token: str | None
    refresh_token: str
    expires_at: datetime | None
    status: str
    version: int
