"""What reading history needs from the outside."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from almanac.domain.history.changes import Change, FeedPlace, Head
from almanac.domain.history.fold import State
from almanac.domain.history.sides import ChangeFilter
from almanac.domain.history.undo import Present, Undoing


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

    def epoch(self) -> int:
        """How often this database was restored."""
        ...

    def begin_epoch(self) -> int:
        """Count a restore, and tell every workspace; the new epoch."""
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


@dataclass(frozen=True, slots=True)
class FoundRun:
    """Whose a run is, and whether it is still going on."""

    ws_id: UUID
    kind: str
    running: bool


class RunStore(Protocol):
    """What runs have changed. All raise DatabaseUnavailable and StorageFailed."""

    def run(self, run_id: UUID) -> FoundRun | None:
        """A run of whatever kind; None when there is none."""
        ...

    def changes_of(self, ws_id: UUID, run_id: UUID) -> Sequence[Change]:
        """The changes of events that a run made, in their order, as far as they are kept."""
        ...

    def plan_before(self, ws_id: UUID, version: int) -> int:
        """The version at which the last plan ended that is not after a version; 0 when there was none."""
        ...


class UndoStore(Protocol):
    """Events of a run that is undone. All raise DatabaseUnavailable and StorageFailed."""

    def present(self, ws_id: UUID, run_id: UUID, event_ids: Sequence[UUID], after: int) -> Present:
        """What is stored about the events now.

        Changed since are those that something else than the run's sweep or plan touched after a version.
        """
        ...

    def alone(self, event_ids: Sequence[UUID], ws_id: UUID) -> AbstractContextManager[None]:
        """All or nothing, with these events kept from everybody else."""
        ...

    def write(self, ws_id: UUID, run_id: UUID, items: Sequence[Undoing], counts: Mapping[str, int]) -> None:
        """Bring back, set back and remove, as an operator, and note that the run was undone."""
        ...
