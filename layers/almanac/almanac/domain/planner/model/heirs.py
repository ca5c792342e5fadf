"""What hangs on the end of a task: everything that waits for it, directly or not, and when that becomes late.

A task is inserted where it costs least by itself. Without this, what others wait for would be as late as its own
priority has it, and urgent work behind it later still. How late a task may end is counted back from the deadline of
each that waits through the time that is open for it and for what lies between: nights, events and other people's hours
take no work.
"""

from collections.abc import Sequence
from dataclasses import replace

from almanac.domain.planner.model.problem import Heir, Task
from almanac.domain.planner.model.slot_mask import between, starts_of_runs

FARTHEST = 8
"""How many tasks may lie between a task and one whose lateness counts in its place, this one included."""


def latest_begin(task: Task, end: int) -> int:
    """Return the latest slot at which a task can begin to end by a slot, with all its time to itself; -1 for none."""
    usable = task.eligible & between(0, end)
    if task.min_chunk == task.slots:
        return starts_of_runs(usable, task.slots).bit_length() - 1
    low, high = -1, max(0, end)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if (usable >> middle).bit_count() >= task.slots else (low, middle)
    return low


def with_heirs(tasks: Sequence[Task]) -> list[Task]:
    """Return the tasks, those that others wait for knowing what these cost when they come late."""
    if not any(task.successors for task in tasks):
        return list(tasks)
    heirs: dict[int, list[Heir]] = {task.index: [] for task in tasks}
    units = dict.fromkeys(heirs, 0)
    for heir in tasks:
        if heir.predecessors:
            steps = late_steps(heir)
            for index, limits in limits_before(heir, tasks, [slot for slot, _ in steps]).items():
                heirs[index].append(Heir(limits, (0, *(cost for _, cost in steps))))
                units[index] += heir.unit_cost * heir.slots
    return [
        replace(task, heirs=tuple(heirs[task.index]), heirs_unit=units[task.index]) if task.successors else task
        for task in tasks
    ]


def late_steps(task: Task) -> list[tuple[int, int]]:
    """Return (slot, cost) in time order: what a task costs when it ends after a slot, up to having no place at all."""
    steps: list[tuple[int, int]] = []
    if task.deadline is not None and not task.hard:
        for days in range(task.late_days_cap):
            slot = task.end_so_late(days)
            if slot >= task.window:
                break
            steps.append((slot, task.late_flag + task.late_per_day * (days + 1)))
    return [*steps, (task.window, task.cost(()))]


def limits_before(heir: Task, tasks: Sequence[Task], ends: list[int]) -> dict[int, tuple[int, ...]]:
    """Return for each task before an heir the latest end, in slots, that lets the heir end by each of some slots."""
    found: dict[int, tuple[int, ...]] = {}
    reached = {heir.index: tuple(ends)}
    for _ in range(FARTHEST):
        further: dict[int, tuple[int, ...]] = {}
        for index, limits in reached.items():
            begins = tuple(latest_begin(tasks[index], end) for end in limits)
            for before in tasks[index].predecessors:
                known = further.get(before) or found.get(before) or begins
                least = tuple(map(min, known, begins))
                if found.get(before) != least:
                    further[before] = found[before] = least
        reached = {index: limits for index, limits in further.items() if tasks[index].predecessors}
        if not reached:
            break
    return found
