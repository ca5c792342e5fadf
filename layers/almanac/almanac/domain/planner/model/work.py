"""Tasks and meetings on the slot grid; they refer to each other by position, tasks first."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import and_
from typing import TypedDict

from almanac.domain.planner.model.grid import Grid
from almanac.domain.planner.model.instance import Instance, MeetingSpec, PreviousBlock, TaskSpec
from almanac.domain.planner.model.person import Person
from almanac.domain.planner.model.previous_blocks import kept_slots
from almanac.domain.planner.model.problem import Kept, Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, fewest_chunks, in_runs_of, slots_for


class Lateness(TypedDict):
    """The fields of a task that its deadline gives."""

    deadline: int | None
    late_flag: int
    late_per_day: int
    late_days_cap: int
    late_offset: int
    window_rest: int
    hard: bool


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
        self.specs = instance.works
        self.position = {spec.id: index for index, spec in enumerate(self.specs)}
        self.predecessors = [tuple(self.position[name] for name in spec.depends_on) for spec in self.specs]
        self.successors: list[list[int]] = [[] for _ in self.specs]
        for index, befores in enumerate(self.predecessors):
            for before in befores:
                self.successors[before].append(index)
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
        task = self.work(index, spec, (person,), self.instance.weights.priority[spec.priority], chunk_slots(spec))
        cap_row = self.cap_rows[person.index].get(spec.category, -1)
        return replace(task, cap_row=cap_row, follower=spec.follower, leaders=spec.leaders)

    def meeting(self, index: int, spec: MeetingSpec) -> Task:
        """Return one meeting on the grid: it pays what a task of its length would pay for each of its people."""
        people = tuple(self.by_id[name] for name in spec.people)
        weight = self.instance.weights.priority[spec.priority] * len(people)
        meeting = self.work(index, spec, people, weight, (slots_for(spec.minutes),) * 3)
        return replace(meeting, follower=spec.follower, leaders=spec.leaders)

    def work(
        self,
        index: int,
        spec: TaskSpec | MeetingSpec,
        people: Sequence[Person],
        weight: float,
        sizes: tuple[int, int, int],
    ) -> Task:
        """Return what takes the time of `people`, without a daily limit; `sizes` are those of `chunk_slots`."""
        weights, (slots, smallest, largest) = self.instance.weights, sizes
        release, slack = self.release(spec, people), SLOT_MINUTES * slots - spec.minutes
        open_slots = self.open_slots(spec, people, release, slack)
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
            slack_minutes=slack,
            predecessors=self.predecessors[index],
            successors=tuple(self.successors[index]),
            kept=self.kept(spec, eligible),
            unit_cost=unit,
            missing_cost=weights.per_slot(weight * weights.unscheduled_per_hour) + unit * (self.grid.size - release),
            extra_chunk=weights.milli(weights.extra_chunk),
            base_chunks=fewest_chunks(slots, largest),
            window=self.grid.size,
            refused=self.grid.touched_by(spec.refused),
            **self.lateness(spec, weight, slack),
        )

    def kept(self, spec: TaskSpec | MeetingSpec, eligible: int) -> Kept | None:
        """Return what it costs to leave the previous blocks that could be kept."""
        blocks = self.previous.get(spec.id, [])
        return kept_slots(self.grid, self.instance.weights, self.instance.now, blocks, eligible)

    def release(self, spec: TaskSpec | MeetingSpec, people: Sequence[Person]) -> int:
        """Return the first slot after the notice of all people and at or after the earliest start."""
        first = max(person.first for person in people)
        return max(first, self.grid.up(spec.earliest)) if spec.earliest is not None else first

    def lateness(self, spec: TaskSpec | MeetingSpec, weight: float, slack: int) -> Lateness:
        """Return what a task's deadline is and costs."""
        weights = self.instance.weights
        return {
            "deadline": spec.deadline if spec.deadline is not None and spec.deadline < self.instance.end else None,
            "late_flag": weights.milli(weight * weights.late_flag),
            "late_per_day": weights.milli(weight * weights.late_per_day),
            "late_days_cap": weights.late_days_cap,
            "late_offset": (spec.deadline or 0) + slack - self.grid.origin,
            "window_rest": self.instance.end - self.grid.origin - SLOT_MINUTES * self.grid.size,
            "hard": spec.hard_deadline,
        }

    def open_slots(self, spec: TaskSpec | MeetingSpec, people: Sequence[Person], release: int, slack: int) -> int:
        """Return the slots where any part of it may lie: of all whose time it takes.

        The last slot of what is in one piece may reach `slack` minutes beyond a hard deadline: it is used in part.
        """
        slack = 0 if isinstance(spec, TaskSpec) and spec.splittable else slack
        rooms = (self.free[person.index].get(spec.category, 0) for person in people)
        bits = reduce(and_, rooms) & ~between(0, release)
        if spec.hard_deadline and spec.deadline is not None:
            bits &= between(0, self.grid.down(spec.deadline + slack))
        if spec.follower:
            bits &= between(0, self.grid.down(spec.follower.begin))
        return bits & ~self.grid.touched_by(spec.refused)


def chunk_slots(spec: TaskSpec) -> tuple[int, int, int]:
    """Return (slots of the whole, of the smallest and of the largest chunk); reading checked that they fit."""
    slots = slots_for(spec.minutes)
    if not spec.splittable:
        return slots, slots, slots
    slack = SLOT_MINUTES * slots - spec.minutes
    smallest = min(slots, slots_for(spec.min_chunk + slack))
    return slots, smallest, max(smallest, min(slots, spec.max_chunk // SLOT_MINUTES))
