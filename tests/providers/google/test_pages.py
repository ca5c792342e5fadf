from collections import UserDict
from typing import Any

import pytest

from almanac.domain.calendar.events import EventPage, EventProblem
from almanac.providers.google.pages import MAPPING_VERSION, map_page
from tests.providers.google.recorded import EVENTS, MADRID, event, map_one

EARLY, LATE = "2026-09-28T09:00:00.000Z", "2026-09-28T09:00:00.001Z"
NO_START = {"start": None}


def version(title: str, updated: str | None = EARLY, **changes: Any) -> dict[str, Any]:
    return event(summary=title, updated=updated, **changes)


def outcome(*items: dict[str, Any]) -> list[str]:
    """What became of one event that the page holds several times: its title, or how else it ended."""
    page = map_page(items, MADRID)
    return [
        *(row.title for row in page.rows),
        *("deleted" for _ in page.tombstones),
        *("unreadable" for _ in page.unreadable),
    ]


def test_an_empty_page_maps_to_nothing() -> None:
    assert map_page([], MADRID) == EventPage((), (), (), (), MAPPING_VERSION)


def test_a_page_of_every_recorded_kind_splits_into_rows_and_tombstones() -> None:
    page = map_page(list(EVENTS.values()), MADRID)
    live = [item["id"] for item in EVENTS.values() if item["status"] != "cancelled"]
    cancelled = [item["id"] for item in EVENTS.values() if item["status"] == "cancelled"]
    assert [row.external_event_id for row in page.rows] == live
    assert list(page.tombstones) == cancelled
    assert (page.problems, page.unreadable) == ((), ())


@pytest.mark.parametrize(
    "name",
    [
        "cancelled_event",
        "cancelled_occurrence",
        "cancelled_occurrence_without_series",
        "cancelled_with_details",
    ],
)
def test_traps_26_to_29_cancelled_is_a_tombstone_whatever_else_it_holds(name: str) -> None:
    page = map_one(event(name))
    assert page == EventPage((), (EVENTS[name]["id"],), (), (), MAPPING_VERSION)


def test_traps_27_29_a_cancelled_event_with_nonsense_in_it_is_still_a_tombstone() -> None:
    page = map_one({"id": "x", "status": "cancelled", "start": [], "updated": 7, "attendees": 5})
    assert page == EventPage((), ("x",), (), (), MAPPING_VERSION)


@pytest.mark.parametrize(
    ("event_id", "shown"),
    [
        (None, ""),
        ("", ""),
        (5, ""),
        (["a"], ""),
        ("a\0b", "ab"),
        ("a\ud83db", "ab"),
        ("x" * 1_025, "x" * 64),
    ],
)
@pytest.mark.parametrize("status", ["confirmed", "cancelled"])
def test_trap_60_without_a_usable_id_an_event_is_reported_and_left_out(event_id: Any, shown: str, status: str) -> None:
    page = map_one(event(id=event_id, status=status))
    assert page == EventPage((), (), (EventProblem(shown, "no usable id", stored=False),), (), MAPPING_VERSION)


def test_the_longest_id_is_kept() -> None:
    assert map_one(event(id="x" * 1_024)).rows[0].external_event_id == "x" * 1_024


@pytest.mark.parametrize("item", [None, 5, "event", ["id"], [], True])
def test_an_item_that_is_no_object_is_reported(item: Any) -> None:
    assert map_one(item).problems == (EventProblem("", "no usable id", stored=False),)


def test_an_item_may_be_any_mapping() -> None:
    assert len(map_one(UserDict(event())).rows) == 1


@pytest.mark.parametrize(
    ("items", "kept"),
    [
        ([version("old", EARLY), version("new", LATE)], "new"),
        ([version("new", LATE), version("old", EARLY)], "new"),
        ([version("first"), version("second")], "second"),
        ([version("second", sequence=2), version("first", sequence=1)], "second"),
        ([version("old", EARLY, sequence=9), version("new", LATE, sequence=1)], "new"),
        ([version("first", LATE), version("second", None)], "second"),
        ([version("first", None), version("second", EARLY)], "second"),
        ([version("a", EARLY), version("b", LATE), version("c", EARLY)], "b"),
        ([version("live", LATE), version("gone", EARLY, status="cancelled")], "live"),
        ([version("gone", LATE, status="cancelled"), version("live", EARLY)], "deleted"),
        ([version("live", EARLY, sequence=9), version("gone", EARLY, status="cancelled")], "deleted"),
        ([version("live", LATE), version("gone", None, status="cancelled")], "deleted"),
        ([version("gone", None, status="cancelled"), version("revived", EARLY)], "revived"),
        ([version("readable", EARLY), version("broken", LATE, **NO_START)], "unreadable"),
        ([version("broken", EARLY, **NO_START), version("readable", LATE)], "readable"),
        ([version("readable", LATE), version("broken", EARLY, **NO_START)], "readable"),
        ([version("broken", LATE, **NO_START), version("gone", LATE, status="cancelled")], "deleted"),
    ],
)
def test_trap_19_of_several_versions_of_an_event_the_latest_counts(items: list[dict[str, Any]], kept: str) -> None:
    assert outcome(*items) == [kept]


def test_trap_19_only_the_version_that_counts_is_reported() -> None:
    long, short = version("x" * 300, EARLY), version("short", LATE)
    assert map_page([long, short], MADRID).problems == ()
    assert map_page([short, long], MADRID).problems == ()
    assert map_page([version("x" * 300, LATE), version("short", EARLY)], MADRID).problems == (
        EventProblem(long["id"], "title cut", stored=True),
    )
    broken = version("broken", EARLY, **NO_START)
    assert map_page([broken, version("gone", LATE, status="cancelled")], MADRID).problems == ()


def test_an_event_with_several_repairs_is_one_problem() -> None:
    item = event(summary="x" * 300, end=None, htmlLink="ftp://x", attendees=[{"email": "x" * 400}] * 3)
    assert map_one(item).problems == (
        EventProblem(item["id"], "no end, title cut, htmlLink dropped, email dropped", stored=True),
    )


def test_an_unreadable_event_is_not_also_reported_as_repaired() -> None:
    item = event(end=None, summary=["x"])
    assert map_one(item).problems == (EventProblem(item["id"], "unexpected shape", stored=False),)


def test_a_problem_event_does_not_touch_its_neighbours() -> None:
    page = map_page([event("meeting"), event("all_day", start=5), None, event("cancelled_event")], MADRID)  # type: ignore[list-item] # what a broken page could hold
    assert [row.title for row in page.rows] == ["Kiln maintenance"]
    assert page.tombstones == (EVENTS["cancelled_event"]["id"],)
    assert page.unreadable == (EVENTS["all_day"]["id"],)
    assert len(page.problems) == 2


def test_reasons_never_hold_text_of_the_event() -> None:
    secret = "Surgery"
    items = [
        event(id="1", summary=secret * 100, htmlLink=f"ftp://{secret}", originalStartTime={"date": secret}),
        event(id="2", start={"dateTime": secret}),
        event(id="3", start={"date": secret}, end=None),
        event(id="4", start={"dateTime": "2026-10-06T10:00:00", "timeZone": secret}),
        event(id="5", attendees=secret, summary=[secret]),
        event(id=5, summary=secret),
    ]
    problems = map_page(items, MADRID).problems
    assert len(problems) == 6
    assert secret not in repr(problems)
