"""How late a task may end, counted back from what waits for it through the time that is open for that."""

from typing import Any

import pytest

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.problem import Task
from tests.domain.planner.instances import at, busy, instance, task


def first_of(*after: dict[str, Any], **fields: Any) -> tuple[Task, int]:
    """A task for which others wait, and its problem's first minute; everybody works nine to five, from the 5th on."""
    problem = problem_of(read_instance(instance(tasks=[task("first", 60), *after], **fields)).instance)
    return problem.tasks[0], problem.origin


def slot(text: str, origin: int) -> int:
    day, hour = int(text[:2]), int(text[3:5])
    return ((20_458 + day - 5) * 1440 + 60 * hour + int(text[6:]) - origin) // 15


DUE_AT_TEN = {"depends_on": ["first"], "deadline": at("06 10:00")}
MEETING = [busy("m", "06 09:00", "06 09:30")]


@pytest.mark.parametrize(
    ("after", "taken", "latest"),
    [
        ([task("b", 60, **DUE_AT_TEN)], [], "06 09:00"),
        ([task("b", 120, split=(30, 90), **DUE_AT_TEN)], [], "05 16:00"),
        ([task("b", 120, **DUE_AT_TEN)], [], "05 15:00"),
        ([task("b", 120, split=(30, 90), **DUE_AT_TEN)], MEETING, "05 15:30"),
        ([task("a", 120, depends_on=["first"]), task("b", 60, **DUE_AT_TEN | {"depends_on": ["a"]})], [], "05 15:00"),
    ],
    ids=["in the morning", "over the night in pieces", "whole the day before", "around a meeting", "through another"],
)
def test_a_task_may_end_as_late_as_lets_what_waits_be_on_time(
    after: list[dict[str, Any]], taken: list[dict[str, Any]], latest: str
) -> None:
    first, origin = first_of(*after, busy=taken)
    limit = min(heir.limits[0] for heir in first.heirs)
    assert limit == slot(latest, origin)
    assert (
        first.heirs_cost(limit + 1) - first.heirs_cost(limit)
        > 80_000
        > first.heirs_cost(limit) - first.heirs_cost(limit - 1)
    )


def test_each_day_later_costs_more_and_no_place_at_all_the_most() -> None:
    first, _ = first_of(task("b", 60, **DUE_AT_TEN))
    (heir,) = first.heirs
    assert heir.limits == tuple(sorted(heir.limits))
    assert list(heir.costs) == sorted(heir.costs)
    assert heir.costs[0] == 0
    assert heir.costs[-1] > 200_000


def test_what_is_never_late_has_only_to_find_a_place() -> None:
    first, _ = first_of(task("b", 60, depends_on=["first"]))
    (heir,) = first.heirs
    assert len(heir.limits) == 1
