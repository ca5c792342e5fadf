import io
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import IO

import pytest

from almanac.adapters.postgres.connection import Rows
from local.demo.__main__ import main, play, start
from local.demo.failures import POISON
from local.demo.stage import Stage
from local.demo.workspaces import UnusableCalendar, unpacked
from local.postgres import Postgres
from local.stack.interruption import StopSignals
from local.stack.screen import Screen
from local.stack.stack import ROOT
from local.stack.truth import compare
from tests.end_to_end.conftest import session_members

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(300)]

LIBRARY = ROOT / "local" / "calendars" / "library.ics"


_SAID: list[str] = []
"""The lines that the played demo has printed."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The demo, played once and still up."""
    said = io.StringIO()
    with redirect_stdout(said):
        screen, signals = Screen(verbose=False), StopSignals()
        stack = start(tmp_path_factory.mktemp("demo"), screen, signals)
    try:
        with redirect_stdout(said):
            stage = play(stack, screen, signals, [LIBRARY])
        _SAID[:] = said.getvalue().splitlines()
        yield stage
    finally:
        sys.stdout.write(said.getvalue())  # for whoever looks for why it failed
        stack.delete()


def test_without_a_calendar_of_ones_own_it_is_read_in_a_minute(played: Stage) -> None:
    """At most 150 lines: the line before the stack is up and the six after the last scene are not among those here."""
    begins = {n: next(at for at, line in enumerate(_SAID) if line.startswith(f" {n}. ")) for n in (1, 2, 15, 16)}
    own = begins[16] - begins[15] + begins[2] - begins[1] - 2
    own += sum("Your calendar" in line for line in _SAID[begins[2] : begins[15]])
    assert len(_SAID) - own + 7 <= 150, "\n".join(_SAID)


def query(stage: Stage, sql: str) -> Rows:
    return stage.stack.wiring.database.run(sql)


def test_every_ending_that_the_design_names_is_there(played: Stage) -> None:
    sql = "SELECT DISTINCT status, outcome, coalesce(error_type, '') FROM workspace_calendar_sync_log"
    sql += " WHERE source <> 'push'"
    found = query(played, sql)
    assert {tuple(row) for row in found} == {
        ("completed", "redirected_to_full", ""),
        ("completed", "incremental", ""),
        ("completed", "written", ""),
        ("completed", "token_expired_full", ""),
        ("skipped", "cooldown", ""),
        ("failed", "reconnect_required", "reconnect_required"),
        ("failed", "failed", "stale"),
    }


def test_the_stored_rows_are_the_simulators_truth(played: Stage) -> None:
    database, google = played.stack.wiring.database, played.stack.google
    found = {w.name: compare(database, google, w.ws_id) for w in played.workspaces}
    assert {name: len(calendars) for name, calendars in found.items()} == {
        "Harbour Design": 6,
        "Monsoon Studio": 3,
        "Southern Clinic": 3,
        "Meridian Travel": 3,
        "Your calendar": 2,
        "Northwind Store": 1,
    }
    assert all(calendar.equal for calendars in found.values() for calendar in calendars)
    planned = query(played, "SELECT count(*) FROM workspace_calendar_events WHERE provider = 'almanac'")[0][0]
    stored = sum(calendar.stored for calendars in found.values() for calendar in calendars)
    assert stored + planned == played.rows()


def test_a_calendar_export_goes_the_same_way(played: Stage) -> None:
    assert played.rows(played.workspace("Your calendar")) > 900


def test_the_large_calendar_was_read_once_although_its_worker_was_killed(played: Stage) -> None:
    sql = "SELECT sum(inserted), sum(unchanged) FROM workspace_calendar_sync_log l JOIN workspaces w ON w.id = l.ws_id"
    sql += " WHERE w.name = 'Northwind Store'"
    assert tuple(query(played, sql)[0]) == (10_000, 0)
    assert played.rows(played.workspace("Northwind Store")) == 12_500


def test_the_week_was_planned_replanned_around_a_meeting_and_then_left_alone(played: Stage) -> None:
    sql = "SELECT source, status, outcome FROM workspace_scheduling_metadata m JOIN workspaces w ON w.id = m.ws_id"
    found = query(played, sql + " WHERE w.name = 'Harbour Design' ORDER BY m.started_at")
    assert [tuple(row) for row in found] == [
        ("schedule", "completed", "planned"),
        ("sync", "completed", "planned"),
        ("schedule", "completed", "unchanged"),
        ("sync", "completed", "planned"),  # by itself, after people had moved blocks
    ]


def test_somebodys_own_calendar_is_planned_and_drawn(played: Stage) -> None:
    sql = "SELECT m.outcome FROM workspace_scheduling_metadata m JOIN workspaces w ON w.id = m.ws_id"
    assert query(played, sql + " WHERE w.name = 'Your calendar'") == [["planned"]]
    assert [path.name for path in played.pages] == ["week-1.html", "week-2.html", "your-week.html"]
    assert "Brand concept" in played.pages[-1].read_text()


def test_googles_export_is_a_zip_of_calendars(tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("ada@example.test.ics", LIBRARY.read_bytes())
        made.writestr("readme.txt", "not a calendar")
    with unpacked([archive, LIBRARY]) as files:
        assert [path.name for path in files] == ["ada@example.test.ics", LIBRARY.name]
        assert files[0].read_bytes() == LIBRARY.read_bytes()


def test_a_zip_without_calendars_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("readme.txt", "not a calendar")
    with pytest.raises(UnusableCalendar, match=r"holds no \.ics file"), unpacked([archive]):
        raise AssertionError("it is of no use")


def test_no_planned_block_lies_on_a_meeting_or_another_block(played: Stage) -> None:
    overlapping = query(
        played,
        "SELECT b.title, e.title FROM workspace_calendar_events b JOIN workspace_calendar_events e ON e.ws_id = b.ws_id"
        " AND e.id <> b.id AND e.start_at < b.end_at AND b.start_at < e.end_at AND NOT e.all_day"
        " WHERE b.provider = 'almanac' AND (e.provider = 'almanac' OR e.title = 'Board meeting')"
        " AND NOT EXISTS (SELECT 1 FROM task_calendar_events mine JOIN task_calendar_events theirs"
        " ON theirs.event_id = e.id AND theirs.user_id IS DISTINCT FROM mine.user_id WHERE mine.event_id = b.id)",
    )
    assert not overlapping


def test_the_week_can_be_looked_at_afterwards(played: Stage) -> None:
    pages = [(played.stack.folder / name).read_text() for name in ("week-1.html", "week-2.html")]
    assert "Board meeting" not in pages[0]
    assert "Board meeting" in pages[1]
    assert all("Brand concept" in page for page in pages)


def test_nothing_is_left_waiting_or_leased(played: Stage) -> None:
    owned = query(played, "SELECT count(*) FROM workspace_sync_leases WHERE owner IS NOT NULL OR queued_at IS NOT NULL")
    assert owned[0][0] == 0
    assert played.stack.dead_letters() == [POISON]


def test_tokens_are_stored_encrypted_and_every_account_works_again(played: Stage) -> None:
    found = query(
        played, "SELECT status, refresh_token LIKE '1//%', access_token LIKE 'ya29%' FROM calendar_auth_tokens"
    )
    assert {tuple(row) for row in found} == {("active", False, False)}


class Program:
    """`python -m local.…` in a session of its own, its output line by line."""

    def __init__(self, module: str, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", module, "--folder", str(folder), *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.lines: list[str] = []

    def read_until(self, marker: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if marker in line:
                return
        raise AssertionError(f"{marker!r} was never said:\n{''.join(self.lines)}{read(self.process.stderr)}")

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=150)
        self.lines += [*out.splitlines(), *err.splitlines()]
        return self.process.returncode

    def text(self) -> str:
        return "".join(self.lines)


def read(stream: IO[str] | None) -> str:
    return stream.read() if stream else ""


@pytest.mark.parametrize(
    ("number", "marker"),
    [
        (signal.SIGINT, "up: Google Calendar, simulated"),
        (signal.SIGINT, "1. Accounts are connected"),
        (signal.SIGTERM, "2. The first tick"),
    ],
    ids=["while it starts", "while it fills calendars", "while workers run"],
)
def test_a_signal_ends_it_and_leaves_no_process_behind(tmp_path: Path, number: int, marker: str) -> None:
    program = Program("local.demo", tmp_path)
    program.read_until(marker)
    assert len(session_members(program.process.pid)) > 1, "the stack is up: there is something to leave behind"
    assert program.end(number) == 128 + number
    assert session_members(program.process.pid) == []
    assert f"stopped by {signal.Signals(number).name}" in program.text()
    assert "Traceback" not in program.text()
    assert not {letter for letter in program.text() if not letter.isprintable()} - {"\n"}, "a pipe gets plain lines"


def test_an_export_that_is_cut_off_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.ics"
    file.write_text("BEGIN:VCALENDAR\nnonsense")
    program = Program("local.demo", tmp_path / "demo", "--ics", str(file))
    _, complaint = program.process.communicate(timeout=150)
    assert program.process.returncode == 2
    assert complaint.startswith(f"demo: {file}: ")
    assert complaint.count("\n") == 1
    assert session_members(program.process.pid) == []


@pytest.fixture
def signals_are_pytests(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a demo that is called in this process."""
    monkeypatch.setattr(StopSignals, "install", lambda _signals: None)


@pytest.mark.parametrize("content", ["hello", None], ids=["no calendar", "missing"])
def test_an_unusable_export_is_one_line_that_names_the_file(
    tmp_path: Path, signals_are_pytests: None, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    file, folder = tmp_path / "mine.ics", tmp_path / "demo"
    if content is not None:
        file.write_text(content)
    assert main(["--folder", str(folder), "--ics", str(file)]) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith(f"demo: {file}: ")
    assert complaint.count("\n") == 1
    assert not folder.exists(), "it is seen before anything starts"


def test_a_folder_in_use_is_one_line_and_exit_code_1(
    tmp_path: Path, signals_are_pytests: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with Postgres.start(tmp_path / "postgres", tcp=False, durable=False) as first:
        assert main(["--folder", str(tmp_path)]) == 1
    first.delete()
    complaint = capsys.readouterr().err
    assert complaint.startswith("demo: another process already runs")
    assert str(tmp_path) in complaint
    assert complaint.count("\n") == 1
