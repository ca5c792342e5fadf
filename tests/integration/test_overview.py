"""The overview: what is over is counted once, and say the same as counting everything anew."""

import json
from datetime import UTC, datetime, timedelta
from math import log
from random import Random
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.operations import run_counts
from almanac.adapters.postgres.operations.overview import PostgresOverview
from almanac.adapters.postgres.operations.run_counts import PostgresRunCounts
from almanac.domain.operations.overview import at_share
from tests.integration import rows

pytestmark = pytest.mark.integration


def run(
    database: Database, ws_id: UUID, began: datetime, *, status: str = "completed", ms: int = 400, calls: int = 2
) -> None:
    error = "google_unavailable" if status == "failed" else None
    ended = None if status == "running" else began + timedelta(milliseconds=ms)
    database.run(
        "INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome, sent_at, started_at, finished_at,"
        " error_type, total_ms, report) VALUES (:id, :ws, 'sync', 'schedule', '{}', :status, :outcome, :sent, :began,"
        " :ended, :error, :ms, :report)",
        id=uuid4(),
        ws=ws_id,
        status=status,
        outcome=None if status == "running" else "incremental",
        sent=began - timedelta(seconds=1),
        began=began,
        ended=ended,
        error=error,
        ms=ms,
        report=json.dumps({"api_calls": calls}),
    )


@pytest.fixture
def store(database: Database) -> PostgresOverview:
    return PostgresOverview(database)


@pytest.fixture
def counts(database: Database) -> PostgresRunCounts:
    """The roll-up has come as far as ten hours ago; nothing began before."""
    database.run(
        "INSERT INTO run_rollup_calls (began, calls, peak)"
        " VALUES (date_bin('1 hour', now(), 'epoch') - interval '10 hours', 0, 0)"
    )
    return PostgresRunCounts(database)


def rolled_up(counts: PostgresRunCounts) -> int:
    """Add every quarter that is over; how many were counted."""
    counted = 0
    while now := counts.roll_up():
        counted += now
    return counted


def test_counting_by_the_quarter_says_what_counting_anew_says(
    store: PostgresOverview, counts: PostgresRunCounts, database: Database
) -> None:
    ws_id, now = rows.workspace(database), datetime.now(UTC)
    for n in range(60):
        status = ("completed", "partial", "failed", "skipped")[n % 4] if n % 3 == 0 else "completed"
        run(database, ws_id, now - timedelta(minutes=7 * n + 1), status=status, ms=100 + 37 * (n % 50), calls=n % 5)
    run(database, ws_id, now - timedelta(minutes=2), status="running")
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=8)
    anew = store.overview([ws_id], since, now)
    before = store.overview(None, since, now)
    assert rolled_up(counts) >= 36
    after = store.overview(None, since, now)
    for each in (before, after):
        assert each.totals == anew.totals
        assert each.hours == anew.hours
        assert (each.errors, each.calls, each.peak) == (anew.errors, anew.calls, anew.peak)
    assert anew.totals["sync"].failed > 0


@pytest.mark.parametrize("seed", range(2))
def test_whenever_runs_end_the_roll_up_holds_what_the_rows_hold(
    store: PostgresOverview,
    counts: PostgresRunCounts,
    database: Database,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Runs end before their quarter is added, long after, or never; quarters are added a few at a time."""
    monkeypatch.setattr(run_counts, "QUARTERS_A_TICK", 7)
    draw, now = Random(seed), datetime.now(UTC)
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=8)
    going = [rows.workspace(database) for _ in range(9)]
    seen = [*going, rows.workspace(database)]
    for ws_id in seen * 4:
        status = draw.choice(["completed", "partial", "failed", "skipped"])
        began = now - timedelta(minutes=draw.uniform(0, 480))
        run(database, ws_id, began, status=status, ms=draw.randrange(1, 99_999), calls=draw.randrange(9))
    for ws_id in going:
        run(database, ws_id, now - timedelta(minutes=draw.uniform(0, 480)), status="running")
    for step in range(12):
        if step % 2:
            counts.roll_up()
        elif len(going) > 1:
            end(database, going.pop(draw.randrange(len(going))), draw)
        whole, anew = store.overview(None, since, now), store.overview(seen, since, now)
        assert (whole.totals, whole.hours, whole.errors) == (anew.totals, anew.hours, anew.errors)
        assert whole.calls == anew.calls
    assert rolled_up(counts) == 0
    assert (whole.peak, whole.peak_minute) == (anew.peak, anew.peak_minute)
    assert database.run("SELECT count(*) FROM run_rollup_open")[0][0] > 0


def test_the_quarter_that_goes_on_is_added_to_three_minutes_ago(
    store: PostgresOverview, counts: PostgresRunCounts, database: Database
) -> None:
    """Minute by minute; what goes on then is counted when it has ended, and nothing twice when the quarter is whole."""
    ids, now = [rows.workspace(database) for _ in range(3)], datetime.now(UTC)
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    for minutes in range(40):
        run(database, ids[0], now - timedelta(minutes=minutes), calls=minutes % 5)
    for ws_id, minutes in zip(ids, (16, 4, 1), strict=True):
        run(database, ws_id, now - timedelta(minutes=minutes), status="running")
    rolled_up(counts)
    ((whole, counted),) = database.run(
        "SELECT (SELECT max(began) + interval '15 minutes' FROM run_rollup_calls), max(until) FROM run_rollup_spans"
    )
    assert now - timedelta(minutes=3) < counted <= datetime.now(UTC) - timedelta(minutes=2)
    for ws_id in [None, *ids]:
        if ws_id is not None:
            end(database, ws_id, Random(1))
        said, anew = store.overview(None, since, now), store.overview(ids, since, now)
        assert (said.totals, said.hours, said.errors) == (anew.totals, anew.hours, anew.errors)
        assert said.calls == anew.calls

    before = "SELECT count(*) FROM runs WHERE status <> 'running' AND started_at < :whole"
    seen_before = "SELECT sum(runs) FROM run_rollup WHERE began < :whole"
    counts.roll_up()
    assert database.run(seen_before, whole=whole) == database.run(before, whole=whole), (
        "the release before sees whole ones"
    )

    database.run(
        "UPDATE run_rollup_young SET began = began - interval '15 minutes'"
    )  # as when its quarter has been added
    assert store.overview(None, since, now).totals == anew.totals


def test_a_quarter_is_added_once_and_again_when_its_last_run_has_ended(
    counts: PostgresRunCounts, database: Database
) -> None:
    ws_id = rows.workspace(database)
    run(database, ws_id, datetime.now(UTC) - timedelta(hours=5), status="running")
    assert rolled_up(counts) > 1
    newest = database.run("SELECT max(began) FROM run_rollup_calls")[0][0]
    assert newest + timedelta(minutes=17) <= datetime.now(UTC)
    assert (rolled_up(counts), database.run("SELECT sum(runs) FROM run_rollup")[0][0]) == (0, None)

    end(database, ws_id, Random(1))

    assert (counts.roll_up(), counts.roll_up()) == (1, 0)
    assert database.run("SELECT sum(runs) FROM run_rollup")[0][0] == 1
    assert database.run("SELECT count(*) FROM run_rollup_open")[0][0] == 0


def test_nobody_adds_while_somebody_else_does(counts: PostgresRunCounts, database: Database, database_url: str) -> None:
    other = Database(lambda: parse_url(database_url))
    with other.transaction():
        assert other.run("SELECT pg_try_advisory_xact_lock(hashtext('almanac run_rollup'))")[0][0]
        assert counts.roll_up() == 0
    other.close()
    assert counts.roll_up() > 0


def end(database: Database, ws_id: UUID, draw: Random) -> None:
    """The workspace's run ends, one way or another."""
    status = draw.choice(["completed", "partial", "failed"])
    database.run(
        "UPDATE runs SET status = :status, outcome = 'incremental', finished_at = now(), total_ms = :ms,"
        " error_type = CASE :status WHEN 'failed' THEN 'stale' END, report = :report"
        " WHERE ws_id = :ws AND status = 'running'",
        status=status,
        ms=draw.randrange(1, 99_999),
        report=json.dumps({"api_calls": draw.randrange(9)}),
        ws=ws_id,
    )


def test_shares_are_right_within_five_percent() -> None:
    assert at_share({}, 0.95) is None
    for ms in (1, 9, 120, 4_000, 250_000):
        found = at_share({int(log(ms) / log(1.1)): 10}, 0.5)
        assert found == pytest.approx(ms, rel=0.06, abs=1)
