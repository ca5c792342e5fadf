"""What hangs on the end of a task: everything that waits for it, directly or not, and when that becomes late.

A task is inserted where it costs least by itself. Without this, what others wait for would be as late as its own
priority has it, and urgent work behind it later still.
"""

from collections.abc import Sequence
from dataclasses import replace

from almanac.domain.planner.model.problem import Heir, Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES


def with_heirs(tasks: Sequence[Task]) -> list[Task]:
    """Return the tasks, those that others wait for knowing what these cost when they come late."""
    if not any(task.successors for task in tasks):
        return list(tasks)
    slots: dict[int, dict[int, int]] = {}

    def behind(index: int) -> dict[int, int]:
        """Return each task behind one with the slots from the end of that one to its own end, at least."""
        if index not in slots:
            found: dict[int, int] = {}
            for after in tasks[index].successors:
                own = tasks[after].slots
                found[after] = max(found.get(after, 0), own)
                for later, more in behind(after).items():
                    found[later] = max(found.get(later, 0), own + more)
            slots[index] = found
        return slots[index]

    return [inheriting(task, tasks, behind(task.index)) if task.successors else task for task in tasks]


def inheriting(task: Task, tasks: Sequence[Task], behind: dict[int, int]) -> Task:
    """Return one task with its heirs; `behind` are the slots to the end of each."""
    after = [(tasks[index], slots) for index, slots in behind.items()]
    heirs = [
        Heir(max(0, heir.late_offset // SLOT_MINUTES - slots), heir.late_flag, heir.late_per_day)
        for heir, slots in after
        if heir.deadline is not None
    ]
    return replace(task, heirs=tuple(heirs), heirs_unit=sum(heir.unit_cost * heir.slots for heir, _ in after))
