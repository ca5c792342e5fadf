"""The shapes of Google's responses (tests/fixtures/google), and ordinary events with something changed."""

import copy
import json
from pathlib import Path
from typing import Any

from almanac.domain.calendar.events import CalendarZones, EventPage, EventProblem, EventRow
from almanac.providers.google.pages import MAPPING_VERSION, map_page

FIXTURES = Path(__file__).parents[2] / "fixtures" / "google"
EVENTS: dict[str, dict[str, Any]] = json.loads((FIXTURES / "events.json").read_text(encoding="utf-8"))
ERRORS: dict[str, dict[str, Any]] = json.loads((FIXTURES / "errors.json").read_text(encoding="utf-8"))

MADRID = CalendarZones(calendar="Europe/Madrid", workspace="Europe/Madrid")
ABSENT = object()


def event(name: str = "meeting", /, **changes: Any) -> dict[str, Any]:
    """A copy of a recorded event; a field changed to ABSENT is taken out."""
    changed = copy.deepcopy(EVENTS[name]) | changes
    return {key: value for key, value in changed.items() if value is not ABSENT}


def map_one(item: Any, zones: CalendarZones = MADRID) -> EventPage:
    return map_page([item], zones)


def row_of(item: dict[str, Any], zones: CalendarZones = MADRID) -> EventRow:
    """The row of an event that must be storable as it is."""
    page = map_one(item, zones)
    assert page.problems == ()
    assert page.tombstones == ()
    assert page.unreadable == ()
    return page.rows[0]


def repaired_row(item: dict[str, Any], reason: str, zones: CalendarZones = MADRID) -> EventRow:
    """The row of an event that must be stored with exactly that repair."""
    page = map_one(item, zones)
    assert page.problems == (EventProblem(item["id"], reason, stored=True),)
    assert page.unreadable == ()
    return page.rows[0]


def assert_unreadable(item: dict[str, Any], reason: str) -> None:
    """The event must be kept out of the rows, and out of a sweep."""
    assert map_one(item) == EventPage(
        rows=(),
        tombstones=(),
        problems=(EventProblem(item["id"], reason, stored=False),),
        unreadable=(item["id"],),
        mapping_version=MAPPING_VERSION,
    )
