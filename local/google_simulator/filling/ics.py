"""Any `.ics` export as a Google calendar: masters with their recurrence, exceptions in their slots, zones by IANA name.

What Google's model cannot hold is left out and reported, event by event; only an unreadable file is an error.
"""

import base64
import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import icalendar
from icalendar.error import BrokenCalendarProperty, GloballyUniqueTZIDGuessed

from local.google_simulator.api import writes
from local.google_simulator.api.errors import ApiError
from local.google_simulator.filling.ics_times import Unreadable, Zones, moment_of, original_start, recurrence, span
from local.google_simulator.world.event import Json
from local.google_simulator.world.recurrence import instance_body, series_of, wall_start
from local.google_simulator.world.state import Calendar, World

_LONGEST_TEXT = 8192
_PARTSTAT = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}


class IcsError(Exception):
    """The file cannot be read as a calendar at all; the message names it."""


@dataclass(slots=True)
class IcsReport:
    """What became of a file. `skipped` and `notes` name events by their position, never by title."""

    events: int = 0
    series: int = 0
    exceptions: int = 0
    cancelled: int = 0
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def load_ics(world: World, calendar: Calendar, path: Path) -> IcsReport:
    """Load a file's events into a calendar. Raises IcsError, naming the file, when it is no calendar."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)  # `zones.iana_name` reads vendor prefixes
            parsed = icalendar.Calendar.from_ical(path.read_bytes(), multiple=True)
    except (OSError, ValueError, IndexError, KeyError) as error:
        raise IcsError(f"{path}: not a readable .ics file ({type(error).__name__})") from error
    if not parsed:
        raise IcsError(f"{path}: holds no calendar")
    report = IcsReport()
    for number, component in enumerate(parsed):
        if component.name != "VCALENDAR":
            raise IcsError(f"{path}: part {number + 1} is no VCALENDAR")
        _Loading(world, calendar, Zones(component, calendar.time_zone, report.notes), report).load(component)
    return report


@dataclass(slots=True)
class _Loading:
    world: World
    calendar: Calendar
    zones: Zones
    report: IcsReport

    def load(self, component: Any) -> None:
        """Masters and single events first: an exception needs its series."""
        found = list(enumerate(component.walk("VEVENT"), start=1))
        for number, event in sorted(found, key=lambda pair: "RECURRENCE-ID" in pair[1]):
            try:
                self._event(event) if "RECURRENCE-ID" not in event else self._exception(number, event)
            except Unreadable as error:
                self.report.skipped.append(f"event {number}: {error}")
            except BrokenCalendarProperty:
                self.report.skipped.append(f"event {number}: a property cannot be read")
            except ApiError as error:
                self.report.skipped.append(f"event {number}: {error.message} ({error.reason})")

    def _event(self, event: Any) -> None:
        uid = str(event.get("UID") or "")
        if not uid:
            raise Unreadable("no UID")
        body = self._body(event) | {"iCalUID": uid}
        if lines := recurrence(event, body, self.zones):
            body["recurrence"] = lines
        version = writes.insert(self.world, self.calendar, self.calendar.owner, body, event_id(uid))
        self.report.series += version.recurring
        self.report.events += not version.recurring
        if _cancelled(event):
            writes.delete(self.world, self.calendar, version.id)
            self.report.cancelled += 1

    def _exception(self, number: int, event: Any) -> None:
        slot = self._slot(event)
        if slot is None:
            self.report.notes.append(f"event {number}: replaces an occurrence its series does not have; kept alone")
            alone = f"{event.get('UID')} {moment_of(event, 'RECURRENCE-ID')}"
            writes.insert(self.world, self.calendar, self.calendar.owner, self._body(event), event_id(alone))
            self.report.events += 1
        elif _cancelled(event):
            writes.delete(self.world, self.calendar, slot)
            self.report.cancelled += 1
        else:
            changes = self._body(event)
            writes.patch(self.world, self.calendar, slot, changes | _unset(changes), as_organizer=True)
            self.report.exceptions += 1

    def _slot(self, event: Any) -> str | None:
        """The id of the generated occurrence a RECURRENCE-ID names."""
        record = self.calendar.records.get(event_id(str(event.get("UID"))))
        if record is None or not record.current.recurring or not record.current.live:
            return None
        master = record.current.body
        series = series_of(master, self.calendar.zone)
        original = original_start(event, master, self.zones)
        start = wall_start(original, series)
        if not series.includes(start):
            return None
        found: str = instance_body(master, series, start, self.calendar.zone)["id"]
        return found

    def _body(self, event: Any) -> Json:
        texts = {"summary": "SUMMARY", "description": "DESCRIPTION", "location": "LOCATION"}
        body: Json = {name: _text(event, key) for name, key in texts.items() if event.get(key)}
        body |= span(event, self.zones)
        if str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
            body["transparency"] = "transparent"
        if str(event.get("CLASS", "")).upper() in ("PRIVATE", "CONFIDENTIAL"):
            body["visibility"] = "private"
        if str(event.get("STATUS", "")).upper() == "TENTATIVE":
            body["status"] = "tentative"
        if guests := list(self._guests(event)):
            body["attendees"] = guests
        if event.get("ORGANIZER") and _address(event["ORGANIZER"]) != self.calendar.id:
            body["organizer"] = {"email": _address(event["ORGANIZER"])}
        return body

    def _guests(self, event: Any) -> Iterator[Json]:
        listed = event.get("ATTENDEE", [])
        for guest in listed if isinstance(listed, list) else [listed]:
            answer = _PARTSTAT.get(str(guest.params.get("PARTSTAT", "")).upper(), "needsAction")
            email = _address(guest)
            yield {"email": email, "responseStatus": answer} | ({"self": True} if email == self.calendar.id else {})


def event_id(uid: str) -> str:
    """A Google event id that is always the same for a UID."""
    return base64.b32hexencode(hashlib.sha256(uid.encode()).digest()[:20]).decode().lower()


def _unset(changes: Json) -> Json:
    """An exception of a file replaces the whole occurrence: what it lacks is not inherited."""
    inherited = ("summary", "description", "location", "transparency", "visibility", "attendees")
    absent = {name: None for name in inherited if name not in changes}
    for point in ("start", "end"):
        other = "dateTime" if "date" in changes[point] else "date"
        changes[point] = changes[point] | {other: None}
    return absent


def _cancelled(event: Any) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _text(event: Any, key: str) -> str:
    value = event[key]
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.replace("\x00", "")[:_LONGEST_TEXT]


def _address(value: Any) -> str:
    address = str(value[0] if isinstance(value, list) else value)
    return address[7:].lower() if address.lower().startswith("mailto:") else address.lower()
