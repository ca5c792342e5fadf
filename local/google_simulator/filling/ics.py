"""Any `.ics` export as a Google calendar: masters with their recurrence, exceptions in their slots, zones by IANA name.

What Google's model cannot hold is left out and reported, event by event; only an unreadable file is an error.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from icalendar.error import BrokenCalendarProperty

from local.google_simulator.api import writes
from local.google_simulator.api.errors import ApiError
from local.google_simulator.filling.ics_body import event_body, inherit_nothing
from local.google_simulator.filling.ics_series import FileSeries
from local.google_simulator.filling.ics_text import calendars_of
from local.google_simulator.filling.ics_times import Unreadable, Zones, moment_of, recurrence
from local.google_simulator.world.event import Json
from local.google_simulator.world.recurrence import series_of
from local.google_simulator.world.state import Calendar, World


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
        texts = calendars_of(path.read_bytes())
    except OSError as error:
        raise IcsError(f"{path}: not a readable .ics file ({type(error).__name__})") from error
    if not texts:
        raise IcsError(f"{path}: holds no calendar")
    report = IcsReport()
    for text in texts:
        component, events, problems = text.parsed()
        report.skipped += problems
        _Loading(world, calendar, Zones(component, calendar.time_zone, report.notes), report).load(events)
    return report


@dataclass(slots=True)
class _Loading:
    world: World
    calendar: Calendar
    zones: Zones
    report: IcsReport
    series: dict[str, FileSeries] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)

    def load(self, events: list[tuple[int, Any]]) -> None:
        """Masters and single events first, for an exception needs its series; of two versions the newer one first."""
        for number, event in sorted(events, key=lambda pair: (_rank(pair[1]), *_age(pair[1]))):
            try:
                self._event(number, event) if "RECURRENCE-ID" not in event else self._exception(number, event)
            except Unreadable as error:
                self.report.skipped.append(f"event {number}: {error}")
            except BrokenCalendarProperty:
                self.report.skipped.append(f"event {number}: a property cannot be read")
            except OverflowError:
                self.report.skipped.append(f"event {number}: a time is out of range")
            except ApiError as error:
                self.report.skipped.append(f"event {number}: {error.message} ({error.reason})")

    def _event(self, number: int, event: Any) -> None:
        uid = str(event.get("UID") or "")
        if not uid:
            raise Unreadable("no UID")
        body = event_body(event, self.zones, self.calendar.id) | {"iCalUID": uid}
        if lines := self._with_dates(number, body, recurrence(event, body, self.zones)):
            body["recurrence"] = lines
        version = writes.insert(self.world, self.calendar, self.calendar.owner, body, event_id(uid))
        self.report.series += version.recurring
        self.report.events += not version.recurring
        if _cancelled(event):
            writes.delete(self.world, self.calendar, version.id)
            self.report.cancelled += 1

    def _with_dates(self, number: int, body: Json, lines: list[str]) -> list[str]:
        """The lines without the rules that name no date: of such a series the first occurrence is all there is."""
        try:
            series = series_of(body | {"recurrence": lines}, self.calendar.zone)
            empty = [line for line in lines if line.startswith("RRULE") and series.names_no_date(line)]
        except ValueError:
            return lines  # refused below, with Google's own words
        if empty:
            self.report.notes.append(f"event {number}: its rule names no date; only its first occurrence is taken")
        kept = [line for line in lines if line not in empty]
        return kept if any(line.startswith(("RRULE", "RDATE")) for line in kept) else []

    def _exception(self, number: int, event: Any) -> None:
        key = f"{event.get('UID')} {moment_of(event, 'RECURRENCE-ID')}"
        if key in self.replaced:
            raise Unreadable("another version of the same occurrence is at least as new")
        self.replaced.add(key)
        series = self._series_of(event)
        slot = series.occurrence(event, self.zones) if series else None
        if series is None or slot is None:
            self._alone(number, event, key)
        elif _and_following(event) and _cancelled(event):
            series.end_before(event, self.zones)
            self.report.cancelled += 1
        elif _cancelled(event):
            writes.delete(self.world, self.calendar, slot)
            self.report.cancelled += 1
        else:
            self._change(number, event, series, slot)

    def _alone(self, number: int, event: Any, key: str) -> None:
        """Keep an occurrence without its series as an event; its key is UID and RECURRENCE-ID (RFC 5546, 2.1.5)."""
        if _cancelled(event):
            self.report.cancelled += 1
            return
        writes.insert(
            self.world,
            self.calendar,
            self.calendar.owner,
            event_body(event, self.zones, self.calendar.id),
            event_id(key),
        )
        self.report.notes.append(f"event {number}: replaces an occurrence its series does not have; kept alone")
        self.report.events += 1

    def _change(self, number: int, event: Any, series: FileSeries, slot: str) -> None:
        changes = event_body(event, self.zones, self.calendar.id)
        changes |= inherit_nothing(changes)
        if _and_following(event):
            try:
                series.change_following(event, changes, self.zones)
            except Unreadable as error:
                self.report.notes.append(f"event {number}: {error}")
            else:
                self.report.exceptions += 1
                return
        writes.patch(self.world, self.calendar, slot, changes, as_organizer=True)
        self.report.exceptions += 1

    def _series_of(self, event: Any) -> FileSeries | None:
        """The live series an exception belongs to, as its file first has it."""
        key = event_id(str(event.get("UID")))
        record = self.calendar.records.get(key)
        if record and key not in self.series and record.current.recurring and record.current.live:
            self.series[key] = FileSeries(self.world, self.calendar, key)
        return self.series.get(key)


def event_id(uid: str) -> str:
    """A Google event id that is always the same for a UID."""
    return base64.b32hexencode(hashlib.sha256(uid.encode()).digest()[:20]).decode().lower()


def _rank(event: Any) -> int:
    """Masters, then what changes all that follow, then single occurrences."""
    if "RECURRENCE-ID" not in event:
        return 0
    return 1 if _and_following(event) else 2


def _age(event: Any) -> tuple[int, float]:
    """Sorts the newer of two versions first (RFC 5546, 2.1.5): by SEQUENCE, then DTSTAMP; equal ones stay in order."""
    sequence, stamp = event.get("SEQUENCE"), getattr(event.get("DTSTAMP"), "dt", None)
    newer = sequence if isinstance(sequence, int) else 0
    return -newer, -stamp.timestamp() if isinstance(stamp, datetime) and stamp.year > 1 else 0.0


def _and_following(event: Any) -> bool:
    params = getattr(event["RECURRENCE-ID"], "params", {})
    return str(params.get("RANGE", "")).upper() == "THISANDFUTURE"


def _cancelled(event: Any) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"
