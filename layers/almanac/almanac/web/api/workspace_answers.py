"""What the API says of workspaces, calendars, plans and queues. Allow-lists, as all answers are."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from almanac.web.api.bodies import Model

StateName = Literal["healthy", "syncing", "degraded", "late", "disconnected", "paused"]


class Why(Model):
    """What is in the way: since when, until when of a pause, and what helps."""

    reason: str
    since: datetime
    until: datetime | None
    error_type: str | None
    text: str
    help: str


class CalendarHealth(Model):
    """One calendar: whether it is read, when last, and what fails."""

    connection_id: UUID
    name: str
    read: bool
    status: str
    last_synced_at: datetime | None
    error_type: str | None
    retry_at: datetime | None


class PlanHealth(Model):
    """The last plan that ended, and what it came to; how many have a place, are late, or have none."""

    run_id: UUID
    status: str
    outcome: str | None
    error_type: str | None
    ended_at: datetime | None
    scheduled: int
    late: int
    unscheduled: int


class HealthAnswer(Model):
    """How a workspace does; `plan` is null where none was made."""

    ws_id: UUID
    state: StateName
    why: Why | None
    late: list[str]
    calendars: list[CalendarHealth]
    plan: PlanHealth | None


class LateWorkspace(Model):
    """A workspace that is late with a job."""

    ws_id: UUID
    workspace: str | None
    job: str
    last_done_at: datetime | None
    why: Why


class LatePage(Model):
    """Workspaces that are late, the stalest first."""

    items: list[LateWorkspace]
    next: str | None


class Connection(Model):
    """One calendar of one account, with its switches."""

    id: UUID
    calendar_id: str
    name: str
    account_id: UUID
    account_email: str
    account_status: str
    user_id: str
    access_role: str
    primary: bool
    enabled: bool
    inbound: bool
    outbound: bool
    deletes: bool
    read: bool
    status: str
    error_type: str | None
    failures: int
    retry_at: datetime | None
    last_synced_at: datetime | None


class Account(Model):
    """One account; `calendars` counts those that it lists, `read` those that a sync reads."""

    id: UUID
    email: str
    user_id: str
    status: str
    error: str | None
    calendars: int
    read: int


class AccountList(Model):
    """The accounts of a workspace."""

    items: list[Account]


class ConnectionList(Model):
    """The calendars of a workspace."""

    items: list[Connection]


class Workspace(Model):
    """One workspace."""

    id: UUID
    name: str
    time_zone: str | None
    accounts: int
    calendars: int
    last_synced_at: datetime | None
    paused_at: datetime | None = None


class Paused(Model):
    """A workspace that is let alone: since when, and who wanted that."""

    ws_id: UUID
    paused_at: datetime
    paused_by: str


class WorkspacePage(Model):
    """Workspaces by name."""

    items: list[Workspace]
    next: str | None


class CalendarEvent(Model):
    """An event, or a plan's block (`block` task, habit, meeting). As it was, it has no `updated_at` and no `block`."""

    id: UUID
    title: str
    description: str
    location: str
    start_at: datetime
    end_at: datetime
    all_day: bool
    start_date: date | None
    end_date: date | None
    time_zone: str | None
    status: str
    transparency: str
    response: str | None
    event_type: str
    visibility: str
    provider: str
    external_calendar_id: str | None
    external_event_id: str | None
    recurring_event_id: str | None
    color: str
    html_link: str | None
    locked: bool
    task_id: UUID | None
    updated_at: datetime | None
    block: str | None


class Calendar(Model):
    """Events and blocks between two instants, in time order."""

    items: list[CalendarEvent]


class Queue(Model):
    """Approximate counts of a queue."""

    queue: str
    waiting: int
    in_flight: int
    oldest_age_seconds: float | None
    dead: int


class QueueList(Model):
    """Every queue."""

    items: list[Queue]


class DeadLetter(Model):
    """A message that failed too often, and of what."""

    queue: str
    message_id: str
    ws_id: str | None
    source: str | None
    request_id: str | None
    received: int
    since: datetime
    error_type: str | None
    error: str
    run_id: UUID | None


class DeadLetterList(Model):
    """Dead letters, and about how many each queue has."""

    items: list[DeadLetter]
    dead: Mapping[str, int]


class Redriven(Model):
    """Dead letters that were sent back."""

    redriven: int
    message_ids: list[str]


class Discarded(Model):
    """A dead letter that was deleted."""

    discarded: str


class ChangedField(Model):
    """A field of what a plan is made from, as it was and is."""

    field: str
    was: Any
    now: Any


class PlanCause(Model):
    """Why a plan moves a block: what took its place, the item itself, what it waits for, hours, preferences."""

    kind: str = Field(description="event, pinned, task, habit, meeting, dependency, hours, preferences or block")
    subject: str = Field(
        description="id of the event or item, of a block that is only proposed its item's;"
        " of hours their category; of preferences whose they are"
    )
    title: str
    what: str = Field(description="came, went or changed")
    version: int | None = Field(description="of an event or block; null of a block that is only proposed")
    changed: list[ChangedField]


class PlannedBlock(Model):
    """A block of a previewed plan; `change`: none, new, moved, held. `people`: whose time it takes."""

    kind: str
    id: UUID | None
    title: str
    start: AwareDatetime
    end: AwareDatetime
    minutes: int
    change: str
    reason: str
    people: list[str] = Field(default_factory=list)
    optional: list[str] = Field(default_factory=list)
    causes: list[PlanCause] = Field(default_factory=list, description="of a moved one: what had changed")


class PreviewAnswer(Model):
    """What a plan would come to now. Nothing was written; `fingerprint` applies exactly this."""

    model_config = ConfigDict(extra="allow")

    ws_id: UUID
    fingerprint: str
    outcome: str
    blocks: list[PlannedBlock]


class Applied(Model):
    """A plan that was written, exactly as it was shown."""

    run_id: UUID
    job_id: str
    status: str
    outcome: str
    inserted: int
    moved: int
    deleted: int
    unchanged: int
