"""Writes `library.ics` beside this file: a public library's calendar, as several programs would have exported it.

`python -m local.calendars.make_export`; the same file every time. It mixes what exports mix: Windows, vendor and
home-made zones, floating times, series with EXDATE, RDATE and moved or cancelled instances, and broken entries.
"""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

_OUT = Path(__file__).with_name("library.ics")
_FIRST = date(2026, 1, 5)
_BERLIN, _WINDOWS = "Europe/Berlin", "W. Europe Standard Time"
_VENDOR = "/freeassociation.sourceforge.net/Europe/Helsinki"
_HOMEMADE, _UNKNOWN = "Customized Time Zone", "Reading Room Sun Time"
_TITLES = (
    "Story time", "Chess club", "Lesekreis", "Homework help", "Bücherflohmarkt", "Repair café", "Board games 🎲",
    "Poetry slam", "Genealogy desk", "読書会", "Khu đọc sách", "مجموعة القراءة", "Vorlesestunde",
    "3D printing, part 1; basics",
)  # fmt: skip
_ROOMS = ("Reading room", "Großer Saal", "Cellar", "Garden, behind the bus stop")
_RULES = (
    "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=TU,TH", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "FREQ=MONTHLY;BYDAY=1WE",
    "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=DAILY;COUNT=30", "FREQ=WEEKLY;UNTIL=20270630T220000Z", "FREQ=YEARLY",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=DAILY;INTERVAL=3;UNTIL=20261231",
)  # fmt: skip
_ZONES = f"""\
BEGIN:VTIMEZONE
TZID:{_WINDOWS}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:{_HOMEMADE}
BEGIN:STANDARD
DTSTART:20001029T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20000402T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:{_UNKNOWN}
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0053
TZOFFSETTO:+0053
END:STANDARD
END:VTIMEZONE"""
_BROKEN = """\
BEGIN:VEVENT
UID:no-start@library.example
SUMMARY:Has no start
END:VEVENT
BEGIN:VEVENT
UID:mixed-kinds@library.example
SUMMARY:Starts on a day and ends at an hour
DTSTART;VALUE=DATE:20260401
DTEND:20260401T120000Z
END:VEVENT
BEGIN:VEVENT
UID:every-second@library.example
SUMMARY:Repeats every second
DTSTART:20260401T120000Z
DTEND:20260401T120001Z
RRULE:FREQ=SECONDLY;COUNT=10
END:VEVENT
BEGIN:VEVENT
SUMMARY:Has no UID
DTSTART:20260402T120000Z
END:VEVENT
BEGIN:VEVENT
UID:timed-1@library.example
SUMMARY:Takes a UID that is taken
DTSTART:20260403T120000Z
END:VEVENT
BEGIN:VEVENT
UID:backwards@library.example
SUMMARY:Ends before it starts
DTSTART:20260404T120000Z
DTEND:20260404T110000Z
END:VEVENT
BEGIN:VEVENT
UID:orphan@library.example
RECURRENCE-ID:20260405T080000Z
SUMMARY:An exception whose series is elsewhere
DTSTART:20260405T090000Z
DTEND:20260405T100000Z
END:VEVENT
BEGIN:VEVENT
UID:rdate-only@library.example
SUMMARY:Only single dates\\, one as a period
DTSTART;TZID=Europe/Berlin:20260406T080000
DTEND;TZID=Europe/Berlin:20260406T090000
RDATE;TZID=Europe/Berlin:20260408T080000,20260415T080000
RDATE;VALUE=PERIOD:20260420T060000Z/PT2H
END:VEVENT"""


def main() -> None:
    """Write the file: CRLF and lines folded at 75 octets (RFC 5545, 3.1)."""
    rng = random.Random(5545)
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Library//Events//EN", "X-WR-CALNAME:Library"]
    lines = [*head, f"X-WR-TIMEZONE:{_BERLIN}", *_ZONES.splitlines()]
    for number in range(420):
        lines += _timed(rng, number)
    for number in range(90):
        lines += _all_day(rng, number)
    for number in range(80):
        lines += _series(rng, number)
    lines += [*_BROKEN.splitlines(), "END:VCALENDAR"]
    _OUT.write_bytes("".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode())


def _event(kind: str, number: int, *properties: str) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{kind}-{number}@library.example",
        "DTSTAMP:20260101T000000Z",
        *properties,
        "END:VEVENT",
    ]


def _texts(rng: random.Random) -> Iterator[str]:
    yield f"SUMMARY:{_escaped(rng.choice(_TITLES))}"
    yield f"LOCATION:{_escaped(rng.choice(_ROOMS))}"
    if rng.random() < 0.3:
        yield f"DESCRIPTION:{_escaped('Bring a book; share it, read on. ' * rng.randint(1, 12))}\\nSee you"
    if rng.random() < 0.1:
        yield rng.choice(("STATUS:CANCELLED", "STATUS:TENTATIVE", "TRANSP:TRANSPARENT", "CLASS:PRIVATE"))
    if rng.random() < 0.1:
        yield 'ATTENDEE;CN="Desk, front";PARTSTAT=DECLINED:mailto:desk@library.example'
        yield "ORGANIZER;CN=Head:mailto:head@library.example"


def _timed(rng: random.Random, number: int) -> list[str]:
    start = _moment(rng)
    end = start + timedelta(minutes=rng.choice((0, 30, 45, 60, 90, 600)))
    zone = rng.choice((_BERLIN, _WINDOWS, _VENDOR, _HOMEMADE, _UNKNOWN, "UTC", "", "America/New_York"))
    finish = f"DURATION:PT{rng.choice((15, 45, 120))}M" if rng.random() < 0.2 else _at("DTEND", end, zone)
    return _event("timed", number, _at("DTSTART", start, zone), finish, *_texts(rng))


def _all_day(rng: random.Random, number: int) -> list[str]:
    day = _moment(rng).date()
    last = day + timedelta(days=rng.choice((1, 1, 2, 7)))
    end = [] if rng.random() < 0.3 else [f"DTEND;VALUE=DATE:{last:%Y%m%d}"]
    return _event("day", number, f"DTSTART;VALUE=DATE:{day:%Y%m%d}", *end, *_texts(rng))


def _series(rng: random.Random, number: int) -> list[str]:
    """A series; some weekly ones leave a week out, add a day, move one instance and cancel another."""
    rule, zone = rng.choice(_RULES), rng.choice((_BERLIN, _WINDOWS, _HOMEMADE, "Asia/Kathmandu", "UTC"))
    if number % 8 == 0:
        return _all_day_series(rng, number)
    start = _moment(rng)
    times = [_at("DTSTART", start, zone), _at("DTEND", start + timedelta(minutes=50), zone)]
    master = [*times, f"RRULE:{rule}", f"SUMMARY:{_escaped(rng.choice(_TITLES))}"]
    if rule != "FREQ=WEEKLY":
        return _event("series", number, *master)
    weeks = [start + timedelta(weeks=week) for week in range(5)]
    master += [_at("EXDATE", weeks[1], zone), _at("RDATE", start + timedelta(days=3), zone)]
    moved = [_at("RECURRENCE-ID", weeks[2], zone), *_span(weeks[2] + timedelta(days=1, hours=1), zone), "SUMMARY:Moved"]
    dropped = [_at("RECURRENCE-ID", weeks[3], zone), *_span(weeks[3], zone), "STATUS:CANCELLED"]
    return [*_event("series", number, *moved), *_event("series", number, *master), *_event("series", number, *dropped)]


def _all_day_series(rng: random.Random, number: int) -> list[str]:
    day = _moment(rng).date()
    skipped = day + timedelta(weeks=2)
    rule = ["RRULE:FREQ=WEEKLY;COUNT=10", f"EXDATE;VALUE=DATE:{skipped:%Y%m%d}", "SUMMARY:Closed"]
    return _event("series", number, f"DTSTART;VALUE=DATE:{day:%Y%m%d}", *rule)


def _span(start: datetime, zone: str) -> list[str]:
    return [_at("DTSTART", start, zone), _at("DTEND", start + timedelta(minutes=50), zone)]


def _moment(rng: random.Random) -> datetime:
    day = _FIRST + timedelta(days=rng.randrange(700))
    return datetime(day.year, day.month, day.day, rng.randint(7, 20), rng.choice((0, 15, 30)))  # noqa: DTZ001 - TZID says


def _at(name: str, moment: datetime, zone: str) -> str:
    if zone == "UTC":
        return f"{name}:{moment:%Y%m%dT%H%M%SZ}"
    return f"{name}{f';TZID={zone}' if zone else ''}:{moment:%Y%m%dT%H%M%S}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """Cut into pieces of at most 75 octets, never inside a letter."""
    piece, size = "", 0
    for letter in line:
        size += len(letter.encode())
        if size > 75:
            yield piece
            piece, size = " ", 1 + len(letter.encode())
        piece += letter
    yield piece


if __name__ == "__main__":
    main()
