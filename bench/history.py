"""What history costs a sync: the store's write of new, changed and unchanged rows with its triggers, and without."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Event, Thread
from time import perf_counter
from typing import Literal
from uuid import UUID

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.domain.calendar.events import EventPage
from bench.figures import Figure, Target
from bench.rounds import Rounds, interleaved, processor_seconds
from bench.stage import Stage
from bench.throughput import Calendar, connected_calendar, store_write

PART = "history"
_TRIGGERS = ("created", "changed", "deleted")
_TARGETS = {"new rows": 0.8, "changed rows": 0.65, "unchanged rows": 0.97}
"""The least share of the speed without history."""
_EVENTS = 10_000
_AGAIN = 3
"""How often unchanged rows are written; the least counts, for one time is shorter than what else runs adds to it."""
_OWN = (
    "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
    " VALUES (:ws_id, 'Own', now(), now() + interval '1 hour') RETURNING id"
)
_RENAME = "UPDATE workspace_calendar_events SET title = :title WHERE id = :id"


def history(stage: Stage, rounds: int) -> list[Figure]:
    """Compare over `rounds` interleaved rounds, each on an empty table."""
    calendar = connected_calendar(stage, "history@example.test", _EVENTS)
    changed = [_changed(page) for page in calendar.pages]
    gc.collect()
    gc.freeze()  # the pages stay; collecting among them would be a cost of this measurement
    found: dict[str, dict[str, list[float]]] = {"ENABLE": {}, "DISABLE": {}}

    def measure(switch: Literal["ENABLE", "DISABLE"]) -> float:
        seconds = _seconds(stage, calendar, changed, switch)
        for name, value in zip(_TARGETS, seconds, strict=True):
            found[switch].setdefault(name, []).append(value)
        return sum(seconds)

    waits = _waits_of_an_app(stage, calendar, changed, rounds)
    interleaved(rounds, {"with": lambda: measure("ENABLE"), "without": lambda: measure("DISABLE")})
    return [
        Figure(
            PART,
            f"the store's write of {name} with history, against without",
            min(found["DISABLE"][name]) / min(found["ENABLE"][name]),
            "×",
            Target("at least", least),
        )
        for name, least in _TARGETS.items()
    ] + [
        Figure(PART, f"longest update of one event by the product beside a sync {how}", 1000 * waits.median(way), "ms")
        for way, how in (
            ("elsewhere", "of another workspace"),
            ("DISABLE", "of its own, without history"),
            ("ENABLE", "of its own, which holds the head"),
        )
    ]


def _waits_of_an_app(stage: Stage, calendar: Calendar, changed: Sequence[EventPage], rounds: int) -> Rounds:
    """The longest update in seconds by somebody else, in the workspace that is synced or in another one.

    The longest, and no percentile: who waits changes nothing meanwhile, so that few of many updates have waited.
    """
    elsewhere = stage.workspace()

    def longest(way: str) -> float:
        stage.reset()
        _switch(stage, "DISABLE" if way == "DISABLE" else "ENABLE")
        write, seconds = store_write(stage, calendar), list[float]()
        with _app(stage, elsewhere if way == "elsewhere" else calendar.ws_id, seconds):
            write(calendar.pages)
            write(changed)
        _switch(stage, "ENABLE")
        return max(seconds)

    return interleaved(rounds, {way: partial(longest, way) for way in ("elsewhere", "DISABLE", "ENABLE")})


@contextmanager
def _app(stage: Stage, ws_id: UUID, seconds: list[float]) -> Iterator[None]:
    """Somebody who changes an event of their own again and again meanwhile; notes how long each change took."""
    over = Event()

    def work() -> None:
        with closing(Database(lambda: parse_url(stage.environment["ALMANAC_DATABASE_URL"]))) as database:
            (event_id,) = database.run(_OWN, ws_id=ws_id)[0]
            while not over.is_set():
                began = perf_counter()
                database.run(_RENAME, id=event_id, title=f"At {began}")
                seconds.append(perf_counter() - began)

    app = Thread(target=work)
    app.start()
    try:
        yield
    finally:
        over.set()
        app.join()


def _seconds(stage: Stage, calendar: Calendar, changed: Sequence[EventPage], switch: str) -> list[float]:
    """Of new rows, of the same with another title and time, and of those once more. History is on afterwards."""
    stage.reset()
    _switch(stage, switch)
    write = store_write(stage, calendar)
    backend = stage.wiring.database.run("SELECT pg_backend_pid()")[0][0]
    seconds = []
    for pages in (calendar.pages, *[changed] * (1 + _AGAIN)):
        began = processor_seconds(backend)
        write(pages)
        seconds.append(processor_seconds(backend) - began)
    _switch(stage, "ENABLE")
    return [*seconds[:2], min(seconds[2:])]


def _switch(stage: Stage, switch: str) -> None:
    actions = ", ".join(f"{switch} TRIGGER history_of_{name}_events" for name in _TRIGGERS)
    stage.wiring.database.run(f"ALTER TABLE workspace_calendar_events {actions}")


def _changed(page: EventPage) -> EventPage:
    hour = timedelta(hours=1)
    rows = [
        row._replace(title="Changed", start_at=row.start_at + hour, end_at=row.end_at + hour, etag=f"{row.etag}-2")
        for row in page.rows
    ]
    return replace(page, rows=tuple(rows))
