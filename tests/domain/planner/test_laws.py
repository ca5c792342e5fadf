"""What holds for every problem: hard rules, stability, determinism, and never worse than the first plan."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.document.write_schedule import schedule_document
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.plan import Plan
from almanac.domain.planner.planner import plan
from almanac.domain.planner.search.params import DEFAULT
from almanac.presentation.wording import words
from tests.domain.planner.instances import EVERY_DAY, instance, planned, week
from tests.domain.planner.referee import violations

pytestmark = pytest.mark.long

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo"]
STARTS = ["2026-03-05T08:07:00+00:00", "2026-03-28T15:00:00+00:00", "2026-10-24T13:31:00+00:00"]
PRIORITIES = st.sampled_from(["critical", "high", "normal", "low"])
SLOTS = st.integers(1, 12)
QUARTER = 15


def minutes_after(start: str, minutes: int) -> str:
    return (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()


@st.composite
def tasks(draw: st.DrawFn, start: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 9))):
        least, pieces = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        slots = least * pieces if (split := draw(st.booleans())) else draw(SLOTS)
        entry: dict[str, Any] = {
            "id": f"t{number}",
            "hours": draw(st.sampled_from(["work", "night"])),
            "priority": draw(PRIORITIES),
        }
        entry |= {"duration_min": 15 * slots, "splittable": split, "earliest": None, "deadline": None}
        if split:
            entry |= {"min_chunk_min": 15 * least, "max_chunk_min": 15 * least * draw(st.integers(1, 3))}
        if draw(st.booleans()):
            entry["earliest"] = minutes_after(start, draw(st.integers(0, 3000)))
        if draw(st.booleans()):
            entry["deadline"] = minutes_after(entry["earliest"] or start, draw(st.integers(60, 6000)))
        entry["deadline_type"] = draw(st.sampled_from(["soft", "hard"]))
        if draw(st.booleans()) and found:
            entry["depends_on"] = [draw(st.sampled_from(found))["id"]]
        found.append(entry)
    return found


@st.composite
def events(draw: st.DrawFn, start: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(-300, 6000))
        length = draw(st.integers(5, 240))
        entry: dict[str, Any] = {
            "id": f"b{number}",
            "start": minutes_after(start, begin),
            "locked": True,
            "free": draw(st.booleans()),
        }
        entry |= {"end": minutes_after(start, begin + length), "buffer_after_min": draw(st.sampled_from([0, 10, 15]))}
        found.append(entry)
    if draw(st.booleans()):
        begin = QUARTER * draw(st.integers(2, 200)) - datetime.fromisoformat(start).minute
        movable: dict[str, Any] = {
            "id": "m",
            "start": minutes_after(start, begin),
            "end": minutes_after(start, begin + 45),
        }
        movable |= {"locked": False, "free": False, "hours": "work", "move_cost": draw(st.sampled_from([5, 40]))}
        movable |= {"move_from": minutes_after(start, 0), "move_until": minutes_after(start, 4000)}
        found.append(movable)
    return found


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    start = draw(st.sampled_from(STARTS))
    mornings: dict[str, Any] = {
        "id": "h",
        "hours": "work",
        "priority": draw(PRIORITIES),
        "days": list(EVERY_DAY),
        "min_min": 15,
    }
    mornings |= {"pref_min": 30, "max_min": 45, "ideal_from": "09:00", "ideal_to": "10:00"}
    mornings |= {"hard_from": draw(st.sampled_from([None, "08:00"])), "hard_to": None}
    prefs: dict[str, Any] = {
        "break_min": draw(st.sampled_from([0, 15])),
        "min_notice_min": draw(st.sampled_from([0, 20])),
    }
    return instance(
        timezone=draw(st.sampled_from(ZONES)),
        now=start,
        window_end=minutes_after(start, draw(st.integers(600, 5 * 1440))),
        prefs=prefs | {"daily_cap_min": draw(st.sampled_from([{}, {"work": 120}]))},
        hours={"work": week("09:00-12:30", "13:15-17:30"), "night": week("00:00-06:00", "22:00-24:00")},
        busy=draw(events(start)),
        tasks=draw(tasks(start)),
        habits=[mornings] if draw(st.booleans()) else [],
    )


def as_document(result: Plan, document: dict[str, Any]) -> dict[str, Any]:
    zones = problem_of(read_instance(document).instance).zones
    found: dict[str, Any] = json.loads(json.dumps(schedule_document(result, zones, words)))
    return found


def with_previous(document: dict[str, Any], schedule: dict[str, Any]) -> dict[str, Any]:
    return document | {"previous": [{k: e[k] for k in ("item", "start", "end")} for e in schedule["events"]]}


slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slow
@given(documents())
def test_no_plan_breaks_a_hard_rule_and_planning_again_changes_nothing(document: dict[str, Any]) -> None:
    first = as_document(planned(document), document)
    assert violations(document, first) == []
    second = as_document(planned(with_previous(document, first)), document)
    spans = [[(e["item"], e["start"], e["end"]) for e in schedule["events"]] for schedule in (first, second)]
    assert spans[0] == spans[1]


@settings(slow, max_examples=25)
@given(documents())
def test_equal_problems_get_equal_plans(document: dict[str, Any]) -> None:
    assert planned(document) == planned(json.loads(json.dumps(document)))


@settings(slow, max_examples=25)
@given(documents())
def test_searching_never_makes_the_first_plan_worse(document: dict[str, Any]) -> None:
    problem = problem_of(read_instance(document).instance)
    assert plan(problem, 0.1).objective <= plan(problem, 0.0).objective


@settings(slow, max_examples=25)
@given(documents())
def test_what_comes_of_orders_breaks_no_hard_rule(document: dict[str, Any]) -> None:
    """Nearly all of the work goes into these, in however large a component."""
    params = replace(DEFAULT, orders=replace(DEFAULT.orders, share=0.95, waiting_share=0.95, least_work=0.0))
    result = plan(problem_of(read_instance(document).instance), 0.05, params=params)
    assert violations(document, as_document(result, document)) == []


def test_the_referee_sees_an_overlap_and_a_block_outside_hours() -> None:
    document = instance(tasks=[], habits=[])
    document["tasks"] = [
        {"id": name, "hours": "work", "priority": "low", "duration_min": 60, "splittable": False}
        | {"earliest": None, "deadline": None, "deadline_type": "soft"}
        for name in ("a", "b")
    ]
    same = {"start": "2026-01-05T18:00:00+00:00", "end": "2026-01-05T19:00:00+00:00"}
    schedule: dict[str, Any] = {"events": [{"item": "a"} | same, {"item": "b"} | same], "moved": []}
    assert {text[:2] for text in violations(document, schedule)} == {"H3", "H4"}
