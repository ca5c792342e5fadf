"""Lengths, times and lists in plain words."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from almanac.domain.wall_clock import local_time


def length(minutes: int) -> str:
    """Return "45 min", "2 h", "1 h 30 min", "3 d 4 h"."""
    days, rest = divmod(minutes, 1440)
    hours, rest = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (rest, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 min"


def amount(minutes: int) -> str:
    """Return time to spend, where a day has no fixed length: "45 min", "40 h"."""
    hours, rest = divmod(minutes, 60)
    return length(rest) if not hours else f"{hours} h {rest} min" if rest else f"{hours} h"


def clock_time(minute: int, zone: ZoneInfo) -> str:
    """Return a local "Mon 05 Jan 09:00"."""
    return local_time(minute, zone).strftime("%a %d %b %H:%M")


def day_name(minute: int, zone: ZoneInfo) -> str:
    """Return a local "Mon 05 Jan"."""
    return local_time(minute, zone).strftime("%a %d %b")


def time_span(start: int, end: int, zone: ZoneInfo) -> str:
    """Return a local "09:00-10:30"."""
    return "-".join(local_time(minute, zone).strftime("%H:%M") for minute in (start, end))


def names(items: Sequence[str], most: int = 3) -> str:
    """Return "a", "a and b", "a, b, c and 2 more"."""
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most} more"
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def cut_short(percent: int) -> str:
    """Return that the clock cut a plan's search short, and how much of its work was left; "" when it did not."""
    if not percent:
        return ""
    return f"The clock cut the search short, {percent} % of its work was left: with more time the plan may be better."


STATES = {
    "unscheduled": "without a place",
    "at_risk": "on time, at risk",
    "left_out": "left out of the plan",
    "nothing_to_place": "nothing to place",
    "out_of_order": "out of order",
    "stays_late": "late where it stays",
    "clashes": "where something else is too",
}
"""Words for the states of notes, where the state itself is none."""


def finding(status: str, reason: str, hint: str | None) -> str:
    """Return what a plan says of something that is not simply in its place: "late: …; would help: …"."""
    return f"{STATES.get(status, status)}: {reason}{f'; would help: {hint}' if hint else ''}"
