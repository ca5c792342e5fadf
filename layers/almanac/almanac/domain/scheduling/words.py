"""Lengths, times and lists in plain words for reasons and findings."""

from zoneinfo import ZoneInfo

from almanac.domain.scheduling.walltime import local_time


def duration(minutes: int) -> str:
    """ "45 min", "2 h", "1 h 30 min", "3 d 4 h"."""
    days, rest = divmod(minutes, 1440)
    hours, rest = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (rest, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 min"


def clock_time(minute: int, zone: ZoneInfo) -> str:
    """Local "Mon 2026-01-05 09:00"."""
    return local_time(minute, zone).strftime("%a %Y-%m-%d %H:%M")


def names(items: list[str], most: int = 3) -> str:
    """ "a", "a and b", "a, b, c and 2 more"."""
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most} more"
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))
