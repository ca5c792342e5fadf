"""What feeds need from the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed without its token. A `user_id` is whose events it holds; None: the workspace's."""

    id: UUID
    ws_id: UUID
    user_id: str | None
    name: str
    created_at: datetime
    rotated_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that somebody has the token of: whose it is, and where the workspace's history stands."""

    feed: Feed
    workspace: str
    version: int
    changed_at: datetime
    """Of that version."""


class FeedStore(Protocol):
    """The rows of feeds. All raise DatabaseUnavailable and StorageFailed."""

    def add(self, feed_id: UUID, ws_id: UUID, user_id: str | None, name: str, token_hash: bytes) -> Feed:
        """Add one; where it was added before under that id, give it this token."""
        ...

    def all(self, ws_id: UUID) -> Sequence[Feed]:
        """The feeds of a workspace, those that were revoked too, by creation."""
        ...

    def rotate(self, ws_id: UUID, feed_id: UUID, token_hash: bytes) -> bool:
        """Give one another token; False when there is none, or it was revoked."""
        ...

    def revoke(self, ws_id: UUID, feed_id: UUID) -> bool:
        """End one; False when there is none, or it was revoked before."""
        ...

    def find(self, token_hash: bytes) -> FoundFeed | None:
        """The feed of a token, unless it was revoked."""
        ...

    def note_use(self, feed_id: UUID, on: date) -> None:
        """Keep that it was read that day."""
        ...

    def members_of_events(self, ws_id: UUID) -> Mapping[UUID, Sequence[str] | None]:
        """Whose time each event takes; None: everybody's."""
        ...
