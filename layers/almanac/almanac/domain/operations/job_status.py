"""Where a job stands, told by the attempts at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

JobStatus = Literal["queued", "running", "completed", "partial", "failed", "skipped", "cancelled"]
WaitsFor = Literal["queue", "another_run", "retry", "continuation"]
"""What a job waits for: to be received, the end of another run of its workspace, the time of its next attempt, or the
message that goes on with it."""
RECEIVES = 3
"""How often a queue gives a message out before it is a dead letter: maxReceiveCount of template.yaml."""
_YOUNG = timedelta(minutes=1)
_SOON, _LATER = 1.0, 5.0
_OVER = ("completed", "partial", "failed", "skipped", "cancelled")


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One attempt of any kind, as the ledger keeps it. `report` holds its counts, times and notes."""

    run_id: UUID
    ws_id: UUID
    kind: str
    job_id: str | None
    source: str
    user_id: str | None
    message_id: str | None
    scope: Mapping[str, Any]
    status: str
    outcome: str | None
    sent_at: datetime | None
    started_at: datetime
    finished_at: datetime | None
    retry_after: float | None
    error_type: str | None
    error: str | None
    total_ms: int
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordedJob:
    """What was asked for. `body` is its message beyond the columns here."""

    job_id: str
    ws_id: UUID
    kind: str
    body: Mapping[str, Any]
    source: str
    requested_by: str | None
    created_at: datetime
    sent_at: datetime | None
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobState:
    """Where a job stands; `retry_at` is when its message comes back, of a failure that passes."""

    status: JobStatus
    retry_at: datetime | None = None
    waits_for: WaitsFor | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.status in _OVER


def job_state(job: RecordedJob, runs: Sequence[RecordedRun]) -> JobState:
    """Return where it stands; `runs` are all of them, in the order in which they began.

    A refusal because of a running run is no end: the message comes back. Neither is a run that was continued, nor a
    failure that is worth another receive while the queue has receives left.
    """
    tried = [run for run in runs if run.outcome != "already_running"]
    if not tried:
        if job.cancelled_at is not None and not runs:
            return JobState("cancelled")
        return JobState("queued", waits_for="another_run" if runs else "queue")
    last = tried[-1]
    if last.status == "running":
        return JobState("running")
    if last.outcome == "continued":
        return JobState("running", waits_for="continuation")
    if last.outcome == "cancelled":
        return JobState("cancelled")
    if last.status == "failed" and last.retry_after is not None and last.finished_at is not None:
        received = sum(run.message_id == last.message_id for run in runs)
        if last.message_id is not None and received < RECEIVES:
            return JobState("queued", last.finished_at + timedelta(seconds=last.retry_after), "retry")
    return JobState(_status(last.status))


def next_look(job: RecordedJob, runs: Sequence[RecordedRun], state: JobState, now: datetime) -> float:
    """Return the seconds after which asking about a job that is not over makes sense.

    Until its message comes back, where that is known; else one while it is young, for most end within seconds.
    """
    if state.retry_at is not None and state.retry_at > now:
        return (state.retry_at - now).total_seconds()
    began = runs[-1].started_at if runs and state.status == "running" else job.created_at
    return _SOON if now - began < _YOUNG else _LATER


def _status(stored: str) -> JobStatus:
    return next((status for status in ("completed", "partial", "failed", "skipped") if status == stored), "running")


COUNTS = ("inserted", "updated", "moved", "deleted", "unchanged", "rejected", "repaired", "api_calls", "pages")
"""What the runs of a job are summed up by; which of them a kind counts differs."""


def totals(runs: Sequence[RecordedRun]) -> dict[str, int]:
    """Return the counts of all attempts together, each attempt once."""
    found = {name: sum(int(run.report.get(name, 0)) for run in runs) for name in COUNTS}
    return found | {"total_ms": sum(run.total_ms for run in runs)}
