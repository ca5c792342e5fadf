"""The planner's door: every fault names its item and its field; tolerant reading leaves the item out."""

from typing import Any

import pytest

from almanac.domain.planner.document.fields import InstanceError
from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from tests.domain.planner.instances import at, busy, habit, instance, planned, task

FAULTY_TASKS = [
    (task("t", -15), "tasks[0] 't': duration_min must be at least 1, is -15"),
    (task("t", 30, duration_min="30"), "duration_min must be a whole number of minutes, is a text"),
    (task("t", 120, split=(90, 60)), "min_chunk_min 90 is above max_chunk_min 60"),
    (task("t", 150, split=(60, 60)), "duration_min 150 cannot be cut into chunks of 60 to 60 minutes"),
    (task("t", 70, split=(60, 60)), "duration_min 70 cannot be cut"),
    (task("t", 30, hours="leisure"), "hours 'leisure' is unknown, known are work, personal"),
    (task("t", 30, priority="urgent"), "priority 'urgent' is unknown"),
    (task("t", 30, deadline="2026-01-05T09:00:00"), "deadline '2026-01-05T09:00:00' has no UTC offset"),
    (task("t", 30, deadline="tomorrow"), "deadline 'tomorrow' is no ISO 8601 instant"),
    (task("t", 30, depends_on=["ghost"]), "tasks 't': depends_on names 'ghost', which is no task"),
    (task("t", 30, depends_on=["t"]), "tasks 't': depends_on runs in a circle"),
    (task("t", 30, splittable="yes"), "splittable must be true or false, is a text"),
    (task("t", 30, splitable=True), "tasks[0] 't': 'splitable' is unknown, did you mean splittable?"),
    ("t", "tasks[0]: must be an object, is a text"),
]

FAULTY_FRAMES = [
    ({"timezone": "Mars/Olympus"}, "timezone 'Mars/Olympus' is no IANA time zone"),
    ({"timezone": "../etc/passwd"}, "is no IANA time zone"),
    ({"window_end": at("05 06:00")}, "window_end must lie after now"),
    ({"now": "9999-12-31T23:59:59Z"}, "now must lie in the years 1900 to 9000"),
    ({"window_end": "0001-01-01T00:00:00+14:00"}, "window_end must lie in the years 1900 to 9000"),
    ({"format": 3}, "format must be 1 or 2"),
    ({"grid_min": 10}, "grid_min must be 15"),
    ({"hours": {"work": {"MON": []}}}, "'MON' is no weekday"),
    ({"hours": {"work": {"MO": [["09:00", "25:00"]]}}}, "to '25:00' is no wall time"),
    ({"hours": {"work": {"MO": [["09:00", "09:00"]]}}}, "the span 09:00-09:00 is empty"),
    ({"prefs": {"break_min": 10}}, "break_min must be 0 or 15, is 10"),
    ({"prefs": {"daily_cap_min": {"leisure": 60}}}, "leisure is no category of hours"),
    ({"busy": [busy("b", "05 10:00", "05 09:00")]}, "busy[0] 'b': end lies before start"),
    ({"busy": [busy("b", "05 09:00", "05 10:00"), busy("b", "05 11:00", "05 12:00")]}, "busy 'b': id comes twice"),
    ({"weights": {"late_flag": -1}}, "late_flag must be a number, zero or more"),
    ({"weights": {"late_flag": float("nan")}}, "late_flag must be a number, zero or more"),
    ({"weights": {"late_flag": 10**400}}, "weights: late_flag must be at most 1000000000"),
    ({"weights": {"priority": {"low": 1e300}}}, "weights priority: low must be at most 1000000000"),
    ({"taskz": []}, "instance: 'taskz' is unknown, did you mean tasks?"),
    ({"prefs": {"brake_min": 15}}, "prefs: 'brake_min' is unknown, did you mean break_min?"),
    ({"prefs": {"x": 15}}, "prefs: 'x' is unknown, known are break_min, min_notice_min, daily_cap_min"),
    ({"weights": {"late_flags": 1}}, "weights: 'late_flags' is unknown, did you mean late_flag?"),
    ({"busy": [busy("b", "05 09:00", "05 10:00", lock=True)]}, "busy[0] 'b': 'lock' is unknown, did you mean locked?"),
    ({"tasks": {}}, "tasks must be a list"),
]


def test_an_instant_at_the_ends_of_the_calendar_is_one() -> None:
    first, last = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"
    always = task("t", 30, earliest=first, deadline=last)
    after = busy("b", "05 10:00", "05 12:00") | {"end": last}
    (block,) = planned(instance(tasks=[always], busy=[after])).blocks
    assert (block.item, block.end - block.start) == ("t", 30)
    assert planned(instance(tasks=[always], busy=[after | {"start": first}])).blocks == ()
    assert planned(instance(tasks=[task("t", 30, earliest=last)])).blocks == ()


@pytest.mark.parametrize(("entry", "message"), FAULTY_TASKS)
def test_a_faulty_task_is_named(entry: object, message: str) -> None:
    with pytest.raises(InstanceError) as caught:
        read_instance(instance(tasks=[entry]))
    assert message in str(caught.value)


@pytest.mark.parametrize(("entry", "message"), FAULTY_TASKS)
def test_tolerant_reading_leaves_the_faulty_task_out_and_reports_it(entry: object, message: str) -> None:
    reading = read_instance(instance(tasks=[entry, task("good", 30)]), tolerant=True)
    assert [spec.id for spec in reading.instance.tasks] == ["good"]
    assert [message in str(fault) for fault in reading.left_out] == [True]


@pytest.mark.parametrize(("fields", "message"), FAULTY_FRAMES)
@pytest.mark.parametrize("tolerant", [False, True])
def test_a_faulty_frame_is_refused_always(fields: dict[str, Any], message: str, tolerant: bool) -> None:
    with pytest.raises(InstanceError) as caught:
        read_instance(instance(**fields), tolerant=tolerant)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"days": ["XX"]}, "days holds 'XX'"),
        ({"days": None}, "days must be a list, is missing"),
        ({"pref_min": 10}, "pref_min must be at least 30, is 10"),
        ({"max_min": 10}, "max_min must be at least 30, is 10"),
        ({"ideal_from": "13:00"}, "ideal_to must lie after the window's begin"),
        ({"hard_to": "noon"}, "hard_to 'noon' is no wall time"),
    ],
)
def test_a_faulty_habit_is_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InstanceError, match=r"habits\[0\] 'h'") as caught:
        read_instance(instance(habits=[habit("h", 30, "12:00-12:30", **fields)]))
    assert message in str(caught.value)


def test_an_id_may_come_once_among_tasks_habits_and_events() -> None:
    with pytest.raises(InstanceError, match="habits 'x': id comes twice"):
        read_instance(instance(tasks=[task("x", 30)], habits=[habit("x", 30, "12:00-12:30")]))


def test_tasks_that_wait_for_a_task_left_out_are_left_out_too() -> None:
    tasks = [task("bad", -1), task("next", 30, depends_on=["bad"]), task("good", 30)]
    reading = read_instance(instance(tasks=tasks), tolerant=True)
    assert [spec.id for spec in reading.instance.tasks] == ["good"]
    assert [fault.where for fault in reading.left_out] == ["tasks[0] 'bad'", "tasks 'next'"]


def test_a_circle_of_three_is_found() -> None:
    circle = [task(a, 30, depends_on=[b]) for a, b in (("a", "b"), ("b", "c"), ("c", "a"))]
    with pytest.raises(InstanceError, match="depends_on runs in a circle"):
        read_instance(instance(tasks=circle))


def test_free_events_take_no_time() -> None:
    reading = read_instance(instance(busy=[busy("holiday", "05 00:00", "06 00:00", free=True)]))
    assert not reading.instance.locked
    assert not reading.instance.movable


def test_seconds_are_rounded_to_the_safe_side() -> None:
    event = {"id": "b", "start": "2026-01-05T09:00:30+00:00", "end": "2026-01-05T09:45:30+00:00"}
    (lock,) = read_instance(instance(busy=[event])).instance.locked
    assert (lock.start % 60, lock.end % 60) == (0, 46)


def test_a_part_of_a_second_is_rounded_like_a_second() -> None:
    event = {"id": "b", "start": "2026-01-05T09:00:00.5+00:00", "end": "2026-01-05T09:45:00.000001+00:00"}
    (lock,) = read_instance(instance(busy=[event])).instance.locked
    assert (lock.start % 60, lock.end % 60) == (0, 46)


def test_a_large_instance_of_nothing_is_a_problem_too() -> None:
    problem = problem_of(read_instance(instance()).instance)
    assert problem.items == ()
