"""Busy time, the fate of standing blocks, and the changes that a plan means."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.explanation import Explanation
from almanac.domain.wall_clock import minutes_of, zone_of
from almanac.domain.workspace_plan.busy_time import as_locked, busy_events, with_buffers
from almanac.domain.workspace_plan.changes import changes
from almanac.domain.workspace_plan.existing_blocks import sort_blocks, worked_minutes
from almanac.domain.workspace_plan.planning_window import utc_instant
from almanac.domain.workspace_plan.report import Placed
from almanac.domain.workspace_plan.snapshot import Block, Preferences
from almanac.domain.workspace_plan.to_instance import PlanningRequest, to_instance
from tests.domain.workspace_plan.builders import WS, at, block, event, habit, task, window, workspace

BECAUSE = Explanation("earliest")


def always(_: Block) -> bool:
    return True


def never(_: Block) -> bool:
    return False


class TestBusyEvents:
    def test_the_same_times_without_an_icaluid_are_two_events(self) -> None:
        assert len(busy_events([event("03-02 09:00", "03-02 10:00", 1), event("03-02 09:00", "03-02 10:00", 2)])) == 2

    def test_copies_of_one_meeting_count_once(self) -> None:
        copies = [event("03-02 09:00", "03-02 10:00", n, ical_uid="m") for n in (2, 1, 3)]
        assert busy_events(copies) == [copies[1]]

    def test_occurrences_of_one_series_all_count(self) -> None:
        series = [event(f"03-0{day} 09:00", f"03-0{day} 10:00", day, ical_uid="m") for day in (2, 3)]
        assert busy_events(series) == series

    @pytest.mark.parametrize(
        ("answers", "busy"),
        [
            (("declined", None), False),
            (("declined", "accepted"), True),
            (("declined", "declined"), False),
            ((None, None), True),
            (("needsAction", "declined"), True),
        ],
    )
    def test_an_answer_speaks_for_copies_without_one(self, answers: tuple[str | None, ...], busy: bool) -> None:
        copies = [
            event("03-02 09:00", "03-02 10:00", n, ical_uid="m", response=answer) for n, answer in enumerate(answers)
        ]
        assert bool(busy_events(copies)) == busy

    def test_nothing_takes_no_time(self) -> None:
        assert busy_events([event("03-02 09:00", "03-02 09:00")]) == []

    def test_a_begun_minute_is_taken(self) -> None:
        late = replace(event("03-02 09:00", "03-02 10:00"), end=at("03-02 10:00") + timedelta(seconds=1))
        taken = as_locked(late, Preferences(0, 0, {}))
        assert taken.end - taken.start == 61

    @pytest.mark.parametrize(("all_day", "around"), [(False, (15, 30)), (True, (0, 0))])
    def test_buffers_are_around_what_does_not_last_all_day(self, all_day: bool, around: tuple[int, int]) -> None:
        meeting = event("03-02 09:00", "03-02 10:00", all_day=all_day)
        taken = as_locked(meeting, Preferences(0, 0, {}, buffer_before=15, buffer_after=30))
        assert (taken.buffer_before, taken.buffer_after) == around
        start, end = with_buffers(taken)
        assert (taken.start - start, end - taken.end) == around


class TestHorizon:
    def test_begins_on_the_grid_after_the_notice_and_ends_with_a_local_day(self) -> None:
        found = window(7, notice=50, now=at("03-02 09:05"))
        assert found.span == (at("03-02 10:00"), at("03-09 00:00"))

    def test_is_an_hour_shorter_when_clocks_go_forward(self) -> None:
        found = window(7, now=at("03-28 00:00"))
        assert found.end - found.now == 7 * 24 * 60 - 60

    def test_starts_now_when_now_is_on_the_grid(self) -> None:
        assert window(now=at("03-02 07:00")).first == minutes_of(at("03-02 07:00"))

    @pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "Europe", "../etc/passwd", "auto"])
    def test_names_that_are_no_zone(self, name: str | None) -> None:
        assert zone_of(name) is None


class TestFate:
    def fate(self, one: Block, *, wanted: bool = True, plannable: bool = True, busy: tuple[str, ...] = ()) -> str:
        taken = [(minutes_of(at(busy[0])), minutes_of(at(busy[1])))] if busy else []
        reach = window(7, notice=120, now=at("03-02 09:00"))
        fate = sort_blocks([one], taken, reach, always if wanted else never, always if plannable else never)
        return next(name for name in ("fixed", "movable", "unwanted") if getattr(fate, name))

    @pytest.mark.parametrize("mark", [{"locked": True}, {"started": True}, {"done": True}])
    @pytest.mark.parametrize("wanted", [True, False])
    def test_what_its_owner_touched_stays_whatever_became_of_its_item(self, mark: dict[str, Any], wanted: bool) -> None:
        assert self.fate(block("03-03 09:00", "03-03 10:00", **mark), wanted=wanted) == "fixed"

    def test_what_has_begun_stays(self) -> None:
        assert self.fate(block("03-02 08:45", "03-02 10:00"), wanted=False) == "fixed"

    def test_what_nobody_wants_goes_even_inside_the_notice(self) -> None:
        assert self.fate(block("03-02 09:15", "03-02 10:00"), wanted=False) == "unwanted"

    @pytest.mark.parametrize(
        ("start", "end", "fate"),
        [
            ("03-03 09:00", "03-03 10:00", "movable"),
            ("03-02 11:00", "03-02 12:00", "movable"),
            ("03-02 10:45", "03-02 12:00", "fixed"),
            ("03-08 23:00", "03-09 00:00", "movable"),
            ("03-08 23:30", "03-09 00:30", "fixed"),
            ("03-20 09:00", "03-20 10:00", "fixed"),
        ],
    )
    def test_only_what_lies_inside_the_horizon_may_move(self, start: str, end: str, fate: str) -> None:
        assert self.fate(block(start, end)) == fate

    def test_inside_the_notice_a_meeting_makes_it_move(self) -> None:
        near = block("03-02 10:00", "03-02 11:00")
        assert self.fate(near, busy=("03-02 10:30", "03-02 12:00")) == "movable"
        assert self.fate(near, busy=("03-02 11:00", "03-02 12:00")) == "fixed"

    def test_what_an_undo_has_put_there_stays_until_something_lies_on_it_or_nobody_wants_it(self) -> None:
        kept = block("03-03 09:00", "03-03 10:00", kept=True)
        assert self.fate(kept) == "fixed"
        assert self.fate(kept, busy=("03-03 09:30", "03-03 10:30")) == "movable"
        assert self.fate(kept, wanted=False) == "unwanted"

    def test_what_cannot_be_planned_stays_as_it_is(self) -> None:
        one = block("03-03 09:00", "03-03 10:00")
        assert self.fate(one, plannable=False) == "fixed"
        assert self.fate(one, plannable=False, busy=("03-03 09:00", "03-03 10:00")) == "fixed"

    @pytest.mark.parametrize(("made_for", "counts"), [(60, 60), (50, 50), (20, 60), (90, 60)])
    def test_a_block_counts_for_its_work_unless_its_length_was_changed(self, made_for: int, counts: int) -> None:
        assert worked_minutes(block("03-03 09:00", "03-03 10:00", minutes=made_for)) == counts


def prepared(*blocks: Block, tasks: int = 3) -> PlanningRequest:
    space = workspace(tasks=tuple(task(n, 600) for n in range(1, tasks + 1)), habits=(habit(9),), blocks=blocks)
    days = frozenset(date(2026, 3, 2) + timedelta(days=n) for n in range(7))
    return to_instance(WS, space, window(), {UUID(int=9): days}, force=False)


def placed(start: str, end: str, owner: int = 1, minutes: int | None = None) -> Placed:
    first, last = minutes_of(at(start)), minutes_of(at(end))
    return Placed(str(UUID(int=owner)), first, last, minutes or last - first, "because", BECAUSE)


class TestChanges:
    def test_a_block_where_it_was_is_left_alone(self) -> None:
        found = changes(prepared(block("03-02 09:00", "03-02 10:00")), [placed("03-02 09:00", "03-02 10:00")])
        assert (found.empty, found.unchanged) == (True, 1)

    def test_of_two_blocks_the_one_that_moves_is_the_one_that_is_moved(self) -> None:
        stay, go = block("03-02 09:00", "03-02 10:00", 100), block("03-02 11:00", "03-02 12:00", 101)
        found = changes(
            prepared(stay, go), [placed("03-02 14:00", "03-02 15:00"), placed("03-02 09:00", "03-02 10:00")]
        )
        assert [(move.event_id, move.start) for move in found.moved] == [(go.event_id, at("03-02 14:00"))]
        assert (found.inserted, found.deleted, found.unchanged) == ((), (), 1)

    def test_fewer_blocks_delete_and_more_insert(self) -> None:
        one, two = block("03-02 09:00", "03-02 10:00", 100), block("03-02 11:00", "03-02 12:00", 101)
        fewer = changes(prepared(one, two), [placed("03-02 11:00", "03-02 12:00")])
        assert (fewer.deleted, fewer.unchanged, fewer.inserted, fewer.moved) == ((one.event_id,), 1, (), ())
        more = changes(prepared(one), [placed("03-02 09:00", "03-02 10:00"), placed("03-03 09:00", "03-03 10:00")])
        assert [new.start for new in more.inserted] == [at("03-03 09:00")]

    def test_blocks_never_pass_from_one_task_to_another(self) -> None:
        found = changes(
            prepared(block("03-02 09:00", "03-02 10:00", owner=1)), [placed("03-02 09:00", "03-02 10:00", 2)]
        )
        assert len(found.inserted) == len(found.deleted) == 1
        assert found.moved == ()

    def test_a_change_of_the_work_inside_is_a_change(self) -> None:
        found = changes(
            prepared(block("03-02 09:00", "03-02 10:00")), [placed("03-02 09:00", "03-02 10:00", minutes=50)]
        )
        assert [move.minutes for move in found.moved] == [50]

    def test_orphans_go(self) -> None:
        gone = block("03-02 09:00", "03-02 10:00", owner=None)
        assert changes(prepared(gone), []).deleted == (gone.event_id,)


quarters = st.integers(0, 5 * 24 * 4 - 5)


@given(
    st.lists(st.tuples(st.integers(1, 3), quarters, st.integers(1, 4), st.booleans()), max_size=8),
    st.lists(st.tuples(st.integers(1, 3), quarters, st.integers(1, 4)), max_size=8),
)
def test_the_changes_make_the_calendar_the_plan_and_touch_no_block_of_the_users(
    standing: list[tuple[int, int, int, bool]], plan: list[tuple[int, int, int]]
) -> None:
    start = window().first
    blocks = [
        replace(
            block("03-02 09:00", "03-02 10:00", 100 + n, owner=owner, locked=locked),
            start=utc_instant(start + 15 * first),
            end=utc_instant(start + 15 * (first + length)),
            minutes=15 * length,
        )
        for n, (owner, first, length, locked) in enumerate(standing)
    ]
    places = [
        Placed(str(UUID(int=owner)), start + 15 * first, start + 15 * (first + length), 15 * length, "", BECAUSE)
        for owner, first, length in plan
    ]
    found = changes(prepared(*blocks), places)

    calendar = {b.event_id: (b.owner, b.start, b.end) for b in blocks}
    locked = {b.event_id for b in blocks if b.locked}
    assert not locked & {*found.deleted, *(move.event_id for move in found.moved)}
    after = {key: value for key, value in calendar.items() if key not in {*found.deleted, *locked}}
    after |= {move.event_id: (calendar[move.event_id][0], move.start, move.end) for move in found.moved}
    result = [*after.values(), *((new.owner, new.start, new.end) for new in found.inserted)]
    wanted = [(UUID(place.item), utc_instant(place.start), utc_instant(place.end)) for place in places]
    assert sorted(result) == sorted(wanted)
