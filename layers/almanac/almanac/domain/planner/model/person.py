"""One person's time on the slot grid: local days, daily limits, and where a break next to an event would be missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.grid import Grid
from almanac.domain.planner.model.instance import Instance, LockedEvent, PersonSpec
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES


@dataclass(frozen=True, slots=True)
class Person:
    """What the search knows of a person whatever it places; masks are in slots of the whole grid."""

    index: int
    id: str
    zone: ZoneInfo
    first: int
    """The first slot after this person's notice."""
    day_of: tuple[int, ...]
    """Local day number of each slot, from 0."""
    day_slots: tuple[int, ...]
    """The slots of each local day."""
    daily_caps: tuple[int, ...]
    """Minutes, one per (category with a cap, day): row after row."""
    over_cap_cost: int
    """Per slot of task work above the cap."""
    touch_cost: int
    """Per missing break; 0 when no breaks are wanted."""
    touched_start: int
    """Slots at which a block would begin less than a break after a locked event."""
    touched_end: int
    """Slots at which a block would end less than a break before a locked event (bit = first slot after the block)."""


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


def slot_bit(slot: int, minute: int, grid: Grid) -> int:
    """Return the bit of a slot, or 0 when the instant lies outside the grid."""
    begin, end = grid.origin - SLOT_MINUTES, grid.origin + SLOT_MINUTES * (grid.size + 1)
    return 1 << slot if begin < minute < end else 0
