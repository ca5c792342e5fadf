"""Where in the day a habit belongs, on which dates it is wanted, and its order among others."""

from collections.abc import Set
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.explanation import Explanation
from almanac.domain.wall_clock import minutes_of
from almanac.domain.workspace_plan.free_time import FreeTime
from almanac.domain.workspace_plan.habit_requests import (
    CalendarConstraints,
    OccurrenceRequest,
    habit_faults,
    occurrence_requests,
)
from almanac.domain.workspace_plan.habit_windows import (
    DayWindow,
    day_windows,
    divided,
    in_circles,
    line_between,
    order_pairs,
)
from almanac.domain.workspace_plan.snapshot import Block, Habit
from almanac.presentation.wording import words
from tests.domain.workspace_plan.builders import BERLIN, MONDAY, WORK, at, block, habit, window

UNKNOWN = Explanation("hours_unknown", category="nights")
ALL_DAY = (((0, 1440),),) * 7


def windows(**fields: Any) -> list[tuple[int, int]]:
    return [window.ideal for window in day_windows(habit(**fields), WORK)]


class TestIdealWindow:
    @pytest.mark.parametrize(
        ("fields", "ideal"),
        [
            ({}, (540, 1020)),
            ({"ideal_time": 720}, (720, 750)),
            ({"ideal_time": 1430}, (1410, 1440)),
            ({"part_of_day": "morning"}, (360, 720)),
            ({"part_of_day": "night"}, (1260, 1440)),
            ({"ideal_time": 720, "part_of_day": "morning"}, (720, 750)),
        ],
    )
    def test_of_one_a_day(self, fields: dict[str, Any], ideal: tuple[int, int]) -> None:
        assert windows(**fields) == [ideal]

    def test_several_share_the_open_day(self) -> None:
        assert windows(instances=2) == [(540, 780), (780, 1020)]

    def test_several_with_an_ideal_time_begin_there(self) -> None:
        assert windows(instances=3, ideal_time=600) == [(600, 630), (735, 765), (870, 900)]

    def test_hours_that_never_open_have_none(self) -> None:
        assert day_windows(habit(), ((),) * 7) == []

    @given(
        st.integers(1, 12),
        st.integers(1, 240),
        st.none() | st.integers(0, 1439),
        st.sampled_from([None, "morning", "afternoon", "evening", "night"]),
    )
    def test_several_never_overlap_their_hard_windows(
        self, instances: int, minutes: int, ideal: int | None, part: str | None
    ) -> None:
        found = day_windows(habit(1, minutes, instances=instances, ideal_time=ideal, part_of_day=part), WORK)
        assert len(found) == instances
        assert all(one.hard[1] <= two.hard[0] for one, two in pairwise(found))


class TestDividing:
    @pytest.mark.parametrize(
        ("earlier", "later", "line"),
        [
            (DayWindow((420, 480), 60), DayWindow((720, 750), 30), 600),  # midway between two wishes
            (DayWindow((420, 480), 60), DayWindow((450, 465), 15), 480),  # the later wish makes room
            (DayWindow((540, 1020), 30, preferred=False), DayWindow((720, 750), 30), 720),
            (DayWindow((720, 750), 30), DayWindow((540, 1020), 30, preferred=False), 750),
            (DayWindow((540, 1020), 30, preferred=False), DayWindow((540, 1020), 30, preferred=False), 780),
            (DayWindow((427, 457), 30), DayWindow((440, 470), 30), 465),  # on the grid, the earlier wish is not cut
        ],
    )
    def test_where_the_line_lies(self, earlier: DayWindow, later: DayWindow, line: int) -> None:
        assert line_between(earlier, later) == line
        before, after = divided(earlier, later, line)
        assert before.hard == (0, line)
        assert after.hard == (line, 1440)
        assert before.ideal[1] <= line <= after.ideal[0]

    @pytest.mark.parametrize(
        ("line", "earlier", "later"),
        [(510, (420, 480), (510, 525)), (480, (420, 480), (480, 495)), (300, (240, 300), (480, 495))],
    )
    def test_a_wish_across_the_line_moves_to_its_side(self, line: int, earlier: object, later: object) -> None:
        before, after = divided(DayWindow((420, 480), 60), DayWindow((480, 495), 15), line)
        assert (before.ideal, after.ideal) == (earlier, later)


def given_by(*habits: Habit, bound: tuple[Block, ...] = (), others: tuple[Block, ...] = ()) -> CalendarConstraints:
    return CalendarConstraints.of(habits, bound, others, window())


def wishes(
    *habits: Habit,
    dates: Set[date],
    taken: tuple[str, ...] = (),
    bound: tuple[Block, ...] = (),
    others: tuple[Block, ...] = (),
) -> list[OccurrenceRequest]:
    busy = [(minutes_of(at(taken[0])), minutes_of(at(taken[1])))] if taken else []
    hours = {"work": ALL_DAY}
    free = FreeTime.of(hours, busy, window())
    said = given_by(*habits, bound=bound, others=others)
    found, notes = occurrence_requests(habits, hours, {one.id: frozenset(dates) for one in habits}, free, said)
    assert notes == []
    return found


TUESDAY = MONDAY + timedelta(days=1)
RUN = habit(1, 60, ideal_time=420)
SHOWER = habit(2, 15, ideal_time=450, other_habit=UUID(int=1), order="after")


class TestOrder:
    def test_after_is_the_mirror_of_before(self) -> None:
        coffee = habit(3, other_habit=UUID(int=1), order="before")
        assert order_pairs([RUN, SHOWER, coffee]) == [(UUID(int=1), UUID(int=2)), (UUID(int=3), UUID(int=1))]

    def test_a_habit_that_is_not_planned_orders_nobody(self) -> None:
        assert order_pairs([SHOWER]) == []

    def test_circles_are_found_and_what_hangs_on_them_is_not_part(self) -> None:
        ids = [UUID(int=n) for n in range(6)]
        pairs = [(ids[1], ids[2]), (ids[2], ids[3]), (ids[3], ids[1]), (ids[3], ids[4]), (ids[5], ids[1])]
        assert in_circles(pairs) == {ids[1], ids[2], ids[3]}
        assert in_circles(pairs[:2]) == set()

    def test_counts_only_on_days_that_have_both(self) -> None:
        free = FreeTime.of({"work": ALL_DAY}, [], window())
        dates = {RUN.id: frozenset({MONDAY}), SHOWER.id: frozenset({MONDAY, TUESDAY})}
        found, _ = occurrence_requests([RUN, SHOWER], {"work": ALL_DAY}, dates, free, given_by())
        shower = {day: wish.window.ideal for wish in found if wish.habit is SHOWER for day in wish.dates}
        assert shower == {MONDAY: (480, 495), TUESDAY: (450, 465)}

    def test_follows_where_a_meeting_pushes_the_other(self) -> None:
        found = wishes(RUN, SHOWER, dates={MONDAY, TUESDAY}, taken=("03-03 07:00", "03-03 07:30"))
        shower = {day: wish.window.ideal for wish in found if wish.habit is SHOWER for day in wish.dates}
        assert shower == {MONDAY: (480, 495), TUESDAY: (510, 525)}

    def test_follows_where_its_owner_put_the_other(self) -> None:
        held = block("03-03 18:00", "03-03 19:00", owner=1, kind="habit", day=TUESDAY, locked=True)
        found = wishes(RUN, SHOWER, dates={TUESDAY}, bound=(held,))
        assert [wish.window.hard for wish in found if wish.habit is SHOWER] == [(1140, 1440)]

    def test_one_that_will_not_move_leaves_the_rest_of_the_day_to_the_other(self) -> None:
        done = block("03-03 05:00", "03-03 06:00", owner=1, kind="habit", day=TUESDAY, done=True)
        found = wishes(RUN, SHOWER, dates={TUESDAY}, bound=(done,))
        assert [(w.window.ideal, w.window.hard) for w in found if w.habit is SHOWER] == [((450, 465), (360, 1440))]

    def test_goes_before_where_its_owner_put_the_other(self) -> None:
        held = block("03-03 06:30", "03-03 06:45", owner=2, kind="habit", day=TUESDAY, locked=True)
        found = wishes(RUN, SHOWER, dates={TUESDAY}, bound=(held,))
        assert [(w.window.ideal, w.window.hard) for w in found if w.habit is RUN] == [((330, 390), (0, 390))]

    def test_no_room_beside_the_other_is_a_note_for_that_date(self) -> None:
        late = habit(1, 60, ideal_time=1380)
        free = FreeTime.of({"work": ALL_DAY}, [], window())
        _, notes = occurrence_requests(
            [late, SHOWER],
            {"work": ALL_DAY},
            dict.fromkeys((late.id, SHOWER.id), frozenset({MONDAY})),
            free,
            given_by(),
        )
        assert [(note.id, note.status) for note in notes] == [(str(SHOWER.id), "left_out")]
        assert notes[0].date == "2026-03-02"


class TestLength:
    @pytest.mark.parametrize(
        ("end", "preferred"),
        [("12:15", 30), ("12:30", 30), ("12:45", 45), ("13:00", 60), ("13:30", 60)],
        ids=["cut short", "as preferred", "longer", "longest", "longer than allowed"],
    )
    def test_a_block_that_its_owner_made_longer_stays_so_up_to_the_longest(self, end: str, preferred: int) -> None:
        lunch = habit(1, 30, max_minutes=60, ideal_time=720)
        made = block("03-03 12:00", f"03-03 {end}", owner=1, kind="habit", day=TUESDAY, minutes=30)
        specs = {w.dates: w.spec(w.dates) for w in wishes(lunch, dates={MONDAY, TUESDAY}, others=(made,))}
        lengths = {day: spec.preferred_minutes for days, spec in specs.items() for day in days}
        assert lengths == {MONDAY: 30, TUESDAY: preferred}
        assert all(spec.ideal[1] - spec.ideal[0] == spec.preferred_minutes for spec in specs.values())

    def test_a_length_off_the_grid_is_not_longer_for_being_rounded_up_on_the_calendar(self) -> None:
        made = block("03-03 12:00", "03-03 12:30", owner=1, kind="habit", day=TUESDAY, minutes=20)
        (wish,) = wishes(habit(1, 20, max_minutes=60, ideal_time=720), dates={TUESDAY}, others=(made,))
        assert wish.spec({TUESDAY}).preferred_minutes == 20

    def test_what_follows_makes_room_for_it(self) -> None:
        run = habit(1, 60, max_minutes=120, ideal_time=420)
        made = block("03-03 07:00", "03-03 09:00", owner=1, kind="habit", day=TUESDAY, minutes=60)
        found = wishes(run, SHOWER, dates={TUESDAY}, others=(made,))
        assert [wish.window.hard for wish in found if wish.habit is SHOWER] == [(540, 1440)]


class TestWishes:
    def test_a_date_counts_while_enough_of_its_ideal_window_is_ahead(self) -> None:
        (wish,) = wishes(habit(1, 30, min_minutes=15, ideal_time=720), dates={MONDAY, TUESDAY})
        assert wish.ahead(window(now=at("03-02 12:15"))) == {MONDAY, TUESDAY}
        assert wish.ahead(window(now=at("03-02 12:16"))) == {TUESDAY}
        assert wish.ahead(window(1)) == {MONDAY}

    def test_faults(self) -> None:
        habits = [habit(1, category="nights"), habit(2), habit(3, category="shut")]
        hours = {"work": WORK, "shut": ((),) * 7}
        found = habit_faults(habits, hours, {"nights": UNKNOWN})
        assert found == {UUID(int=1): UNKNOWN, UUID(int=3): Explanation("hours_never_open", category="shut")}
        assert words([found[UUID(int=3)]], {}, BERLIN) == "the hours 'shut' never open"

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"priority": "urgent"}, "priority 'urgent' is unknown"),
            ({"min_minutes": 45}, "min_duration_minutes, duration_minutes and max_duration_minutes must rise from 1"),
            ({"min_minutes": 0}, "min_duration_minutes"),
            ({"max_minutes": 15}, "min_duration_minutes"),
            ({"max_minutes": 1441}, "min_duration_minutes"),
        ],
    )
    def test_what_a_column_says_wrong_is_named_and_costs_that_habit_only(
        self, fields: dict[str, Any], named: str
    ) -> None:
        found = habit_faults([habit(1, 30, **fields), habit(2)], {"work": WORK}, {})
        assert found.keys() == {UUID(int=1)}
        assert words([found[UUID(int=1)]], {}, BERLIN).startswith(named)


class TestFreeTime:
    def test_the_natural_end_is_the_nearest_free_place(self) -> None:
        busy = [(minutes_of(at("03-03 06:30")), minutes_of(at("03-03 07:20")))]
        free = FreeTime.of({"work": ALL_DAY}, busy, window())
        assert free.natural_end(RUN, DayWindow((420, 480), 60), TUESDAY) == 7 * 60 + 30 + 60
        assert free.natural_end(RUN, DayWindow((420, 480), 60), MONDAY) == 480

    def test_its_shortest_length_where_the_preferred_one_fits_nowhere(self) -> None:
        busy = [
            (minutes_of(at("03-03 00:00")), minutes_of(at("03-03 22:00"))),
            (minutes_of(at("03-03 22:30")), minutes_of(at("03-04 00:00"))),
        ]
        free = FreeTime.of({"work": ALL_DAY}, busy, window())
        assert free.natural_end(habit(1, 60, min_minutes=30), DayWindow((420, 480), 60), TUESDAY) == 22 * 60 + 30
        assert free.natural_end(RUN, DayWindow((420, 480), 60), TUESDAY) is None

    def test_a_place_up_to_midnight_ends_with_the_day(self) -> None:
        free = FreeTime.of({"work": ALL_DAY}, [], window())
        assert free.natural_end(RUN, DayWindow((1380, 1440), 60), TUESDAY) == 1440

    @given(st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 900)), max_size=10))
    def test_free_time_is_open_and_not_taken(self, taken: list[tuple[int, int]]) -> None:
        reach = window()
        busy = [(reach.now + start, reach.now + start + length) for start, length in taken]
        spans = FreeTime.of({"work": WORK}, busy, reach).spans["work"]
        opened = FreeTime.of({"work": WORK}, [], reach).spans["work"]
        for minute in range(reach.first, reach.end, 37):
            is_open = any(start <= minute < end for start, end in opened)
            is_taken = any(start <= minute < end for start, end in busy)
            assert any(start <= minute < end for start, end in spans) == (is_open and not is_taken)
