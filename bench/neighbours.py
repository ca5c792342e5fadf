"""What others cost a caller of one workspace over HTTP: a neighbour whose runs fail, and what time tells of others.

Times are a processor's, of this process and of its backend.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from statistics import median, quantiles
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.wiring.outside.api import ApiWiring
from bench.figures import Figure, Target
from bench.http import PART, backend_of, fill, outside, request
from bench.rounds import processor_seconds, progress
from bench.stage import postgres

WORKSPACES, RUNS, FAILING = 200, 20_000, 10_000
CALLS = 300
_WARM = 20
_ALIKE = 1.1
_POISON = "INSERT INTO workspaces (id, name) VALUES (:ws_id, 'Poison')"
_FAILED = """
INSERT INTO runs (id, ws_id, kind, source, job_id, scope, status, outcome, sent_at, started_at, finished_at, error_type,
    error, total_ms)
SELECT gen_random_uuid(), :ws_id::uuid, 'sync', 'schedule', g::text, '{"mode": "auto"}', 'failed', 'failed', t, t, t,
    'google_unavailable', 'the calendar API answered 503', 200
FROM (SELECT g, now() - g * interval '0.1 s' AS t FROM generate_series(1, :runs::integer) g) s
"""
_JOBS = (
    "INSERT INTO jobs (id, ws_id, kind, body, source, created_at)"
    " SELECT 'job ' || id, ws_id, kind, '{}', 'schedule', started_at FROM runs"
)
_ROUTES = (
    ("/v1/runs", "limit=50"),
    ("/v1/runs", "limit=50&status=failed"),
    ("/v1/workspaces", ""),
    ("/v1/workspaces/{ws}/health", ""),
    ("/v1/workspaces/{ws}/connections", ""),
    ("/v1/runs/{run}", ""),
)
"""What a caller of one workspace asks for."""

Call = Callable[[], float]
"""Asks once; seconds of a processor."""


@dataclass(frozen=True, slots=True)
class _Caller:
    """Somebody whose key opens one workspace, over one database."""

    wiring: ApiWiring
    ws_id: UUID
    token: str
    backend: int

    @classmethod
    def of(cls, wiring: ApiWiring, ws_id: UUID) -> Self:
        token = wiring.api_keys.add("bench", {"read"}, {ws_id}).token
        return cls(wiring, ws_id, token, backend_of(wiring.database))

    def __call__(self, path: str, query: str, status: int) -> float:
        event = request(path, query, {"authorization": f"Bearer {self.token}"})
        began = processor_seconds(self.backend)
        answer = self.wiring.web(event, None)
        seconds = processor_seconds(self.backend) - began
        if answer["statusCode"] != status:
            raise RuntimeError(f"{path}?{query} answered {answer['statusCode']}")
        return seconds


def neighbours(calls: int) -> list[Figure]:
    """Two databases alike but for the neighbour, asked in turns; then foreign ids and unknown ones, in turns.

    So many calls of each route.
    """
    with postgres(durable=False) as url:
        fill(url, WORKSPACES, RUNS)
        without = _copied(url)
        _poison(url)
        with outside(without) as quiet, outside(url) as beside:
            ids = [row[0] for row in quiet.database.run("SELECT id FROM workspaces ORDER BY id")]
            callers = {"without": _Caller.of(quiet, ids[0]), "beside": _Caller.of(beside, ids[0])}
            return [*_beside(callers, calls), *_foreign(callers["without"], ids[1:], calls)]


def _copied(url: str) -> str:
    """The URL of a copy, made before anybody else uses either."""
    with closing(Database(lambda: parse_url(url), 900)) as database:
        database.run(_JOBS)
        database.run(f"CREATE DATABASE quiet TEMPLATE {urlsplit(url).path[1:]}")
    return urlsplit(url)._replace(path="/quiet").geturl()


def _poison(url: str) -> None:
    with closing(Database(lambda: parse_url(url), 900)) as database:
        ws_id = uuid4()
        database.run(_POISON, ws_id=ws_id)
        database.run(_FAILED, ws_id=ws_id, runs=FAILING)
        database.run("ANALYZE")


def _beside(callers: Mapping[str, _Caller], calls: int) -> Iterable[Figure]:
    progress(f"{len(_ROUTES)} routes beside {FAILING:,} failed runs, and without them")
    (run,) = callers["without"].wiring.database.run(
        "SELECT id::text FROM runs WHERE ws_id = :ws_id LIMIT 1", ws_id=callers["without"].ws_id
    )[0]
    ratios = []
    for path, query in _ROUTES:
        asked = path.format(ws=callers["without"].ws_id, run=run)
        times = _in_turns(calls, {name: partial(caller, asked, query, 200) for name, caller in callers.items()})
        ratios.append(_p95(times["beside"]) / _p95(times["without"]))
    said = f"p95 of a workspace's routes beside a neighbour with {FAILING:,} failed runs, without = 1"
    return [
        Figure(PART, f"{said}: the middle of {len(_ROUTES)} routes", median(ratios), "×", Target("at most", 1.2)),
        Figure(PART, "— the one that it costs most", max(ratios), "×", Target("at most", 1.2)),
    ]


def _foreign(caller: _Caller, others: Sequence[UUID], calls: int) -> Iterable[Figure]:
    progress("foreign ids and unknown ones")
    found = caller.wiring.database.run(
        "SELECT id::text FROM runs WHERE ws_id <> :ws_id ORDER BY id LIMIT :limit", ws_id=caller.ws_id, limit=calls
    )
    runs, ws_ids = [row[0] for row in found], [str(ws_id) for ws_id in others]
    jobs = [f"job {run}" for run in runs]
    asked: tuple[tuple[str, str, Sequence[str], str], ...] = (
        ("/v1/workspaces/{}/health", "", ws_ids, "{}"),
        ("/v1/workspaces/{}/changes", "", ws_ids, "{}"),
        ("/v1/runs", "ws_id={}", ws_ids, "{}"),
        ("/v1/runs/{}", "", runs, "{}"),
        ("/v1/runs/{}/diff", "", runs, "{}"),
        ("/v1/jobs/{}", "", jobs, "job {}"),
        ("/v1/trace", "id={}", runs, "{}"),
    )
    ratios = []
    for path, query, ids, form in asked:
        known = cycle(ids)

        def ask(name: str, path: str = path, query: str = query) -> float:
            return caller(path.format(name), query.format(name), 404)

        times = _in_turns(
            calls,
            {
                "foreign": lambda ask=ask, known=known: ask(next(known)),  # type: ignore[misc]
                "unknown": lambda ask=ask, form=form: ask(form.format(uuid4())),  # type: ignore[misc]
            },
        )
        ratios.append(median(times["foreign"]) / median(times["unknown"]))
    return [
        Figure(
            PART,
            f"404 of a foreign id, an unknown one = 1: the highest of {len(asked)} routes",
            max(ratios),
            "×",
            Target("at most", _ALIKE),
        ),
        Figure(PART, "— the lowest", min(ratios), "×", Target("at least", 1 / _ALIKE)),
    ]


def _in_turns(calls: int, ways: Mapping[str, Call]) -> Mapping[str, Sequence[float]]:
    """The times of each way, asked in turns, every other time in reverse; warm."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(-_WARM, calls):
        for name in ways if turn % 2 else reversed(list(ways)):
            seconds = ways[name]()
            if turn >= 0:
                times[name].append(seconds)
    return times


def _p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20)[-1]
