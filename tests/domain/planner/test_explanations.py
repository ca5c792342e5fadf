"""Every place has a reason, everything missing has a cause and something that would help."""

from zoneinfo import ZoneInfo

import pytest

from almanac.domain.planner.model.plan import Finding, Plan
from tests.domain.planner.instances import at, busy, habit, instance, planned, task, week
from tests.domain.planner.sentences import UTC, cause_of, help_of, reason_of


def reason(result: Plan, item: str, zone: ZoneInfo = UTC) -> str:
    return next(reason_of(block, zone) for block in result.blocks if block.item == item)


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


def test_a_part_says_which_and_what_it_comes_after() -> None:
    result = planned(instance(hours={"work": week("09:00-11:00")}, tasks=[task("t", 180, split=(60, 120))]))
    assert [reason_of(block) for block in result.blocks] == [
        "part 1 of 2, the earliest 2 h of work hours",
        "part 2 of 2, the earliest 1 h of work hours after part 1",
    ]


def test_events_of_the_calendar_are_named_beside_items() -> None:
    meetings = [busy("m", "05 08:30", "05 10:00"), busy("n", "05 10:00", "05 10:30")]
    result = planned(instance(busy=meetings, tasks=[task("t", 60)]))
    assert reason(result, "t") == "the earliest free 1 h of work hours; the time before is taken by n and m"


def test_who_has_a_time_that_is_too_short_anyhow_is_not_blamed() -> None:
    hours = {"work": week("09:00-09:30", "10:00-12:00")}
    short, long = task("a", 30, priority="critical"), task("b", 60)
    assert reason(planned(instance(hours=hours, tasks=[short, long])), "b") == "the earliest 1 h of work hours"
    parts = planned(instance(hours=hours, tasks=[short, task("b", 60, split=(30, 60))]))
    assert reason(parts, "b") == "the earliest free 1 h of work hours; the time before is taken by a"


def test_a_block_says_how_it_stands_to_its_deadline_in_the_users_zone() -> None:
    on_time = planned(instance(timezone="Pacific/Auckland", tasks=[task("t", 60, deadline=at("08 11:00"))]))
    assert reason(on_time, "t", ZoneInfo("Pacific/Auckland")).endswith(
        " of work hours, before its deadline Fri 09 Jan 00:00"
    )
    too_late = planned(instance(tasks=[task("t", 60, deadline=at("05 09:30"))]))
    assert reason(too_late, "t") == "the earliest 1 h of work hours, after its deadline Mon 05 Jan 09:30"


def test_a_task_that_may_only_begin_later_says_from_when() -> None:
    result = planned(instance(tasks=[task("t", 60, earliest=at("06 12:00"))]))
    assert reason(result, "t") == "the earliest 1 h of work hours from its earliest start (Tue 06 Jan 12:00) on"


def test_a_break_that_an_earlier_start_would_not_leave_is_the_reason_to_wait() -> None:
    prefs = {"break_min": 15, "min_notice_min": 0, "daily_cap_min": {}}
    result = planned(instance(prefs=prefs, busy=[busy("m", "05 09:00", "05 10:00")], tasks=[task("t", 60)]))
    assert reason(result, "t") == (
        "1 h of work hours with a break around it; a start at Mon 05 Jan 10:00 would leave none"
    )


def test_a_daily_limit_that_an_earlier_start_would_exceed_is_the_reason_to_wait() -> None:
    prefs = {"break_min": 0, "min_notice_min": 0, "daily_cap_min": {"work": 60}}
    result = planned(instance(prefs=prefs, tasks=[task("a", 60, priority="critical"), task("b", 60)]))
    assert reason(result, "b") == (
        "1 h of work hours within the daily limit; a start at Mon 05 Jan 10:00 would exceed it"
    )


def test_a_short_habit_names_what_it_lies_between() -> None:
    meetings = [busy("m", "05 11:00", "05 12:15"), busy("n", "05 12:45", "05 20:00")]
    lunch = habit("lunch", 30, "12:00-13:00", days=["MO"], pref_min=60, max_min=60)
    assert reason(planned(instance(busy=meetings, habits=[lunch])), "lunch") == (
        "in its ideal time; 30 min shorter than preferred, between m and n"
    )


def test_a_habit_outside_its_hours_says_that_they_are_closed() -> None:
    early = habit("run", 30, "06:00-06:30", days=["TU"])
    assert reason(planned(instance(habits=[early])), "run") == (
        "1 h later than ideal (06:00-06:30), when its hours are closed"
    )


def test_an_event_that_moves_says_from_where_and_for_whom() -> None:
    sync = busy("sync", "05 09:00", "05 10:00", locked=False, hours="work", move_cost=1)
    sync |= {"move_from": at("05 09:00"), "move_until": at("05 17:00")}
    result = planned(instance(busy=[sync], tasks=[task("t", 60, priority="critical", deadline=at("05 10:00"))]))
    assert [(block.item, reason_of(block)) for block in result.moved] == [
        ("sync", "makes room for t; it was at Mon 05 Jan 09:00")
    ]


def test_a_task_longer_than_any_gap_is_told_to_split() -> None:
    result = planned(instance(hours={"work": week("09:00-11:00")}, tasks=[task("t", 180)]))
    found = finding(result, "t")
    assert (found.state, found.missing_minutes) == ("unplaced", 180)
    assert cause_of(found) == (
        "no open stretch until the window ends (Mon 12 Jan 00:00) is 3 h long, the longest is 2 h"
    )
    assert help_of(found) == "parts of 1 h 30 min or more, or 1 h more of work hours on Mon 05 Jan, 11:00-12:00"


def test_too_few_hours_before_a_deadline_say_how_few_and_which_deadline_would_hold() -> None:
    due = task("t", 180, split=(60, 120), deadline=at("05 11:00"))
    found = finding(planned(instance(tasks=[due], busy=[busy("m", "05 09:00", "05 09:30")])), "t")
    assert (found.state, found.late_minutes) == ("late", 105)
    assert cause_of(found) == (
        "only 1 h 30 min of work hours are open before its deadline (Mon 05 Jan 11:00), it needs 3 h; "
        "the calendar has m (30 min) in the way"
    )
    assert (
        help_of(found)
        == "a deadline 1 h 45 min later, Mon 05 Jan 12:45, or 1 h 30 min more of work hours on Mon 05 Jan, 07:30-09:00"
    )


def test_an_old_deadline_is_called_past() -> None:
    found = finding(planned(instance(tasks=[task("t", 60, deadline=at("04 12:00"))])), "t")
    assert cause_of(found) == "its deadline, Sun 04 Jan 12:00, had passed before it could begin"
    assert help_of(found) == "a deadline 22 h later, Mon 05 Jan 10:00"


def test_who_is_in_the_way_is_named_with_the_smallest_things_that_help() -> None:
    tasks = [task("a", 60, deadline=at("05 10:00")), task("b", 60, deadline=at("05 10:00"))]
    found = next(f for f in planned(instance(tasks=tasks)).findings if f.state == "late")
    other = "a" if found.item == "b" else "b"
    assert cause_of(found) == (
        f"its 1 h of work hours before its deadline (Mon 05 Jan 10:00) are taken by {other} (1 h); nothing is free"
    )
    assert (
        help_of(found) == "a deadline 1 h later, Mon 05 Jan 11:00, or 1 h more of work hours on Mon 05 Jan, 08:00-09:00"
    )


def test_work_cut_short_says_how_much_is_missing() -> None:
    closed = {"work": {"MO": [["09:00", "11:00"]]}}
    found = finding(planned(instance(hours=closed, tasks=[task("t", 180, split=(60, 120))])), "t")
    assert (found.state, found.missing_minutes) == ("partial", 60)
    assert help_of(found).startswith("1 h less work (2 h would fit)")


def test_hours_that_are_free_but_leave_no_gap_between_parts_say_so() -> None:
    rest = {"work": {"MO": [["09:00", "10:00"]]}}
    found = finding(planned(instance(hours=rest, tasks=[task("t", 60, split=(15, 30))])), "t")
    assert cause_of(found) == (
        "its 1 h of work hours until the window ends (Mon 12 Jan 00:00) are too few "
        "for parts of at most 30 min with a gap between them"
    )


def test_nothing_small_is_promised_when_nothing_small_helps() -> None:
    rest = {"work": {"MO": [["09:00", "10:00"]]}}
    found = finding(planned(instance(hours=rest, tasks=[task("t", 600)])), "t")
    assert help_of(found).startswith("nothing small: 10 h more of work hours")


def test_a_late_task_that_waits_says_for_whom_and_until_when() -> None:
    tasks = [task("a", 120), task("b", 60, priority="critical", depends_on=["a"], deadline=at("05 10:30"))]
    found = finding(planned(instance(tasks=tasks)), "b")
    assert cause_of(found).startswith("it waits for a, which ends Mon 05 Jan 11:00; ")


def test_a_task_waits_for_the_one_that_has_no_place() -> None:
    tasks = [task("a", 600), task("b", 60, depends_on=["a"])]
    found = finding(planned(instance(tasks=tasks)), "b")
    assert (cause_of(found), help_of(found)) == ("waits for a, which has no complete place", "make room for a")


def test_a_missed_habit_names_its_date_and_who_took_its_time() -> None:
    meetings = [busy("m", "05 00:00", "05 14:00"), busy("n", "05 14:00", "06 00:00")]
    found = finding(planned(instance(busy=meetings, habits=[habit("walk", 30, "12:00-13:00", days=["MO"])])), "walk")
    assert (found.state, found.date) == ("missed", "2026-01-05")
    assert cause_of(found) == (
        "its 16 h of personal hours on that day are taken by n (9 h) and m (7 h); no 30 min are free"
    )
    assert help_of(found) == "m (7 h) elsewhere or not at all"


def test_a_habit_missed_for_distance_names_who_has_its_ideal_time_and_the_place_too_far_off() -> None:
    found = finding(
        planned(instance(busy=[busy("m", "05 07:00", "05 21:00")], habits=[habit("walk", 30, "12:00-13:00")])), "walk"
    )
    assert cause_of(found) == (
        "its ideal time on Mon 05 Jan, 12:00-13:00, is taken by m (1 h); "
        "the nearest free place, 21:00-21:30, costs more than to miss it"
    )
    assert help_of(found).startswith("an ideal time of 12:00-21:30")


def test_a_habit_on_a_closed_day_says_so() -> None:
    found = finding(
        planned(instance(hours={"personal": week("09:00-09:15")}, habits=[habit("walk", 30, "12:00-13:00")])), "walk"
    )
    assert cause_of(found) == "its 15 min of personal hours on that day have no stretch of 30 min"
    closed = {"personal": {"SU": [["09:00", "17:00"]]}}
    found = finding(planned(instance(hours=closed, habits=[habit("walk", 30, "12:00-13:00", days=["MO"])])), "walk")
    assert cause_of(found) == "no personal hours are open for it on that day"
    assert help_of(found) == "30 min more of personal hours on Mon 05 Jan, 12:00-12:30"


INSIDE = "of work hours lie inside the notice, which ends Tue 06 Jan 09:30"


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (
            {"deadline": at("05 17:00"), "deadline_type": "hard"},
            f"its deadline, Mon 05 Jan 17:00, had passed before it could begin; 8 h {INSIDE}",
        ),
        (
            {"deadline": at("06 10:00"), "earliest": at("05 16:00")},
            "only 30 min of work hours are open before its deadline (Tue 06 Jan 10:00), it needs 2 h; 1 h 30 min "
            + INSIDE,
        ),
        (
            {"deadline": at("06 10:00"), "earliest": at("06 09:45")},
            "only 15 min of work hours are open before its deadline (Tue 06 Jan 10:00), it needs 2 h",
        ),
        ({"hours": "mondays"}, f"no mondays hours are open until the window ends (Fri 09 Jan 00:00); 8 h {INSIDE}"),
    ],
    ids=["all of it", "some", "none", "hours"],
)
def test_a_notice_that_leaves_too_little_is_named(wishes: dict[str, object], said: str) -> None:
    hours = {"work": week("09:00-17:00"), "mondays": {"MO": [["09:00", "17:00"]]}}
    frame = {"hours": hours, "prefs": {"break_min": 0, "min_notice_min": 1645}, "window_end": at("09 00:00")}
    found = finding(planned(instance(**frame, tasks=[task("t", 120, **wishes)])), "t")
    assert cause_of(found) == said.replace("8 h of work", f"8 h of {wishes.get('hours', 'work')}")


def test_a_date_that_a_notice_leaves_nothing_of_says_so() -> None:
    frame = {"hours": {"personal": week("09:00-10:00")}, "prefs": {"break_min": 0, "min_notice_min": 240}}
    found = finding(planned(instance(**frame, habits=[habit("walk", 30, "08:00-20:00", days=["MO"])])), "walk")
    inside = "1 h of personal hours lie inside the notice, which ends Mon 05 Jan 10:00"
    assert cause_of(found) == f"no personal hours are open for it on that day; {inside}"


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
