"""The planner's answer in the workspace's terms, and laws of the whole way there and back."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from almanac.domain.explanation import Explanation
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.plan import Plan, PlannedBlock, Summary
from almanac.domain.planner.planner import plan
from almanac.domain.wall_clock import minutes_of
from almanac.domain.workspace_plan.changes import changes
from almanac.domain.workspace_plan.from_plan import WorkspacePlan, from_plan
from almanac.domain.workspace_plan.habit_windows import order_pairs
from almanac.domain.workspace_plan.snapshot import Block, Preferences, Workspace
from almanac.domain.workspace_plan.to_instance import PlanningRequest, to_instance
from almanac.presentation.wording import words
from almanac.services.plan.solve import solve_request
from tests.domain.workspace_plan.builders import MONDAY, WS, at, block, event, habit, task, window, workspace

WEEK = frozenset(MONDAY + timedelta(days=n) for n in range(7))


def ready(space: Workspace, *, days: frozenset[date] = WEEK) -> PlanningRequest:
    return to_instance(WS, space, window(), {one.id: days for one in space.habits}, force=False)


def planned(prepared: PlanningRequest) -> WorkspacePlan:
    """Work-bounded, so that a busy machine plans no worse."""
    return from_plan(prepared, plan(problem_of(prepared.instance), 0.03, lambda: 0.0), words)


def placed_for(ids: tuple[str, ...]) -> PlannedBlock:
    start = minutes_of(at("03-02 09:00"))
    return PlannedBlock(ids[0], start, start + 60, Explanation("makes_room", items=ids, instants=(start,)))


class TestReadingBack:
    def test_ids_in_the_planners_words_become_titles(self) -> None:
        meeting = event("03-02 09:00", "03-02 10:00", 7, title="Board")
        one = habit(2, name="Lunch", ideal_time=720)
        prepared = ready(workspace(tasks=(task(1, title="Report"),), habits=(one,), events=(meeting,)))
        (lunch,) = prepared.wanted
        ids = (str(UUID(int=1)), lunch, str(UUID(int=7)), str(UUID(int=8)))
        found = Plan("", (placed_for(ids),), (), (), Summary(0, 0, 0, 0, 0, 0, 0, 0), 0.0)
        (one_block,) = from_plan(prepared, found, words).blocks
        assert one_block.reason == "makes room for 'Report', 'Lunch', 'Board' and 1 more; it was at Mon 02 Mar 09:00"
        assert one_block.explanation.items == (ids[0], str(one.id), *ids[2:])

    def test_lengths_off_the_grid_are_rounded_up_on_the_calendar_only(self) -> None:
        found = planned(ready(workspace(tasks=(task(1, 20),))))
        assert [(b.end - b.start, b.minutes) for b in found.blocks] == [(30, 20)]

    def test_only_wanted_dates_of_a_habit_are_placed_and_counted(self) -> None:
        one = habit(1, ideal_time=720)
        days = frozenset({MONDAY, MONDAY + timedelta(days=2)})
        found = planned(ready(workspace(habits=(one,)), days=days))
        assert [b.start for b in found.blocks] == [minutes_of(at("03-02 12:00")), minutes_of(at("03-04 12:00"))]
        assert (found.habits, found.scheduled, found.unscheduled) == (2, 2, 0)

    def test_what_has_no_place_says_why_and_what_would_help(self) -> None:
        day_off = event("03-02 00:00", "03-09 00:00", 9)
        found = planned(ready(workspace(tasks=(task(1),), habits=(habit(2, ideal_time=720),), events=(day_off,))))
        assert (found.scheduled, found.unscheduled, found.tasks, found.habits) == (0, 6, 1, 5)
        assert {note.status for note in found.notes} == {"unscheduled"}
        assert all(note.reason and note.hint for note in found.notes)
        assert {note.reason[:10] for note in found.notes if note.kind == "habit"} == {
            f"2026-03-{d:02}" for d in range(2, 7)
        }

    def test_late_and_partial_are_told_apart(self) -> None:
        tasks = (
            task(1, 960, splittable=True, deadline=at("03-02 12:00")),
            task(2, 5 * 480, splittable=True, priority="low"),
        )
        found = planned(ready(workspace(tasks=tasks)))
        assert (found.tasks, found.late, found.partial, found.unscheduled, found.scheduled) == (2, 1, 1, 0, 1)

    def test_nothing_to_place_is_an_empty_plan(self) -> None:
        assert solve_request(ready(workspace()), 0.01, words).blocks == ()


slots = st.integers(0, 5 * 96 - 1)
spans = st.tuples(slots, st.integers(1, 12))


@st.composite
def workspaces(draw: st.DrawFn) -> Workspace:
    """Up to six tasks, three habits, busy time, and blocks of an earlier plan, locked and not."""

    def when(slot: int) -> str:
        return f"{datetime(2026, 3, 2) + timedelta(minutes=15 * slot):%m-%d %H:%M}"  # noqa: DTZ001 - a wall time

    tasks = tuple(
        task(n, minutes, splittable=split, priority=priority, deadline=None if due is None else at(when(due + 1)))
        for n, (minutes, split, priority, due) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        st.integers(1, 400),
                        st.booleans(),
                        st.sampled_from(["critical", "high", "normal", "low"]),
                        st.none() | slots,
                    ),
                    max_size=6,
                )
            ),
            1,
        )
    )
    habits = tuple(
        habit(50 + n, minutes, min_minutes=min(15, minutes), ideal_time=ideal, instances=instances)
        for n, (minutes, ideal, instances) in enumerate(
            draw(
                st.lists(st.tuples(st.integers(5, 90), st.none() | st.integers(0, 1425), st.integers(1, 2)), max_size=3)
            )
        )
    )
    events = tuple(
        event(when(first), when(first + length), 200 + n)
        for n, (first, length) in enumerate(draw(st.lists(spans, max_size=8)))
    )
    blocks = tuple(
        block(when(first), when(first + length), 300 + n, owner=owner, locked=locked)
        for n, (owner, locked, (first, length)) in enumerate(
            draw(st.lists(st.tuples(st.integers(1, 7), st.booleans(), spans), max_size=5))
        )
    )
    return workspace(tasks=tasks, habits=habits, events=events, blocks=blocks)


def calendar_after(space: Workspace, prepared: PlanningRequest, found: WorkspacePlan) -> tuple[Block, ...]:
    """The workspace's blocks once the plan is written."""
    wanted = changes(prepared, found.blocks)
    moves = {move.event_id: move for move in wanted.moved}
    kept = [one for one in space.blocks if one.event_id not in wanted.deleted]
    stay = [
        replace(one, start=m.start, end=m.end, minutes=m.minutes, title=m.title)
        if (m := moves.get(one.event_id))
        else one
        for one in kept
    ]
    new = [
        Block(
            UUID(int=1000 + n),
            one.kind,
            one.owner,
            one.title,
            one.start,
            one.end,
            one.minutes,
            locked=False,
            started=False,
            done=False,
            day=one.day,
            instance=one.instance,
        )
        for n, one in enumerate(wanted.inserted)
    ]
    return (*stay, *new)


# The same examples in every run, and no shrinking: each is a search, and the planner promises a fixed point of its own
# search, not of any.
@settings(deadline=None, max_examples=40, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(workspaces())
def test_a_plan_overlaps_nothing_and_planning_it_again_changes_nothing(space: Workspace) -> None:
    prepared = ready(space)
    found = planned(prepared)

    taken = [(one.start, one.end) for one in prepared.instance.locked]
    own = sorted((one.start, one.end) for one in found.blocks)
    assert all(end <= start or finish <= begin for start, finish in own for begin, end in taken)
    assert all(one[1] <= two[0] for one, two in pairwise(own))
    assert all(prepared.window.holds(*span) for span in own)

    again = ready(replace(space, blocks=calendar_after(space, prepared, found)))
    assert changes(again, planned(again).blocks).empty


@st.composite
def ordered_habits(draw: st.DrawFn) -> Workspace:
    """Two or three habits in a chain of before and after, busy time, and blocks that owners locked or stretched."""
    ideals = st.none() | st.integers(0, 95).map(lambda quarter: 15 * quarter)
    count = draw(st.integers(2, 3))
    habits = tuple(
        habit(
            n,
            draw(st.sampled_from([15, 30, 60])),
            min_minutes=15,
            max_minutes=draw(st.sampled_from([60, 120])),
            ideal_time=draw(ideals),
            other_habit=UUID(int=n - 1) if n > 1 else None,
            order=draw(st.sampled_from(["after", "before"])) if n > 1 else None,
        )
        for n in range(1, count + 1)
    )
    events = tuple(
        event(f"03-{2 + day:02} {hour:02}:00", f"03-{2 + day:02} {hour + length:02}:00", 200 + n)
        for n, (day, hour, length) in enumerate(
            draw(st.lists(st.tuples(st.integers(0, 4), st.integers(7, 18), st.integers(1, 4)), max_size=6))
        )
    )
    of_habits = st.tuples(st.integers(1, count), st.integers(0, 4))
    standing = draw(
        st.dictionaries(
            of_habits, st.tuples(st.integers(7, 18), st.sampled_from([15, 30, 60]), st.booleans()), max_size=4
        )
    )
    blocks = tuple(
        block(
            f"03-{2 + day:02} {hour:02}:00",
            f"03-{2 + day:02} {hour + length // 60:02}:{length % 60:02}",
            300 + n,
            owner=owner,
            kind="habit",
            day=MONDAY + timedelta(days=day),
            locked=locked,
            minutes=15,
        )
        for n, ((owner, day), (hour, length, locked)) in enumerate(standing.items())
    )
    return workspace(habits=habits, events=events, blocks=blocks)


@settings(deadline=None, max_examples=50, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(ordered_habits(), st.integers(0, 40), st.sampled_from([0, 120, 240]))
def test_what_is_placed_never_breaks_the_order_of_habits(space: Workspace, quarters: int, notice: int) -> None:
    space = replace(space, preferences=Preferences(0, notice, {}))
    reach = window(notice=notice, now=at("03-02 07:00") + timedelta(minutes=15 * quarters))
    prepared = to_instance(WS, space, reach, {one.id: WEEK for one in space.habits}, force=False)
    found = planned(prepared)

    bound = {(one.owner, one.start.date()): (one.first_minute, one.last_minute) for one in prepared.existing.fixed}
    placed = {
        (prepared.items[one.item].owner, prepared.window.day(one.start)): (one.start, one.end) for one in found.blocks
    }
    spans = bound | placed
    for earlier, later in order_pairs(space.habits):
        for day in {day for owner, day in placed if owner in (earlier, later)}:
            if (earlier, day) in spans and (later, day) in spans:
                assert spans[earlier, day][1] <= spans[later, day][0], day
