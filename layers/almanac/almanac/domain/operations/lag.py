"""Why a workspace is behind: one reason, the one that an operator would act on first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Reason = Literal[
    "reconnect_required", "timezone_missing", "running", "backing_off", "waiting", "error", "never", "overdue"
]
"""`overdue`: nothing that is stored stands in its way, so look at ticks and queues."""

SYNC_BEHIND_AFTER = timedelta(minutes=30)
"""Two periods of the sync rule: one missed tick is no news."""
PLAN_BEHIND_AFTER = timedelta(hours=12)
"""Two periods of the planning rule."""
QUEUED_FOR = timedelta(hours=1)
"""A scheduled message that has not arrived for so long is given up, and its workspace is due again."""


@dataclass(frozen=True, slots=True)
class WorkspaceProgress:
    """What is stored about a workspace's job: `fresh_at` it was last done, or could have been done for the first time.

    `error_type` is that of the last attempt, None if it went well.
    """

    fresh_at: datetime
    ever: bool
    running_since: datetime | None = None
    account_lost_at: datetime | None = None
    retry_at: datetime | None = None
    queued_at: datetime | None = None
    zone_missing: bool = False
    error_type: str | None = None


@dataclass(frozen=True, slots=True)
class Lag:
    """The reason, since when it holds, until when for a pause, and the error behind it."""

    reason: Reason
    since: datetime
    until: datetime | None = None
    error_type: str | None = None


def why_behind(standing: WorkspaceProgress, now: datetime) -> Lag:
    """What only a person can mend comes first, then what mends itself, then what should not be."""
    error = standing.error_type
    if standing.account_lost_at is not None:
        return Lag("reconnect_required", standing.account_lost_at)
    if standing.zone_missing:
        return Lag("timezone_missing", standing.fresh_at)
    if standing.running_since is not None:
        return Lag("running", standing.running_since, None, error)
    if standing.retry_at is not None and standing.retry_at > now:
        return Lag("backing_off", standing.fresh_at, standing.retry_at, error)
    if standing.queued_at is not None and standing.queued_at > now - QUEUED_FOR:
        return Lag("waiting", standing.queued_at, None, error)
    if error is not None:
        return Lag("error", standing.fresh_at, None, error)
    return Lag("overdue" if standing.ever else "never", standing.fresh_at)
