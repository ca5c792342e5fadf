"""The overview: what is over is counted once, and say the same as counting everything anew."""

import json
from datetime import UTC, datetime, timedelta
from math import log
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.operations.overview import PostgresOverview
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


def test_counting_by_the_quarter_says_what_counting_anew_says(store: PostgresOverview, database: Database) -> None:
    ws_id, now = rows.workspace(database), datetime.now(UTC)
    for n in range(120):
        status = ("completed", "partial", "failed", "skipped")[n % 4] if n % 3 == 0 else "completed"
        run(database, ws_id, now - timedelta(minutes=7 * n + 1), status=status, ms=100 + 37 * (n % 50), calls=n % 5)
    run(database, ws_id, now - timedelta(minutes=2), status="running")
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=12)
    anew = store.overview([ws_id], since, now)
    before = store.overview(None, since, now)
    while store.roll_up():
        pass
    after = store.overview(None, since, now)
    assert database.run("SELECT count(*) FROM run_rollup_calls")[0][0] >= 96 * 6
    for each in (before, after):
        assert each.totals == anew.totals
        assert each.hours == anew.hours
        assert (each.errors, each.calls, each.peak) == (anew.errors, anew.calls, anew.peak)
    assert anew.totals["sync"].failed > 0


def test_a_quarter_is_added_once_and_only_when_no_run_of_it_can_live(
    store: PostgresOverview, database: Database
) -> None:
    ws_id = rows.workspace(database)
    run(database, ws_id, datetime.now(UTC) - timedelta(hours=5))
    while store.roll_up():
        pass
    counted = database.run("SELECT sum(runs) FROM run_rollup")[0][0]
    assert store.roll_up() == 0
    newest = database.run("SELECT max(began) FROM run_rollup_calls")[0][0]
    assert newest + timedelta(minutes=35) <= datetime.now(UTC)
    assert counted == 1


def test_shares_are_right_within_five_percent() -> None:
    assert at_share({}, 0.95) is None
    for ms in (1, 9, 120, 4_000, 250_000):
        found = at_share({int(log(ms) / log(1.1)): 10}, 0.5)
        assert found == pytest.approx(ms, rel=0.06, abs=1)
