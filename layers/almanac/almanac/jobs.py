"""The contract of a job: what an SQS message body and a direct invocation may say (docs/jobs.md).

Additive changes only; unknown fields are ignored, and noted in the job's row. Message group = workspace: one workspace
never runs two jobs at once.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID, uuid5

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from almanac.domain.export.kinds import ExportKind
from almanac.domain.operations.job_names import JobName
from almanac.domain.operations.machine import Machine
from almanac.errors import BadJob
from almanac.validation import first_fault

Source = Literal["schedule", "manual", "push", "continuation", "batch", "plan", "sync"]
Mode = Literal["auto", "full", "incremental"]
Direction = Literal["inbound", "outbound", "both"]


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain NUL: Postgres cannot store it")
    return text


MAX_HOPS = 200
"""Times that a job may be sent on. Ours, because Lambda's own stop of recursive loops, at 16, is off for consumers; a
first sync of a calendar that is as large as one may be takes about 20 runs."""
Label = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_storable)]
_NAMES, _NAME = 10, 50
"""Unknown names that are noted of a message, and characters of each."""


class Job(BaseModel):
    """What every job says. `job` is its kind, a key of JOBS."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    version: Literal[1] = 1
    ws_id: UUID
    source: Source = "manual"
    user_id: Label | None = None
    request_id: Label | None = None
    requested_at: AwareDatetime | None = None
    hops: Annotated[int, Field(ge=0, le=MAX_HOPS)] = 0
    """How often a run has sent this job on: continuations count, and so does what had to wait for another run."""
    machine: Machine = "standard"
    """`large` is what an escalation makes of it; whoever sends a job leaves the choice to us."""
    job: str
    _ignored: tuple[str, ...] = PrivateAttr(default=())

    @property
    def ignored(self) -> tuple[str, ...]:
        """Names in the message that no job of this kind knows, misspelt ones perhaps: ten at most, without values."""
        return self._ignored

    def note_unknown(self, names: Iterable[str]) -> None:
        """Keep of the names in the message those that mean nothing, in characters that any row can hold."""
        unknown = (name for name in names if name not in type(self).model_fields)
        kept = ("".join(filter(str.isprintable, name))[:_NAME] for name in islice(unknown, _NAMES))
        self._ignored = tuple(kept)


class CalendarSync(Job):
    """Bring one workspace's calendars up to date. `{"job": "calendar.sync", "ws_id": …}` alone is valid."""

    job: Literal["calendar.sync"] = "calendar.sync"
    mode: Mode = "auto"
    calendar_id: Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_storable)] | None = None
    connection_id: UUID | None = None
    direction: Direction = "both"
    force: bool = False
    channel_id: UUID | None = None
    """Of the push channel that rang; with `resource_id` what the consumer compares with the channel's row."""
    resource_id: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_storable)] | None = None
    look_again: bool = True
    """Of a push: an empty look is followed by another one. False on that one, and on a channel's first ring."""


class CalendarSchedule(Job):
    """Plan one workspace's tasks, habits and meetings into its free time over the next `window_days` days.

    A `user_id` that is a member's plans this person alone, and leaves everybody else's blocks and meetings where they
    are.
    """

    job: Literal["calendar.schedule"] = "calendar.schedule"
    window_days: Annotated[int, Field(ge=7, le=90)] = 30
    force_reschedule: bool = False
    apply: Literal["safe", "full"] = "full"


class CalendarExport(Job):
    """Make a file of one workspace: its events, a person's day, the past week.

    A `user_id` is whose digest it is; without one a digest is of the whole workspace. `since` and `until` bound the
    events of `csv` and `ics`, and say which days a report is about.
    """

    job: Literal["calendar.export"] = "calendar.export"
    kind: ExportKind
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "CalendarExport":
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("until: must be after since")
        return self


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job. A new one is a model and an entry in JOBS."""

    name: JobName
    """In rows (`kind`), in JSON and on the command line."""
    model: type[Job]
    queue_setting: str
    """The field of QueueSettings that holds its queue's URL."""
    scope: frozenset[str]
    """Fields that say how much a run covers: they are kept in its row."""
    large_queue_setting: str | None = None
    """The field that holds the URL of its large function's queue, if there can be one."""

    @property
    def queue_variable(self) -> str:
        """The environment variable of `queue_setting`."""
        return f"ALMANAC_{self.queue_setting.upper()}"

    def parse(self, body: str | bytes) -> Job:
        """Read a message body. Raises BadJob naming the field."""
        return _parse(self.model, body)


JOBS: Mapping[str, JobKind] = {
    "calendar.sync": JobKind(
        "sync",
        CalendarSync,
        "sync_queue_url",
        frozenset({"mode", "direction", "calendar_id", "connection_id"}),
        "sync_large_queue_url",
    ),
    "calendar.schedule": JobKind(
        "schedule",
        CalendarSchedule,
        "schedule_queue_url",
        frozenset({"window_days", "force_reschedule", "apply", "user_id"}),
        "schedule_large_queue_url",
    ),
    "calendar.export": JobKind(
        "export", CalendarExport, "export_queue_url", frozenset({"kind", "user_id", "since", "until"})
    ),
}
"""Every kind of job, by what a message calls it."""
KIND_OF_NAME: Mapping[JobName, str] = {kind.name: key for key, kind in JOBS.items()}
"""What a message calls a job, by the name that people call it."""


class BulkTarget(BaseModel):
    """One workspace of a bulk request; `user_id` says who asked for it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    ws_id: UUID
    user_id: Label | None = None


class Tick(BaseModel):
    """What wakes the orchestrator: a rule's constant input, or a direct invocation with an explicit list."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    job: Literal["calendar.sync", "calendar.schedule"]
    mode: Mode = "auto"
    direction: Direction = "both"
    due: Literal["all", "changed"] = "all"
    """Of plans: every workspace with something to plan, or those that have changed since their last plan."""
    request_id: Label | None = None
    workspaces: Annotated[tuple[BulkTarget, ...], Field(min_length=1)] | None = None


class UpkeepTick(BaseModel):
    """What wakes upkeep: a rule's constant input, or a direct invocation that only wants to know what would be done."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    job: Literal["calendar.upkeep"]
    dry_run: bool = False


class RelayTick(BaseModel):
    """What wakes the relay: a rule's constant input."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    job: Literal["calendar.relay"]


class ExportTick(BaseModel):
    """What wakes who exports, beside its queue: a rule's constant input. It asks for what is due."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    job: Literal["calendar.export"]
    due: Literal["digests", "reports"]


class NudgeMessage(BaseModel):
    """What wakes the relay between two ticks: a workspace has changed."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    version: Literal[1] = 1
    ws_id: UUID


class LaneMessage(BaseModel):
    """What wakes whoever delivers webhooks: one endpoint in one workspace has something to hear."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    version: Literal[1] = 1
    endpoint_id: UUID
    ws_id: UUID


def parse_sync(body: str | bytes) -> CalendarSync:
    """Read a `calendar.sync` message body. Raises BadJob naming the field."""
    return _parse(CalendarSync, body)


def parse_schedule(body: str | bytes) -> CalendarSchedule:
    """Read a `calendar.schedule` message body. Raises BadJob naming the field."""
    return _parse(CalendarSchedule, body)


def parse_tick(event: object) -> Tick:
    """Read what woke the orchestrator. Raises BadJob naming the field."""
    try:
        return Tick.model_validate(event)
    except ValidationError as error:
        raise _bad_job(error) from None


def parse_upkeep(event: object) -> UpkeepTick:
    """Read what woke upkeep. Raises BadJob naming the field."""
    try:
        return UpkeepTick.model_validate(event)
    except ValidationError as error:
        raise _bad_job(error) from None


def parse_relay(event: object) -> RelayTick:
    """Read what woke the relay. Raises BadJob naming the field."""
    try:
        return RelayTick.model_validate(event)
    except ValidationError as error:
        raise _bad_job(error) from None


def parse_export(body: str | bytes) -> CalendarExport:
    """Read a `calendar.export` message body. Raises BadJob naming the field."""
    return _parse(CalendarExport, body)


def parse_export_tick(event: object) -> ExportTick:
    """Read what woke who exports. Raises BadJob naming the field."""
    try:
        return ExportTick.model_validate(event)
    except ValidationError as error:
        raise _bad_job(error) from None


def parse_nudge(body: str | bytes) -> NudgeMessage:
    """Read a message to the relay. Raises BadJob naming the field."""
    return _parse(NudgeMessage, body)


def parse_lane(body: str | bytes) -> LaneMessage:
    """Read a message to whoever delivers. Raises BadJob naming the field."""
    return _parse(LaneMessage, body)


_SameJob = TypeVar("_SameJob", bound=Job)


def sent_on(job: _SameJob, **changed: object) -> _SameJob:
    """Return the job as a run sends it on: one hop more. A receive refuses what has come beyond MAX_HOPS."""
    return job.model_copy(update={**changed, "hops": job.hops + 1})


def message_body(job: Job) -> str:
    """The job as a message body: version and job, then only what differs from the defaults."""
    rest = job.model_dump_json(exclude_defaults=True)  # never empty: ws_id has no default
    return f'{{"version":{job.version},"job":"{job.job}",{rest[1:]}'


def body_beside(job: Job) -> dict[str, Any]:
    """Return what a job says beyond the columns of its row, JSON-ready; defaults are left out.

    As `ignored` the names that mean nothing.
    """
    columns = {"version", "job", "ws_id", "source", "user_id", "request_id", "hops", "machine"}
    said = job.model_dump(mode="json", exclude_defaults=True, exclude=columns)
    return said | ({"ignored": list(job.ignored)} if job.ignored else {})


_REQUESTS = UUID("6e1f2d9c-0c7b-5a44-9d3e-2f8f7c1b5a60")


def request_id_of(cause: str) -> str:
    """Return the request id of what nobody gave one: always the same for one cause, such as a message's id."""
    return str(uuid5(_REQUESTS, cause))


def deduplication_id(job: Job, reason: str) -> str:
    """MessageDeduplicationId: a hash of job, workspace and why it is sent (tick, request, page), 64 hex digits.

    The workspace is part of it, so no id is shared between groups whatever the deduplication scope of the queue.
    """
    return deduplication_id_of(job.job, job.ws_id, reason)


def deduplication_id_of(kind: str, ws_id: UUID, reason: str) -> str:
    """Return the same of a job that is still to be made."""
    return sha256(f"{kind}\n{ws_id}\n{reason}".encode()).hexdigest()


_Parsed = TypeVar("_Parsed", bound=BaseModel)


def _parse(model: type[_Parsed], body: str | bytes) -> _Parsed:
    try:
        parsed = model.model_validate_json(body)
    except ValidationError as error:
        raise _bad_job(error) from None
    if isinstance(parsed, Job):
        parsed.note_unknown(json.loads(body))
    return parsed


def _bad_job(error: ValidationError) -> BadJob:
    return BadJob(*first_fault(error, "body"))
