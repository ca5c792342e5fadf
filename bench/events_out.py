"""Telling others what changed: changes a second through the relay, and the memory of whoever reads them all again."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.history.publish import PostgresPublishing
from almanac.adapters.postgres.history.store import PostgresHistory
from almanac.services.events_out.ports import EventBus, Lane, LaneQueue
from almanac.services.events_out.relay import Relay
from bench.child import measured
from bench.figures import Figure, Target
from bench.rounds import interleaved
from bench.stage import postgres

PART = "events out"
_WORKSPACES, _CHANGES = 200, 100
"""Of the relay; each workspace has that many changes."""
_FEW, _MANY = 10_000, 200_000
"""Changes of one workspace that are read again."""
_PAGE, _PAGES, _TURNS = 100, 150, 3
"""Of reading at both ends of a history: in more turns than others, which a busy machine disturbs alike."""
_PLENTY_SECONDS = 3600.0
_TEAMS = (
    "INSERT INTO workspaces (id, name) SELECT gen_random_uuid(), 'Bench' FROM generate_series(1, :workspaces::integer)"
)
_CHANGED = (
    "INSERT INTO workspace_history (ws_id, version, kind, subject, origin, was, at)"
    " SELECT w.id, n, 'event.updated', gen_random_uuid(), 'sync',"
    """ '{"title": "Before", "start_at": "2026-11-16T09:00:00+00:00"}', now()"""
    " FROM workspaces w CROSS JOIN generate_series(1, :changes::integer) n"
)
_HEADS = (
    "INSERT INTO workspace_history_heads (ws_id, version) SELECT id, :changes::integer FROM workspaces"
    " ON CONFLICT (ws_id) DO UPDATE SET version = excluded.version"
)
_AGAIN = "UPDATE workspace_history_heads SET published = 0, claimed_until = NULL"


class _TakesAll(EventBus, LaneQueue):
    """A bus and a queue that take everything at once, and count it."""

    def __init__(self) -> None:
        self.taken = 0

    def put(self, events: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
        """Take the events."""
        self.taken += len(events)
        return [True] * len(events)

    def send(self, lanes: Sequence[Lane], delay_seconds: int = 0) -> None:
        """Take the lanes."""


def events_out(rounds: int) -> list[Figure]:
    """Every figure; the bus costs nothing, so the rate is what the relay itself makes possible."""
    with postgres(durable=False) as url, closing(Database(lambda: parse_url(url), 300)) as database:
        fill(database, _WORKSPACES, _CHANGES)
        relay = interleaved(rounds, {"relay": lambda: _relayed(database)}).median("relay")
    memory = {changes: _read_again(changes) for changes in (_FEW, _MANY)}
    late = late_pages(_MANY, rounds)
    replayed = {changes: _read_again(changes, "replay") for changes in (_FEW, _MANY)}
    return [
        Figure(PART, "changes through the relay, one worker", relay, "changes/s", Target("at least", 1000)),
        Figure(PART, f"reading {_MANY:,} changes again, page by page", memory[_MANY][0], "changes/s"),
        Figure(
            PART, f"— memory above reading {_FEW:,}", memory[_MANY][1] - memory[_FEW][1], "MB", Target("at most", 5)
        ),
        Figure(PART, "— its last pages against its first, time of a page", late, "×", Target("at most", 1.2)),
        Figure(PART, f"{_MANY:,} changes replayed onto the bus for one subscriber", replayed[_MANY][0], "changes/s"),
        Figure(
            PART, f"— memory above {_FEW:,} of them", replayed[_MANY][1] - replayed[_FEW][1], "MB", Target("at most", 5)
        ),
    ]


def late_pages(changes: int, rounds: int) -> float:
    """What a page at the end of a history costs, against one at its beginning: by version it must be the same."""
    with postgres(durable=False) as url, closing(Database(lambda: parse_url(url), 300)) as database:
        fill(database, 1, changes)
        ws_id, history = database.run("SELECT id FROM workspaces")[0][0], PostgresHistory(database)

        def pages(first: int) -> float:
            began = perf_counter()
            for page in range(_PAGES):
                if len(history.changes(ws_id, first + page * _PAGE, _PAGE)) != _PAGE:
                    raise RuntimeError("a page is not full")
            return perf_counter() - began

        ways = {"late": lambda: pages(changes - _PAGES * _PAGE), "early": lambda: pages(0)}
        interleaved(1, ways)  # what is read for the first time is not in memory yet
        return interleaved(_TURNS * rounds, ways).ratio("late", "early")


def fill(database: Database, workspaces: int, changes: int) -> None:
    """Add workspaces with so many changes each that nobody has heard of."""
    database.run(_TEAMS, workspaces=workspaces)
    database.run(_CHANGED, changes=changes)
    database.run(_HEADS, changes=changes)
    database.run("ANALYZE")


def _relayed(database: Database) -> float:
    """Changes a second of one round over everything. Raises RuntimeError if something stayed."""
    database.run(_AGAIN)
    bus, store = _TakesAll(), PostgresPublishing(database)
    began = perf_counter()
    report = Relay(store, store, bus, bus, "bench", lambda: datetime.now(UTC))(lambda: _PLENTY_SECONDS)
    seconds = perf_counter() - began
    if report.published != _WORKSPACES * _CHANGES or bus.taken != report.published:
        raise RuntimeError(f"the relay published {report.published}")
    return report.published / seconds


def _read_again(changes: int, run: str = "changes") -> tuple[float, float]:
    """Changes a second, and the peak of the process in megabytes."""
    with postgres(durable=False) as url:
        with closing(Database(lambda: parse_url(url), 300)) as database:
            fill(database, 1, changes)
            ws_id = database.run("SELECT id FROM workspaces")[0][0]
        done = measured({"ALMANAC_DATABASE_URL": url}, run=run, ws_id=ws_id)
    if done["changes"] != changes:
        raise RuntimeError(f"{done['changes']} changes were read")
    return changes / float(done["seconds"]), float(done["peak_mb"])
