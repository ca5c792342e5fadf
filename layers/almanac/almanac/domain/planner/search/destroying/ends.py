"""When a task has to end: so as to be no later than it was, or to be less late; and what ending later would cost."""

from bisect import bisect_left
from collections.abc import Sequence

from almanac.domain.planner.model.problem import DAY_SLOTS, Task
from almanac.domain.planner.model.slot_mask import Placement, between, covered
from almanac.domain.planner.search.solution import Solution


def end_as_late(task: Task, place: Placement) -> int:
    """Return the slot by which a task must end so that neither it nor what waits for it is later than at a place."""
    if not task.complete(place):
        return task.window
    end = sum(place[-1])
    stops = [heir.limits[at] for heir in task.heirs if (at := bisect_left(heir.limits, end)) < len(heir.limits)]
    if task.deadline is not None:
        stops.append(task.end_so_late(max(0, task.days_late(end))))
    return min([task.window, *stops])


def better_ends(solution: Solution, task: Task) -> list[int]:
    """Return the slots by which a late or unfinished task could end at a lower price, the nearest first."""
    place = solution.places[task.index]
    complete = task.complete(place)
    end = sum(place[-1]) if complete else task.window
    found = [] if complete else [task.window]
    late = task.days_late(end)
    if task.deadline is None or late <= 0:
        return found
    for days in range(late - 1, -1, -1):
        stop = min(task.window, task.end_so_late(days))
        if (task.eligible & between(0, stop)).bit_count() < task.slots:
            break
        found.append(stop)
    return found


def time_and_delay(solution: Solution, group: Sequence[int], person: int, stop: int) -> tuple[int, int]:
    """Return the slots that tasks have of a person before a slot, and what it costs them to end a day later."""
    time, cost = 0, 0
    for index in group:
        task, place = solution.problem.tasks[index], solution.places[index]
        if place and person in task.people:
            end = sum(place[-1])
            time += (covered(place) & between(0, stop)).bit_count()
            cost += task.late_cost(end + DAY_SLOTS) - task.late_cost(end) + DAY_SLOTS * task.slots * task.unit_cost
    return time, cost
