"""What the API says of jobs and runs. Answers are allow-lists: what is not named here does not leave."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from almanac.domain.operations.job_status import WaitsFor
from almanac.web.api.bodies import Model

JobStatusName = Literal["queued", "running", "completed", "partial", "failed", "skipped", "cancelled"]


class Accepted(Model):
    """A job that the queue has taken. Its status can be read at once."""

    job_id: str
    status: Literal["queued"] = "queued"
    status_url: str


class Refused(Model):
    """A workspace of a list that got no job, and why."""

    ws_id: UUID
    code: str


class AcceptedBatch(Model):
    """Jobs of a list, under one id."""

    batch_id: str
    job_id: str
    accepted: int
    refused: list[Refused]
    status_url: str


class Run(Model):
    """One attempt at a job. Times in milliseconds, instants in UTC."""

    id: UUID
    ws_id: UUID
    job: str
    job_id: str | None
    source: str
    status: str
    outcome: str | None
    user_id: str | None
    message_id: str | None
    sent_at: datetime | None
    started_at: datetime
    finished_at: datetime | None
    retry_after: float | None
    error_type: str | None
    error: str | None
    inserted: int
    updated: int
    moved: int
    deleted: int
    unchanged: int
    rejected: int
    repaired: int
    api_calls: int
    pages: int
    total_ms: int


class RunPage(Model):
    """Runs, the newest first; `next` goes on."""

    items: list[Run]
    next: str | None


class RunDetails(Run):
    """One run with what it covers, what it says of calendars or of single items, and its job."""

    scope: Mapping[str, Any]
    phases: Mapping[str, int]
    calendars: Sequence[Mapping[str, Any]]
    notes: Sequence[Mapping[str, Any]]


class ErrorText(Model):
    """What went wrong: its code, one line of ours, what helps, whether trying again by itself goes on."""

    code: str
    text: str | None
    help: str | None
    retryable: bool


class Progress(Model):
    """How far a running sync has come; `calendars` is null until it knows how many it reads."""

    calendars_done: int
    calendars: int | None
    events: int


class Job(Model):
    """A job and its attempts. Counts are those of all attempts together."""

    job_id: str
    ws_id: UUID
    job: str
    source: str
    requested_by: str | None
    created_at: datetime
    status: JobStatusName
    outcome: str | None
    retry_at: datetime | None
    waits_for: WaitsFor | None
    progress: Progress | None
    error: ErrorText | None
    runs: list[Run]
    inserted: int
    updated: int
    moved: int
    deleted: int
    unchanged: int
    rejected: int
    repaired: int
    api_calls: int
    pages: int
    total_ms: int
    jobs: list[Mapping[str, Any]] | None = None
    """Of a list: what became of each workspace."""
