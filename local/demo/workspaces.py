"""The workspaces that the demo and `make dev` show: made-up ones, and one from the person's own `.ics` files."""

import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from local.google_simulator.control.client import Control, ControlError
from local.google_simulator.filling.zones import iana_name
from local.stack.screen import counted
from local.stack.stack import ROOT, Stack

_NAMESPACE = UUID("3c0b8f0e-7d0a-4d6e-9a45-0d6f6a1c9b11")  # the same names have the same ids at every start
_RECORDED = ROOT / "local" / "calendars" / "recorded_events.json"
_ZONE_LINE = re.compile(rb"^X-WR-TIMEZONE:(\S+)", re.MULTILINE)
_EVENT_ZONE = re.compile(rb"^DTSTART;(?:[^:\n]*;)?TZID=\"?([^\":;\r\n]+)", re.MULTILINE)
_TOLD = 5
"""Of what could not be held, or was guessed; the others are counted."""
FROM_FILES = "Your calendar"
"""The workspace of the files that somebody brought."""


class UnusableCalendar(Exception):
    """A file given with --ics cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class PlannedAccount:
    """A Google account to make up: `events` stored ones, series among them, in `calendars` calendars."""

    email: str
    calendars: int
    events: int
    seed: int
    recorded: bool = False
    """Whether a calendar with Google's recorded answers comes on top."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace that is connected. `emails` are its accounts, the first one the creator's."""

    ws_id: UUID
    name: str
    emails: tuple[str, ...]


PLANNED: tuple[tuple[str, str, tuple[PlannedAccount, ...]], ...] = (
    (
        "Harbour Design",
        "Europe/Berlin",
        (PlannedAccount("ada@harbour.test", 3, 160, 1), PlannedAccount("bo@harbour.test", 2, 80, 2)),
    ),
    ("Monsoon Studio", "Asia/Kolkata", (PlannedAccount("ravi@monsoon.test", 3, 140, 3),)),
    ("Southern Clinic", "Pacific/Auckland", (PlannedAccount("mia@clinic.test", 2, 120, 4, recorded=True),)),
    ("Meridian Travel", "America/New_York", (PlannedAccount("tom@meridian.test", 3, 120, 5),)),
)
"""Name, zone and accounts of each workspace: one has two accounts, one a zone of half hours."""


def planned_zone(name: str) -> str:
    """The zone of a planned workspace."""
    return next(zone for planned, zone, _ in PLANNED if planned == name)


def check_readable(files: Sequence[Path]) -> None:
    """Raises UnusableCalendar for the first file that cannot be read at all, or that is no calendar."""
    for path in files:
        if b"BEGIN:VCALENDAR" not in _read(path).upper():
            raise UnusableCalendar(f"{path}: holds no calendar (BEGIN:VCALENDAR is missing)")


@contextmanager
def unpacked(files: Sequence[Path]) -> Iterator[list[Path]]:
    """The calendars in the files, also in a `.zip` as Google exports it. Raises UnusableCalendar."""
    with tempfile.TemporaryDirectory() as folder:
        found = [calendar for path in files for calendar in _calendars_in(path, Path(folder))]
        check_readable(found)
        yield found


def _calendars_in(path: Path, folder: Path) -> Iterator[Path]:
    if not zipfile.is_zipfile(path):
        yield path
        return
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".ics")]
        if not names:
            raise UnusableCalendar(f"{path}: holds no .ics file")
        for number, name in enumerate(names):
            target = folder / f"{number}" / Path(name).name
            target.parent.mkdir()
            target.write_bytes(archive.read(name))
            yield target


def connect_planned(stack: Stack, tell: Callable[[str], None]) -> list[Workspace]:
    """Make the planned workspaces up in the simulated Google and connect them. Raises AlmanacError, ControlError."""
    made = []
    for name, zone, accounts in PLANNED:
        tokens = {account.email: _make_account(stack.google, account, zone) for account in accounts}
        made.append(connect(stack, name, zone, tokens, tell))
    return made


def connect_files(stack: Stack, files: Sequence[Path], tell: Callable[[str], None]) -> Workspace:
    """One workspace with a calendar for each file. Raises UnusableCalendar, AlmanacError."""
    email, zone = "you@example.test", _zone_of(files[0])
    token = add_account(stack.google, email, zone)
    for path in files:
        calendar_id = f"{uuid5(_NAMESPACE, path.name).hex}@group.calendar.google.com"
        try:
            calendar = stack.google.add_calendar(email, path.stem, calendar_id=calendar_id, time_zone=_zone_of(path))
            report = stack.google.load_ics(calendar, path)
        except ControlError as error:
            raise UnusableCalendar(str(error) if str(path) in str(error) else f"{path}: {error}") from error
        _tell_what_came(stack.google, calendar, path.name, report, tell)
    return connect(stack, FROM_FILES, zone, {email: token}, tell)


def _tell_what_came(
    google: Control, calendar: str, name: str, report: Mapping[str, Any], tell: Callable[[str], None]
) -> None:
    """Counts of a file: what it holds, what lies outside the days that are kept, what could not be held and why."""
    counts = f"{report['events']} events, {report['series']} series, {report['exceptions']} exceptions"
    now = datetime.now(UTC)
    window = (now - timedelta(days=90)).isoformat(), (now + timedelta(days=180)).isoformat()
    inside = {event.get("recurringEventId", event["id"]) for event in google.truth(calendar, *window)}
    outside = report["events"] + report["series"] - report["cancelled"] - len(inside)
    tell(f"{name}: {counts}; {max(0, outside)} lie outside the kept days (90 back, 180 ahead)")
    for why in (*report["skipped"][:_TOLD], *report["notes"][:_TOLD]):
        tell(f"{name}: {why}")
    more = max(0, len(report["skipped"]) - _TOLD) + max(0, len(report["notes"]) - _TOLD)
    if more:
        tell(f"{name}: and {more} more of the kind")


def connect(stack: Stack, name: str, zone: str, tokens: dict[str, str], tell: Callable[[str], None]) -> Workspace:
    """`almanac workspace add` and `almanac account add`, by the services behind them. Raises AlmanacError."""
    workspace = Workspace(uuid5(_NAMESPACE, name), name, tuple(tokens))
    stack.wiring.workspaces.add(name, zone, workspace.ws_id)
    for email, token in tokens.items():
        account = stack.wiring.connect_account(workspace.ws_id, email.partition("@")[0], email, token)
        calendars = len(stack.wiring.connections(workspace.ws_id, account.id))
        tell(f"{name} ({zone}): {email} connected with {counted(calendars, 'calendar')}")
    return workspace


def add_account(google: Control, email: str, zone: str) -> str:
    """A new account in the simulated Google; returns its refresh token."""
    # The same at every start, so that a database of an earlier start keeps its access.
    token = f"1//{uuid5(_NAMESPACE, email).hex}"
    return str(google.add_account(email, time_zone=zone, refresh_token=token)["refresh_token"])


def _make_account(google: Control, account: PlannedAccount, zone: str) -> str:
    token = add_account(google, account.email, zone)
    google.populate(account.email, calendars=account.calendars, events=account.events, seed=account.seed)
    if account.recorded:
        calendar_id = f"{uuid5(_NAMESPACE, 'recorded').hex}@group.calendar.google.com"
        google.add_calendar(account.email, "Recorded", calendar_id=calendar_id, time_zone="Europe/Berlin")
        google.call("load_recorded", calendar=calendar_id, path=str(_RECORDED))
    return token


def _zone_of(path: Path) -> str:
    """The zone that the export names for itself, else the one of most of its events, else UTC. UnusableCalendar."""
    text = _read(path)
    named = [found[1] for found in _ZONE_LINE.finditer(text)]
    common = [zone for zone, _ in Counter(found[1] for found in _EVENT_ZONE.finditer(text)).most_common()]
    for name in (*named, *common):
        zone = iana_name(name.decode("utf-8", "replace").strip())
        if zone is not None:
            return zone
    return "UTC"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableCalendar(f"{path}: {error.strerror}") from error
