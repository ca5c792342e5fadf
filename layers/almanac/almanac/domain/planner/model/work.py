"""Tasks and meetings on the slot grid; they refer to each other by position, tasks first."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_

from almanac.domain.planner.model.grid import Grid
from almanac.domain.planner.model.instance import Instance, MeetingSpec, PreviousBlock, TaskSpec
from almanac.domain.planner.model.person import Person
from almanac.domain.planner.model.previous_blocks import kept_slots
from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, fewest_chunks, in_runs_of, slots_for


class Works:
    """The tasks and meetings of one instance on the grid."""

    def __init__(
        self, instance: Instance, grid: Grid, people: Sequence[Person], free: Sequence[Mapping[str, int]]
    ) -> None:
        self.instance = instance
        self.grid = grid
        self.people = people
        self.free = free
        self.by_id = {person.id: person for person in people}
        self.specs: tuple[TaskSpec | MeetingSpec, ...] = (*instance.tasks, *instance.meetings)
        self.position = {spec.id: index for index, spec in enumerate(self.specs)}
        self.successors: list[list[int]] = [[] for _ in self.specs]
        for index, spec in enumerate(self.specs):
            for name in spec.depends_on:
                self.successors[self.position[name]].append(index)
        self.previous: dict[str, list[PreviousBlock]] = {}
        for block in instance.previous:
            self.previous.setdefault(block.item, []).append(block)
        self.cap_rows = [
            {category: row * len(person.day_slots) for row, category in enumerate(spec.daily_caps)}
            for person, spec in zip(people, instance.people, strict=True)
        ]

    def all(self) -> list[Task]:
        """Return the tasks, then the meetings, each in the order given."""
        return [
            self.task(index, spec) if isinstance(spec, TaskSpec) else self.meeting(index, spec)
            for index, spec in enumerate(self.specs)
        ]

    def task(self, index: int, spec: TaskSpec) -> Task:
        """Return one task on the grid."""
        person = self.by_id[spec.person]
        slots, smallest, largest = chunk_slots(spec)
        weight = self.instance.weights.priority[spec.priority]
        cap_row = self.cap_rows[person.index].get(spec.category, -1)
        return self.work(index, spec, (person,), weight, slots, smallest, largest, cap_row, splits=spec.splittable)

    def meeting(self, index: int, spec: MeetingSpec) -> Task:
        """Return one meeting on the grid: it pays what a task of its length would pay for each of its people."""
        people = tuple(self.by_id[name] for name in spec.people)
        slots = slots_for(spec.minutes)
        weight = self.instance.weights.priority[spec.priority] * len(people)
        return self.work(index, spec, people, weight, slots, slots, slots, -1, splits=False)

    def work(
        self,
        index: int,
        spec: TaskSpec | MeetingSpec,
        people: Sequence[Person],
        weight: float,
        slots: int,
        smallest: int,
        largest: int,
        cap_row: int,
        *,
        splits: bool,
    ) -> Task:
        """Return what takes the time of `people`, at most `largest` slots in a row."""
        weights, grid = self.instance.weights, self.grid
        slack = SLOT_MINUTES * slots - spec.minutes
        release = max(person.first for person in people)
        release = max(release, grid.up(spec.earliest)) if spec.earliest is not None else release
        open_slots = self.open_slots(spec, people, release, 0 if splits else slack)
        eligible = in_runs_of(open_slots, smallest)
        unit = weights.milli(weight * weights.asap_per_slot_step)
        return Task(
            index=index,
            id=spec.id,
            people=tuple(person.index for person in people),
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
            cap_row=cap_row,
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
            hard=spec.hard_deadline,
        )

    def open_slots(self, spec: TaskSpec | MeetingSpec, people: Sequence[Person], release: int, slack: int) -> int:
        """Return the slots where any part of it may lie: of all whose time it takes."""
        rooms = (self.free[person.index].get(spec.category, 0) for person in people)
        bits = reduce(and_, rooms) & ~between(0, release)
        if spec.hard_deadline and spec.deadline is not None:
            bits &= between(0, self.grid.down(spec.deadline + slack))
        for start, end in spec.refused if isinstance(spec, TaskSpec) else ():
            bits &= ~self.grid.touched(start, end)
        return bits


def chunk_slots(spec: TaskSpec) -> tuple[int, int, int]:
    """Return (slots of the whole, of the smallest and of the largest chunk); reading checked that they fit."""
    slots = slots_for(spec.minutes)
    if not spec.splittable:
        return slots, slots, slots
    slack = SLOT_MINUTES * slots - spec.minutes
    smallest = min(slots, slots_for(spec.min_chunk + slack))
    return slots, smallest, max(smallest, min(slots, spec.max_chunk // SLOT_MINUTES))
