"""The order tasks ask for: who waits for whom."""

from collections.abc import Iterable

from almanac.domain.planner.model.problem import Problem, Task
from almanac.domain.planner.search.solution import Solution


def in_order(problem: Problem, wanted: Iterable[int]) -> list[int]:
    """Task indexes in the given order, except that predecessors among them come first."""
    rest = dict.fromkeys(wanted)
    found: list[int] = []

    def visit(index: int) -> None:
        if index in rest:
            del rest[index]
            for before in problem.tasks[index].predecessors:
                visit(before)
            found.append(index)

    for index in list(rest):
        visit(index)
    return found


def earliest_allowed(solution: Solution, task: Task) -> int | None:
    """The first slot the order of tasks allows; None while a predecessor is not wholly placed."""
    first = 0
    for index in task.predecessors:
        place = solution.places[index]
        if not solution.problem.tasks[index].complete(place):
            return None
        first = max(first, place[-1][0] + place[-1][1])
    return first
