"""When an event is: Google's `start` and `end` objects as UTC instants and dates."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from almanac.domain.calendar.events import CalendarZones
from almanac.domain.wall_clock import date_instants

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Year 0 and far-future events exist (trap 49); no calendar shows them, and date arithmetic breaks near both ends."""

_Day = TypeVar("_Day", bound=date)
_ONE_DAY = timedelta(days=1)
_ZONE_NAME = re.compile(r"[A-Z][A-Za-z0-9_+/-]{0,63}")
"""Every IANA name begins with a capital; `localtime` and `posixrules`, which differ by machine, do not."""


class Unreadable(ValueError):
    """An event has no storable time. The message is a fixed phrase; `map_page` makes an EventProblem of it."""


class EventTimes(NamedTuple):
    """The time columns of an event row, in its order. All-day: dates, end exclusive, and midnights as instants."""

    start_at: datetime
    end_at: datetime
    all_day: bool
    start_date: date | None
    end_date: date | None
    time_zone: str | None


def span(
    start: Mapping[str, Any] | None, end: Mapping[str, Any] | None, zones: CalendarZones, repairs: list[str]
) -> EventTimes:
    """Return the time of an event; what had to be repaired is appended to `repairs` as fixed phrases.

    Raises Unreadable when there is no start, the ends are of different kinds or the wrong way round, or a year is out
    of range; TypeError or AttributeError when a value is of another type than Google documents.
    """
    start, end = start or {}, end or {}
    if start.get("dateTime") is not None:
        return _timed(start, end, zones, repairs)
    if start.get("date") is not None:
        return _all_day(start, end, zones, repairs)
    raise Unreadable("no start")


def _timed(start: Mapping[str, Any], end: Mapping[str, Any], zones: CalendarZones, repairs: list[str]) -> EventTimes:
    start_at = _instant_of(start, zones, repairs)
    if end.get("dateTime") is not None:
        end_at = _instant_of(end, zones, repairs)
    elif end.get("date") is not None:
        raise Unreadable("start with a time, end without")
    else:
        end_at = start_at
        repairs.append("no end")
    if end_at < start_at:
        raise Unreadable("end before start")
    name = start.get("timeZone")
    return EventTimes(start_at, end_at, False, None, None, name if name and iana_zone(name) else None)


def _all_day(start: Mapping[str, Any], end: Mapping[str, Any], zones: CalendarZones, repairs: list[str]) -> EventTimes:
    first = _day(start["date"])
    if end.get("dateTime") is not None:
        raise Unreadable("end with a time, start without")
    if end.get("date") is not None:
        after = _day(end["date"])
    else:
        after = first
        repairs.append("no end")
    if after < first:
        raise Unreadable("end before start")
    if after == first:  # in the wild, and meant as one day (trap 43)
        after = first + _ONE_DAY
    zone = iana_zone(zones.workspace) or UTC
    return EventTimes(_midnight(first, zone), _midnight(after, zone), True, first, after, None)


def original_start(value: Mapping[str, Any] | None, zones: CalendarZones) -> tuple[datetime | None, date | None]:
    """Return which occurrence of its series it is: an instant, or the date of an all-day one (trap 32).

    (None, None) when Google names none. Raises Unreadable when it is named but has no time.
    """
    if not value:
        return None, None
    if value.get("dateTime") is not None:
        return _instant_of(value, zones, []), None
    if value.get("date") is not None:
        return None, _day(value["date"])
    raise Unreadable("no start")


def instant(text: str) -> datetime:
    """Read RFC 3339 as UTC; a text without offset is taken as UTC. Raises Unreadable."""
    moment = _read(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(maxsize=1024)
def iana_zone(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name; None for others: Google sends `GMT+02:00` and Windows names too (trap 46)."""
    if not _ZONE_NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, such as "Europe"
        return None


def _instant_of(value: Mapping[str, Any], zones: CalendarZones, repairs: list[str]) -> datetime:
    """Return the instant of one end: its own offset, else its own zone, else the calendar's."""
    moment = _read(value["dateTime"])
    if moment.tzinfo is None:
        name = value.get("timeZone")
        zone = iana_zone(name) if name else None
        if name and zone is None:
            repairs.append("unknown time zone")
        moment = moment.replace(tzinfo=zone or iana_zone(zones.calendar) or UTC)
    return moment.astimezone(UTC)


def _read(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("unreadable time") from None
    return _in_range(moment)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Unreadable("unreadable date") from None
    return _in_range(day)


def _in_range(day: _Day) -> _Day:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Unreadable("year out of range")
    return day


@lru_cache(maxsize=4096)
def _midnight(day: date, zone: tzinfo) -> datetime:
    """Return where the day begins."""
    return date_instants(day, zone)[0]
