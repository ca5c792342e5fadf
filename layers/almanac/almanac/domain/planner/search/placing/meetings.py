"""Where a meeting could begin, and whether its optional people can come."""

from collections.abc import Iterator

from almanac.domain.planner.model.problem import Attendance, Task
from almanac.domain.planner.model.slot_mask import Placement, between, lowest, starts_of_runs
from almanac.domain.planner.search.solution import Solution, can_attend


def meeting_starts(solution: Solution, task: Task, free: int) -> list[int]:
    """Return starts to compare: the earliest, the earliest without each single drawback, and with ever fewer of them.

    Drawbacks are breaks that one of its people would miss, optional people who could not come, and a place other than
    in the previous plan.
    """
    starts = starts_of_runs(free, task.slots)
    if not starts:
        return []
    found, fewer = [lowest(starts)], starts
    for without in drawbacks(solution, task, free):
        good = starts & without
        if good:
            found.append(lowest(good))
            if fewer & without:
                fewer &= without
                found.append(lowest(fewer))
    return list(dict.fromkeys(found))


def drawbacks(solution: Solution, task: Task, free: int) -> Iterator[int]:
    """Yield for each drawback the starts that are free of it, the dearest first."""
    if task.kept:
        yield starts_of_runs(free & (task.kept.near | task.kept.far), task.slots)
    for index in task.attendances:
        yield starts_of_runs(room_of(solution, index), task.slots)
    for person in task.people:
        line = solution.lines[person]
        if line.person.touch_cost:
            before, after = line.ends | line.person.touched_start, line.starts | line.person.touched_end
            yield ~(before | after >> task.slots)


def room_of(solution: Solution, index: int) -> int:
    """Return the slots in which an optional person could be at a meeting; what they have there now does not count."""
    item = solution.items[index]
    if not isinstance(item, Attendance):
        return 0
    line, taken = solution.lines[item.people[0]], 0
    for first, length in solution.places[index]:
        taken |= between(first, first + length)
    return item.eligible & ~(line.occupied & ~taken)


def absent_cost(solution: Solution, task: Task, place: Placement) -> int:
    """Return what the optional people who could not come to a place cost; for no place, what all of them cost."""
    total = 0
    for index in task.attendances:
        item = solution.items[index]
        bits = between(place[0][0], sum(place[0])) if place else 0
        if not place or bits & ~room_of(solution, index):
            total += item.cost(())
    return total


def attendance_place(solution: Solution, item: Attendance) -> Placement:
    """Return the meeting's place if the person is free then and that is worth the breaks it costs, else ()."""
    place = solution.places[item.meeting]
    if not can_attend(solution, item) or between(place[0][0], sum(place[0])) & solution.lines[item.people[0]].occupied:
        return ()
    return place if solution.added_touches(item, place) < item.absent_cost else ()
