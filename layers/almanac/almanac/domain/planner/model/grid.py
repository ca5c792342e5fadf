"""The slot grid of one instance: instants to slots, days, opening hours, and which events can move on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.instance import Instance, LockedEvent, MovableEvent, PersonSpec
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, ceil_to_slot, slots_for
from almanac.domain.wall_clock import Interval, date_span, local_days, weekly_hours


@dataclass(frozen=True, slots=True)
class Grid:
    """Slots from `origin` (minutes since the epoch) on, `size` of them: the same for everybody."""

    origin: int
    size: int

    @classmethod
    def of(cls, instance: Instance) -> "Grid":
        """Return the grid from the first quarter hour that somebody may use to the window's end."""
        origin = ceil_to_slot(instance.now + min(person.notice_minutes for person in instance.people))
        return cls(origin, max(0, (instance.end - origin) // SLOT_MINUTES))

    def down(self, minute: int) -> int:
        """Return the slot an instant lies in, clamped to the grid."""
        return min(self.size, max(0, (minute - self.origin) // SLOT_MINUTES))

    def up(self, minute: int) -> int:
        """Return the first slot that begins at or after an instant, clamped to the grid."""
        return min(self.size, max(0, slots_for(minute - self.origin)))

    def inside(self, start: int, end: int) -> int:
        """Return the slots that lie wholly in [start, end)."""
        return between(self.up(start), self.down(end))

    def touched(self, start: int, end: int) -> int:
        """Return the slots that [start, end) touches."""
        return between(self.down(start), self.up(end))

    def touched_by(self, spans: Iterable[Interval]) -> int:
        """Return the slots that any of some stretches of time touches."""
        return reduce(or_, (self.touched(*span) for span in spans), 0)

    def after_notice(self, instance: Instance, person: PersonSpec) -> int:
        """Return the first slot that lies after a person's notice."""
        return self.up(instance.now + person.notice_minutes)

    def days(self, zone: ZoneInfo) -> tuple[int, ...]:
        """Return the slots of each local day; a slot belongs to the day it begins in. No slot, no day."""
        if not self.size:
            return ()
        dates = list(local_days(self.origin, self.origin + SLOT_MINUTES * (self.size - 1), zone))
        begins = [self.up(date_span(day, zone)[0]) for day in dates]
        return tuple(between(a, b) for a, b in zip(begins, [*begins[1:], self.size], strict=True))


def hours_in_slots(person: PersonSpec, grid: Grid) -> dict[str, int]:
    """Return per category the slots that lie wholly inside a person's opening hours."""
    last = grid.origin + SLOT_MINUTES * grid.size
    return {
        category: reduce(or_, (grid.inside(*span) for span in weekly_hours(week, grid.origin, last, person.zone)), 0)
        for category, week in person.hours.items()
    }


def split_movable(instance: Instance, grid: Grid) -> tuple[list[MovableEvent], list[LockedEvent]]:
    """Return the events that can move, and those that cannot: begun, over the window's end, off grid, or on another.

    What cannot move is time that is taken, at its place and without buffers.
    """
    movable: list[MovableEvent] = []
    pinned: list[LockedEvent] = []
    if not instance.movable:
        return movable, pinned
    taken = {
        person.id: reduce(or_, (grid.touched(e.start, e.end) for e in instance.locked if instance.takes(e, person)), 0)
        | between(0, grid.after_notice(instance, person))
        for person in instance.people
    }
    for event in instance.movable:
        bits = grid.touched(event.start, event.end)
        mine = [person.id for person in instance.people if instance.takes(event, person)]
        on_grid = (event.start - grid.origin) % SLOT_MINUTES == 0 and (event.end - event.start) % SLOT_MINUTES == 0
        whole = bits.bit_count() * SLOT_MINUTES == event.end - event.start > 0
        if on_grid and whole and not any(bits & taken[name] for name in mine):
            movable.append(event)
            for name in mine:
                taken[name] |= bits
        else:
            pinned.append(LockedEvent(event.id, event.start, event.end, 0, 0, event.people))
    return movable, pinned
