"""What digests need from the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from almanac.domain.export.digest import BlockKind, Digest, Trouble
from almanac.services.export.ports import Letter

Owners = Sequence[str] | None
"""Members whose time something takes; None: everybody's."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Whom a digest is for: names, the zone of their wall clock, what the last plan has to say about what is theirs."""

    workspace: str
    name: str | None
    """None: the workspace as a whole."""
    zone: str | None
    planned_at: datetime | None
    notes: Sequence[Trouble]


class DayStore(Protocol):
    """What digests are made of, beside events and their history. All raise DatabaseUnavailable and StorageFailed."""

    def person(self, ws_id: UUID, user_id: str | None) -> PersonFacts | None:
        """A member, or with None the workspace; None when there is no such member, or workspace."""
        ...

    def members_of_events(self, ws_id: UUID) -> Mapping[UUID, Owners]:
        """Whose time each event takes."""
        ...

    def members_of_calendars(self, ws_id: UUID) -> Mapping[tuple[str, str], Owners]:
        """Whose each calendar is, by provider and its id there."""
        ...

    def blocks(self, ws_id: UUID) -> Mapping[UUID, BlockKind]:
        """Which events are blocks, and of what."""
        ...


class DigestPage(Protocol):
    """Writes a digest."""

    def letter(self, digest: Digest) -> Letter:
        """Return its mail; the HTML of it is the file that is kept."""
        ...
