"""An instance on the slot grid: zones, hours, deadlines and buffers become bits and integers, once."""

from functools import reduce
from operator import or_

from almanac.domain.planner.model.grid import Grid, hours_in_slots, split_movable
from almanac.domain.planner.model.habit_candidates import occurrences_of
from almanac.domain.planner.model.instance import Instance, MovableEvent, PreviousBlock, TaskSpec
from almanac.domain.planner.model.previous_blocks import kept_slots
from almanac.domain.planner.model.problem import Movable, Problem, Task
from almanac.domain.planner.model.slot_mask import (
    SLOT_MINUTES,
    between,
    fewest_chunks,
    in_runs_of,
    slots_for,
    starts_of_runs,
)


def problem_of(instance: Instance) -> Problem:
    """Return the same problem in slots. Time zones are resolved here; the search has slots only."""
    grid = Grid.of(instance)
    movable, pinned = split_movable(instance, grid)
    locks = (*instance.locked, *pinned)
    locked = reduce(or_, (grid.touched(e.start - e.buffer_before, e.end + e.buffer_after) for e in locks), 0)
    free = {category: bits & ~locked for category, bits in hours_in_slots(instance, grid).items()}
    days = grid.days()
    tasks = Tasks(instance, grid, free, len(days)).all()
    occurrences = occurrences_of(instance, grid, free, len(tasks))
    first = len(tasks) + len(occurrences)
    weights = instance.weights
    return Problem(
        id=instance.id,
        zone=instance.zone,
        origin=grid.origin,
        window=grid.size,
        tasks=tuple(tasks),
        occurrences=tuple(occurrences),
        movables=tuple(movable_item(event, first + k, grid, free, instance) for k, event in enumerate(movable)),
        day_of=tuple(day for day, bits in enumerate(days) for _ in range(bits.bit_count())),
        day_slots=days,
        daily_caps=tuple(cap for cap in instance.daily_caps.values() for _ in days),
        over_cap_cost=weights.milli(weights.over_cap_per_slot),
        touch_cost=weights.milli(weights.back_to_back) if instance.break_minutes else 0,
        touched_start=reduce(or_, (slot_bit(grid.up(e.end), e.end, grid) for e in locks), 0),
        touched_end=reduce(or_, (slot_bit(grid.down(e.start), e.start, grid) for e in locks), 0),
        instance=instance,
    )


def slot_bit(slot: int, minute: int, grid: Grid) -> int:
    """Return the bit of a slot, or 0 when the instant lies outside the grid."""
    begin, end = grid.origin - SLOT_MINUTES, grid.origin + SLOT_MINUTES * (grid.size + 1)
    return 1 << slot if begin < minute < end else 0


def movable_item(event: MovableEvent, index: int, grid: Grid, free: dict[str, int], instance: Instance) -> Movable:
    """Return a movable event on the grid with every slot it may begin at."""
    slots = (event.end - event.start) // SLOT_MINUTES
    allowed = free[event.category] & grid.inside(event.move_from, event.move_until)
    cost = instance.weights.milli(event.move_cost)
    return Movable(index, event.id, slots, grid.down(event.start), starts_of_runs(allowed, slots), cost)


class Tasks:
    """The tasks of one instance on the grid; they refer to each other by position."""

    def __init__(self, instance: Instance, grid: Grid, free: dict[str, int], days: int) -> None:
        self.instance = instance
        self.grid = grid
        self.free = free
        self.position = {task.id: index for index, task in enumerate(instance.tasks)}
        self.successors: list[list[int]] = [[] for _ in instance.tasks]
        for index, task in enumerate(instance.tasks):
            for name in task.depends_on:
                self.successors[self.position[name]].append(index)
        self.previous: dict[str, list[PreviousBlock]] = {}
        for block in instance.previous:
            self.previous.setdefault(block.item, []).append(block)
        self.cap_rows = {category: row * days for row, category in enumerate(instance.daily_caps)}

    def all(self) -> list[Task]:
        """Return the tasks in the order given."""
        return [self.one(index, spec) for index, spec in enumerate(self.instance.tasks)]

    def one(self, index: int, spec: TaskSpec) -> Task:
        """Return one task on the grid."""
        weights, grid = self.instance.weights, self.grid
        weight = weights.priority[spec.priority]
        slots, smallest, largest = chunk_slots(spec)
        slack = SLOT_MINUTES * slots - spec.minutes
        release = grid.up(spec.earliest) if spec.earliest is not None else 0
        open_slots = self.open_slots(spec, release, 0 if spec.splittable else slack)
        eligible = in_runs_of(open_slots, smallest)
        unit = weights.milli(weight * weights.asap_per_slot_step)
        return Task(
            index=index,
            id=spec.id,
            category=spec.category,
            weight=weight,
            minutes=spec.minutes,
            slots=slots,
            min_chunk=smallest,
            max_chunk=largest,
            cuttable=tuple(fewest_chunks(rest, largest) * smallest <= rest for rest in range(slots + 1)),
            release=release,
            eligible=eligible,
            open_slots=open_slots,
            deadline=spec.deadline if spec.deadline is not None and spec.deadline < self.instance.end else None,
            slack_minutes=slack,
            cap_row=self.cap_rows.get(spec.category, -1),
            predecessors=tuple(self.position[name] for name in spec.depends_on),
            successors=tuple(self.successors[index]),
            kept=kept_slots(grid, weights, self.instance.now, self.previous.get(spec.id, []), eligible),
            unit_cost=unit,
            missing_cost=weights.per_slot(weight * weights.unscheduled_per_hour) + unit * (grid.size - release),
            late_flag=weights.milli(weight * weights.late_flag),
            late_per_day=weights.milli(weight * weights.late_per_day),
            late_days_cap=weights.late_days_cap,
            late_offset=(spec.deadline or 0) + slack - grid.origin,
            extra_chunk=weights.milli(weights.extra_chunk),
            base_chunks=fewest_chunks(slots, largest),
            window=grid.size,
        )

    def open_slots(self, spec: TaskSpec, release: int, slack: int) -> int:
        """Return the slots where any part of the task may lie."""
        bits = self.free[spec.category] & ~between(0, release)
        if spec.hard_deadline and spec.deadline is not None:
            bits &= between(0, self.grid.down(spec.deadline + slack))
        return bits


def chunk_slots(spec: TaskSpec) -> tuple[int, int, int]:
    """Return (slots of the whole, of the smallest and of the largest chunk); reading checked that they fit."""
    slots = slots_for(spec.minutes)
    if not spec.splittable:
        return slots, slots, slots
    slack = SLOT_MINUTES * slots - spec.minutes
    smallest = min(slots, slots_for(spec.min_chunk + slack))
    return slots, smallest, max(smallest, min(slots, spec.max_chunk // SLOT_MINUTES))
