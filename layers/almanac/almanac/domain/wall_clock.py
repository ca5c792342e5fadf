"""Wall clock times of one IANA zone as minutes since the Unix epoch, and back.

Rule (PEP 495, fold=0): a wall time that a clock change skips takes the offset before the change; one that comes twice
means the first. All instants are whole UTC minutes.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MINUTES = 24 * 60


def zone_of(name: str | None) -> ZoneInfo | None:
    """Return the IANA zone of that name; None when there is none of it, or no name."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):  # malformed, a folder of the zone database, unknown
        return None


Interval = tuple[int, int]
"""[start, end) in minutes since the epoch."""

Week = tuple[tuple[Interval, ...], ...]
"""Seven tuples, Monday first, of [from, to) in wall minutes after midnight."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def wall_text(minute: int) -> str:
    """Return "09:30" of a minute of a day; 24:00 is its end."""
    return f"{minute // 60:02}:{minute % 60:02}"


def wall_minute(text: str) -> int:
    """Return the minute of a day of "09:30", the way back; seconds are cut."""
    return int(text[:2]) * 60 + int(text[3:5])


def wall_instant(day: date, wall: int, zone: ZoneInfo) -> int:
    """The instant at which clocks in `zone` show `wall` minutes after midnight on `day`; 1440 is the day's end."""
    if wall >= DAY_MINUTES:
        day, wall = day + timedelta(days=wall // DAY_MINUTES), wall % DAY_MINUTES
    local = datetime(day.year, day.month, day.day, wall // 60, wall % 60, tzinfo=zone)
    return minutes_of(local)


def date_instants(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The UTC instants [first, end) of a local date: from the first one that shows it to the next date's first.

    The first of two midnights, the end of the gap where clocks jump over midnight; a date that a zone leaves out
    altogether is empty. Whatever compares a date with a window compares these.
    """
    return _first_instant(day, zone), _first_instant(day + timedelta(days=1), zone)


def date_span(day: date, zone: tzinfo) -> Interval:
    """The same in minutes since the epoch."""
    first, end = date_instants(day, zone)
    return minutes_of(first), minutes_of(end)


def _first_instant(day: date, zone: tzinfo) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    early, late = sorted(midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).date() == day:
        return early
    while late - early > timedelta(seconds=1):  # clocks jump over midnight, somewhere between the two
        middle = early + (late - early) // 2
        early, late = (early, middle) if middle.astimezone(zone).date() >= day else (middle, late)
    return late.replace(microsecond=0)


def minutes_of(instant: datetime) -> int:
    """Whole minutes since the epoch of an aware instant (seconds are cut)."""
    return (instant - EPOCH) // timedelta(minutes=1)  # not by way of UTC, where year 1 or 9999 may have no such instant


def local_time(minute: int, zone: ZoneInfo) -> datetime:
    """The aware local time of an instant."""
    return (EPOCH + timedelta(minutes=minute)).astimezone(zone)


def local_days(first: int, last: int, zone: ZoneInfo) -> Iterator[date]:
    """Every local date from the one of instant `first` to the one of instant `last`, both included."""
    day, stop = local_time(first, zone).date(), local_time(last, zone).date()
    while day <= stop:
        yield day
        day += timedelta(days=1)


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Intervals joined where they touch or overlap, in time order; empty and reversed ones vanish."""
    joined: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def weekly_hours(week: Week, first: int, last: int, zone: ZoneInfo) -> list[Interval]:
    """The opening hours of a week (Monday first, wall minutes) as instants that touch [first, last].

    The day before is included because its hours may run over midnight ("24:00" touches the next "00:00"); a span that
    ends before it begins runs into the next day.
    """
    spans = []
    for day in local_days(first - DAY_MINUTES, last + DAY_MINUTES, zone):
        for start, end in week[day.weekday()]:
            stop = end if end > start else end + DAY_MINUTES
            spans.append((wall_instant(day, start, zone), wall_instant(day, stop, zone)))
    return merged(spans)
