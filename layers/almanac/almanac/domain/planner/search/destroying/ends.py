"""When a task has to end: so as to be no later than it was, or to be less late."""

from bisect import bisect_left

from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import Placement, between
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
