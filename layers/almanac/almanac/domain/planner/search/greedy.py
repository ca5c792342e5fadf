"""First plans: every item inserted once, in the order of a rule, at its best place."""

from collections.abc import Callable, Iterator

from almanac.domain.planner.model.dependencies import in_order
from almanac.domain.planner.model.problem import Problem, Task
from almanac.domain.planner.search.placing.insertion import best_place, reinsert
from almanac.domain.planner.search.solution import Snapshot, Solution
from almanac.domain.wall_clock import DAY_MINUTES

Key = Callable[[Task], tuple[float, ...]]


class Urgency:
    """Deadlines and weights, each task's own or inherited from its successors."""

    def __init__(self, problem: Problem) -> None:
        far = problem.minute(problem.window) + 14 * DAY_MINUTES
        self.due = [float(task.deadline if task.deadline is not None else far) for task in problem.tasks]
        self.weight = [float(task.weight) for task in problem.tasks]
        for index in reversed(in_order(problem, range(len(problem.tasks)))):
            for after in problem.tasks[index].successors:
                self.due[index] = min(self.due[index], self.due[after] - problem.tasks[after].minutes)
                self.weight[index] = max(self.weight[index], self.weight[after])


def rules(problem: Problem) -> list[Key]:
    """Return orders of tasks that do well on different calendars."""
    urgency = Urgency(problem)
    due, weight, origin = urgency.due, urgency.weight, problem.origin
    return [
        lambda t: (-weight[t.index], due[t.index]),
        lambda t: (due[t.index], -weight[t.index]),
        lambda t: ((due[t.index] - origin) / weight[t.index], t.slots),
        lambda t: ((due[t.index] - origin) * t.slots / weight[t.index], t.slots),
        lambda t: (-t.slots, due[t.index]),
    ]


def construct(solution: Solution, rule: Key, *, habits_first: bool) -> None:
    """Fill an empty solution: movable events where they are, then tasks by the rule, habits before or after them."""
    problem = solution.problem
    tasks = in_order(problem, (task.index for task in sorted(problem.tasks, key=rule)))
    habits = [o.index for o in sorted(problem.occurrences, key=lambda o: (-o.weight, o.index))]
    movable = [event.index for event in problem.movables]
    present = [attendance.index for attendance in problem.attendances]
    for index in (*movable, *(habits + tasks if habits_first else tasks + habits), *present):
        solution.move(index, best_place(solution, index))


def insert_missing(solution: Solution) -> None:
    """Insert everything that has no place, or only part of one; heavy and urgent tasks first."""
    problem = solution.problem
    tasks = in_order(problem, (task.index for task in sorted(problem.tasks, key=rules(problem)[0])))
    others = [each.index for each in problem.occurrences] + [each.index for each in problem.attendances]
    for index in (*tasks, *others):
        item = solution.items[index]
        if not solution.places[index] or (isinstance(item, Task) and not item.complete(solution.places[index])):
            reinsert(solution, index)


def greedy_plans(problem: Problem, stop: Callable[[], bool]) -> Iterator[Snapshot]:
    """Yield a plan per rule, with habits before and after the tasks; at least one, further ones until `stop`."""
    for rule in rules(problem):
        for habits_first in (True, False):
            solution = Solution(problem)
            construct(solution, rule, habits_first=habits_first)
            yield solution.snapshot()
            if stop():
                return
