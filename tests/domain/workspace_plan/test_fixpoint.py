"""What owners made longer stays so where there is room, and the run after changes nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from almanac.domain.workspace_plan.changes import changes
from almanac.domain.workspace_plan.fixpoint import solve_to_fixpoint
from almanac.domain.workspace_plan.from_plan import WorkspacePlan
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Block, Habit, TaskRow, Workspace
from almanac.domain.workspace_plan.to_instance import PlanningRequest, to_instance
from almanac.presentation.wording import words
from almanac.services.plan.solve import solve_request
from tests.domain.workspace_plan.builders import MONDAY, WS, at, block, event, habit, task, window, workspace
from tests.domain.workspace_plan.test_placing import WEEK, calendar_after

TUESDAY = MONDAY + timedelta(days=1)


class Rounds:
    """Plans of one run, counted."""

    def __init__(
        self, space: Workspace, reach: PlanningWindow, days: Mapping[UUID, frozenset[date]] | None = None
    ) -> None:
        self.count = 0
        dates = days or {one.id: WEEK for one in space.habits}
        self.result: tuple[PlanningRequest, WorkspacePlan] = solve_to_fixpoint(
            lambda room: to_instance(WS, space, reach, dates, force=False, limits=room), self.plan
        )

    def plan(self, prepared: PlanningRequest) -> WorkspacePlan:
        self.count += 1
        return solve_request(prepared, 0.02, words)


def long_run(until: str) -> tuple[Habit, Block]:
    """A run of preferably half an hour at noon, at most three hours, that its owner made longer on Tuesday."""
    run = habit(1, 30, min_minutes=15, max_minutes=180, ideal_time=720)
    return run, block("03-03 12:00", f"03-03 {until}", owner=1, kind="habit", day=TUESDAY, minutes=30, title="H1")


@pytest.mark.parametrize(
    ("until", "meeting", "plans", "length"),
    [
        ("13:30", None, 1, 90),
        ("13:30", ("03-03 09:00", "03-03 16:00"), 2, 60),
        ("13:30", ("03-03 09:00", "03-03 16:45"), 2, 15),
    ],
    ids=["room for all", "room for some", "room for less than preferred"],
)
def test_an_owners_length_is_kept_as_far_as_there_is_room(
    until: str, meeting: tuple[str, str] | None, plans: int, length: int
) -> None:
    run, made = long_run(until)
    events = (event(*meeting, n=7),) if meeting else ()
    rounds = Rounds(workspace(habits=(run,), blocks=(made,), events=events), window(), {run.id: frozenset({TUESDAY})})
    _, planned = rounds.result
    assert (rounds.count, [one.minutes for one in planned.blocks]) == (plans, [length])


quarters = st.integers(28, 76)


@st.composite
def stretched_workspaces(draw: st.DrawFn) -> Workspace:
    """Ordered habits with blocks longer than preferred, tasks and meetings that want the same time."""

    def on(day: int, quarter: int) -> str:
        return f"03-{2 + day:02} {quarter // 4:02}:{quarter % 4 * 15:02}"

    habits = []
    for n in range(1, draw(st.integers(1, 3)) + 1):
        preferred = draw(st.sampled_from([15, 30, 45, 60]))
        ordered = n > 1 and draw(st.booleans())
        habits.append(
            habit(
                n,
                preferred,
                min_minutes=15,
                max_minutes=draw(st.sampled_from([60, 90, 180])),
                ideal_time=draw(st.none() | quarters.map(lambda quarter: 15 * quarter)),
                part_of_day=draw(st.sampled_from([None, "morning", "evening"])),
                other_habit=UUID(int=n - 1) if ordered else None,
                order=draw(st.sampled_from(["after", "before"])) if ordered else None,
            )
        )
    tasks: list[TaskRow] = [
        task(50 + n, 15 * length, priority=priority, deadline=at(on(day, 68)))
        for n, (length, priority, day) in enumerate(
            draw(
                st.lists(
                    st.tuples(st.integers(1, 16), st.sampled_from(["critical", "normal"]), st.integers(0, 4)),
                    max_size=5,
                )
            )
        )
    ]
    meetings = draw(st.lists(st.tuples(st.integers(0, 4), quarters, st.integers(1, 12)), max_size=6))
    events = [
        event(on(day, first), on(day, first + length), 200 + n) for n, (day, first, length) in enumerate(meetings)
    ]
    owners = st.tuples(st.integers(1, len(habits)), st.integers(0, 4))
    longer = draw(st.dictionaries(owners, st.tuples(quarters, st.integers(0, 6)), min_size=1, max_size=5))
    blocks = [
        block(
            on(day, first),
            on(day, first + habits[owner - 1].preferred_minutes // 15 + more),
            300 + n,
            owner=owner,
            kind="habit",
            day=MONDAY + timedelta(days=day),
            minutes=habits[owner - 1].preferred_minutes,
            title=f"H{owner}",
        )
        for n, ((owner, day), (first, more)) in enumerate(longer.items())
    ]
    return workspace(habits=tuple(habits), tasks=tuple(tasks), events=tuple(events), blocks=tuple(blocks))


# The same examples in every run, as for the other law of this kind.
@settings(deadline=None, max_examples=75, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(stretched_workspaces())
def test_the_run_after_one_that_shortened_a_block_changes_nothing(space: Workspace) -> None:
    prepared, planned = Rounds(space, window()).result
    again = replace(space, blocks=calendar_after(space, prepared, planned))
    prepared_again, planned_again = Rounds(again, window()).result
    assert changes(prepared_again, planned_again.blocks).empty
