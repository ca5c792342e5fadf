"""When a digest is due."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

MORNING, EVENING = time(7), time(18)
"""On the wall of whom it is for. What could not be made in the morning is made later; in the evening it is over."""


def digest_day(now: datetime, zone: ZoneInfo) -> date | None:
    """Return the date whose digest is due in a zone; None before its morning and in the evening."""
    local = now.astimezone(zone)
    return local.date() if MORNING <= local.time() < EVENING else None
