"""Whatever a page holds: nothing raises, every event is accounted for once, every row fits the table."""

import json
from collections import Counter
from datetime import UTC
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.calendar.events import CalendarZones, EventRow
from almanac.providers.google.pages import map_page
from tests.providers.google.recorded import EVENTS

TEXT = st.text(st.characters(codec=None, exclude_categories=[]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
TIMES = st.sampled_from(
    [
        "2026-10-06T10:00:00Z",
        "2026-10-06T10:00:00",
        "2026-03-29T02:30:00",
        "1900-01-01T00:00:00+14:00",
        "2200-12-31T23:59:59-12:00",
        "9999-12-31T23:59:59Z",
        "2026-10-06",
        "1900-01-01",
        "2200-12-31",
        "0000-01-01",
        "soon",
        "",
    ]
)
ZONE = st.sampled_from(
    ["Europe/Madrid", "Pacific/Apia", "America/Havana", "GMT+02:00", "Romance Standard Time", "Europe", ""]
)
END = st.fixed_dictionaries({}, optional={"dateTime": TIMES | st.none(), "date": TIMES | st.none(), "timeZone": ZONE})
PERSON = st.fixed_dictionaries(
    {},
    optional={
        "email": TEXT,
        "displayName": TEXT,
        "self": st.booleans(),
        "responseStatus": st.sampled_from(["declined", "x"]),
    },
)
WELL_FORMED: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from(["a", "b", "c", "d", "a\0", "", "x" * 1_025]),
    "status": st.sampled_from(["confirmed", "tentative", "cancelled", "other"]),
    "updated": TIMES,
    "sequence": st.integers(-(2**33), 2**33),
    "summary": TEXT | st.just("\U0001f468\u200d" * 300),
    "description": TEXT | st.just("e\u0301" * 6_000),
    "location": TEXT | st.just("x\ud800" * 1_500),
    "start": END,
    "end": END,
    "originalStartTime": END,
    "transparency": st.sampled_from(["opaque", "transparent", "x"]),
    "visibility": st.sampled_from(["public", "private", "x"]),
    "eventType": st.sampled_from(["default", "focusTime", "x"]),
    "colorId": st.sampled_from(["1", "11", "12", "", "x" * 100]),
    "htmlLink": st.sampled_from(["https://x.example/", "javascript:x", "https://" + "x" * 3_000]),
    "iCalUID": TEXT | st.just("x" * 2_000),
    "etag": TEXT,
    "recurringEventId": TEXT,
    "creator": PERSON,
    "organizer": PERSON,
    "attendees": st.lists(PERSON, max_size=3) | st.lists(st.just({"email": "x"}), min_size=201, max_size=205),
    "extendedProperties": st.fixed_dictionaries({"private": st.dictionaries(st.just("almanacBlock"), TEXT)}),
}
ITEM = st.fixed_dictionaries({}, optional={key: value | JSON for key, value in WELL_FORMED.items()})
STORABLE_TIMES = st.sampled_from(
    [
        {"start": {"date": "2026-10-06"}, "end": {"date": "2026-10-06"}},
        {"start": {"date": "2011-12-30"}, "end": {"date": "2011-12-31"}},
        {"start": {"date": "2200-12-31"}},
        {"start": {"dateTime": "2026-10-06T10:00:00"}, "end": {"dateTime": "2026-10-06T10:00:00"}},
        {"start": {"dateTime": "2026-10-06T10:00:00+02:00"}, "end": {"dateTime": "2026-10-06T10:00:00Z"}},
    ]
)
REST = st.fixed_dictionaries({"id": WELL_FORMED["id"]}, optional={k: v for k, v in WELL_FORMED.items() if k != "id"})
PLAUSIBLE = st.builds(lambda rest, times: {**rest, **times}, REST, STORABLE_TIMES | st.just({}))
ZONES = st.builds(CalendarZones, calendar=ZONE, workspace=ZONE)
PAGE = st.lists(PLAUSIBLE, max_size=5) | st.lists(PLAUSIBLE | ITEM | JSON, max_size=5)

TEXT_LIMITS = {"title": 255, "description": 10_000, "location": 1_000}
COLORS: set[str | None] = {"RED", "BLUE", "GREEN", "YELLOW", "ORANGE", "PURPLE", "PINK", "INDIGO", "CYAN", "GRAY"}
NAMES: dict[str, set[str | None]] = {
    "status": {"confirmed", "tentative"},
    "transparency": {"opaque", "transparent"},
    "response": {None, "needsAction", "declined", "tentative", "accepted"},
    "event_type": {"default", "birthday", "focusTime", "fromGmail", "outOfOffice", "workingLocation"},
    "visibility": {"default", "public", "private", "confidential"},
    "color": COLORS,
}


def assert_fits_the_table(row: EventRow) -> None:
    """The checks of workspace_calendar_events, and what Postgres refuses in any text, integer or instant."""
    assert 0 < len(row.external_event_id) <= 1_024
    for column, limit in TEXT_LIMITS.items():
        assert len(getattr(row, column)) <= limit
    for column, names in NAMES.items():
        assert getattr(row, column) in names
    assert row.start_at <= row.end_at
    if row.all_day:
        assert row.start_date is not None
        assert row.end_date is not None
        assert row.start_date < row.end_date
    else:
        assert (row.start_date, row.end_date) == (None, None)
    for moment in (row.start_at, row.end_at, row.original_start_at, row.external_updated_at):
        assert moment is None or moment.tzinfo is UTC
    assert 0 <= row.sequence < 2**31
    for value in row:
        if isinstance(value, str):
            assert "\0" not in value
            assert value.encode().decode() == value
    if row.attendees is not None:
        guests = json.loads(row.attendees)
        assert 1 <= len(guests) <= 200
        assert "\\u0000" not in row.attendees


@given(PAGE, ZONES)
def test_nothing_on_a_page_makes_the_mapping_raise_and_every_row_fits_the_table(
    page: Any, zones: CalendarZones
) -> None:
    for row in map_page(page, zones).rows:
        assert_fits_the_table(row)


@given(PAGE, ZONES)
def test_every_usable_id_of_a_page_is_accounted_for_exactly_once(page: Any, zones: CalendarZones) -> None:
    mapped = map_page(page, zones)
    counted = Counter([*(row.external_event_id for row in mapped.rows), *mapped.tombstones, *mapped.unreadable])
    assert set(counted.values()) <= {1}
    ids = {item["id"] for item in page if isinstance(item, dict) and isinstance(item.get("id"), str)}
    assert {"a", "b", "c", "d"} & ids <= counted.keys() <= ids
    rejected = [
        problem.event_id for problem in mapped.problems if not problem.stored and problem.reason != "no usable id"
    ]
    assert rejected == list(mapped.unreadable)
    repaired = [problem.event_id for problem in mapped.problems if problem.stored]
    assert set(repaired) <= {row.external_event_id for row in mapped.rows}
    assert len(repaired) == len(set(repaired))


@given(PAGE, ZONES)
def test_the_mapping_is_deterministic_and_changes_nothing_it_is_given(page: Any, zones: CalendarZones) -> None:
    before = repr(page)
    assert map_page(page, zones) == map_page(page, zones)
    assert repr(page) == before


@given(st.permutations(list(EVENTS.values())))
def test_the_order_of_different_events_changes_no_row(page: list[dict[str, Any]]) -> None:
    zones = CalendarZones("Europe/Madrid", "Europe/Madrid")
    assert sorted(map_page(page, zones).rows) == sorted(map_page(list(EVENTS.values()), zones).rows)


@given(st.lists(PLAUSIBLE, max_size=5), ZONES)
def test_a_page_read_twice_is_the_page(page: list[dict[str, Any]], zones: CalendarZones) -> None:
    once, twice = map_page(page, zones), map_page([*page, *page], zones)
    assert (once.rows, once.tombstones, once.unreadable) == (twice.rows, twice.tombstones, twice.unreadable)
