"""What HTTP costs: a cold start with its routes, warm calls beside their bare SQL, pages, and a day of 960,000 runs.

Times are a processor's, of this process and of its backend: all is in memory, and what else runs here costs none.
"""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import quantiles
from time import process_time
from typing import Any

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.operations.run_counts import PostgresRunCounts
from almanac.domain.operations.job_status import totals
from almanac.services.ledger.ports import RunFilter
from almanac.web.console.rendering import STATIC, asset_content, environment
from almanac.wiring.outside.api import ApiWiring
from bench.figures import Figure, Target
from bench.rounds import interleaved, processor_seconds, progress
from bench.stage import FILLED, FILLING, ROOT, postgres

PART = "HTTP"
WORKSPACES, RUNS_A_DAY = 10_000, 960_000
_CALLS = 200
_BARE = "import time; t = time.process_time(); import boto3; boto3.client('sqs')"
_API = "import time; t = time.process_time(); import handler; handler.container().api._resolver"
_TELL = "; print(1000 * (time.process_time() - t))"
_WORKSPACES = (
    "INSERT INTO workspaces (id, name) SELECT gen_random_uuid(), 'Workspace ' || n"
    " FROM generate_series(1, :count::integer) n"
)
_ROLLED_BEFORE = (
    "INSERT INTO run_rollup_calls (began, calls, peak)"
    " VALUES (date_bin('15 minutes', now(), 'epoch') - interval '25 hours', 0, 0)"
)
_AT_WORST = (
    "DELETE FROM run_rollup_calls WHERE began + interval '15 minutes' > :until::timestamptz",
    (
        "INSERT INTO run_rollup_young (began, until, calls, peak, going)"
        " SELECT max(began) + interval '15 minutes', :until::timestamptz, 0, 0, '{}' FROM run_rollup_calls"
        " ON CONFLICT (one) DO UPDATE SET began = excluded.began, until = excluded.until"
    ),
)
"""The roll-up as it is when it has come as far as `until` alone."""
_UNROLLED = timedelta(minutes=4)
"""What is counted run by run at most: the last two minutes, one that is not over, and one until the next tick."""
_PLANNED = (
    "INSERT INTO tasks (ws_id, title, total_minutes, created_at)"
    " SELECT id, 'Task', 60, now() - interval '40 days' FROM workspaces"
)
_ACCOUNTS = (
    "INSERT INTO calendar_auth_tokens (ws_id, user_id, account_email, refresh_token)"
    " SELECT id, 'bench', id || '@example.test', 'gAAAA' FROM workspaces"
)
_CALENDARS = (
    "INSERT INTO calendar_connections (ws_id, auth_token_id, calendar_id, access_role, status, created_at)"
    " SELECT ws_id, id, account_email || n, 'owner', 'synced', now() - interval '40 days'"
    " FROM calendar_auth_tokens CROSS JOIN generate_series(1, 2) n"
)
_READ = (
    "INSERT INTO calendar_sync_states (connection_id, last_synced_at, full_synced_at)"
    " SELECT id, now() - random() * interval '15 minutes', now() - interval '1 day' FROM calendar_connections"
)
_RUNS = """
INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome, sent_at, started_at, finished_at, error_type,
    total_ms, report)
SELECT gen_random_uuid(), w.id, CASE WHEN g % 97 = 0 THEN 'schedule' ELSE 'sync' END, 'schedule', '{"mode": "auto"}',
    CASE WHEN g % 200 = 7 THEN 'failed' ELSE 'completed' END, 'incremental',
    now() - g * interval '0.09 s' - interval '2 s',
    now() - g * interval '0.09 s', now() - g * interval '0.09 s' + interval '0.6 s',
    CASE WHEN g % 200 = 7 THEN 'google_unavailable' END, 200 + (g % 900), '{"api_calls": 2, "unchanged": 40}'
FROM generate_series(0, :runs::integer - 1) g
JOIN (SELECT id, row_number() OVER () - 1 AS n FROM workspaces) w ON w.n = g % :count::integer
"""
_LAST_PLANS = (
    "INSERT INTO workspace_last_plans (ws_id, run_id, started_at)"
    " SELECT DISTINCT ON (ws_id) ws_id, run_id, started_at FROM answering_plans ORDER BY ws_id, started_at DESC"
)
"""What triggers would have kept."""


def http(rounds: int, runs: int) -> list[Figure]:
    """Every figure; the database holds one day of so many runs."""
    figures = _cold_start(rounds)
    with postgres(durable=False) as url:
        progress(f"filling in a day of {runs:,} runs")
        fill(url, WORKSPACES, runs)
        progress("rolling it up, and asking")
        with outside(url) as wiring:
            figures += _overview(wiring, runs)
            figures += _warm(wiring)
            figures += _pages(wiring)
    return figures


def fill(url: str, workspaces: int, runs: int) -> None:
    """Fill a migrated database with workspaces, each with a task, an account and two calendars, and their last runs."""
    with closing(Database(lambda: parse_url(url), 900)) as database:
        database.run(FILLING)
        database.run(_WORKSPACES, count=workspaces)
        for statement in (_PLANNED, _ACCOUNTS, _CALENDARS, _READ):
            database.run(statement)
        database.run(_RUNS, runs=runs, count=workspaces)
        for statement in (_LAST_PLANS, FILLED, "ANALYZE"):
            database.run(statement)


@contextmanager
def outside(url: str) -> Iterator[ApiWiring]:
    """The API over a database; nothing is sent to a queue."""
    wiring = ApiWiring({"ALMANAC_DATABASE_URL": url, "ALMANAC_SYNC_QUEUE_URL": "https://queue.invalid/s.fifo"})
    vars(wiring)["queue"] = None
    vars(wiring)["queue_depths"] = dict
    try:
        yield wiring
    finally:
        wiring.close()


def _cold_start(rounds: int) -> list[Figure]:
    paths = os.pathsep.join(map(str, (ROOT / "functions" / "api", ROOT / "layers" / "almanac")))
    environment = {
        **os.environ,
        "PYTHONPATH": paths,
        "POWERTOOLS_SERVICE_NAME": "bench",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }

    def start(code: str) -> float:
        command = [sys.executable, "-c", code + _TELL]
        return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)

    ways: dict[str, Callable[[], float]] = {"bare": partial(start, _BARE), "api": partial(start, _API)}
    for once in ways.values():
        once()
    found = interleaved(rounds, ways)
    ratio = found.ratio("api", "bare")
    return [
        Figure(
            PART,
            "cold import of api with its routes, bare boto3 and an SQS client = 1",
            ratio,
            "×",
            Target("at most", 1.9),
        )
    ]


def _overview(wiring: ApiWiring, runs: int) -> list[Figure]:
    """All that the page asks for, when the roll-up has come as far as it does by itself, and just before it goes on."""
    counts, backend = PostgresRunCounts(wiring.database), backend_of(wiring.database)
    wiring.database.run(_ROLLED_BEFORE)

    def roll_up() -> None:
        while counts.roll_up():
            pass

    rolled = _seconds(backend, roll_up)
    show = partial(wiring.show_overview, None, 24)
    fresh = min(_seconds(backend, show) for _ in range(5))
    until = wiring.database.run("SELECT max(started_at) FROM runs")[0][0] - _UNROLLED
    for statement in _AT_WORST:
        wiring.database.run(statement, until=until)
    oldest = min(_seconds(backend, show) for _ in range(5))
    summary = min(_seconds(backend, lambda: _summary(wiring)) for _ in range(3))
    day = f"a day of {runs:,} runs"
    return [
        Figure(PART, f"rolling {day} up", rolled, "s"),
        Figure(PART, f"overview of {day}, with who is late", 1000 * fresh, "ms", Target("at most", 100)),
        Figure(PART, "— just before the next minute is added", 1000 * oldest, "ms", Target("at most", 100)),
        Figure(PART, f"runs --summary of {day}", 1000 * summary, "ms", Target("at most", 100)),
    ]


def _summary(wiring: ApiWiring) -> object:
    return wiring.run_summary(None, timedelta(days=1), 10)


def _warm(wiring: ApiWiring) -> list[Figure]:
    """A list of 50 through all of the API, beside its statement and the one that knows the caller."""
    token = wiring.api_keys.add("bench", {"read"}, None).token
    event = request("/v1/runs", "limit=50", {"authorization": f"Bearer {token}"})
    ledger, backend = wiring.jobs.ledger, backend_of(wiring.database)

    def bare() -> None:
        wiring.api_keys.store.usable(token.split("_")[1])
        ledger.runs(RunFilter(), None, 51)

    def call() -> None:
        assert wiring.web(event, None)["statusCode"] == 200

    plain, whole = _p95(backend, bare), _p95(backend, call)
    failed = _p95(backend, lambda: ledger.runs(RunFilter(statuses=["failed"]), None, 51))
    return [
        Figure(PART, "warm list of 50 runs, p95; its bare SQL = 1", whole / plain, "×", Target("at most", 3)),
        Figure(PART, "list of 50 runs: SQL, p95", 1000 * plain, "ms", Target("at most", 25)),
        Figure(PART, "list of 50 failed runs: SQL, p95", 1000 * failed, "ms", Target("at most", 25)),
    ]


def _pages(wiring: ApiWiring) -> list[Figure]:
    rows = list(wiring.jobs.ledger.runs(RunFilter(), None, 100))
    macros: Any = environment().get_template("parts.html").module
    names = {row.ws_id: "Workspace" for row in rows}

    def draw() -> str:
        return str(macros.run_rows(rows, names, datetime.now(UTC), totals))

    draw()
    began = process_time()
    for _ in range(20):
        draw()
    drawn = 1000 * (process_time() - began) / 20
    sizes = sum(len(gzip.compress(asset_content(name)[0], 6)) for name in STATIC)
    return [
        Figure(PART, "100 rows of a page: CPU", drawn, "ms", Target("at most", 15)),
        Figure(PART, "first load beside the page itself, packed", sizes / 1000, "kB", Target("at most", 45)),
    ]


def request(path: str, query: str, headers: Mapping[str, str]) -> Mapping[str, Any]:
    """The event of a GET as the gateway sends it."""
    http_part = {"method": "GET", "path": path}
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": dict(headers),
        "requestContext": {"http": http_part, "stage": "$default"},
    }


def backend_of(database: Database) -> int:
    """The process that serves this connection."""
    return int(database.run("SELECT pg_backend_pid()")[0][0])


def _seconds(backend: int, once: Callable[[], object]) -> float:
    began = processor_seconds(backend)
    once()
    return processor_seconds(backend) - began


def _p95(backend: int, once: Callable[[], object]) -> float:
    for _ in range(10):
        once()
    times: Sequence[float] = [_seconds(backend, once) for _ in range(_CALLS)]
    return quantiles(times, n=20)[-1]
