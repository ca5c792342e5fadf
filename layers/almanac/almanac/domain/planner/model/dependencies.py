"""The order of tasks: predecessors before successors."""

from collections.abc import Iterable

from almanac.domain.planner.model.problem import Problem


def in_order(problem: Problem, wanted: Iterable[int]) -> list[int]:
    """Return task indexes in the given order, except that predecessors among them come first."""
    rest = dict.fromkeys(wanted)
    found: list[int] = []
    for index in list(rest):
        waiting = [(index, iter(problem.tasks[index].predecessors))] if index in rest else []
        rest.pop(index, None)
        while waiting:  # no recursion: a chain may be longer than Python's stack is deep
            last, befores = waiting[-1]
            before = next((each for each in befores if each in rest), None)
            if before is None:
                waiting.pop()
                found.append(last)
            else:
                del rest[before]
                waiting.append((before, iter(problem.tasks[before].predecessors)))
    return found
