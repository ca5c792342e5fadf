"""0048_last_plans.sql: whatever happens to runs, who is late with a plan is what looking through the runs says."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database, statements
from almanac.adapters.postgres.maintenance import PostgresUpkeepStore
from tests.integration import rows

pytestmark = pytest.mark.integration

MIGRATION = (files("almanac") / "migrations" / "0048_last_plans.sql").read_text(encoding="utf-8")
LOOKED_UP = (
    "SELECT DISTINCT ON (ws_id) ws_id, id, started_at FROM runs"
    " WHERE kind = 'schedule' AND (status = 'completed' OR outcome = 'blocked') ORDER BY ws_id, started_at DESC"
)
KEPT = "SELECT ws_id, run_id, started_at FROM workspace_last_plans ORDER BY ws_id"
AS_BEFORE = """
WITH stale AS (
    SELECT w.ws_id, min(w.since) AS since
    FROM (
        SELECT ws_id, created_at AS since FROM tasks
        WHERE auto_schedule AND completed_at IS NULL AND created_at < :before::timestamptz
            AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
        UNION ALL
        SELECT ws_id, created_at FROM workspace_habits
        WHERE is_active AND auto_schedule AND created_at < :before::timestamptz
            AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
    ) w
    WHERE NOT EXISTS (
        SELECT 1 FROM runs r
        WHERE r.ws_id = w.ws_id AND r.kind = 'schedule' AND r.started_at >= :before::timestamptz
            AND (r.status = 'completed' OR r.outcome = 'blocked')
    ) AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = w.ws_id)
    GROUP BY w.ws_id
), planned AS (
    SELECT s.ws_id, s.since, (
        SELECT r.started_at FROM runs r
        WHERE r.ws_id = s.ws_id AND r.kind = 'schedule' AND (r.status = 'completed' OR r.outcome = 'blocked')
        ORDER BY r.started_at DESC LIMIT 1
    ) AS planned_at
    FROM stale s
), first AS (
    SELECT ws_id, coalesce(planned_at, since) AS fresh_at, planned_at, count(*) OVER () AS all_behind
    FROM planned ORDER BY 2, 1 LIMIT :limit::integer
)
SELECT f.all_behind, f.ws_id, f.fresh_at, f.planned_at IS NOT NULL,
    CASE WHEN l.expires_at > now() THEN l.acquired_at END,
    NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, w.timezone IS NULL, (
        SELECT m.error_type FROM runs m
        WHERE m.ws_id = f.ws_id AND m.kind = 'schedule' AND m.status <> 'running' ORDER BY m.started_at DESC LIMIT 1
    )
FROM first f
JOIN workspaces w ON w.id = f.ws_id
LEFT JOIN workspace_sync_leases l ON l.ws_id = f.ws_id
ORDER BY f.fresh_at, f.ws_id
"""
"""`behind_with_plan` as it was while it looked every plan up."""


class Ledger:
    """Workspaces whose runs come, end and go at random."""

    def __init__(self, database: Database, draw: Random) -> None:
        self.database, self.draw = database, draw
        self.now = datetime.now(UTC)
        self.ids: list[UUID] = []
        for number in range(8):
            self.ids.append(rows.workspace(database, zone="Europe/Berlin" if number % 3 else None))
            if number % 4:
                self._wanting(self.ids[-1], "tasks (ws_id, title, total_minutes, created_at)", "'Report', 60")
            if number % 2:
                self._wanting(self.ids[-1], "workspace_habits (ws_id, name, frequency, created_at)", "'Run', 'daily'")

    def step(self) -> None:
        """One thing that happens."""
        things: list[Callable[[UUID], object]] = [self.ended, self.ended, self.begun, self.finished, self.changed]
        things += [self.swept, self.aged, self.lost, self.paused, self.done, self.leased, self.gone]
        self.draw.choices(things, [4, 4, 4, 4, 1, 1, 1, 1, 1, 1, 1, 0.3])[0](self.draw.choice(self.ids))

    def ended(self, ws_id: UUID) -> None:
        """A run of a moment that is long over, in whatever order, as some are recorded in one statement."""
        status = self.draw.choice(["completed", "completed", "partial", "failed", "skipped"])
        outcome = "blocked" if status in ("partial", "skipped") and self.draw.random() < 0.5 else status
        self._run(ws_id, self._moment(), status, outcome)

    def begun(self, ws_id: UUID) -> None:
        """A run that goes on, unless one does."""
        self._run(ws_id, self._moment(), "running", None)

    def finished(self, ws_id: UUID) -> None:
        """What goes on ends."""
        status = self.draw.choice(["completed", "failed", "partial"])
        self.database.run(
            "UPDATE runs SET status = :status, outcome = :outcome, finished_at = now(), error_type = 'stale'"
            " WHERE ws_id = :ws_id AND status = 'running'",
            status=status,
            outcome="blocked" if status == "partial" else status,
            ws_id=ws_id,
        )

    def changed(self, ws_id: UUID) -> None:
        """Somebody changes what has ended, through the view of old or not."""
        earlier = f"started_at = started_at - interval '{self.draw.randrange(400)} hours'"
        change = self.draw.choice(["outcome = 'blocked'", "status = 'partial'", earlier])
        table = self.draw.choice(["runs", "workspace_scheduling_metadata"])
        self.database.run(
            f"UPDATE {table} SET {change} WHERE ws_id = :ws_id AND status NOT IN ('running', 'failed')", ws_id=ws_id
        )

    def swept(self, _ws_id: UUID) -> None:
        """Upkeep closes what nobody ends any more."""
        list(PostgresUpkeepStore(self.database, batch=3).close_stale_runs())

    def aged(self, _ws_id: UUID) -> None:
        """Retention deletes."""
        before = self.now - timedelta(days=self.draw.choice([5, 30]))
        list(PostgresUpkeepStore(self.database, batch=3).delete_old_runs(before))

    def lost(self, ws_id: UUID) -> None:
        """The newest run is deleted by hand."""
        self.database.run(
            "DELETE FROM runs WHERE id = (SELECT id FROM runs WHERE ws_id = :ws_id ORDER BY started_at DESC LIMIT 1)",
            ws_id=ws_id,
        )

    def paused(self, ws_id: UUID) -> None:
        """A workspace is let alone, or goes on."""
        if not self.database.run("DELETE FROM workspace_pauses WHERE ws_id = :ws_id RETURNING 1", ws_id=ws_id):
            self.database.run("INSERT INTO workspace_pauses (ws_id, paused_by) VALUES (:ws_id, 'ada')", ws_id=ws_id)

    def done(self, ws_id: UUID) -> None:
        """What was to be placed is done, or is to be placed again."""
        self.database.run(
            "UPDATE tasks SET completed_at = CASE WHEN completed_at IS NULL THEN now() END WHERE ws_id = :ws_id",
            ws_id=ws_id,
        )

    def leased(self, ws_id: UUID) -> None:
        """Somebody works on it."""
        self.database.run(
            "INSERT INTO workspace_sync_leases (ws_id, owner, acquired_at, expires_at)"
            " VALUES (:ws_id, :ws_id, now(), now() + interval '1 hour') ON CONFLICT DO NOTHING",
            ws_id=ws_id,
        )

    def gone(self, ws_id: UUID) -> None:
        """A workspace is deleted with all that it has."""
        if len(self.ids) > 3:
            self.ids.remove(ws_id)
            self.database.run("DELETE FROM workspaces WHERE id = :id", id=ws_id)

    def late(self, sql: str, hours: int) -> list[Sequence[Any]]:
        """What a statement says of all, of the two stalest, and of one alone."""
        asked = {"before": self.now - timedelta(hours=hours)}
        found = [
            self.database.run(sql, ws_ids=None, limit=99, **asked),
            self.database.run(sql, ws_ids=None, limit=2, **asked),
            self.database.run(sql, ws_ids=f"{{{self.ids[0]}}}", limit=1, **asked),
        ]
        return [row for rows_of in found for row in rows_of]

    def _moment(self) -> datetime:
        return self.now - timedelta(hours=self.draw.choice([self.draw.uniform(0, 30), self.draw.uniform(0, 24 * 60)]))

    def _wanting(self, ws_id: UUID, table: str, values: str) -> None:
        since = self.now - timedelta(days=self.draw.uniform(0, 60))
        self.database.run(f"INSERT INTO {table} VALUES (:ws_id, {values}, :since)", ws_id=ws_id, since=since)

    def _run(self, ws_id: UUID, began: datetime, status: str, outcome: str | None) -> None:
        self.database.run(
            "INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome, started_at, finished_at, error_type,"
            " fence) VALUES (:id, :ws_id, :kind, 'schedule', '{}', :status, :outcome, :began, :ended, :error, 1)"
            " ON CONFLICT DO NOTHING",
            id=uuid4(),
            ws_id=ws_id,
            kind=self.draw.choice(["schedule", "schedule", "sync"]),
            status=status,
            outcome=outcome,
            began=began,
            ended=None if outcome is None else began,
            error=None if status == "completed" else self.draw.choice(["calendar_changing", "stale"]),
        )


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_who_is_late_is_who_was_before(database: Database, seed: int) -> None:
    ledger = Ledger(database, Random(seed))
    now_said = statements("run_summary.sql", "almanac.adapters.postgres")["behind_with_plan"]
    seen: set[tuple[Any, ...]] = set()
    for step in range(90):
        ledger.step()
        assert database.run(KEPT) == database.run(LOOKED_UP)
        if step % 3 == 0:
            hours = ledger.draw.choice([0, 12, 24 * 10])
            was = ledger.late(AS_BEFORE, hours)
            assert ledger.late(now_said, hours) == was
            seen |= {(planned, running is None, *rest) for _, _, _, planned, running, *rest in was}
    assert {planned for planned, *_ in seen} == {True, False}, "some had a plan and some had none"
    assert len(seen) > 4


class _Undone(Exception):
    """Takes back what a test has done to a schema."""


def test_what_was_planned_before_the_migration_is_known_after_it(database: Database) -> None:
    ledger = Ledger(database, Random(9))
    for _ in range(80):
        ledger.step()
    kept = database.run(KEPT)
    assert kept

    with suppress(_Undone), database.transaction():
        database.run("DROP TABLE workspace_last_plans")
        database.run("DROP VIEW answering_plans")
        for function in ("almanac_note_plan", "almanac_forget_plan"):
            database.run(f"DROP FUNCTION {function} CASCADE")
        database.run(MIGRATION)
        again = database.run(KEPT)
        raise _Undone

    assert again == kept
