"""When a task has to end: so as to be no later than it was, or to be less late."""

from bisect import bisect_left

from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import Placement, between, starts_of_runs
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


def latest_begin(task: Task, end: int) -> int:
    """Return the latest slot at which a task can begin to end by a slot, with all its time to itself; 0 for none."""
    usable = task.eligible & between(0, end)
    if task.min_chunk == task.slots:
        return max(0, starts_of_runs(usable, task.slots).bit_length() - 1)
    if usable.bit_count() < task.slots:
        return 0
    for _ in range(task.slots - 1):
        usable ^= 1 << usable.bit_length() - 1
    return usable.bit_length() - 1


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
