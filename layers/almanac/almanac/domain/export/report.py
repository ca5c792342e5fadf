"""How a run of an export ended."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from uuid import UUID

from almanac.domain.export.kinds import ExportKind
from almanac.domain.operations.machine import EscalationCause
from almanac.domain.run_outcomes import ExportOutcome, RefusedOutcome


@dataclass(slots=True)
class ExportCounts:
    """What one counted: events or lines in the file, its bytes, and how long it took."""

    items: int = 0
    bytes: int = 0
    total_ms: int = 0


@dataclass(slots=True)
class ExportReport:
    """How one export ended: what the use case returns, the run's row keeps and a log line says.

    The outcomes are listed in docs/jobs.md, "Outcome of an export".
    """

    ws_id: UUID
    run_id: UUID
    kind: ExportKind
    status: Literal["completed", "failed", "skipped"] = "completed"
    outcome: ExportOutcome | RefusedOutcome = "exported"
    counts: ExportCounts = field(default_factory=ExportCounts)
    error_type: str | None = None
    error: str | None = None
    retry_after: float | None = None
    """Seconds, when trying again later can help."""
    escalated: EscalationCause | None = None
    """Never: there is no larger function."""

    def fail(self, error_type: str, error: str, retry_after: float | None = None) -> None:
        """Record that nothing came of it; `retry_after` seconds, when trying again can help."""
        self.status, self.outcome = "failed", "failed"
        self.error_type, self.error, self.retry_after = error_type, error, retry_after

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {
            "ws_id": str(self.ws_id),
            "run_id": str(self.run_id),
            "kind": self.kind,
            "status": self.status,
            "outcome": self.outcome,
            **asdict(self.counts),
            "error_type": self.error_type,
            "error": self.error,
            "retry_after": self.retry_after,
        }
