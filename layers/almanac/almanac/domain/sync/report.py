"""What a run counts, and how the ends of its calendars make the end of the run."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from almanac.domain.calendar.events import EventProblem
from almanac.domain.operations.machine import EscalationCause
from almanac.domain.outbound.report import OutboundReport
from almanac.domain.run_outcomes import CalendarOutcome, EndStatus, SyncOutcome

PROBLEMS_KEPT = 50
"""Problems named per connection and run; all are counted."""


@dataclass(slots=True)
class Tally:
    """Counts and phase times (milliseconds) of one connection's pass; the run's are their sum."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    rejected: int = 0
    repaired: int = 0
    api_calls: int = 0
    pages: int = 0
    retries: int = 0
    token_ms: float = 0.0
    fetch_ms: float = 0.0
    map_ms: float = 0.0
    write_ms: float = 0.0
    total_ms: float = 0.0

    def add(self, other: "Tally") -> None:
        """Add the other's counts and times to this one."""
        for name in TALLY_FIELDS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def as_dict(self) -> dict[str, int]:
        """All counts, times in whole milliseconds."""
        return {name: round(getattr(self, name)) for name in TALLY_FIELDS}


TALLY_FIELDS = tuple(Tally.__slots__)


@dataclass(slots=True)
class ConnectionReport:
    """How one connection's pass ended."""

    connection_id: UUID
    status: Literal["completed", "failed", "skipped"] = "completed"
    outcome: CalendarOutcome = "incremental"
    tally: Tally = field(default_factory=Tally)
    problems: list[EventProblem] = field(default_factory=list)
    error_type: str | None = None
    error: str | None = None
    retry_after: float | None = None
    """Seconds, when trying again later can help."""
    listed: int = 0
    """Changes that a delta told of, equal rows and tombstones too."""
    oldest_change: datetime | None = None
    """When the first of them was made, as the provider says."""

    def note_changes(self, listed: int, changed_at: Iterable[datetime | None]) -> None:
        """Count a page of a delta."""
        self.listed += listed
        known = [at for at in (self.oldest_change, *changed_at) if at is not None]
        self.oldest_change = min(known, default=None)


@dataclass(slots=True)
class SyncReport:
    """How one run ended: what a use case returns, a run row keeps and a log line says."""

    ws_id: UUID
    run_id: UUID
    mode: str
    status: EndStatus = "completed"
    outcome: SyncOutcome = "incremental"
    tally: Tally = field(default_factory=Tally)
    connections: list[ConnectionReport] = field(default_factory=list)
    error_type: str | None = None
    error: str | None = None
    retry_after: float | None = None
    outbound: OutboundReport | None = None
    """What was written, of a run that had anything to do with it."""
    escalated: EscalationCause | None = None
    """Why the job belongs into a larger function, if it does."""
    push_lag_ms: int | None = None
    """From a ring's arrival to the end of its run; None of a run that no ring asked for."""

    def fail(self, error_type: str, error: str, retry_after: float | None) -> None:
        """The run has failed; `retry_after` seconds, when trying again can help."""
        self.status, self.outcome = "failed", "failed"
        self.error_type, self.error, self.retry_after = error_type, error, retry_after

    def measured(self) -> dict[str, int]:
        """What becomes metrics: all counts, times in whole milliseconds."""
        lag = {} if self.push_lag_ms is None else {"push_lag_ms": self.push_lag_ms}
        return {**self.tally.as_dict(), **lag}

    @property
    def success(self) -> bool:
        """False when anything that was asked for did not happen."""
        return self.status in ("completed", "skipped")

    def as_dict(self) -> dict[str, Any]:
        """The result of section "results" of docs/jobs.md, JSON-ready."""
        return {
            "ws_id": str(self.ws_id),
            "run_id": str(self.run_id),
            "success": self.success,
            "mode": self.outcome,
            "status": self.status,
            "connections": len(self.connections),
            **self.tally.as_dict(),
            "error_type": self.error_type,
            "error": self.error,
            "retry_after": self.retry_after,
            "outbound": None if self.outbound is None else self.outbound.as_dict(),
        }


_OUTCOME_ORDER: Final = ("continued", "token_expired_full", "redirected_to_full", "full", "incremental")


def conclude(report: SyncReport) -> None:
    """Set the run's counts, status, outcome and error from its connections.

    All that were tried failed → failed, some → partial, none → completed, with the most telling outcome among them.
    Nothing tried because every account is dead → failed with `reconnect_required`.
    """
    for connection in report.connections:
        report.tally.add(connection.tally)
    failed = [c for c in report.connections if c.status == "failed"]
    completed = [c for c in report.connections if c.status == "completed"]
    outcomes = {c.outcome for c in report.connections}
    waits = [c.retry_after for c in failed if c.retry_after is not None]
    if failed:
        dead = {c.outcome for c in failed} == {"reconnect_required"}
        report.fail(failed[0].error_type or "", failed[0].error or "", max(waits, default=None))
        report.outcome = "reconnect_required" if dead else "failed"
    elif not completed and "reconnect_required" in outcomes:
        report.fail("reconnect_required", "every account of the workspace must be connected again", None)
        report.outcome = "reconnect_required"
    else:
        report.outcome = next((name for name in _OUTCOME_ORDER if name in outcomes), "nothing_to_read")
    if any(c.error_type == "out_of_memory" for c in failed):
        report.escalated = "out_of_memory"
    if failed and completed:
        report.status, report.outcome = "partial", "partial"
    if "continued" in outcomes:
        report.outcome = "continued"
