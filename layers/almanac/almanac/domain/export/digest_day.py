"""When a digest is due, and when a weekly report."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

MORNING, EVENING = time(7), time(18)
"""On the wall of whom it is for. What could not be made in the morning is made later; in the evening it is over."""


def digest_day(now: datetime, zone: ZoneInfo, morning: time = MORNING) -> date | None:
    """Return the date whose digest is due in a zone; None before its morning and in the evening."""
    local = now.astimezone(zone)
    return local.date() if morning <= local.time() < EVENING else None


def report_day(now: datetime, zone: ZoneInfo) -> date | None:
    """Return the Monday whose report, of the week before it, is due in a zone; None at any other time."""
    day = digest_day(now, zone)
    return day if day is not None and day.weekday() == 0 else None
