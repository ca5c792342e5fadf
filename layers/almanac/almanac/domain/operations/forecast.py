"""Will a workspace be late? When its next run should be done, against when it counts as behind."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from almanac.domain.operations.job_names import JobName
from almanac.domain.operations.lag import Lag, WorkspaceProgress, why_behind

USUALLY = timedelta(seconds=30)
"""From message to done, where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`behind_at` is when the job counts as behind, `done_at` when its next run should be done; None: not by itself.

    `will_be_late` compares the two. `why` is what it waits for; None: for nothing but its rule.
    """

    job: JobName
    fresh_at: datetime
    behind_at: datetime
    done_at: datetime | None
    why: Lag | None

    @property
    def will_be_late(self) -> bool:
        """Whether it is behind before it is done; for ever, when only a person can help."""
        return self.done_at is None or self.done_at > self.behind_at


def forecast(
    job: JobName, progress: WorkspaceProgress, usual_ms: int | None, behind_after: timedelta, now: datetime
) -> Forecast:
    """Return when the job should be done next: what it waits for now, then what its runs usually take.

    `usual_ms` is from message to done, for 95 of 100 of them. `behind_after` is two periods of the job's rule: what is
    late has missed two.
    """
    period = behind_after / 2
    takes = USUALLY if usual_ms is None else timedelta(milliseconds=usual_ms)
    lag = why_behind(progress, now)
    tick = now + period
    begins: datetime | None = max(progress.fresh_at + period, now)
    if lag.reason in ("reconnect_required", "timezone_missing"):
        begins = None
    elif lag.reason == "running" or lag.reason == "waiting":
        begins = max(lag.since, now - takes)
    elif lag.reason == "backing_off" and lag.until is not None:
        begins = lag.until + period / 2  # the tick after it, which may be a whole period away
    elif lag.reason == "error":
        begins = min(begins or tick, tick)
    shown = None if lag.reason in ("overdue", "never") else lag
    done_at = None if begins is None else begins + takes
    return Forecast(job, progress.fresh_at, progress.fresh_at + behind_after, done_at, shown)
