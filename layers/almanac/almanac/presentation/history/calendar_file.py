"""A calendar as CSV and as iCalendar. Titles come from strangers: in neither do they become anything but text."""

import csv
import io
import re
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
_COMPUTED = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_FORMULA = (*_COMPUTED, "\t", "\r", "\n")
"""How a cell begins that a spreadsheet would compute, full width too.
https://owasp.org/www-community/attacks/CSV_Injection"""
_CELLS_INSIDE = re.compile(f'([;\t\r\n])(?="*[{re.escape("".join(_COMPUTED))}])')
"""Where a cell begins for a program that separates by semicolons or tabs, as spreadsheets do in half of Europe: quotes
are none to it, unless a cell of its own begins with them."""
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
HEAD = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Almanac//Calendar//EN", "CALSCALE:GREGORIAN")
"""How a VCALENDAR of ours begins."""
_LONGEST_LINE = 75
"""Octets of a line of iCalendar, RFC 5545 section 3.1."""


def csv_text(events: Mapping[UUID, State], _now: datetime) -> str:
    """Return the events as CSV with a heading, one row each, by start; cells that look like a formula begin with '."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for event_id, state in by_start(events):
        found = {**state, "id": str(event_id)}
        writer.writerow([cell(found.get(column)) for column in COLUMNS])
    return out.getvalue()


def ics_text(events: Mapping[UUID, State], now: datetime, name: str | None = None) -> str:
    """Return the events as one VCALENDAR, RFC 5545: dates of all-day events, else instants in UTC.

    An occurrence of a series is an event of its own, as the provider has expanded it: exceptions, moved and cancelled
    ones, are in it as they are. `now` stamps each; a `name` is what a subscriber's program calls the calendar.
    """
    lines = [*HEAD]
    if name is not None:  # RFC 7986, sections 5.1 and 5.7; X-WR-CALNAME for programs that are older
        lines += [f"NAME:{_escaped(name)}", f"X-WR-CALNAME:{_escaped(name)}"]
        lines += ["REFRESH-INTERVAL;VALUE=DURATION:PT1H"]
    for event_id, state in by_start(events):
        lines += event_lines(str(event_id), state, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in folded(line))


def cell(value: object) -> str:
    """Return a cell of CSV; what a spreadsheet would compute begins with ', whatever it separates cells by."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = _CELLS_INSIDE.sub(r"\1'", "" if value is None else str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text


def event_lines(uid: str, state: State, now: datetime, more: str | None = None) -> Iterator[str]:
    """Yield one VEVENT, unfolded: dates of an all-day event, else instants in UTC; `more` is a line of its own."""
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}@almanac"
    yield f"DTSTAMP:{utc_text(now)}"
    if more is not None:
        yield more
    if state.get("all_day") and state.get("start_date") and state.get("end_date"):
        first, end = (date.fromisoformat(state[name]) for name in ("start_date", "end_date"))
        yield f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
        if end > first:  # an end must be later; without one it is of one day
            yield f"DTEND;VALUE=DATE:{end:%Y%m%d}"
    else:
        start, until = (datetime.fromisoformat(state[name]) for name in ("start_at", "end_at"))
        yield f"DTSTART:{utc_text(start)}"
        if until > start:  # likewise; without one it takes no time
            yield f"DTEND:{utc_text(until)}"
    yield from content(state)
    yield "END:VEVENT"


def content(state: State) -> Iterator[str]:
    """Yield what an event says beside its times."""
    for name in ("title", "description", "location"):
        if state.get(name):
            yield f"{'SUMMARY' if name == 'title' else name.upper()}:{_escaped(str(state[name]))}"
    yield f"STATUS:{str(state.get('status', 'confirmed')).upper()}"
    if state.get("visibility") in ("private", "confidential"):
        yield f"CLASS:{str(state['visibility']).upper()}"
    yield f"TRANSP:{str(state.get('transparency', 'opaque')).upper()}"


def utc_text(moment: datetime) -> str:
    """Return an instant as iCalendar has it."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """Text as RFC 5545 section 3.3.11 has it; what readers may take for a line's end is written as one, and other
    control characters cannot stand in it."""
    unix = _LINE_ENDS.sub("\n", text)
    special = unix.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return _CONTROLS.sub("", special)


def folded(line: str) -> Iterator[str]:
    """Yield lines of at most 75 octets, continued with a space; no character is cut in two."""
    part, size = "", 0
    for letter in line:
        width = len(letter.encode("utf-8", "replace"))
        if size + width > _LONGEST_LINE:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + width
    yield part
