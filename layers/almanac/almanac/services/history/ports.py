"""What reading history needs from the outside."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from almanac.domain.history.changes import Change, FeedPlace, Head
from almanac.domain.history.fold import State
from almanac.domain.history.sides import ChangeFilter


class HistoryStore(Protocol):
    """The versions of workspaces. All raise DatabaseUnavailable and StorageFailed."""

    def head(self, ws_id: UUID) -> Head:
        """Where a workspace's history stands. Raises UnknownWorkspace."""
        ...

    def changes(self, ws_id: UUID, after: int, limit: int) -> Sequence[Change]:
        """The changes after a version, in their order, at most `limit`."""
        ...

    def version_at(self, ws_id: UUID, moment: datetime) -> int:
        """The last version that was taken at or before that instant; the one before the oldest, when there is none."""
        ...

    def newest_first(self, ws_id: UUID, after: int) -> Iterable[Change]:
        """All changes after a version, the newest first; those of events alone."""
        ...

    def events(self, ws_id: UUID) -> Mapping[UUID, State]:
        """The events of now, by id."""
        ...

    def some_events(self, ws_id: UUID, after: UUID | None, limit: int) -> Mapping[UUID, State]:
        """The first events of now, by id, whose ids follow."""
        ...

    def one_moment(self) -> AbstractContextManager[None]:
        """Within it, everything is read as it is at one moment."""
        ...

    def fleet(
        self, after: FeedPlace, ws_ids: Sequence[UUID] | None, limit: int
    ) -> Sequence[tuple[FeedPlace, UUID, Change]]:
        """Changes of many workspaces (None: all) after a place, in an order in which none comes late."""
        ...

    def redact(self, ws_id: UUID, event_id: UUID) -> int:
        """Take texts and people out of what history keeps of one event; how many changes held any."""
        ...


class BrowsingStore(Protocol):
    """A workspace's history, looked through. All raise DatabaseUnavailable and StorageFailed."""

    def browse(self, ws_id: UUID, wanted: ChangeFilter, before: int | None, limit: int) -> Sequence[Change]:
        """The wanted changes before a version (None: all), the newest first."""
        ...

    def of_subjects(self, ws_id: UUID, subjects: Collection[UUID], after: int) -> Sequence[Change]:
        """Changes of these subjects after a version that say what was before, the oldest first."""
        ...

    def states(self, ws_id: UUID, subjects: Collection[UUID]) -> Mapping[UUID, State]:
        """What these events are now, by id."""
        ...
