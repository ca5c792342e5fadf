"""Retention over a million run rows, in its small steps, against one plain DELETE of the same rows.

The plain one is rolled back, so that both meet the same rows: it pays for no commit, and warms the cache for the other.
"""

from contextlib import closing
from time import perf_counter

from almanac.adapters.crypto import new_key
from almanac.adapters.postgres.connection import Database, parse_url
from bench.child import measured
from bench.figures import Figure, Target
from bench.rounds import progress
from bench.stage import FILLED, FILLING, postgres

PART = "upkeep"
_WORKSPACES, RUNS, _DAYS = 2000, 500_000, 100
"""So many syncs, each with the row of one calendar, and as many plans, each with its job, evenly over so many days."""
_FEW, _ALL = 95, 1
"""Days of retention that make a twentieth of the rows too old, or all but a hundredth of what is then left."""
_PATIENCE_SECONDS = 300
_SLOWER, _LOCKED, _FLAT = Target("at most", 3), Target("at most", 1000), Target("at most", 15)

_SYNCS = (
    "INSERT INTO runs (id, ws_id, job_id, kind, source, scope, status, outcome, started_at, finished_at)"
    " SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n % :workspaces::integer), 32, '0')::uuid, n::text,"
    """ 'sync', 'schedule', '{"mode": "auto", "direction": "inbound"}', 'completed', 'incremental', t, t"""
    " FROM (SELECT n, now() - (:runs::integer - n) * (:days::integer * interval '1 day' / :runs::integer) AS t"
    " FROM generate_series(0, :runs::integer - 1) n) s"
)
_CALENDARS = (
    "INSERT INTO run_connections (run_id, connection_id, status, outcome)"
    " SELECT id, ws_id, 'completed', 'incremental' FROM runs"
)
_PLANS = (
    "INSERT INTO runs (id, ws_id, job_id, kind, source, scope, status, outcome, started_at, finished_at)"
    " SELECT gen_random_uuid(), ws_id, job_id, 'schedule', 'schedule',"
    """ '{"window_days": 30, "force_reschedule": false, "apply": "full"}', 'completed', 'planned', started_at,"""
    " finished_at FROM runs"
)
_JOBS = (
    "INSERT INTO jobs (id, ws_id, kind, body, source, created_at)"
    " SELECT job_id, ws_id, kind, '{}', 'schedule', started_at FROM runs"
)
_OLD_RUNS = (
    "DELETE FROM runs r WHERE r.started_at < now() - :days::integer * interval '1 day' AND r.status <> 'running'"
    " AND EXISTS (SELECT 1 FROM runs n WHERE n.ws_id = r.ws_id AND n.kind = r.kind AND n.started_at > r.started_at)"
)
_OLD_JOBS = (
    "DELETE FROM jobs j WHERE j.created_at < now() - :days::integer * interval '1 day'"
    " AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.job_id = j.id AND r.ws_id = j.ws_id AND r.kind = j.kind)"
)


def upkeep(runs: int, *, durable: bool) -> list[Figure]:
    """Over so many syncs and as many plans: a twentieth of the rows is too old, then nearly all."""
    with postgres(durable=durable) as url, closing(Database(lambda: parse_url(url), _PATIENCE_SECONDS)) as database:
        progress(f"filling in {2 * runs:,} runs")
        _fill(database, runs)
        progress("a twentieth of them is too old")
        plain_few, few = _plainly(database, _FEW), _steps(url, _FEW)
        progress("nearly all are")
        plain_all, rest = _plainly(database, _ALL), _steps(url, _ALL)
    rows = {"few": f"{few['rows']:,} of {2 * runs:,} run rows", "all": f"the other {rest['rows']:,}"}
    return [
        Figure(PART, f"plain DELETE of {rows['few']}", plain_few, "s"),
        Figure(PART, "— the same in steps", few["seconds"] / plain_few, "×", _SLOWER),
        Figure(PART, f"plain DELETE of {rows['all']}", plain_all, "s"),
        Figure(PART, "— the same in steps", rest["seconds"] / plain_all, "×", _SLOWER),
        Figure(PART, "longest that a step holds its locks", rest["longest_ms"], "ms", _LOCKED),
        Figure(PART, f"memory of all above that of {few['rows']:,}", rest["peak_mb"] - few["peak_mb"], "MB", _FLAT),
    ]


def _fill(database: Database, runs: int) -> None:
    database.run(FILLING)
    database.run(
        "INSERT INTO workspaces (id, name) SELECT lpad(to_hex(n), 32, '0')::uuid, 'Bench'"
        " FROM generate_series(0, :workspaces::integer - 1) n",
        workspaces=_WORKSPACES,
    )
    database.run(_SYNCS, workspaces=_WORKSPACES, runs=runs, days=_DAYS)
    for statement in (_CALENDARS, _PLANS, _JOBS, FILLED):
        database.run(statement)
    database.run("VACUUM ANALYZE runs, jobs, run_connections")


def _plainly(database: Database, days: int) -> float:
    """Seconds of one DELETE of runs, which takes their calendars along, and one of jobs."""
    database.run("BEGIN")
    began = perf_counter()
    for statement in (_OLD_RUNS, _OLD_JOBS):
        database.run(statement, days=days)
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
