"""A calendar as CSV and as iCalendar. Titles come from strangers: in neither do they become anything but text."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from uuid import UUID

from almanac.domain.history.fold import State
from almanac.presentation.history.changes import by_start

COLUMNS = (
    "id",
    "title",
    "start_at",
    "end_at",
    "all_day",
    "start_date",
    "end_date",
    "time_zone",
    "location",
    "description",
    "status",
    "transparency",
    "provider",
    "external_calendar_id",
    "external_event_id",
    "task_id",
    "locked",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet would compute. https://owasp.org/www-community/attacks/CSV_Injection"""
_LONGEST_LINE = 75
"""Octets of a line of iCalendar, RFC 5545 section 3.1."""


def csv_text(events: Mapping[UUID, State], _now: datetime) -> str:
    """Return the events as CSV with a heading, one row each, by start; cells that look like a formula begin with '."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for event_id, state in by_start(events):
        found = {**state, "id": str(event_id)}
        writer.writerow([_cell(found.get(column)) for column in COLUMNS])
    return out.getvalue()


def ics_text(events: Mapping[UUID, State], now: datetime) -> str:
    """Return the events as one VCALENDAR, RFC 5545: dates of all-day events, else instants in UTC."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Almanac//Calendar//EN", "CALSCALE:GREGORIAN"]
    for event_id, state in by_start(events):
        lines += _event(event_id, state, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _event(event_id: UUID, state: State, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event_id}@almanac"
    yield f"DTSTAMP:{_utc(now)}"
    if state.get("all_day"):
        yield f"DTSTART;VALUE=DATE:{date.fromisoformat(state['start_date']):%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{date.fromisoformat(state['end_date']):%Y%m%d}"
    else:
        yield f"DTSTART:{_utc(datetime.fromisoformat(state['start_at']))}"
        yield f"DTEND:{_utc(datetime.fromisoformat(state['end_at']))}"
    for name in ("title", "description", "location"):
        if state.get(name):
            yield f"{'SUMMARY' if name == 'title' else name.upper()}:{_escaped(str(state[name]))}"
    yield f"STATUS:{str(state.get('status', 'confirmed')).upper()}"
    yield f"TRANSP:{str(state.get('transparency', 'opaque')).upper()}"
    yield "END:VEVENT"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """Text as RFC 5545 section 3.3.11 has it; other control characters cannot stand in it."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    special = unix.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return "".join(letter for letter in special if letter >= " " and letter != "\x7f")


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets, continued with a space; no character is cut in two."""
    part, size = "", 0
    for letter in line:
        width = len(letter.encode("utf-8", "replace"))
        if size + width > _LONGEST_LINE:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + width
    yield part
