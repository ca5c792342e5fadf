"""One line from what asked for a change to who was told of it, from any id on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from almanac.errors import BadInput


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
    """What is stored along the line. All raise DatabaseUnavailable and StorageFailed."""

    def runs_of(self, name: str) -> Sequence[UUID]:
        """The runs of a job by its id, of a run by its own, and of a webhook delivery's versions; none for others."""
        ...

    def version_of(self, name: str) -> tuple[UUID, int] | None:
        """Workspace and version: of `<workspace>/<version>`, or of the last change of an event that is there."""
        ...

    def run_of_version(self, ws_id: UUID, version: int) -> UUID | None:
        """The run that took a version; None when nobody's run did."""
        ...

    def line(self, run_id: UUID) -> Traced | None:
        """The line of a run; None when there is no such run."""
        ...

    def line_of_version(self, ws_id: UUID, version: int) -> Traced | None:
        """The line of a change that no run made; None when it is not kept."""
        ...


@dataclass(frozen=True, slots=True)
class Trace:
    """The use case of `almanac trace` and of `/v1/trace`."""

    store: TraceStore

    def __call__(self, name: str) -> Sequence[Traced]:
        """Return the lines that an id is on: a job's, a run's, a delivery's, an event's, or `<workspace>/<version>`.

        Raises BadInput when nothing is known by it.
        """
        runs = self.store.runs_of(name)
        found = [line for run_id in runs if (line := self.store.line(run_id)) is not None]
        place = None if found else self.store.version_of(name)
        if place is not None:
            run_id = self.store.run_of_version(*place)
            line = self.store.line_of_version(*place) if run_id is None else self.store.line(run_id)
            found = [] if line is None else [line]
        if not found:
            raise BadInput("id", "no job, run, webhook delivery, event or version is known by it")
        return found
