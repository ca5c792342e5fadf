"""The text of an `.ics` file, component by component: one that cannot be read costs nothing but itself."""

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import icalendar
from icalendar.error import GloballyUniqueTZIDGuessed

_FOLD = re.compile(r"\r?\n[ \t]")
_NEWLINE = re.compile(r"\r?\n")
_NEVER_NESTED = {"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"}
_UNREADABLE = (ValueError, IndexError, KeyError, OverflowError)
"""What icalendar raises for a text it cannot read."""


@dataclass(slots=True)
class CalendarText:
    """The lines that matter of one VCALENDAR: its zone, its VTIMEZONEs and its events, those without their alarms."""

    properties: list[str] = field(default_factory=list)
    zones: list[list[str]] = field(default_factory=list)
    events: list[list[str]] = field(default_factory=list)
    ended: bool = False

    def parsed(self) -> tuple[Any, list[tuple[int, Any]], list[str]]:
        """(the calendar with its zones, its events by their position from 1, what could not be read)."""
        try:
            whole = _parse([*self.properties, *_joined(self.zones), *_joined(self.events)])
        except _UNREADABLE:
            return self._piece_by_piece()
        return whole, list(enumerate(whole.walk("VEVENT"), start=1)), []

    def _piece_by_piece(self) -> tuple[Any, list[tuple[int, Any]], list[str]]:
        problems, zones = [], []
        for number, lines in enumerate(self.zones, start=1):
            try:
                _parse(lines)
                zones += lines
            except _UNREADABLE as error:
                problems.append(f"time zone {number}: cannot be read ({type(error).__name__})")
        frame = [*self.properties, *zones]
        found = []
        for number, lines in enumerate(self.events, start=1):
            try:
                found += [(number, event) for event in _parse([*frame, *lines]).walk("VEVENT")]
            except _UNREADABLE as error:
                problems.append(f"event {number}: cannot be read ({type(error).__name__})")
        return _parse(frame), found, problems


def calendars_of(raw: bytes) -> list[CalendarText]:
    """Return every VCALENDAR of a file. A component that is not ended ends where the next one of its rank begins.

    A calendar that the file breaks off before its first event is none.
    """
    reader = _Reader()
    for line in _NEWLINE.split(_FOLD.sub("", raw.decode("utf-8-sig", errors="replace"))):
        if line:
            reader.read(line)
    reader.end_component()
    return [each for each in reader.calendars if each.events or each.ended]


class _Reader:
    """Where a reading of lines stands: in which calendar, and in which of its components."""

    def __init__(self) -> None:
        self.calendars: list[CalendarText] = []
        self._inside = False
        self._open: list[str] = []
        """Names of the components the next line lies in, the outermost first."""
        self._lines: list[str] = []

    def read(self, line: str) -> None:
        """Take the next unfolded line."""
        kind, _, name = line.strip().upper().partition(":")
        if kind == "BEGIN":
            self._begin(name, line)
        elif kind == "END":
            self._end(name, line)
        elif len(self._open) == 1 or self._open[:1] == ["VTIMEZONE"]:
            self._lines += _with_raw_duration(line)
        elif self._inside and not self._open and kind.startswith("X-WR-TIMEZONE"):
            self.calendars[-1].properties.append(line)

    def end_component(self) -> None:
        """Keep what has been read of the open component."""
        if self._open:
            name, lines = self._open[0], [*self._lines, *(f"END:{name}" for name in reversed(self._open))]
            if name == "VTIMEZONE":
                self.calendars[-1].zones.append(lines)
            elif name == "VEVENT":
                self.calendars[-1].events.append([*self._lines, "END:VEVENT"])
        self._open, self._lines = [], []

    def _begin(self, name: str, line: str) -> None:
        if name == "VCALENDAR":
            self.end_component()
            self.calendars.append(CalendarText())
            self._inside = True
        elif self._inside:
            if name in _NEVER_NESTED:
                self.end_component()
            self._open.append(name)
            if len(self._open) == 1 or self._open[0] == "VTIMEZONE":
                self._lines.append(line)

    def _end(self, name: str, line: str) -> None:
        if name == "VCALENDAR":
            self.end_component()
            if self._inside:
                self.calendars[-1].ended = True
            self._inside = False
        elif self._open[:1] == [name]:
            self._open = [name]
            self.end_component()
        elif name in self._open:
            del self._open[self._open.index(name) :]
            if self._open[0] == "VTIMEZONE":
                self._lines.append(line)


def _with_raw_duration(line: str) -> list[str]:
    """The line; beside a DURATION also its text, for icalendar's timedelta no longer tells P1D from PT24H."""
    name, _, value = line.partition(":")
    is_duration = name.partition(";")[0].upper() == "DURATION"
    return [line, f"X-DURATION-TEXT:{value}"] if is_duration else [line]


def _joined(blocks: Iterable[list[str]]) -> list[str]:
    return [line for block in blocks for line in block]


def _parse(lines: list[str]) -> Any:
    text = "\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)  # `zones.iana_name` reads vendor prefixes
        return icalendar.Calendar.from_ical(text)
