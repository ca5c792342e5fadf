"""Times of an `.ics` event in Google's shape: start and end, recurrence lines, the slot an exception replaces."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar.error import BrokenCalendarProperty

from local.google_simulator.filling.zones import iana_name, zone_like
from local.google_simulator.world.event import Json
from local.google_simulator.world.times import utc_suffix, zone

_NOMINAL = re.compile(r"[+-]?P(?:(\d+)W)?(?:(\d+)D)?", re.IGNORECASE)


class Unreadable(Exception):
    """This one event cannot be taken over; the message says why without quoting it."""


class Zones:
    """The zones of one calendar file; `notes` collects, once each, the names that had to be guessed."""

    def __init__(self, component: Any, default: str, notes: list[str]) -> None:
        named = iana_name(str(component.get("X-WR-TIMEZONE", "")))
        self.floating = named or default
        self._notes = notes
        self._known: dict[str, str] = {}
        self._locations = {
            str(part.get("TZID")): str(part.get("X-LIC-LOCATION"))
            for part in component.walk("VTIMEZONE")
            if part.get("X-LIC-LOCATION")
        }

    def name(self, value: Any, moment: datetime) -> str:
        """The IANA name of a property's zone. A floating time takes the calendar's; an unknown zone the nearest."""
        tzid = str(value.params.get("TZID", ""))
        if moment.tzinfo is None and not tzid:
            return self.floating
        if not tzid or moment.tzinfo is UTC:
            return iana_name(tzid) or "UTC"
        if tzid not in self._known:
            self._known[tzid] = self._resolve(tzid, moment)
        return self._known[tzid]

    def _resolve(self, tzid: str, moment: datetime) -> str:
        named = iana_name(tzid, self._locations.get(tzid))
        if named:
            return named
        alike = zone_like(moment.tzinfo) if moment.tzinfo else None
        self._notes.append(f"zone {tzid[:60]!r} is no known zone; taken for {alike or self.floating}, instants kept")
        return alike or self.floating


def span(event: Any, zones: Zones) -> Json:
    """`start` and `end`: DTEND, DURATION, or neither (RFC 5545, 3.6.1: a date lasts a day, a time none)."""
    begin = moment_of(event, "DTSTART")
    if begin is None:
        raise Unreadable("no DTSTART")
    finish = moment_of(event, "DTEND")
    if not isinstance(begin, datetime):
        if isinstance(finish, datetime):
            raise Unreadable("DTSTART and DTEND are of different kinds")
        days = _duration(event).days if "DURATION" in event else 1
        return {"start": point(begin, ""), "end": point(max(finish or begin + timedelta(days=days), begin), "")}
    first = point(begin, zones.name(event["DTSTART"], begin))
    if finish is None:
        return {"start": first, "end": point(_after(event, begin, first["timeZone"]), first["timeZone"])}
    if not isinstance(finish, datetime):
        raise Unreadable("DTSTART and DTEND are of different kinds")
    return {"start": first, "end": point(finish, zones.name(event["DTEND"], finish))}


def point(moment: date | datetime, name: str) -> Json:
    """A time as a Google start, end or originalStartTime object."""
    if not isinstance(moment, datetime):
        return {"date": moment.isoformat()}
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone(name))
    return {"dateTime": aware.astimezone(zone(name)).isoformat(), "timeZone": name}


def recurrence(event: Any, body: Json, zones: Zones) -> list[str]:
    """RRULE, EXRULE, RDATE and EXDATE as Google's list of lines; single dates in UTC, or as dates when all-day."""
    all_day = "date" in body["start"]
    lines = []
    for kind in ("RRULE", "EXRULE"):
        lines += [f"{kind}:{_rule(rule)}" for rule in _several(event.get(kind))]
    for kind in ("RDATE", "EXDATE"):
        days = [_plain(value) for listed in _several(event.get(kind)) for value in _listed(listed)]
        if not days:
            continue
        if all_day:
            lines.append(f"{kind};VALUE=DATE:" + ",".join(f"{day:%Y%m%d}" for day in days))
        else:
            lines.append(f"{kind}:" + ",".join(_utc(day, body, zones) for day in days))
    return lines if any(line.startswith(("RRULE", "RDATE")) for line in lines) else []


def original_start(event: Any, master: Json, zones: Zones) -> Json:
    """The slot a RECURRENCE-ID names, as a date for an all-day series; a date on a timed one means its hour."""
    moment = moment_of(event, "RECURRENCE-ID")
    if moment is None:
        raise Unreadable("no RECURRENCE-ID")
    if "date" in master["start"]:
        return {"date": (moment.date() if isinstance(moment, datetime) else moment).isoformat()}
    if isinstance(moment, datetime):
        return point(moment, zones.name(event["RECURRENCE-ID"], moment))
    place = zone(master["start"]["timeZone"])
    clock = datetime.fromisoformat(master["start"]["dateTime"]).astimezone(place).time()
    return point(datetime.combine(moment, clock), master["start"]["timeZone"])


def moment_of(event: Any, key: str) -> date | datetime | None:
    """A property's date or time, or None when it is missing. Raises Unreadable."""
    value = event.get(key)
    if value is None:
        return None
    found = _content(value, "dt", key)
    if not isinstance(found, date):
        raise Unreadable(f"{key} cannot be read")
    return found


def _content(value: Any, name: str, key: str) -> Any:
    """A property's parsed value; a property that is broken or there twice has none."""
    try:
        return getattr(value, name)
    except (AttributeError, BrokenCalendarProperty) as error:
        raise Unreadable(f"{key} cannot be read") from error


def _after(event: Any, begin: datetime, name: str) -> datetime:
    """When DURATION is over: its weeks and days are nominal, its hours and minutes exact (RFC 5545, 3.3.6)."""
    if "DURATION" not in event:
        return begin
    length = _duration(event)
    written = _NOMINAL.match(str(event.get("X-DURATION-TEXT", "")))
    weeks, days = (int(number or 0) for number in written.groups()) if written else (0, length.days)
    nominal = timedelta(weeks=weeks, days=days) * (-1 if length < timedelta() else 1)
    local = (begin if begin.tzinfo else begin.replace(tzinfo=zone(name))) + nominal
    return local.astimezone(UTC) + (length - nominal)


def _duration(event: Any) -> timedelta:
    length = _content(event["DURATION"], "dt", "DURATION")
    if not isinstance(length, timedelta):
        raise Unreadable("DURATION cannot be read")
    return length


def _rule(rule: Any) -> str:
    """A rule without its X- parts: RFC 2445 (4.3.10) allowed them, and nobody else can read them."""
    text: str = rule.to_ical().decode()
    return ";".join(part for part in text.split(";") if not part.upper().startswith("X-"))


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _listed(value: Any) -> Iterator[Any]:
    for entry in _content(value, "dts", "a list of dates"):
        yield entry.dt


def _plain(value: Any) -> date | datetime:
    first = value[0] if isinstance(value, tuple) else value  # a period: Google keeps the start alone
    if not isinstance(first, date):
        raise Unreadable("a date of a list cannot be read")
    return first


def _utc(day: date | datetime, body: Json, zones: Zones) -> str:
    name = body["start"].get("timeZone", zones.floating)
    if not isinstance(day, datetime):
        clock = datetime.fromisoformat(body["start"]["dateTime"]).astimezone(zone(name)).time()
        day = datetime.combine(day, clock)
    return utc_suffix(day if day.tzinfo else day.replace(tzinfo=zone(name)))
