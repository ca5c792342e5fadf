"""Calendar times on the wire: RFC 3339 texts, zone names, and the instants an event occupies."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EARLIEST = datetime(2, 1, 1, tzinfo=UTC).timestamp()
LATEST = datetime(9000, 1, 1, tzinfo=UTC).timestamp()
"""The instants, in epoch seconds, between which events are accepted."""
_OFFSET_NAME = re.compile(r"(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d{2}))?\Z")


@lru_cache(maxsize=512)
def zone(name: str) -> tzinfo:
    """The zone called `name`: an IANA name, or an offset such as `GMT+02:00` as Google itself sends.

    Raises ValueError for any other name.
    """
    if offset := _OFFSET_NAME.match(name):
        sign = 1 if offset[1] == "+" else -1
        return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error


def instant(text: str) -> datetime:
    """An aware instant from RFC 3339. Raises ValueError when it has no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset in a timestamp")
    return moment


def bound(text: str) -> float:
    """A window's end as epoch seconds, whole ones, kept inside the years this program can reckon in.

    Raises ValueError for a timestamp without offset.
    """
    return min(max(instant(text).replace(microsecond=0).timestamp(), EARLIEST), LATEST)


def stamp_text(moment: datetime) -> str:
    """`2026-08-03T09:00:00.000Z`: how Google writes created and updated."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wall_text(moment: datetime, place: tzinfo) -> str:
    """`2026-08-03T11:00:00+02:00`, or with `Z` at offset zero: how Google writes dateTime, in `place`."""
    return moment.astimezone(place).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def epoch(point: dict[str, Any], calendar_zone: tzinfo) -> float:
    """Seconds since 1970 of a `start` or `end` object; a date begins at midnight of the calendar's zone.

    A dateTime without offset is read in the object's own timeZone. Raises KeyError and ValueError on bad shapes.
    """
    if day := point.get("date"):
        local = datetime.combine(date.fromisoformat(day), datetime.min.time(), calendar_zone)
        return local.timestamp()
    moment = datetime.fromisoformat(point["dateTime"])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone(point["timeZone"]) if point.get("timeZone") else calendar_zone)
    return moment.timestamp()


def utc_suffix(moment: datetime) -> str:
    """`20260803T070000Z`: the second half of a timed instance's id."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
