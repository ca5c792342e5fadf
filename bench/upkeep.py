"""Retention over a million run rows, in its small steps, against one plain DELETE of the same rows.

The plain one is rolled back, so that both meet the same rows: it pays for no commit, and warms the cache for the other.
"""

from contextlib import closing
from time import perf_counter

from almanac.adapters.crypto import new_key
from almanac.adapters.postgres.connection import Database, parse_url
from bench.child import measured
from bench.figures import Figure, Target
from bench.stage import postgres

PART = "upkeep"
_WORKSPACES, _RUNS, _DAYS = 2000, 500_000, 100
"""So many syncs, each with the row of one calendar, and as many plans, spread evenly over so many days."""
_FEW, _ALL = 95, 1
"""Days of retention that make a twentieth of the rows too old, or all but a hundredth of what is then left."""
_PATIENCE_SECONDS = 300
_SLOWER, _LOCKED, _FLAT = Target("at most", 3), Target("at most", 1000), Target("at most", 15)

_SYNCS = (
    "INSERT INTO workspace_calendar_sync_log"
    " (id, ws_id, source, requested_mode, direction, status, outcome, started_at, finished_at)"
    " SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n % :workspaces::integer), 32, '0')::uuid,"
    " 'schedule', 'auto', 'inbound', 'completed', 'incremental', t, t"
    " FROM (SELECT n, now() - (:runs::integer - n) * (:days::integer * interval '1 day' / :runs::integer) AS t"
    " FROM generate_series(0, :runs::integer - 1) n) s"
)
_CALENDARS = (
    "INSERT INTO workspace_calendar_sync_log_connections (run_id, connection_id, status, outcome)"
    " SELECT id, ws_id, 'completed', 'incremental' FROM workspace_calendar_sync_log"
)
_PLANS = (
    "INSERT INTO workspace_scheduling_metadata (id, ws_id, source, window_days, force_reschedule, apply, status,"
    " outcome, started_at, finished_at)"
    " SELECT id, ws_id, 'schedule', 30, false, 'full', 'completed', 'planned', started_at, finished_at"
    " FROM workspace_calendar_sync_log"
)
_TABLES = ("workspace_calendar_sync_log", "workspace_scheduling_metadata")
_PLAIN = (
    "DELETE FROM {table} r WHERE r.started_at < now() - :days::integer * interval '1 day' AND r.status <> 'running'"
    " AND EXISTS (SELECT 1 FROM {table} n WHERE n.ws_id = r.ws_id AND n.started_at > r.started_at)"
)


def upkeep(*, durable: bool) -> list[Figure]:
    """A twentieth of the rows is too old, then nearly all."""
    with postgres(durable=durable) as url, closing(Database(lambda: parse_url(url), _PATIENCE_SECONDS)) as database:
        _fill(database)
        plain_few, few = _plainly(database, _FEW), _steps(url, _FEW)
        plain_all, rest = _plainly(database, _ALL), _steps(url, _ALL)
    rows = {"few": f"{few['rows']:,} of {2 * _RUNS:,} run rows", "all": f"the other {rest['rows']:,}"}
    return [
        Figure(PART, f"plain DELETE of {rows['few']}", plain_few, "s"),
        Figure(PART, "— the same in steps", few["seconds"] / plain_few, "×", _SLOWER),
        Figure(PART, f"plain DELETE of {rows['all']}", plain_all, "s"),
        Figure(PART, "— the same in steps", rest["seconds"] / plain_all, "×", _SLOWER),
        Figure(PART, "longest that a step holds its locks", rest["longest_ms"], "ms", _LOCKED),
        Figure(PART, f"memory of all above that of {few['rows']:,}", rest["peak_mb"] - few["peak_mb"], "MB", _FLAT),
    ]


def _fill(database: Database) -> None:
    database.run("SET session_replication_role = replica")  # foreign keys of rows made to fit are not looked up
    database.run(
        "INSERT INTO workspaces (id, name) SELECT lpad(to_hex(n), 32, '0')::uuid, 'Bench'"
        " FROM generate_series(0, :workspaces::integer - 1) n",
        workspaces=_WORKSPACES,
    )
    database.run(_SYNCS, workspaces=_WORKSPACES, runs=_RUNS, days=_DAYS)
    for statement in (_CALENDARS, _PLANS, "SET session_replication_role = origin"):
        database.run(statement)
    for table in (*_TABLES, "workspace_calendar_sync_log_connections"):
        database.run(f"VACUUM ANALYZE {table}")


def _plainly(database: Database, days: int) -> float:
    """Seconds of one DELETE a table."""
    database.run("BEGIN")
    began = perf_counter()
    for table in _TABLES:
        database.run(_PLAIN.format(table=table), days=days)
    seconds = perf_counter() - began
    database.run("ROLLBACK")
    return seconds


def _steps(url: str, days: int) -> dict[str, float]:
    """A process of its own does what upkeep does. Raises RuntimeError when it found nothing to do."""
    environment = {
        "ALMANAC_DATABASE_URL": url,
        "ALMANAC_GOOGLE_CLIENT_ID": "bench",
        "ALMANAC_GOOGLE_CLIENT_SECRET": "bench",
        "ALMANAC_TOKEN_KEYS": new_key(),
        "ALMANAC_UPKEEP_RETENTION_DAYS": str(days),
    }
    done = measured(environment, run="retention")
    if not done["rows"]:
        raise RuntimeError(f"the steps did not do what is measured: {done}")
    return done
