"""What never reaches the planner says so, and what should reach it does: open nights, skipped hours, used-up tasks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.planner import plan
from almanac.domain.wall_clock import Week, date_span
from almanac.domain.workspace_plan.from_plan import WorkspacePlan, from_plan
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Recurrence, Workspace
from almanac.domain.workspace_plan.to_instance import PlanningRequest, to_instance
from almanac.presentation.wording import words
from tests.domain.workspace_plan.builders import BERLIN, NOW, WS, block, habit, task, window, workspace

NIGHTS: Week = (((1320, 120),),) * 5 + ((), ())
"""Monday to Friday 22:00-02:00."""
ALWAYS: Week = (((0, 1440),),) * 7


def ready(space: Workspace, reach: PlanningWindow) -> PlanningRequest:
    first = reach.day(reach.now)
    days = frozenset(first + timedelta(days=n) for n in range((reach.day(reach.end) - first).days + 1))
    dates = {one.id: frozenset(d for d in days if _falls(one.recurrence.weekdays, d)) for one in space.habits}
    return to_instance(WS, space, reach, dates, force=False)


def _falls(weekdays: tuple[int, ...], day: date) -> bool:
    return not weekdays or day.weekday() in weekdays


def planned(space: Workspace, reach: PlanningWindow | None = None) -> WorkspacePlan:
    request = ready(space, reach or window())
    return from_plan(request, plan(problem_of(request.instance), 0.03, lambda: 0.0), words)


def starts(found: WorkspacePlan, zone: ZoneInfo = BERLIN) -> list[str]:
    instants = sorted(datetime.fromtimestamp(60 * placed.start, UTC).astimezone(zone) for placed in found.blocks)
    return [f"{start:%m-%d %H:%M}" for start in instants]


def told(found: WorkspacePlan) -> list[tuple[str, int, str]]:
    return [(note.kind, UUID(note.id).int, note.status) for note in found.notes]


class TestNights:
    def test_belong_to_the_date_they_run_into(self) -> None:
        found = planned(workspace(hours={"work": NIGHTS}, habits=(habit(ideal_time=30),)))
        assert starts(found) == [f"03-0{day} 00:30" for day in (3, 4, 5, 6, 7)]
        assert told(found) == []

    def test_leave_the_weekend_to_a_habit_that_belongs_before_midnight(self) -> None:
        for fields in ({}, {"ideal_time": 1350}, {"part_of_day": "night"}):
            found = planned(workspace(hours={"work": NIGHTS}, habits=(habit(**fields),)))
            assert [start[:5] for start in starts(found)] == [f"03-0{day}" for day in (2, 3, 4, 5, 6)]
            assert told(found) == []

    def test_that_end_at_midnight_run_into_no_date(self) -> None:
        until_midnight: Week = (((1320, 1440),),) * 5 + ((), ())
        found = planned(workspace(hours={"work": until_midnight}, habits=(habit(ideal_time=1350),)))
        assert [start[:5] for start in starts(found)] == [f"03-0{day}" for day in (2, 3, 4, 5, 6)]


@pytest.mark.parametrize(
    ("fields", "minutes", "start"),
    [
        ({"ideal_time": 150}, 30, "03:30"),
        ({"ideal_time": 120}, 60, "03:00"),
        ({"ideal_time": 60}, 120, "01:00"),
        ({"ideal_time": 90}, 60, "01:30"),
        ({"ideal_time": 165}, 30, "03:45"),
    ],
)
def test_a_habit_at_an_hour_that_is_skipped_comes_when_the_clocks_go_on(
    fields: dict[str, Any], minutes: int, start: str
) -> None:
    reach = window(2, now=datetime(2026, 3, 28, 12, tzinfo=UTC))  # clocks go forward on the 29th
    found = planned(workspace(hours={"work": ALWAYS}, habits=(habit(1, minutes, **fields),)), reach)
    assert starts(found) == [f"03-29 {start}"]
    assert [placed.minutes for placed in found.blocks] == [minutes]
    assert told(found) == []


def test_a_habit_at_a_midnight_that_is_skipped_comes_when_the_clocks_go_on() -> None:
    havana = ZoneInfo("America/Havana")
    reach = PlanningWindow.of(datetime(2027, 3, 13, 12, tzinfo=UTC), havana, 0, 2)
    found = planned(workspace(hours={"work": ALWAYS}, habits=(habit(ideal_time=0),)), reach)
    assert starts(found, havana) == ["03-14 01:00"]


class TestUsedUp:
    def test_an_open_task_whose_block_has_passed_is_told(self) -> None:
        space = workspace(tasks=(task(1, 60, title="Tax"),), blocks=(block("03-01 09:00", "03-01 10:00"),))
        found = planned(space)
        assert told(found) == [("task", 1, "nothing_to_place")]
        (note,) = found.notes
        assert note.reason == "it is open, but its 1 h are used up: what is done or has begun counts as work done"
        assert note.hint == "tick it off, or raise its total_minutes"

    def test_by_what_was_done_is_told_too(self) -> None:
        assert told(planned(workspace(tasks=(task(1, 60, done_minutes=60),)))) == [("task", 1, "nothing_to_place")]

    @pytest.mark.parametrize(
        "ahead",
        [
            block("03-02 09:00", "03-02 10:00", locked=True),
            block("03-02 06:30", "03-02 07:30"),
        ],
    )
    def test_not_while_its_block_is_ahead_or_going_on(self, ahead: Any) -> None:
        assert told(planned(workspace(tasks=(task(1, 60),), blocks=(ahead,)))) == []

    def test_not_while_something_is_left(self) -> None:
        space = workspace(tasks=(task(1, 120),), blocks=(block("03-01 09:00", "03-01 10:00"),))
        found = planned(space)
        assert (told(found), starts(found)) == ([], ["03-02 09:00"])

    def test_does_not_keep_a_careful_run_from_writing(self) -> None:
        space = workspace(tasks=(task(1, 60),), blocks=(block("03-01 09:00", "03-01 10:00"),))
        assert planned(space).unscheduled == 0


class TestClosedDates:
    SATURDAYS = habit(1, recurrence=Recurrence("weekly", 1, date(2026, 3, 2), weekdays=(5,)))

    def test_a_habit_whose_every_date_falls_on_closed_hours_is_told(self) -> None:
        found = planned(workspace(habits=(self.SATURDAYS,)))
        assert told(found) == [("habit", 1, "nothing_to_place")]
        assert found.notes[0].reason == "its dates until the window ends all fall on days without open work hours"

    def test_not_when_it_was_skipped(self) -> None:
        skipped = frozenset({(UUID(int=1), date(2026, 3, 7))})
        assert told(planned(workspace(habits=(self.SATURDAYS,), skipped=skipped))) == []

    def test_nor_while_one_date_is_open(self) -> None:
        assert told(planned(workspace(habits=(habit(),)))) == []

    def test_nor_for_a_date_outside_the_window(self) -> None:
        reach = window(7, now=NOW)
        day = reach.day(reach.end)
        assert date_span(day, BERLIN)[0] == reach.end
        space = workspace(habits=(habit(),))
        request = to_instance(WS, space, reach, {UUID(int=1): frozenset({day + timedelta(days=5)})}, force=False)
        assert request.findings == ()
