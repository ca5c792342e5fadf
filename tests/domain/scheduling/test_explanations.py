"""Every place has a reason, everything missing has an obstacle and something that would help."""

import pytest

from almanac.domain.scheduling import Finding, Plan
from tests.domain.scheduling.instances import at, busy, habit, instance, planned, task, week


def reason(result: Plan, item: str) -> str:
    return next(block.reason for block in result.blocks if block.item == item)


def finding(result: Plan, item: str) -> Finding:
    return next(found for found in result.findings if found.item == item)


def test_the_first_place_is_called_the_earliest() -> None:
    assert reason(planned(instance(tasks=[task("t", 60)])), "t") == "the earliest 1 h of work hours"


def test_a_later_place_names_who_has_the_time_before_it() -> None:
    result = planned(instance(tasks=[task("a", 60, priority="critical"), task("b", 60)]))
    assert reason(result, "b") == "the earliest free 1 h of work hours; the time before is taken by a"


def test_a_task_that_waits_says_for_whom() -> None:
    tasks = [task("b", 60, priority="critical", depends_on=["a"]), task("a", 60)]
    assert reason(planned(instance(tasks=tasks)), "b") == "the earliest 1 h of work hours after a"


def test_a_habit_says_how_far_it_is_from_its_ideal_time() -> None:
    full = busy("m", "05 11:30", "05 12:15")
    result = planned(instance(busy=[full], habits=[habit("lunch", 30, "12:00-12:30", days=["MO"])]))
    assert reason(result, "lunch").startswith("15 min later than ideal")


def test_a_task_longer_than_any_gap_is_told_to_split() -> None:
    result = planned(instance(hours={"work": week("09:00-11:00")}, tasks=[task("t", 180)]))
    found = finding(result, "t")
    assert (found.state, found.missing_minutes) == ("unplaced", 180)
    assert found.obstacle == "no open stretch in the window is 3 h long, the longest is 2 h"
    assert found.help == "allow chunks of 2 h"


def test_too_few_hours_before_a_deadline_say_how_few_and_which_deadline_would_hold() -> None:
    due = task("t", 180, split=(60, 120), deadline=at("05 11:00"))
    found = finding(planned(instance(tasks=[due])), "t")
    assert (found.state, found.late_minutes) == ("late", 75)
    assert found.obstacle == "only 2 h of work hours are open before its deadline, it needs 3 h"
    assert found.help == "a deadline 1 h 15 min later, Mon 2026-01-05 12:15"


def test_an_old_deadline_is_called_past() -> None:
    found = finding(planned(instance(tasks=[task("t", 60, deadline=at("04 12:00"))])), "t")
    assert found.obstacle == "its deadline had passed before it could begin"


def test_who_is_in_the_way_is_named_and_the_lightest_one_that_helps_is_proposed() -> None:
    tasks = [task("a", 60, deadline=at("05 10:00")), task("b", 60, deadline=at("05 10:00"))]
    found = next(f for f in planned(instance(tasks=tasks)).findings if f.state == "late")
    other = "a" if found.item == "b" else "b"
    assert found.obstacle == f"its time before its deadline is taken by {other} (1 h)"
    assert found.help == f"move or drop {other}"


def test_work_cut_short_says_how_much_is_missing() -> None:
    closed = {"work": {"MO": [["09:00", "11:00"]]}}
    found = finding(planned(instance(hours=closed, tasks=[task("t", 180, split=(60, 120))])), "t")
    assert (found.state, found.missing_minutes) == ("partial", 60)
    assert found.help == "1 h more of open work hours"


def test_a_task_waits_for_the_one_that_has_no_place() -> None:
    tasks = [task("a", 600), task("b", 60, depends_on=["a"])]
    found = finding(planned(instance(tasks=tasks)), "b")
    assert (found.obstacle, found.help) == ("waits for a, which has no complete place", "make room for a")


def test_a_missed_habit_names_its_date_and_who_took_its_time() -> None:
    full = busy("m", "05 00:00", "06 00:00")
    result = planned(instance(busy=[full], habits=[habit("walk", 30, "12:00-13:00", days=["MO"])]))
    found = finding(result, "walk")
    assert (found.state, found.date) == ("missed", "2026-01-05")
    assert found.obstacle == "no stretch of 30 min is open in its hours on that day"


@pytest.mark.parametrize(("due", "risky"), [("05 10:30", True), ("05 17:00", False)])
def test_a_deadline_with_no_second_chance_is_at_risk(due: str, risky: bool) -> None:
    result = planned(instance(tasks=[task("t", 60, deadline=at(due))]))
    assert [found.state for found in result.findings] == (["at_risk"] if risky else [])
    assert result.summary.at_risk == int(risky)


def test_the_summary_counts() -> None:
    tasks = [task("fits", 60), task("huge", 600), task("late", 60, deadline=at("04 12:00"))]
    summary = planned(instance(tasks=tasks, habits=[habit("walk", 30, "12:00-13:00", days=["TU"])])).summary
    assert (summary.scheduled, summary.late, summary.unscheduled, summary.partial) == (2, 1, 1, 0)
    assert (summary.habits_placed, summary.habits_missed, summary.moved) == (1, 0, 0)
