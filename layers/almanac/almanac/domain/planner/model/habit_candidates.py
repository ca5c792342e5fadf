"""The dates a habit is wanted on, and the blocks each of them may get."""

from collections.abc import Mapping, Sequence
from datetime import date

from almanac.domain.planner.model.grid import Grid
from almanac.domain.planner.model.instance import HabitSpec, Instance, PreviousBlock
from almanac.domain.planner.model.person import Person
from almanac.domain.planner.model.previous_blocks import kept_slots
from almanac.domain.planner.model.problem import Candidate, Occurrence
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, each_slot, lowest, slots_for, starts_of_runs
from almanac.domain.planner.model.weights import Weights
from almanac.domain.wall_clock import local_days, local_time, wall_instant


def occurrences_of(
    instance: Instance, grid: Grid, people: Sequence[Person], free: Sequence[Mapping[str, int]], first_index: int
) -> list[Occurrence]:
    """Return every wanted occurrence of every habit, habits in the order given, dates in order.

    `free` holds for each person, per category, the slots inside hours and off locked time.
    """
    found: list[Occurrence] = []
    by_id = {person.id: person for person in people}
    blocks: dict[str, list[PreviousBlock]] = {}
    for block in instance.previous:
        blocks.setdefault(block.item, []).append(block)
    for habit in instance.habits:
        person = by_id[habit.person]
        for day in local_days(instance.now, instance.end, person.zone):
            if wanted(habit, day, instance, grid, person):
                mine = [
                    block for block in blocks.get(habit.id, ()) if local_time(block.start, person.zone).date() == day
                ]
                index = first_index + len(found)
                found.append(
                    occurrence(habit, day, index, grid, free[person.index][habit.category], mine, instance, person)
                )
    return found


def wanted(habit: HabitSpec, day: date, instance: Instance, grid: Grid, person: Person) -> bool:
    """Return whether the date counts: its weekday is asked for, enough of the ideal window is still ahead."""
    if day.weekday() not in habit.days or (habit.dates is not None and day not in habit.dates):
        return False
    start, end = (wall_instant(day, wall, person.zone) for wall in habit.ideal)
    first = grid.origin + SLOT_MINUTES * person.first
    return end <= instance.end and max(start, first) + habit.min_minutes <= end


def occurrence(
    habit: HabitSpec,
    day: date,
    index: int,
    grid: Grid,
    free: int,
    previous: list[PreviousBlock],
    instance: Instance,
    person: Person,
) -> Occurrence:
    """Return one date of a habit with its candidate blocks, cheapest first."""
    weights, zone = instance.weights, person.zone
    weight = weights.priority[habit.priority]
    ideal = (wall_instant(day, habit.ideal[0], zone), wall_instant(day, habit.ideal[1], zone))
    hard = (wall_instant(day, habit.hard[0], zone), wall_instant(day, habit.hard[1], zone))
    refused = grid.touched_by(habit.refused)
    eligible = free & grid.inside(*hard) & ~refused
    kept = kept_slots(grid, weights, instance.now, previous, eligible)
    missed = weights.milli(weight * weights.habit_missed)
    worth = missed + (kept.cost(()) if kept else 0)
    base = max(0, lowest(eligible))
    return Occurrence(
        index=index,
        id=habit.id,
        people=(person.index,),
        date=day.isoformat(),
        weight=weight,
        min_minutes=habit.min_minutes,
        preferred_minutes=habit.preferred_minutes,
        max_minutes=habit.max_minutes,
        ideal=ideal,
        eligible=eligible,
        missed_cost=missed,
        candidates=candidates(habit, ideal, grid, eligible, weights, worth),
        base=base,
        width=eligible.bit_length() - base,
        kept=kept,
        refused=refused,
    )


def candidates(
    habit: HabitSpec, ideal: tuple[int, int], grid: Grid, eligible: int, weights: Weights, worth: int
) -> tuple[Candidate, ...]:
    """Return blocks of min … preferred length that cost less than `worth`, cheapest first, then earliest."""
    base, found = lowest(eligible), []
    for length in range(slots_for(habit.min_minutes), slots_for(habit.preferred_minutes) + 1):
        for first in each_slot(starts_of_runs(eligible, length)):
            minutes = min(SLOT_MINUTES * length, habit.preferred_minutes)
            start = grid.origin + SLOT_MINUTES * first
            cost = habit_cost(habit, ideal, start, start + minutes, weights)
            if cost < worth:
                found.append(Candidate(cost, first, length, between(first - base, first - base + length)))
    return tuple(sorted(found, key=lambda c: (c.cost, c.first, c.length)))


def habit_cost(habit: HabitSpec, ideal: tuple[int, int], start: int, end: int, weights: Weights) -> int:
    """Return the cost of a block of minutes [start, end) off its ideal window or shorter than preferred."""
    off = max(0, ideal[0] - start) + max(0, end - ideal[1])
    short = max(0, habit.preferred_minutes - (end - start))
    points = off * weights.habit_off_ideal_per_hour + short * weights.habit_short_per_hour
    return weights.milli(weights.priority[habit.priority] * points / 60)
