"""Runs as they are recorded, for whoever looks at them afterwards. Instants are UTC, `retry_after` is in seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired, TypedDict
from uuid import UUID

from almanac.domain.sync.report import Tally


class StoredProblem(TypedDict):
    """An event that a sync could not read, or read in part, as the run's row keeps it."""

    id: str
    reason: str
    stored: bool


class StoredNote(TypedDict):
    """What a plan says of one item, as the run's row keeps it."""

    kind: str
    id: str
    status: str
    reason: str
    hint: str
    people: NotRequired[Sequence[str]]
    """Ids of those whose item it is; runs of earlier releases have not kept it."""


class TitledNote(StoredNote):
    """A note with the title of its task, habit or meeting; None when it is about none.

    `names` are what its people are called, in their order; whoever is no member any more goes by the id.
    """

    title: str | None
    names: NotRequired[Sequence[str]]


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One attempt of a sync. `outcome` and `finished_at` are None while it runs."""

    run_id: UUID
    ws_id: UUID
    source: str
    requested_mode: str
    calendar_id: str | None
    user_id: str | None
    request_id: str | None
    message_id: str | None
    status: str
    outcome: str | None
    sent_at: datetime | None
    started_at: datetime
    finished_at: datetime | None
    retry_after: float | None
    connections: int
    error_type: str | None
    error: str | None
    counts: Tally

    @property
    def success(self) -> bool:
        """True when it has done all that it was asked for, or when there was no need."""
        return self.status in ("completed", "skipped")


@dataclass(frozen=True, slots=True)
class CalendarResult:
    """What a sync did with one calendar; its id and name are None when it is connected no more."""

    connection_id: UUID
    calendar_id: str | None
    name: str | None
    status: str
    outcome: str
    error_type: str | None
    error: str | None
    problems: Sequence[StoredProblem]
    counts: Tally


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """What a plan came to: attempts made, what there was to place, what became of it, what became of blocks."""

    attempts: int
    tasks: int
    habits: int
    scheduled: int
    late: int
    partial: int
    unscheduled: int
    at_risk: int
    left_out: int
    inserted: int
    moved: int
    deleted: int
    unchanged: int
    search_cut_percent: int
    """How much of the search's work there was no time for."""


@dataclass(frozen=True, slots=True)
class PlanRun:
    """One attempt of a plan. `outcome` and `finished_at` are None while it runs; `objective` is in points."""

    run_id: UUID
    ws_id: UUID
    source: str
    window_days: int
    force_reschedule: bool
    apply: str
    user_id: str | None
    request_id: str | None
    message_id: str | None
    status: str
    outcome: str | None
    sent_at: datetime | None
    started_at: datetime
    finished_at: datetime | None
    retry_after: float | None
    error_type: str | None
    error: str | None
    counts: PlanCounts
    objective: float | None
    load_ms: int
    plan_ms: int
    total_ms: int


@dataclass(frozen=True, slots=True)
class RequestedPlan:
    """The newest attempt of a plan that somebody asked for, with what it says of single items."""

    run_id: UUID
    ws_id: UUID
    status: str
    outcome: str | None
    request_id: str
    started_at: datetime
    finished_at: datetime | None
    retry_after: float | None
    window_start: datetime | None
    window_end: datetime | None
    counts: PlanCounts
    objective: float | None
    total_ms: int
    warnings: Sequence[TitledNote]
    error_type: str | None
    error: str | None

    @property
    def success(self) -> bool:
        """False when there is no plan, or it was refused because something would be late or without a place."""
        return self.status != "failed" and self.outcome != "blocked"


@dataclass(frozen=True, slots=True)
class SyncRunDetails:
    """A sync with what it did in each calendar; `ignored` are names in its message that mean nothing.

    `peak_mb` is the most memory that it has held of `memory_mb`; both None where nobody limits it.
    """

    run: SyncRun
    calendars: Sequence[CalendarResult]
    ignored: Sequence[str] = ()
    peak_mb: int | None = None
    memory_mb: int | None = None


@dataclass(frozen=True, slots=True)
class PlanRunDetails:
    """A plan with what it says of single items; the rest as above."""

    run: PlanRun
    notes: Sequence[StoredNote]
    ignored: Sequence[str] = ()
    peak_mb: int | None = None
    memory_mb: int | None = None


AnyRun = SyncRun | PlanRun
AnyRunDetails = SyncRunDetails | PlanRunDetails


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """Of a running sync: calendars that are done, and events listed so far, of how many calendars.

    `calendars` is None until the run knows what it is to read.
    """

    calendars_done: int
    events_listed: int
    calendars: int | None = None
