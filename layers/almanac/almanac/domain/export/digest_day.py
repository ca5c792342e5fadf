"""When a digest is due, and when a weekly report."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

MORNING, EVENING = time(7), time(18)
"""On the wall of whom it is for. What could not be made in the morning is made later; in the evening it is over."""


def digest_day(now: datetime, zone: ZoneInfo, morning: time = MORNING) -> date | None:
    """Return the date whose digest is due in a zone; None before its morning and in the evening."""
    local = now.astimezone(zone)
    return local.date() if morning <= local.time() < EVENING else None


def is_report_day(day: date) -> bool:
    """Whether the report of the seven days before it is due on that date: on Mondays."""
    return day.weekday() == 0
