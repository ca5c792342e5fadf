"""Why a workspace is behind: one reason, the one that an operator would act on first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from almanac.domain.operations.job_names import JobName

Reason = Literal[
    "reconnect_required", "timezone_missing", "running", "backing_off", "waiting", "error", "never", "overdue", "paused"
]
"""`overdue`: nothing that is stored stands in its way, so look at ticks and queues. `paused`: somebody wants that,
so nobody is late."""

SYNC_BEHIND_AFTER = timedelta(minutes=30)
"""Two periods of the sync rule, for one missed tick is no news; the rule of a deployment may have longer ones."""
PLAN_BEHIND_AFTER = timedelta(hours=12)
"""Two periods of the planning rule, whatever its own."""
QUEUED_FOR = timedelta(hours=1)
"""A scheduled message that has not arrived for so long counts as lost, and its workspace is due again."""


def behind_after(sync: timedelta) -> Mapping[JobName, timedelta]:
    """Return, by job, how long it may not be done until its workspace counts as behind; `sync` is that of syncs."""
    return {"sync": sync, "schedule": PLAN_BEHIND_AFTER}


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


def why_behind(progress: WorkspaceProgress, now: datetime) -> Lag:
    """Return the reason: first what only a person can mend, then what mends itself, then what should not be."""
    error = progress.error_type
    if progress.account_lost_at is not None:
        return Lag("reconnect_required", progress.account_lost_at)
    if progress.zone_missing:
        return Lag("timezone_missing", progress.fresh_at)
    if progress.running_since is not None:
        return Lag("running", progress.running_since, None, error)
    if progress.retry_at is not None and progress.retry_at > now:
        return Lag("backing_off", progress.fresh_at, progress.retry_at, error)
    if progress.queued_at is not None and progress.queued_at > now - QUEUED_FOR:
        return Lag("waiting", progress.queued_at, None, error)
    if error is not None:
        return Lag("error", progress.fresh_at, None, error)
    return Lag("overdue" if progress.ever else "never", progress.fresh_at)
