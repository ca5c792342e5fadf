"""What history costs a sync: the store's write of new, changed and unchanged rows with its triggers, and without."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from time import perf_counter
from typing import Literal

from almanac.domain.calendar.events import EventPage
from bench.figures import Figure, Target
from bench.rounds import interleaved
from bench.stage import Stage
from bench.throughput import Calendar, connected_calendar, store_write

PART = "history"
_TRIGGERS = ("created", "changed", "deleted")
_TARGETS = {"new rows": 0.8, "changed rows": 0.65, "unchanged rows": 0.97}
"""The least share of the speed without history."""
_EVENTS = 10_000


def history(stage: Stage, rounds: int) -> list[Figure]:
    """Compare over `rounds` interleaved rounds, each on an empty table."""
    calendar = connected_calendar(stage, "history@example.test", _EVENTS)
    changed = [_changed(page) for page in calendar.pages]
    found: dict[str, dict[str, list[float]]] = {"ENABLE": {}, "DISABLE": {}}

    def measure(switch: Literal["ENABLE", "DISABLE"]) -> float:
        seconds = _seconds(stage, calendar, changed, switch)
        for name, value in zip(_TARGETS, seconds, strict=True):
            found[switch].setdefault(name, []).append(value)
        return sum(seconds)

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
    ]


def _seconds(stage: Stage, calendar: Calendar, changed: Sequence[EventPage], switch: str) -> list[float]:
    """Of new rows, of the same with another title and time, and of those once more. History is on afterwards."""
    stage.reset()
    _switch(stage, switch)
    write = store_write(stage, calendar)
    seconds = []
    for pages in (calendar.pages, changed, changed):
        began = perf_counter()
        write(pages)
        seconds.append(perf_counter() - began)
    _switch(stage, "ENABLE")
    return seconds


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
