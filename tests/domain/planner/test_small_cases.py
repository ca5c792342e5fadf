"""The small cases that planners of this kind got wrong (c01 … c14), each with its right answer."""

from itertools import pairwise

from tests.domain.planner.instances import at, blocks, busy, habit, instance, planned, task, week


def hours(*work: str, personal: str = "07:00-23:00") -> dict[str, object]:
    return {"work": week(*work), "personal": week(personal)}


def test_c01_chunks_fill_a_short_block_before_a_long_one_so_that_the_deadline_holds() -> None:
    big = task("t", 210, priority="high", split=(60, 120), deadline=at("05 15:00"))
    result = planned(instance(hours=hours("09:00-10:30", "13:00-15:00"), tasks=[big]))
    assert blocks(result, "t") == [("05 09:00", "05 10:30"), ("05 13:00", "05 15:00")]


def test_c02_important_work_without_a_deadline_leaves_room_for_a_reachable_deadline() -> None:
    tasks = [task("big", 480, priority="high", split=(30, 120)), task("due", 120, deadline=at("08 11:00"))]
    result = planned(instance(hours=hours("09:00-11:00"), tasks=tasks))
    assert blocks(result, "due") == [("08 09:00", "08 11:00")]
    assert [start[:2] for start, _ in blocks(result, "big")] == ["05", "06", "07", "09"]


def test_c03_old_overdue_work_does_not_cause_a_second_miss() -> None:
    old = task("old", 360, priority="low", split=(30, 120), deadline="2025-10-06T12:00:00+00:00")
    due = task("due", 120, deadline=at("06 12:00"))
    result = planned(instance(hours=hours("09:00-12:00"), tasks=[old, due]))
    assert blocks(result, "due") == [("05 09:00", "05 11:00")]
    assert sum(1 for finding in result.findings if finding.state == "late") == 1
    assert result.summary.unscheduled == result.summary.partial == 0


def test_c04_a_short_item_takes_the_short_gap() -> None:
    tasks = [task("short", 30, priority="high", deadline=at("09 17:00")), task("long", 120, deadline=at("07 17:00"))]
    full = [busy("tue", "06 00:00", "07 00:00"), busy("wed", "07 00:00", "08 00:00")]
    result = planned(instance(hours=hours("09:00-11:00", "13:00-13:30"), tasks=tasks, busy=full))
    assert blocks(result, "long") == [("05 09:00", "05 11:00")]
    assert blocks(result, "short") == [("05 13:00", "05 13:30")]


def test_c05_work_stays_in_one_piece_when_the_next_day_has_room() -> None:
    meetings = [
        busy("m1", "05 09:30", "05 11:00"),
        busy("m2", "05 11:30", "05 13:00"),
        busy("m3", "05 13:30", "05 15:00"),
        busy("m4", "05 15:30", "05 16:30"),
    ]
    result = planned(instance(tasks=[task("t", 120, split=(30, 120), deadline=at("09 17:00"))], busy=meetings))
    assert blocks(result, "t") == [("06 09:00", "06 11:00")]


def test_c06_a_meeting_off_the_quarter_hour_costs_only_the_rest_of_its_quarter() -> None:
    one = task("t", 60, priority="critical", deadline=at("05 17:00"))
    result = planned(instance(tasks=[one], busy=[busy("m", "05 08:50", "05 09:05")]))
    assert blocks(result, "t") == [("05 09:15", "05 10:15")]


def test_c07_a_nested_meeting_does_not_hide_the_free_hour_after_the_outer_one() -> None:
    one = task("t", 60, priority="critical", deadline=at("05 18:00"))
    meetings = [busy("outer", "05 09:00", "05 17:00"), busy("inner", "05 15:00", "05 15:30")]
    result = planned(instance(hours=hours("09:00-18:00"), tasks=[one], busy=meetings))
    assert blocks(result, "t") == [("05 17:00", "05 18:00")]


def test_c08_a_task_that_starts_and_ends_on_one_day_is_placed_on_it() -> None:
    one = task("t", 60, priority="high", earliest=at("05 08:00"), deadline=at("05 17:00"))
    assert blocks(planned(instance(tasks=[one])), "t") == [("05 09:00", "05 10:00")]


def test_c09_a_habit_after_its_ideal_time_comes_as_soon_as_it_can() -> None:
    lunch = habit("lunch", 30, "12:00-12:30", days=["MO"])
    result = planned(instance(habits=[lunch], busy=[busy("m", "05 11:30", "05 12:15")]))
    assert blocks(result, "lunch") == [("05 12:15", "05 12:45")]


def test_c10_a_habit_keeps_its_time_and_a_later_due_task_follows() -> None:
    sit = habit("sit", 15, "08:00-08:15", priority="high", days=["MO"])
    one = task("t", 120, hours="personal", priority="critical", deadline=at("08 15:00"))
    result = planned(instance(now=at("05 08:00"), habits=[sit], tasks=[one]))
    assert blocks(result, "sit") == [("05 08:00", "05 08:15")]
    assert blocks(result, "t") == [("05 08:15", "05 10:15")]


def test_c11_a_habit_that_can_wait_for_the_evening_leaves_the_only_block_to_the_task() -> None:
    hours_of_day = {"work": week("09:00-11:00"), "personal": week("09:00-11:00", "18:00-19:00")}
    walk = habit("walk", 60, "09:00-19:00", days=["MO"])
    full = [busy(day, f"{day} 00:00", f"{day} 17:30") for day in ("06", "07", "08")]
    result = planned(
        instance(hours=hours_of_day, habits=[walk], tasks=[task("t", 120, deadline=at("08 09:00"))], busy=full)
    )
    assert blocks(result, "t") == [("05 09:00", "05 11:00")]
    assert blocks(result, "walk") == [("05 18:00", "05 19:00")]


def test_c12_chunks_never_leave_a_rest_below_the_minimum() -> None:
    result = planned(instance(hours=hours("09:00-12:00"), tasks=[task("t", 150, split=(60, 120))]))
    lengths = [minutes(end) - minutes(start) for start, end in blocks(result, "t")]
    assert sum(lengths) == 150
    assert all(60 <= length <= 120 for length in lengths)


def test_c13_an_unlocked_event_is_not_free_time() -> None:
    dentist = busy("dentist", "05 09:00", "05 10:00", locked=False, hours="work", move_cost=20)
    dentist |= {"move_from": at("05 09:00"), "move_until": at("05 10:00")}
    assert blocks(planned(instance(tasks=[task("t", 60)], busy=[dentist])), "t") == [("05 10:00", "05 11:00")]


def test_c14_lengths_off_the_quarter_hour_stay_real_and_never_overlap() -> None:
    result = planned(instance(tasks=[task("six", 6), task("twenty", 20)]))
    assert sorted(b.end - b.start for b in result.blocks) == [6, 20]
    assert all(one.end <= two.start for one, two in pairwise(result.blocks))


def minutes(moment: str) -> int:
    return int(moment[:2]) * 1440 + int(moment[3:5]) * 60 + int(moment[6:])
