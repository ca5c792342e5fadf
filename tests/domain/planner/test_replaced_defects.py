"""The 32 defects of the system replaced (its section 6) that were reproduced there: none may exist here.

Each number names the test with the right answer; those that no other file has are below.

 1 no habits west of UTC        test_a_daily_habit_gets_every_local_day_wherever_its_owner_lives
 2 ideal times off by the zone  test_an_ideal_time_is_a_wall_time_of_its_owners_zone
 3 gaps that open off the grid  test_c06_a_meeting_off_the_quarter_hour_costs_only_the_rest_of_its_quarter
   … at :08 to :14              test_a_gap_that_opens_late_in_a_quarter_is_used_from_the_next_one
 4 lengths rounded away         test_c14_lengths_off_the_quarter_hour_stay_real_and_never_overlap
 5 a quarter of an hour wasted  test_a_plan_may_begin_now
 6 hours over midnight          test_hours_over_midnight_are_one_span
 7 start and due on one day     test_c08_a_task_that_starts_and_ends_on_one_day_is_placed_on_it
 8 nested meetings              test_c07_a_nested_meeting_does_not_hide_the_free_hour_after_the_outer_one
 9 priority before deadline     test_c02_important_work_without_a_deadline_leaves_room_for_a_reachable_deadline
10 overdue for ever first       test_c03_old_overdue_work_does_not_cause_a_second_miss
11 first fit                    test_c04_a_short_item_takes_the_short_gap
12 a cursor within the day      test_c01_chunks_fill_a_short_block_before_a_long_one_so_that_the_deadline_holds
13 needless splits              test_c05_work_stays_in_one_piece_when_the_next_day_has_room
   … limits without effect      test_parts_at_their_limit_never_touch
14 a rest below the minimum     test_c12_chunks_never_leave_a_rest_below_the_minimum
15 habits first                 test_c11_a_habit_that_can_wait_for_the_evening_leaves_the_only_block_to_the_task
16 habits at the gap's end      test_c09_a_habit_after_its_ideal_time_comes_as_soon_as_it_can
   … and dropped for minutes    test_c10_a_habit_keeps_its_time_and_a_later_due_task_follows
17 a missed deadline drops work test_work_that_cannot_be_on_time_is_placed_late_and_explained
18 habits removed in vain       test_urgent_work_that_fits_nowhere_costs_no_habit
19 no caps                      test_a_daily_limit_that_an_earlier_start_would_exceed_is_the_reason_to_wait
   … breaks                     test_a_break_that_an_earlier_start_would_not_leave_is_the_reason_to_wait
   … buffers                    test_the_buffers_that_the_workspace_wants_are_kept_free
   … or stability               test_no_plan_breaks_a_hard_rule_and_planning_again_changes_nothing
20 unlocked events are free     test_c13_an_unlocked_event_is_not_free_time
   … when made in the app       test_an_event_made_in_the_app_blocks_too
21 preview and apply differ     test_shows_what_a_run_would_do_and_writes_nothing
22 half a plan written          test_a_run_that_dies_while_it_writes_has_written_nothing_and_the_next_one_does_it_all
23 blocks of nobody stay        test_a_deleted_tasks_future_blocks_vanish
24 done tasks are planned       test_a_completed_tasks_future_blocks_vanish
25 runs that overlap            test_a_running_run_keeps_others_out
   … changes between            test_a_new_event_is_noticed_and_planned_again
26 stale anchors of habits      test_after_another_habit_also_when_that_one_has_to_move
27 pieces over locked events    test_no_plan_breaks_a_hard_rule_and_planning_again_changes_nothing
   … false lateness             test_work_that_ends_at_its_deadline_is_on_time
   … closed weekdays            test_nothing_is_placed_on_a_closed_weekday
   … start dates ignored        test_a_task_that_may_only_begin_later_says_from_when
28 some events not loaded       test_which_events_block
29 zones in the inner loop      test_zones_are_asked_no_more_often_for_more_tasks
30 cost of tasks times days     test_zones_are_asked_no_more_often_for_more_tasks (and bench/planner.py)
31 no measure of speed          bench/planner.py, with limits
32 pages that contradict code   test_docs.py
"""

import ast
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from almanac.domain import wall_clock
from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model import grid, habit_candidates
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.search.greedy import greedy_plans
from almanac.domain.wall_clock import local_time
from tests.domain.planner.instances import at, blocks, busy, habit, instance, planned, task, week
from tests.domain.planner.sentences import cause_of, help_of

TESTS = Path(__file__).parents[2]


def test_every_test_of_the_table_exists() -> None:
    named = set(re.findall(r"\btest_\w+", __doc__ or ""))
    files = [*TESTS.rglob("test_*.py")]
    known = {path.stem for path in files}
    for path in files:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        known |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert named - known == set()
    assert (TESTS.parent / "bench" / "planner.py").exists()


@pytest.mark.parametrize(
    ("zone", "now", "end", "opens"),
    [
        ("Asia/Tokyo", "2026-01-05T06:00:00+09:00", "2026-01-12T00:00:00+09:00", "07:00-23:00"),
        ("Asia/Kolkata", "2026-01-05T06:00:00+05:30", "2026-01-12T00:00:00+05:30", "07:00-23:00"),
        ("Pacific/Auckland", "2026-04-03T06:00:00+13:00", "2026-04-10T00:00:00+12:00", "07:00-23:00"),
        ("America/Los_Angeles", "2026-03-06T06:00:00-08:00", "2026-03-13T00:00:00-07:00", "07:00-23:00"),
        ("Europe/Berlin", "2026-03-27T00:00:00+01:00", "2026-04-03T00:00:00+02:00", "01:00-23:00"),
    ],
)
def test_an_ideal_time_is_a_wall_time_of_its_owners_zone(zone: str, now: str, end: str, opens: str) -> None:
    document = instance(
        timezone=zone,
        now=now,
        window_end=end,
        hours={"personal": week(opens)},
        habits=[habit("lunch", 30, "12:00-12:30"), habit("tea", 15, "18:00-18:15")],
    )
    result = planned(document)
    starts = [(b.item, local_time(b.start, ZoneInfo(zone))) for b in result.blocks]
    assert {(name, start.strftime("%H:%M")) for name, start in starts} == {("lunch", "12:00"), ("tea", "18:00")}
    assert len(starts) == 14
    assert result.summary.habits_missed == 0


@pytest.mark.parametrize("ends", ["09:01", "09:07", "09:08", "09:14", "09:15"])
def test_a_gap_that_opens_late_in_a_quarter_is_used_from_the_next_one(ends: str) -> None:
    result = planned(instance(tasks=[task("t", 60)], busy=[busy("m", "05 08:50", f"05 {ends}")]))
    assert blocks(result, "t") == [("05 09:15", "05 10:15")]


@pytest.mark.parametrize(("now", "first"), [("05 09:00", "05 09:00"), ("05 09:01", "05 09:15")])
def test_a_plan_may_begin_now(now: str, first: str) -> None:
    assert blocks(planned(instance(now=at(now), tasks=[task("t", 30)])), "t")[0][0] == first


def test_parts_at_their_limit_never_touch() -> None:
    found = blocks(planned(instance(tasks=[task("t", 360, split=(60, 120))])), "t")
    assert len(found) == 3
    assert all(one[1] < two[0] for one, two in pairwise(found))


def test_work_that_cannot_be_on_time_is_placed_late_and_explained() -> None:
    due = task("t", 240, deadline=at("05 11:00"))
    result = planned(instance(tasks=[due], busy=[busy("m", "05 09:00", "05 10:00")]))
    assert blocks(result, "t") == [("05 10:00", "05 14:00")]
    (found,) = result.findings
    assert (found.state, found.late_minutes) == ("late", 180)
    assert "the calendar has m (1 h)" in cause_of(found)
    assert help_of(found).startswith("a deadline 3 h later, Mon 05 Jan 14:00")


def test_urgent_work_that_fits_nowhere_costs_no_habit() -> None:
    urgent = task("t", 240, priority="critical", deadline=at("05 12:00"))
    stretch = habit("stretch", 30, "09:00-09:30", hours="work", priority="low")
    result = planned(instance(hours={"work": week("09:00-12:00")}, tasks=[urgent], habits=[stretch]))
    assert (result.summary.habits_placed, result.summary.habits_missed, result.summary.unscheduled) == (7, 0, 1)


def test_work_that_ends_at_its_deadline_is_on_time() -> None:
    result = planned(instance(tasks=[task("t", 60, deadline=at("05 10:00"))]))
    assert result.summary.late == 0
    assert {found.state for found in result.findings} <= {"at_risk"}


def test_nothing_is_placed_on_a_closed_weekday() -> None:
    hours = {"work": {day: [["09:00", "11:00"]] for day in ("TU", "TH")}}
    result = planned(instance(hours=hours, tasks=[task(f"t{n}", 120) for n in range(3)]))
    assert {local_time(block.start, ZoneInfo("UTC")).strftime("%a") for block in result.blocks} == {"Tue", "Thu"}
    assert result.summary.unscheduled == 1


def test_zones_are_asked_no_more_often_for_more_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def counted(conversion: Callable[..., Any]) -> Callable[..., Any]:
        def converted(*arguments: object) -> Any:
            nonlocal asked
            asked += 1
            return conversion(*arguments)

        return converted

    for module, name in ((wall_clock, "wall_instant"), (habit_candidates, "wall_instant"), (grid, "date_span")):
        monkeypatch.setattr(module, name, counted(getattr(module, name)))

    def conversions(count: int) -> int:
        nonlocal asked
        asked = 0
        tasks = [task(f"t{n}", 30, deadline=at("09 17:00")) for n in range(count)]
        problem = problem_of(read_instance(instance(tasks=tasks, habits=[habit("h", 30, "12:00-12:30")])).instance)
        assert sum(1 for _ in greedy_plans(problem, lambda: False)) > 1
        return asked

    few = conversions(2)
    assert few > 0
    assert conversions(60) == few
