"""From when to when a run may place anything."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.slot_mask import ceil_to_slot
from almanac.domain.wall_clock import DAY_MINUTES, EPOCH, date_span, local_time
from almanac.domain.workspace_plan.snapshot import ceil_minutes


def zone_of(name: str | None) -> ZoneInfo | None:
    """The IANA zone of that name; None when there is none of it, or no name."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):  # malformed, a folder of the zone database, unknown
        return None


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
        """The horizon of a run at `now` over `window_days` days, today's rest included."""
        minute = ceil_minutes(now)
        first = ceil_to_slot(minute + notice_minutes)
        last_day = local_time(minute, zone).date() + timedelta(days=window_days)
        return cls(zone, minute, first, date_span(last_day, zone)[0])

    def holds(self, start: int, end: int) -> bool:
        """Whether a block could be placed there by this run."""
        return self.first <= start and end <= self.end

    def day(self, minute: int) -> date:
        """The local date of an instant."""
        return local_time(minute, self.zone).date()

    def wall(self, minute: int, day: date) -> int:
        """Minutes after midnight of `day` that clocks show at an instant; at most 1440, the day's end."""
        local = local_time(minute, self.zone)
        return local.hour * 60 + local.minute if local.date() <= day else DAY_MINUTES

    @property
    def span(self) -> tuple[datetime, datetime]:
        """First and end as aware UTC instants."""
        return utc_instant(self.first), utc_instant(self.end)


def utc_instant(minute: int) -> datetime:
    """The aware UTC instant of minutes since the epoch."""
    return (EPOCH + timedelta(minutes=minute)).astimezone(UTC)
