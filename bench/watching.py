"""What watching costs: counting who is behind at a tick, and `almanac runs --summary`, beside bare reads of rows."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from time import perf_counter

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.due_workspaces import PostgresDueStore
from almanac.adapters.postgres.run_history import PostgresRunHistory
from almanac.adapters.postgres.run_summary import PostgresRunSummary
from bench.figures import Figure, Target
from bench.rounds import interleaved, progress
from bench.stage import FILLED, FILLING, postgres

PART = "watching"
_CALENDARS = 3
RUNS, _DAYS = 1_000_000, 90
_LETTERS = 100
_PATIENCE = 300
_CHEAP, _QUICK = Target("at most", 8), Target("at most", 1000)

_WORKSPACES = (
    "INSERT INTO workspaces (id, name) SELECT gen_random_uuid(), 'Bench' FROM generate_series(1, :workspaces::integer)"
)
_ACCOUNTS = (
    "INSERT INTO calendar_auth_tokens (ws_id, user_id, account_email, refresh_token)"
    " SELECT id, 'bench', 'bench@example.test', 'gAAAA-not-a-real-one' FROM workspaces"
)
_CONNECTIONS = (
    "INSERT INTO calendar_connections (ws_id, auth_token_id, calendar_id, created_at)"
    " SELECT a.ws_id, a.id, 'calendar ' || n, now() - interval '1 day'"
    f" FROM calendar_auth_tokens a, generate_series(1, {_CALENDARS}) n"
)
_ONE_OF_A_HUNDRED_BEHIND = (
    "INSERT INTO calendar_sync_states (connection_id, last_synced_at) SELECT id, now() - random() * interval '14 min'"
    " - CASE WHEN hashtext(ws_id::text) % 100 = 0 THEN interval '3 h' ELSE '0' END FROM calendar_connections"
)
_ONE_RUN_OF_A_HUNDRED_FAILED = (
    "INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome, sent_at, started_at, finished_at, report,"
    " total_ms, error_type, message_id)"
    " SELECT gen_random_uuid(), ids[n % :workspaces::integer + 1], 'sync', 'schedule',"
    """ '{"mode": "auto", "direction": "inbound"}',"""
    " CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'completed' END, 'incremental', t - random() * interval '1 min', t,"
    " t + random() * interval '1 s', '{\"api_calls\": 3}', n % 900,"
    " CASE WHEN n % 100 = 0 THEN 'google_unavailable' END, n::text"
    f" FROM (SELECT n, now() - n * interval '{_DAYS} days' / :runs::integer AS t"
    " FROM generate_series(1, :runs::integer) n) s,"
    " (SELECT array_agg(id) AS ids FROM workspaces) w"
)
_FILL = (
    FILLING,
    _WORKSPACES,
    _ACCOUNTS,
    _CONNECTIONS,
    _ONE_OF_A_HUNDRED_BEHIND,
    _ONE_RUN_OF_A_HUNDRED_FAILED,
    FILLED,
    "VACUUM ANALYZE",
)
_BARE_STATES = (
    "SELECT count(*), min(s.last_synced_at) FROM calendar_connections c"
    " LEFT JOIN calendar_sync_states s ON s.connection_id = c.id WHERE c.is_enabled"
)
_BARE_RUNS = "SELECT count(*), sum(total_ms), min(started_at) FROM runs"


def watching(workspaces: int, runs: int, rounds: int, *, durable: bool) -> list[Figure]:
    """Milliseconds over that many workspaces with three calendars each, and that many runs of 90 days."""
    with _system(workspaces, runs, durable) as database:
        now: datetime = database.run("SELECT now()")[0][0]
        due, summary, history = (
            PostgresDueStore(database),
            PostgresRunSummary(database),
            PostgresRunHistory(database),
        )
        letters = [str(number * 100) for number in range(1, _LETTERS + 1)]
        ways: dict[str, Callable[[], object]] = {
            "bare states": lambda: database.run(_BARE_STATES),
            "health": lambda: due.sync_health(now),
            "bare runs": lambda: database.run(_BARE_RUNS),
            "all": lambda: summary.statistics(None, now - timedelta(days=_DAYS), now, 20),
            "day": lambda: summary.statistics(None, now - timedelta(days=1), now, 20),
            "failed": lambda: history.latest(None, job=None, failed=True, limit=20),
            "causes": lambda: history.failed_runs(letters, []),
        }
        done = interleaved(rounds, {name: _timed(way) for name, way in ways.items()})
    calendars = f"{workspaces:,} workspaces, {workspaces * _CALENDARS:,} calendars"
    of_all = f"{runs:,} runs of {_DAYS} days"
    return [
        Figure(PART, f"who is behind, at each tick: {calendars}", done.median("health"), "ms"),
        Figure(PART, "— against one bare read of their states", done.ratio("health", "bare states"), "×", _CHEAP),
        Figure(PART, f"runs --summary, the last of {of_all}", done.median("day"), "ms", _QUICK),
        Figure(PART, f"runs --summary, all {of_all}", done.median("all"), "ms"),
        Figure(PART, "— against one bare read of them", done.ratio("all", "bare runs"), "×"),
        Figure(PART, f"runs --failed among {of_all}", done.median("failed"), "ms"),
        Figure(PART, f"causes of {_LETTERS} dead letters among {of_all}", done.median("causes"), "ms"),
    ]


@contextmanager
def _system(workspaces: int, runs: int, durable: bool) -> Iterator[Database]:
    counts = {"workspaces": workspaces, "runs": runs}
    progress(f"filling in {workspaces:,} workspaces and {runs:,} runs")
    with postgres(durable=durable) as url, closing(Database(lambda: parse_url(url), _PATIENCE)) as database:
        for statement in _FILL:
            database.run(statement, **{name: n for name, n in counts.items() if f":{name}" in statement})
        yield database


def _timed(way: Callable[[], object]) -> Callable[[], float]:
    def milliseconds() -> float:
        began = perf_counter()
        way()
        return (perf_counter() - began) * 1000

    return milliseconds
