"""A fault at every step of a sync: whatever breaks, wherever, one clean run later Postgres is as Google.

The history below makes a full pass of several pages with a token refresh, a delta after a 401, and a recovery from 410
with a sweep. It is played again and again, each time with another statement or the next request broken.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.migrate import migrate
from almanac.domain.sync.report import SyncReport
from almanac.errors import DatabaseUnavailable, TransientError
from local.google_simulator.simulator import Simulator
from local.postgres import Postgres
from tests.histories.disk import Disk
from tests.integration import rows
from tests.integration.team import Team
from tests.integration.wire import Break, Wire

pytestmark = [pytest.mark.integration, pytest.mark.long]

PAGE, EVENTS = 5, 12
SETTINGS = {"ALMANAC_SYNC_PAGE_SIZE": str(PAGE), "ALMANAC_SYNC_RESERVE_SECONDS": "1"}


@pytest.fixture(scope="module")
def database_url(postgres: Postgres) -> str:
    url = postgres.create_database("faults")
    migrate(url)
    return url


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=11) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def wire(database_url: str) -> Iterator[Wire]:
    with Wire(database_url) as wire:
        yield wire


@pytest.fixture(scope="module")
def stage(simulator: Simulator, database_url: str, wire: Wire) -> Iterator["Stage"]:
    beside = Database(lambda: parse_url(database_url))
    team = Team(simulator, wire.url, **SETTINGS)
    team.database = beside
    yield Stage(team, wire)
    team.wiring.close()
    beside.close()


@dataclass
class Stage:
    """One warm process that syncs through a wire that can break; what the test looks at goes beside it."""

    team: Team
    wire: Wire
    plays: int = 0
    calendar: str = ""
    begins: list[int] = field(default_factory=list)
    """How many statements had crossed the wire when each run of the last play began."""
    marks: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """A workspace and an account of their own for the next play."""
        self.plays += 1
        self.calendar = f"play-{self.plays}@example.test"
        self.marks = {}
        self.team.google.clear_faults()
        self.team.ws_id = rows.workspace(self.team.database)
        self.team.connect(self.calendar)
        for number in range(EVENTS):
            self.team.add(self.calendar, f"event {number}")

    def play(self) -> list[SyncReport | None]:
        """Run the history until something goes wrong; what each run reported, None for one that could not."""
        reports: list[SyncReport | None] = []
        self.begins = []
        for change in (None, self.change, self.change_and_void):
            if change is not None:
                change()
            if self.wire is not None:
                self.begins.append(self.wire.statements)
            reports.append(self.run())
            self.mark()
            if reports[-1] is None or reports[-1].status != "completed":
                break
        return reports

    def run(self) -> SyncReport | None:
        try:
            return self.team.sync(source="manual", force=True)
        except TransientError:
            return None

    def change(self) -> None:
        """What a delta is about; the access token dies, too."""
        first, second, *_ = sorted(self.team.truth(self.calendar))
        self.team.google.patch_event(self.calendar, first, {"summary": "changed"})
        self.team.google.delete_event(self.calendar, second)
        self.team.add(self.calendar, "added")
        self.team.google.expire_access_tokens(self.calendar)

    def change_and_void(self) -> None:
        """What only a full pass can find out."""
        self.change()
        self.team.google.forget_tombstones(self.calendar)
        self.team.google.expire_sync_tokens(self.calendar)

    def lose_every_bookmark(self) -> None:
        """Events go while nobody looks, and no token leads on: only a full pass from its first page can find out."""
        for event_id in sorted(self.team.truth(self.calendar))[:2]:
            self.team.google.delete_event(self.calendar, event_id)
        self.team.google.forget_tombstones(self.calendar)
        self.team.google.expire_sync_tokens(self.calendar)
        self.team.google.expire_page_tokens(self.calendar)

    def mark(self) -> None:
        """Give every row something of the app's own."""
        sql = (
            "UPDATE workspace_calendar_events SET task_id = coalesce(task_id, gen_random_uuid()), locked = true"
            " WHERE ws_id = :ws_id RETURNING external_event_id, task_id::text"
        )
        self.marks |= {row[0]: row[1] for row in self.team.database.run(sql, ws_id=self.team.ws_id)}

    def assert_one_clean_run_mends_it(self) -> None:
        team = self.team
        team.google.clear_faults()
        team.database.run("UPDATE workspace_sync_leases SET expires_at = now() WHERE expires_at IS NOT NULL")

        mended = self.run()

        truth = team.truth(self.calendar)
        assert mended is not None
        assert mended.status == "completed", mended
        assert team.stored() == truth
        assert kept_marks(team) == {event_id: mark for event_id, mark in self.marks.items() if event_id in truth}
        assert states(team) == [["synced", 0, None, True, 0]]
        assert runs_going_on(team) == 0

    def assert_the_next_has_nothing_to_do(self) -> None:
        idle = self.run()

        assert idle is not None
        assert (idle.outcome, idle.tally.inserted + idle.tally.updated + idle.tally.deleted) == ("incremental", 0)


def kept_marks(team: Team) -> dict[str, str]:
    sql = (
        "SELECT external_event_id, task_id::text FROM workspace_calendar_events"
        " WHERE ws_id = :ws_id AND task_id IS NOT NULL AND locked"
    )
    return {row[0]: row[1] for row in team.database.run(sql, ws_id=team.ws_id)}


def states(team: Team) -> list[list[Any]]:
    """Per connection: status, failures, checkpoint, whether it has a token, marks of an unfinished pass."""
    sql = (
        "SELECT c.status, c.failures, s.checkpoint, s.sync_token IS NOT NULL,"
        " (SELECT count(*) FROM calendar_sync_seen m WHERE m.connection_id = c.id)"
        " FROM calendar_connections c LEFT JOIN calendar_sync_states s ON s.connection_id = c.id WHERE c.ws_id = :ws_id"
    )
    return [list(row) for row in team.database.run(sql, ws_id=team.ws_id)]


def runs_going_on(team: Team) -> int:
    sql = "SELECT count(*) FROM workspace_calendar_sync_log WHERE ws_id = :ws_id AND status = 'running'"
    return int(team.database.run(sql, ws_id=team.ws_id)[0][0])


def test_the_history_is_what_it_says(stage: Stage) -> None:
    stage.begin()

    reports = stage.play()

    assert [report.outcome for report in reports if report] == [
        "redirected_to_full",
        "incremental",
        "token_expired_full",
    ]
    assert [report.tally.pages for report in reports if report] == [6, 1, 6]  # each listing is of new events
    assert reports[2] is not None
    assert reports[2].tally.deleted == 1
    assert [request["path"].endswith("/token") for request in requests(stage)].count(True) == 3
    stage.assert_one_clean_run_mends_it()


@pytest.mark.parametrize(
    ("when", "meanwhile"),
    [
        pytest.param("after", False, id="answer lost"),
        pytest.param("before", True, id="not sent, and every bookmark lost"),
    ],
)
def test_a_statement_that_breaks(stage: Stage, when: Break, meanwhile: bool) -> None:
    stage.begin()
    stage.play()
    numbers = worth_breaking(stage)
    crashes = 0

    for number in numbers:
        stage.begin()
        stage.wire.break_at(number, when)
        reports = stage.play()
        crashes += reports[-1] is None
        if meanwhile:
            stage.lose_every_bookmark()
        stage.assert_one_clean_run_mends_it()

    begins = 1  # of admission, whose connection may have died unnoticed since the last run: it is sent again
    assert len(numbers) > 40
    assert crashes == len(numbers) - begins, "a run does not go on over a connection that broke: pages may be lost"


def worth_breaking(stage: Stage) -> list[int]:
    """Numbers of the last play's statements, without what only repeats.

    How a run begins is broken in the first one; of a statement that follows itself, page after page, the first and the
    last in each run.
    """
    first, *later = stage.begins
    runs = [stage.wire.texts[a:b] for a, b in zip(stage.begins, [*later, None], strict=True)]
    chosen = []
    for begin, run in zip(stage.begins, runs, strict=True):
        alike = takewhile(lambda both: both[0] == both[1], zip(runs[0], run, strict=False))
        known = 0 if begin == first else len(list(alike))
        pairs = list(zip([None, *run], run, strict=False))
        again = {at for at, pair in enumerate(pairs) if pair in pairs[:at] and pair in pairs[at + 1 :]}
        chosen += [begin - first + at + 1 for at in range(known, len(run)) if at not in again]
    return chosen


@pytest.mark.parametrize("cut", ["cut_before", "cut_within"])
@pytest.mark.parametrize("times", [1, None], ids=["once", "from then on"])
def test_a_request_that_is_cut(stage: Stage, cut: str, times: int | None) -> None:
    stage.begin()
    stage.play()
    failed = 0

    for number in range(1, len(requests(stage)) + 1):
        stage.begin()
        stage.team.inject(cut, nth=number, times=times)
        reports = stage.play()
        failed += reports[-1] is None or reports[-1].status != "completed"
        stage.assert_one_clean_run_mends_it()
        stage.assert_the_next_has_nothing_to_do()

    assert (failed == 0) == (times == 1), "what breaks once is asked for again in the same run"


def requests(stage: Stage) -> list[dict[str, Any]]:
    """What the last play has asked: its calendar's listings, and refreshes since the first of them."""
    log = stage.team.simulator.observation.requests()
    first = next(entry["number"] for entry in log if stage.calendar in entry["path"])
    return [entry for entry in log if entry["number"] >= first - 1]


def test_a_disk_that_is_full(stage: Stage) -> None:
    stage.begin()
    assert stage.run() is not None
    for number in range(40):
        stage.team.add(stage.calendar, f"more {number}", description="x" * 500)
    disk = Disk(stage.team.database)
    if not disk.fill():
        pytest.skip("no /dev/full on this machine")
    try:
        refused = stage.run()
    finally:
        disk.recover()

    assert refused is None
    assert EVENTS <= len(stage.team.stored()) < EVENTS + 40, "what was read before stays"
    stage.assert_one_clean_run_mends_it()
    stage.assert_the_next_has_nothing_to_do()


@pytest.mark.parametrize("end", [Postgres.restart, Postgres.kill], ids=["in order", "as in a crash"])
def test_a_database_that_restarts_in_the_middle_of_a_run(
    simulator: Simulator, tmp_path_factory: pytest.TempPathFactory, end: Callable[[Postgres], None]
) -> None:
    with Postgres.start(tmp_path_factory.mktemp("restarted"), durable=True) as server:
        migrate(server.url)
        team = Team(simulator, server.url, **SETTINGS)
        team.database = Database(lambda: parse_url(server.url))
        stage = Stage(team, wire=None, plays=2000 + len(end.__name__))  # type: ignore[arg-type] - nothing else breaks
        stage.begin()
        apply_page = team.wiring.calendar_pages.apply_page

        def restart_before_the_second_page(*page: Any) -> Any:
            del team.wiring.calendar_pages.__dict__["apply_page"]
            written = apply_page(*page)
            end(server)
            server.restart()
            return written

        team.wiring.calendar_pages.__dict__["apply_page"] = restart_before_the_second_page
        assert stage.run() is None
        with suppress(DatabaseUnavailable):  # the connection that looks on has not noticed yet
            team.database.run("SELECT 1")

        stage.assert_one_clean_run_mends_it()
        team.wiring.close()
        team.database.close()
    server.delete()


CHILD = """
import sys
from uuid import UUID
from almanac.jobs import CalendarSync
from almanac.wiring.calendar_sync import container
from tests.integration.team import RecordingQueue

wiring = container()
wiring.__dict__["queue"] = RecordingQueue()
sync = wiring.sync_workspace
print("ready", flush=True)
sync(CalendarSync(ws_id=UUID(sys.argv[1]), source="schedule"), None, lambda: 300.0)
print("done", flush=True)
"""


def test_a_process_that_is_killed_at_any_moment(simulator: Simulator, database_url: str) -> None:
    chance = random.Random(5)
    team = Team(simulator, database_url, **SETTINGS)
    killed_in_the_middle = 0
    for number in range(4):
        stage = Stage(team, wire=None, plays=1000 + number)  # type: ignore[arg-type] - nothing breaks but the process
        stage.begin()
        for extra in range(100):
            team.add(stage.calendar, f"more {extra}")
        asked = simulator.observation.counters()["total"]
        with child(team) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            pages = chance.randrange(1, 22)
            while simulator.observation.counters()["total"] < asked + pages and process.poll() is None:
                time.sleep(0.0005)
            process.kill()
            killed_in_the_middle += process.stdout.read() == ""
        stage.mark()

        stage.assert_one_clean_run_mends_it()
        stage.assert_the_next_has_nothing_to_do()
    team.wiring.close()

    assert killed_in_the_middle >= 3


def child(team: Team) -> subprocess.Popen[str]:
    """A process of its own that runs one sync of the team's workspace."""
    root = Path(__file__).parents[2]
    environment = os.environ | team.wiring._environment | {"PYTHONPATH": f"{root}:{root / 'layers' / 'almanac'}"}
    command = [sys.executable, "-c", CHILD, str(team.ws_id)]
    return subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True)
