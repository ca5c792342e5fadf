"""Filling calendars: made-up workspaces, bulk, exports, recorded responses; and the process of its own."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.calendars import make_export
from local.google_simulator.api.errors import ApiError
from local.google_simulator.api.fields import parse, select
from local.google_simulator.control.client import Control
from local.google_simulator.filling.zones import iana_name
from local.google_simulator.simulator import Simulator
from local.google_simulator.world.clock import Clock
from tests.local.conftest import ADA, list_all

ROOT = Path(__file__).parents[3]
CALENDARS = ROOT / "local" / "calendars"
YEAR = ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")


def test_same_seed_makes_the_same_workspace() -> None:
    def made() -> tuple[Any, ...]:
        simulator = Simulator(seed=3, clock=Clock(lambda: datetime(2026, 8, 3, tzinfo=UTC)))
        simulator.commands.add_account(ADA)
        counts = simulator.loading.populate(ADA, calendars=3, events=200, seed=5)
        calendars = [entry["id"] for entry in simulator.observation.accounts()[0]["calendars"]]
        truths = [simulator.observation.truth(calendar, *YEAR) for calendar in calendars]
        simulator.stop()
        return counts, calendars, truths

    first = made()
    assert first == made()
    assert len(first[1]) == 3
    kinds = {"meeting", "declined", "series", "all_day", "private", "out_of_office", "working_location", "exception"}
    assert kinds <= first[0].keys()


def test_bulk_events_are_like_any_other(api: Any, simulator: Simulator) -> None:
    simulator.loading.add_flat_events(ADA, 3000)
    listed = list_all(api, maxResults=2500)
    assert len(listed.by_id) == 3000
    item = listed.items[0]
    patched = api.events().patch(calendarId="primary", eventId=item["id"], body={"summary": "x"}).execute()
    changed = {key for key in item if item[key] != patched[key]}
    assert changed - {"updated"} == {"summary", "etag", "start", "end"}  # times are written in the calendar's zone now
    assert datetime.fromisoformat(patched["start"]["dateTime"]) == datetime.fromisoformat(item["start"]["dateTime"])


def test_export_is_what_its_script_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_export, "_OUT", tmp_path / "library.ics")
    make_export.main()
    assert (tmp_path / "library.ics").read_bytes() == (CALENDARS / "library.ics").read_bytes()


def test_export_loads_and_every_piece_left_out_is_reported(simulator: Simulator) -> None:
    simulator.commands.add_account(ADA)
    report = simulator.loading.load_ics(ADA, CALENDARS / "library.ics")
    assert report["events"] > 480
    assert report["series"] > 70
    assert report["exceptions"] >= 8
    assert report["cancelled"] >= 8
    reasons = ("no DTSTART", "different kinds", "recurrence rule", "no UID", "already exists", "time range")
    assert all(any(reason in line for line in report["skipped"]) for reason in reasons)
    assert len(report["skipped"]) == len(reasons)
    notes = " ".join(report["notes"])
    assert "'Customized Time Zone' is no known zone; taken for America/New_York" in notes
    assert "'Reading Room Sun Time' is no known zone" in notes
    assert "replaces an occurrence its series does not have" in notes


SERIES = """BEGIN:VCALENDAR\r
BEGIN:VEVENT\r
UID:a\r
DTSTART;TZID=W. Europe Standard Time:20260803T090000\r
DURATION:PT1H\r
RRULE:FREQ=WEEKLY;COUNT=4\r
EXDATE;TZID=W. Europe Standard Time:20260810T090000\r
SUMMARY:Weekly\r
LOCATION:Room 1\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:a\r
RECURRENCE-ID;TZID=W. Europe Standard Time:20260817T090000\r
DTSTART;TZID=W. Europe Standard Time:20260818T100000\r
DTEND;TZID=W. Europe Standard Time:20260818T110000\r
SUMMARY:Moved\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_windows_zone_exdate_and_moved_instance_of_an_export(simulator: Simulator, tmp_path: Path) -> None:
    path = tmp_path / "series.ics"
    path.write_text(SERIES)
    simulator.commands.add_account(ADA)
    simulator.loading.load_ics(ADA, path)
    truth = simulator.observation.truth(ADA, *YEAR)
    assert [(item["summary"], item["start"]["dateTime"], item.get("location")) for item in truth] == [
        ("Weekly", "2026-08-03T09:00:00+02:00", "Room 1"),
        ("Moved", "2026-08-18T10:00:00+02:00", None),
        ("Weekly", "2026-08-24T09:00:00+02:00", "Room 1"),
    ]
    assert truth[0]["start"]["timeZone"] == "Europe/Berlin"
    assert truth[0]["iCalUID"] == "a"


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff\xfe rubbish", b"<html></html>", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", None]
)
def test_bad_file_is_one_error_that_names_it(simulator: Simulator, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.ics"
    if content is not None:
        path.write_bytes(content)
    simulator.commands.add_account(ADA)
    with pytest.raises(ApiError, match=r"bad\.ics"):
        simulator.loading.load_ics(ADA, path)


@pytest.fixture(scope="module")
def reused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulator, Path]]:
    with Simulator() as simulator:
        yield simulator, tmp_path_factory.mktemp("ics") / "mutilated.ics"


@given(data=st.data())
def test_mutilated_export_is_loaded_or_refused_never_a_crash(
    data: st.DataObject, reused: tuple[Simulator, Path]
) -> None:
    lines = SERIES.split("\r\n")
    odd = st.sampled_from(
        ["", "DTSTART:", "DTSTART;VALUE=DATE:20269999", "RRULE:FREQ=WEEKLY;COUNT=x", "RDATE:20260101T"]
    )
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        lines[place] = data.draw(st.one_of(odd, st.sampled_from(lines), st.text(max_size=20)))
    simulator, path = reused
    path.write_text("\r\n".join(lines), "utf-8")
    email = f"user{len(simulator.observation.accounts())}@example.test"
    simulator.commands.add_account(email)
    try:
        taken: Any = simulator.loading.load_ics(email, path)
    except ApiError as error:
        taken = error.message
    assert "mutilated.ics" in taken or taken["events"] >= 0
    assert isinstance(simulator.observation.truth(email, *YEAR), list)


@pytest.mark.parametrize(
    ("tzid", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Europe/Helsinki", "Europe/Helsinki"),
        ("/mozilla.org/20070129_1/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("UTC", "UTC"),
        ("Etc/GMT", "Etc/GMT"),
        ("CET", "CET"),
        ("Customized Time Zone", None),
        ("../../etc/passwd", None),
        ("", None),
    ],
)
def test_zone_names(tzid: str, name: str | None) -> None:
    assert iana_name(tzid) == name


def test_recorded_responses_are_served_as_they_are(api: Any, simulator: Simulator) -> None:
    path = CALENDARS / "recorded_events.json"
    recorded = {item["id"]: item for item in json.loads(path.read_text("utf-8"))["items"]}
    assert simulator.loading.load_recorded(ADA, path) == len(recorded)
    listed = list_all(api, showDeleted=True).by_id
    assert listed.keys() == recorded.keys()
    live = {key: item for key, item in recorded.items() if item["status"] != "cancelled"}
    assert {key: listed[key] for key in live} == live
    window = {"timeMin": "2026-11-20T00:00:00Z", "timeMax": "2026-12-15T00:00:00Z"}
    series = "weeklyreview00000000000001"
    shown = {key for key in list_all(api, singleEvents=True, **window).by_id if key.startswith(series)}
    assert shown == {f"{series}_20261123T080000Z", f"{series}_20261214T080000Z"}


@pytest.mark.parametrize("document", ["[1]", '{"items": 3}', '[{"id": "x", "start": {"date": "soon"}}]', "no json"])
def test_recorded_rubbish_is_refused_whole(simulator: Simulator, tmp_path: Path, document: str) -> None:
    path = tmp_path / "rubbish.json"
    path.write_text(document)
    simulator.commands.add_account(ADA)
    with pytest.raises(ApiError):
        simulator.loading.load_recorded(ADA, path)
    assert simulator.observation.accounts()[0]["calendars"][0]["events"] == 0


@pytest.mark.parametrize(
    ("mask", "kept"),
    [
        ("a", {"a": 1}),
        ("b/c", {"b": {"c": 2}}),
        ("b(c),a", {"a": 1, "b": {"c": 2}}),
        ("e/f", {"e": [{"f": 4}, {"f": 5}]}),
        ("b/c,b/d", {"b": {"c": 2, "d": 3}}),
        ("*", {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 4, "g": 0}, {"f": 5}]}),
        ("e(*)", {"e": [{"f": 4, "g": 0}, {"f": 5}]}),
        ("missing", {}),
    ],
)
def test_field_masks(mask: str, kept: dict[str, Any]) -> None:
    value = {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 4, "g": 0}, {"f": 5}]}
    assert select(value, parse(mask)) == kept


@given(st.text("ab(),/* ", max_size=12))
def test_any_mask_is_read_or_refused(text: str) -> None:
    try:
        mask: object = parse(text)
    except ApiError as error:
        mask = error.status
    assert mask == 400 or isinstance(mask, dict)


def test_process_serves_an_export_and_ends_on_sigterm(tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "local.google_simulator", "--seed", "4", "--now", "2026-08-03T09:00:00Z"]
    files = ["--ics", str(CALENDARS / "library.ics"), "--port-file", str(port_file)]
    process = subprocess.Popen([*command, *files], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["url"] == f"http://127.0.0.1:{port_file.read_text()}"
        control = Control(ready["url"])
        assert control.call("health") == "ok"
        calendars = control.accounts()[0]["calendars"]
        assert max(calendar["events"] for calendar in calendars) > 500
        assert control.step_clock(0).startswith("2026-08-03T09:00")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "library.ics: event" in errors
    assert "Traceback" not in errors


def test_process_names_a_file_it_cannot_read(tmp_path: Path) -> None:
    bad = tmp_path / "bad.ics"
    bad.write_text("rubbish")
    command = [sys.executable, "-m", "local.google_simulator", "--ics", str(bad)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("google_simulator: ")
    assert "bad.ics" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
