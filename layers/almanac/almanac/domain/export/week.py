"""What a week of a workspace comes to, in figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from almanac.domain.wall_clock import date_instants

DAYS = 7
MOST_DAYS = 92
"""Of a report that somebody asks for by its first and last instant: longer than history is kept."""


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One local date: syncs that went well and that failed, events that they wrote, plans, what these did to blocks."""

    day: date
    syncs: int = 0
    syncs_failed: int = 0
    events_written: int = 0
    plans: int = 0
    placed: int = 0
    moved: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """Tasks and meetings that were done: by their deadline, after it, without one."""

    on_time: int = 0
    late: int = 0
    without_deadline: int = 0

    @property
    def share_on_time(self) -> float | None:
        """Of those with a deadline; None where none had one."""
        with_one = self.on_time + self.late
        return self.on_time / with_one if with_one else None


@dataclass(frozen=True, slots=True)
class LastPlan:
    """What the last plan came to: work with a place, some of it late, and work without one."""

    scheduled: int = 0
    late: int = 0
    unscheduled: int = 0
    at_risk: int = 0


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes of the calendar's time that one kind of thing took."""

    what: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Week:
    """A report: some days of a workspace, by its wall clock."""

    workspace: str
    zone: ZoneInfo
    days: Sequence[DayFigures]
    done: Done
    plan: LastPlan | None
    hours: Sequence[Hours]

    @property
    def churn(self) -> float | None:
        """How often a block was moved, for each that was placed: 0 is a plan that stands. None: nothing was placed."""
        placed = sum(day.placed for day in self.days)
        return sum(day.moved for day in self.days) / placed if placed else None

    def total(self, name: str) -> int:
        """Return one figure of all its days."""
        return sum(getattr(day, name) for day in self.days)


def days_of(since: datetime | None, until: datetime | None, now: datetime, zone: ZoneInfo) -> Sequence[date]:
    """Return the local dates that a report is of: from the date of `since` to the last one that ends by `until`.

    Without them, the seven before today: of today nobody knows yet.
    """
    today = now.astimezone(zone).date()
    last = today - timedelta(days=1) if until is None else (until - timedelta(microseconds=1)).astimezone(zone).date()
    first = last - timedelta(days=DAYS - 1) if since is None else since.astimezone(zone).date()
    count = min(max(1, (last - first).days + 1), MOST_DAYS)
    return [last - timedelta(days=count - 1 - n) for n in range(count)]


def span_of(days: Sequence[date], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants [first, end) of dates."""
    return date_instants(days[0], zone)[0], date_instants(days[-1], zone)[1]


def complete(days: Sequence[date], found: Sequence[DayFigures]) -> Sequence[DayFigures]:
    """Return the figures of each date, also of one without any."""
    known = {each.day: each for each in found}
    return [known.get(day) or DayFigures(day) for day in days]
