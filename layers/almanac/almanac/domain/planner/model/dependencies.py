"""The order of tasks: predecessors before successors."""

from collections.abc import Iterable

from almanac.domain.planner.model.problem import Problem


def in_order(problem: Problem, wanted: Iterable[int]) -> list[int]:
    """Return task indexes in the given order, except that predecessors among them come first."""
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
