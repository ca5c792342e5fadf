"""From when to when a run may place anything."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.slot_mask import ceil_to_slot
from almanac.domain.wall_clock import DAY_MINUTES, EPOCH, date_span, local_time
from almanac.domain.workspace_plan.snapshot import ceil_minutes


@dataclass(frozen=True, slots=True)
class PlanningWindow:
    """Minutes since the epoch: `now`, the first instant that may be planned (`first`, on the grid), the exclusive end.

    The window ends with a local day, so that two runs of one day plan the same window.
    """

    zone: ZoneInfo
    now: int
    first: int
    end: int

    @classmethod
    def of(cls, now: datetime, zone: ZoneInfo, notice_minutes: int, window_days: int) -> "PlanningWindow":
        """Return the horizon of a run at `now` over `window_days` days, today's rest included."""
        minute = ceil_minutes(now)
        first = ceil_to_slot(minute + notice_minutes)
        last_day = local_time(minute, zone).date() + timedelta(days=window_days)
        return cls(zone, minute, first, date_span(last_day, zone)[0])

    def holds(self, start: int, end: int) -> bool:
        """Return whether this run could place a block there."""
        return self.first <= start and end <= self.end

    def day(self, minute: int) -> date:
        """Return the local date of an instant."""
        return local_time(minute, self.zone).date()

    def wall(self, minute: int, day: date) -> int:
        """Return the minutes after midnight of `day` that clocks show at an instant, 1440 at most, the day's end."""
        local = local_time(minute, self.zone)
        return local.hour * 60 + local.minute if local.date() <= day else DAY_MINUTES

    @property
    def span(self) -> tuple[datetime, datetime]:
        """First and end as aware UTC instants."""
        return utc_instant(self.first), utc_instant(self.end)


def utc_instant(minute: int) -> datetime:
    """Return the aware UTC instant of minutes since the epoch."""
    return (EPOCH + timedelta(minutes=minute)).astimezone(UTC)
