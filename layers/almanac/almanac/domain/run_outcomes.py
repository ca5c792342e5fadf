"""How runs stand and how they end: every status and outcome there is. docs/jobs.md says what each means."""

from typing import Literal

EndStatus = Literal["completed", "partial", "failed", "skipped"]
Status = Literal["running", EndStatus]
"""`running` is in the database only."""

RefusedOutcome = Literal[
    "superseded", "already_running", "cooldown", "too_soon", "escalated", "removed", "cancelled", "paused"
]
"""Of a run that does not take place."""
PassOutcome = Literal["incremental", "full", "redirected_to_full", "token_expired_full"]
"""Of a pass over a calendar that came to its end."""
SkippedCalendar = Literal["continued", "reconnect_required", "backing_off", "already_read", "push_healthy", "removed"]
"""Of a calendar that was not read, or not to its end."""
CalendarOutcome = Literal[PassOutcome, SkippedCalendar, "failed"]
SyncOutcome = Literal[
    PassOutcome,
    RefusedOutcome,
    "continued",
    "nothing_to_read",
    "written",
    "nothing_to_write",
    "channel_unknown",
    "partial",
    "failed",
    "reconnect_required",
]
PlanOutcome = Literal[
    "planned",
    "replanned",
    "unchanged",
    "nothing_to_plan",
    "blocked",
    "superseded",
    "already_running",
    "cancelled",
    "paused",
    "escalated",
    "timezone_missing",
    "removed",
    "failed",
]
ExportOutcome = Literal["exported", "mailed", "announced", "superseded", "cancelled", "paused", "removed", "failed"]
Outcome = Literal[SyncOutcome, PlanOutcome, ExportOutcome]
"""Of any run."""
