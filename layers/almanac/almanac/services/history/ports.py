"""What reading history needs from the outside."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from almanac.domain.history.causes import InputChanges
from almanac.domain.history.changes import Change, FeedPlace, Head
from almanac.domain.history.fold import State
from almanac.domain.history.plan_basis import Basis, Facts
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

    def feed_reaches(self, place: FeedPlace) -> bool:
        """Whether anything is left, of any workspace, that is as old as that place."""
        ...

    def epoch(self) -> int:
        """How often this database was restored."""
        ...

    def begin_epoch(self) -> int:
        """Count a restore, and tell every workspace; the new epoch."""
        ...

    def redact(self, ws_id: UUID, event_id: UUID) -> int | None:
        """Take texts and people out of what history keeps of one event; how many changes held any.

        None for an event that is neither in the workspace nor in what its history keeps.
        """
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

    def owners(self, ws_id: UUID, event_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """What these blocks are of, as keys of a plan's basis; also of blocks that were taken away."""
        ...

    def input_changes(self, ws_id: UUID, run_id: UUID) -> InputChanges:
        """What a plan was made from that the plan before it was not; empty when nothing is kept of it."""
        ...

    def facts(self, ws_id: UUID, keys: Collection[str]) -> Mapping[str, Facts]:
        """What the last plan was made from, of these keys."""
        ...

    def basis(self, ws_id: UUID) -> Basis | None:
        """What the last plan of everybody was made from; None when nothing is kept of it."""
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


@dataclass(frozen=True, slots=True)
class TracedRun:
    """A run and what asked for it: `source` of its job, who, when; `message_at` is when its message was sent."""

    run_id: UUID
    kind: str
    status: str
    outcome: str | None
    error_type: str | None
    started_at: datetime
    finished_at: datetime | None
    message_at: datetime | None
    job_id: str | None
    source: str
    requested_by: str | None
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class TracedDelivery:
    """A webhook's range with some of the versions; `status_code` and `at` are those of its last attempt."""

    delivery_id: UUID
    endpoint_id: UUID
    from_version: int
    to_version: int
    status: str
    attempts: int
    status_code: int | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Traced:
    """One line. `changes` counts by kind; `versions` are the first and the last of them, None when nothing changed.

    `on_the_bus` says that the relay has put them all, or that there is no bus; `planned_by` is the plan that came next.
    """

    ws_id: UUID
    run: TracedRun | None
    versions: tuple[int, int] | None
    changes: Mapping[str, int]
    on_the_bus: bool
    deliveries: Sequence[TracedDelivery]
    planned_by: UUID | None


class TraceStore(Protocol):
    """What is stored along the line in the workspaces `ws_ids`, None: in all.

    All raise DatabaseUnavailable and StorageFailed.
    """

    def runs_of(self, name: str, ws_ids: Collection[UUID] | None) -> Sequence[tuple[UUID, UUID]]:
        """Workspace and run: of a job by its id, of a run by its own, of a webhook delivery's versions; else none."""
        ...

    def version_of(self, name: str, ws_ids: Collection[UUID] | None) -> tuple[UUID, int] | None:
        """Workspace and version: of `<workspace>/<version>`, or of the last change of an event that is there."""
        ...

    def run_of_version(self, ws_id: UUID, version: int) -> UUID | None:
        """The run that took a version; None when nobody's run did."""
        ...

    def line(self, ws_id: UUID, run_id: UUID) -> Traced | None:
        """The line of a run; None when there is no such run."""
        ...

    def line_of_version(self, ws_id: UUID, version: int) -> Traced | None:
        """The line of a change that no run made; None when it is not kept."""
        ...
