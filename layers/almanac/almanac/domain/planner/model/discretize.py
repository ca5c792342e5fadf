"""An instance on the slot grid: zones, hours, deadlines and buffers become bits and integers, once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import and_, or_

from almanac.domain.planner.model.grid import Grid, hours_in_slots, split_movable
from almanac.domain.planner.model.habit_candidates import occurrences_of
from almanac.domain.planner.model.heirs import with_heirs
from almanac.domain.planner.model.instance import Instance, LockedEvent, MovableEvent, PersonSpec
from almanac.domain.planner.model.person import Person
from almanac.domain.planner.model.problem import Attendance, Movable, Problem, Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, starts_of_runs
from almanac.domain.planner.model.work import Works

FreeSlots = Sequence[Mapping[str, int]]
"""For each person, per category: the slots inside hours, off locked time and after the notice."""


def problem_of(instance: Instance) -> Problem:
    """Return the same problem in slots. Time zones are resolved here; the search has slots only."""
    grid = Grid.of(instance)
    movable, pinned = split_movable(instance, grid)
    people: list[Person] = []
    free: list[dict[str, int]] = []
    for index, spec in enumerate(instance.people):
        locks = [event for event in (*instance.locked, *pinned) if instance.takes(event, spec)]
        person = person_on_grid(index, spec, instance, grid, locks)
        taken = reduce(or_, (grid.touched(e.start - e.buffer_before, e.end + e.buffer_after) for e in locks), 0)
        taken |= between(0, person.first)
        people.append(person)
        free.append({category: bits & ~taken for category, bits in hours_in_slots(spec, grid).items()})
    tasks = Works(instance, grid, people, free).all()
    occurrences = occurrences_of(instance, grid, people, free, len(tasks))
    first = len(tasks) + len(occurrences)
    movables = [movable_item(event, first + k, grid, people, free, instance) for k, event in enumerate(movable)]
    present = attendances(instance, first + len(movables), len(instance.tasks), people, free)
    return Problem(
        id=instance.id,
        origin=grid.origin,
        window=grid.size,
        people=tuple(people),
        tasks=tuple(with_heirs(with_attendances(tasks, present))),
        occurrences=tuple(occurrences),
        movables=tuple(movables),
        attendances=tuple(present),
        pinned_cost=pinned_cost(instance, pinned),
        instance=instance,
    )


def person_on_grid(
    index: int, spec: PersonSpec, instance: Instance, grid: Grid, locked: Iterable[LockedEvent]
) -> Person:
    """Return a person of an instance on the grid; `locked` are the events in this person's time."""
    weights, days, events = instance.weights, grid.days(spec.zone), list(locked)
    return Person(
        index=index,
        id=spec.id,
        zone=spec.zone,
        first=grid.after_notice(instance, spec),
        day_of=tuple(day for day, bits in enumerate(days) for _ in range(bits.bit_count())),
        day_slots=days,
        daily_caps=tuple(cap for cap in spec.daily_caps.values() for _ in days),
        over_cap_cost=weights.milli(weights.over_cap_per_slot),
        touch_cost=weights.milli(weights.back_to_back) if spec.break_minutes else 0,
        touched_start=reduce(or_, (slot_bit(grid.up(e.end), e.end, grid) for e in events), 0),
        touched_end=reduce(or_, (slot_bit(grid.down(e.start), e.start, grid) for e in events), 0),
    )


def pinned_cost(instance: Instance, pinned: Sequence[LockedEvent]) -> int:
    """Return what the breaks cost that unlocked events lack which cannot move, beside events and each other."""
    missing = 0
    for spec in instance.people if pinned else ():
        locked, mine = ([e for e in events if instance.takes(e, spec)] for events in (instance.locked, pinned))
        for each in mine:
            missing += any(each.start - spec.break_minutes < e.end <= each.start for e in (*locked, *mine))
            missing += any(each.end <= e.start < each.end + spec.break_minutes for e in locked)
    return missing * instance.weights.milli(instance.weights.back_to_back)


def slot_bit(slot: int, minute: int, grid: Grid) -> int:
    """Return the bit of a slot, or 0 when the instant lies outside the grid."""
    begin, end = grid.origin - SLOT_MINUTES, grid.origin + SLOT_MINUTES * (grid.size + 1)
    return 1 << slot if begin < minute < end else 0


def movable_item(
    event: MovableEvent, index: int, grid: Grid, people: Sequence[Person], free: FreeSlots, instance: Instance
) -> Movable:
    """Return a movable event on the grid with every slot it may begin at."""
    slots = (event.end - event.start) // SLOT_MINUTES
    mine = [person.index for person, spec in zip(people, instance.people, strict=True) if instance.takes(event, spec)]
    allowed = grid.inside(event.move_from, event.move_until)
    allowed = reduce(and_, (free[person].get(event.category, 0) for person in mine), allowed)
    cost = instance.weights.milli(event.move_cost)
    return Movable(index, event.id, tuple(mine), slots, grid.down(event.start), starts_of_runs(allowed, slots), cost)


def attendances(
    instance: Instance, first: int, first_meeting: int, people: Sequence[Person], free: FreeSlots
) -> list[Attendance]:
    """Return an item for each optional person of each meeting."""
    by_id = {person.id: person.index for person in people}
    weights, found = instance.weights, list[Attendance]()
    for meeting, spec in enumerate(instance.meetings, first_meeting):
        weight = weights.priority[spec.priority]
        absent = weights.milli(weight * weights.optional_absent)
        for name in spec.optional:
            person, index = by_id[name], first + len(found)
            room = free[person].get(spec.category, 0)
            found.append(Attendance(index, name, (person,), meeting, room, weight, absent))
    return found


def with_attendances(tasks: Sequence[Task], present: Sequence[Attendance]) -> list[Task]:
    """Return the tasks, those with optional people knowing the items that stand for these."""
    mine: dict[int, tuple[int, ...]] = {}
    for each in present:
        mine[each.meeting] = (*mine.get(each.meeting, ()), each.index)
    return [replace(task, attendances=mine[task.index]) if task.index in mine else task for task in tasks]
