"""What a planning run did and what it has to say about single items."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.operations.machine import EscalationCause
from almanac.domain.run_outcomes import PlanOutcome, RefusedOutcome

COUNTS = ("scheduled", "late", "partial", "unscheduled", "at_risk", "left_out")
"""What became of tasks and of habits' occurrences, by the names of Counts."""
CHANGES = ("inserted", "moved", "deleted", "unchanged")
"""What became of blocks, likewise."""
NOTES_KEPT = 200
"""Notes kept per run; everything is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(ItemFinding):
    """A finding in words too, as it is stored: the words quote titles and are never logged."""

    reason: str
    hint: str = ""

    @classmethod
    def of(cls, finding: ItemFinding, words: Callable[[Iterable[Explanation]], str]) -> "Note":
        """Return a finding beside its sentences; `words` makes one of alternatives."""
        cause = words([finding.cause])
        reason = cause if finding.date is None else f"{finding.date}: {cause}"
        about = finding.kind, finding.id, finding.status, finding.cause, finding.suggestions
        return cls(*about, finding.date, finding.people, reason=reason, hint=words(finding.suggestions))

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-ready: the words, and beside them what they are made of."""
        return {
            "kind": self.kind,
            "id": self.id,
            "status": self.status,
            "reason": self.reason,
            "hint": self.hint,
            "date": self.date,
            "people": list(self.people),
            "cause": self.cause.as_dict(),
            "suggestions": [suggestion.as_dict() for suggestion in self.suggestions],
        }


@dataclass(frozen=True, slots=True)
class Placed:
    """One block of a plan: the planner's item, [start, end) in minutes since the epoch, minutes of work in it, why.

    `reason` is the explanation in words, which quote titles.
    """

    item: str
    start: int
    end: int
    minutes: int
    reason: str
    explanation: Explanation
    people: tuple[str, ...] = ()
    """Whose time it takes."""
    optional: tuple[str, ...] = ()
    """Those of them who need not come."""


@dataclass(slots=True)
class Counts:
    """What a plan came to. `scheduled` … `at_risk` count tasks and occurrences, `inserted` … `unchanged` blocks."""

    attempts: int = 0
    tasks: int = 0
    habits: int = 0
    scheduled: int = 0
    late: int = 0
    partial: int = 0
    unscheduled: int = 0
    at_risk: int = 0
    left_out: int = 0
    inserted: int = 0
    moved: int = 0
    deleted: int = 0
    unchanged: int = 0
    load_ms: int = 0
    plan_ms: int = 0
    total_ms: int = 0
    search_cut_percent: int = 0
    """How much of the search's work there was no time for."""

    def forget_changes(self) -> None:
        """Set the counts of changes to zero: the plan is not written."""
        self.inserted = self.moved = self.deleted = self.unchanged = 0


@dataclass(slots=True)
class PlanReport:
    """How one planning run ended: what the use case returns, the metadata row keeps and a log line says.

    The outcomes are listed in docs/jobs.md, "Outcome of a plan".
    """

    ws_id: UUID
    run_id: UUID
    status: Literal["completed", "failed", "skipped"] = "completed"
    outcome: PlanOutcome | RefusedOutcome = "planned"
    counts: Counts = field(default_factory=Counts)
    objective: float | None = None
    window: tuple[datetime, datetime] | None = None
    notes: list[Note] = field(default_factory=list)
    error_type: str | None = None
    error: str | None = None
    retry_after: float | None = None
    """Seconds, when trying again later can help."""
    escalated: EscalationCause | None = None
    """Why the job belongs into a larger function, if it does."""

    def fail(
        self, error_type: str, error: str, retry_after: float | None = None, *, outcome: PlanOutcome = "failed"
    ) -> None:
        """Record that the run failed and changed nothing; `retry_after` seconds, when trying again can help."""
        self.status, self.outcome = "failed", outcome
        self.counts.forget_changes()
        self.error_type, self.error, self.retry_after = error_type, error, retry_after

    @property
    def success(self) -> bool:
        """False when what was asked for did not happen, by another run neither."""
        return self.status != "failed" and self.outcome != "blocked"

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-ready, without the notes: they quote titles and stay in the database."""
        return {
            "ws_id": str(self.ws_id),
            "run_id": str(self.run_id),
            "success": self.success,
            "mode": self.outcome,
            "status": self.status,
            **asdict(self.counts),
            "objective": self.objective,
            "error_type": self.error_type,
            "error": self.error,
            "retry_after": self.retry_after,
        }
