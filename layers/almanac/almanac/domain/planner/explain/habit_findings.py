"""A habit's date without a place: what fills its time, and the smallest thing that would help, tried out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from almanac.domain.planner.explain.occupancy import Occupancy
from almanac.domain.planner.explain.reasons import habit_of
from almanac.domain.planner.explain.suggestions import MoreHours, Without, words_of
from almanac.domain.planner.explain.wording import amount, day_name, time_span
from almanac.domain.planner.model.grid import Grid
from almanac.domain.planner.model.habit_candidates import habit_cost
from almanac.domain.planner.model.plan import Finding
from almanac.domain.planner.model.problem import Occurrence
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, each_slot, slots_for, starts_of_runs
from almanac.domain.wall_clock import Interval, wall_instant

MOST_HELPS = 2
"""How many remedies a finding tells, the smallest first."""


@dataclass(frozen=True, slots=True)
class ShorterMinimum:
    """A minimum of so many minutes instead of more."""

    minutes: int


@dataclass(frozen=True, slots=True)
class WiderIdeal:
    """An ideal time of [start, end), minutes since the epoch, that takes in a free place."""

    start: int
    end: int


HabitRemedy = ShorterMinimum | WiderIdeal | Without | MoreHours


def words_of_habits(remedy: HabitRemedy, zone: ZoneInfo) -> str:
    """A remedy in words."""
    match remedy:
        case ShorterMinimum(minutes):
            return f"a minimum of {amount(minutes)}"
        case WiderIdeal(start, end):
            return f"an ideal time of {time_span(start, end, zone)}"
        case _:
            return words_of(remedy, zone)


def missed(occupancy: Occupancy, item: Occurrence) -> Finding:
    """What a person should know about a wanted date without a block."""
    case = MissedDate(occupancy, item)
    helps = [words_of_habits(remedy, occupancy.problem.zone) for remedy in case.remedies()][:MOST_HELPS]
    help_text = ", or ".join(helps) or f"other {case.spec.category} hours on that day, or a day that is less full"
    return Finding(item.id, "missed", item.date, item.min_minutes, 0, case.obstacle(), help_text)


class MissedDate:
    """One occurrence without a place, and the day it should have had."""

    def __init__(self, occupancy: Occupancy, item: Occurrence) -> None:
        self.occupancy = occupancy
        self.item = item
        self.spec = habit_of(occupancy.problem, item)
        self.grid = Grid.of(occupancy.problem.instance)
        day, zone = date.fromisoformat(item.date), occupancy.problem.zone
        self.limits: Interval = (wall_instant(day, self.spec.hard[0], zone), wall_instant(day, self.spec.hard[1], zone))
        self.day = self.grid.inside(*self.limits)
        self.hours = self.day & occupancy.hours[self.spec.category]
        self.free = item.eligible & ~occupancy.solution.occupied
        self.least = slots_for(item.min_minutes)

    def obstacle(self) -> str:
        """Closed hours, whoever fills them, or free time too far from the ideal."""
        occupancy, item, zone = self.occupancy, self.item, self.occupancy.problem.zone
        day = day_name(item.ideal[0], zone)
        if not self.hours:
            return f"no {self.spec.category} hours are open for it on {day}"
        opened = amount(SLOT_MINUTES * self.hours.bit_count())
        mine = f"its {opened} of {self.spec.category} hours on {day}"
        near = self.nearest(self.least)
        if near is not None:
            return self.too_far(near)
        taken = occupancy.told(self.hours, item.index)
        if not taken:
            return f"{mine} have no stretch of {amount(item.min_minutes)}"
        return f"{mine} are taken by {taken}; no {amount(item.min_minutes)} are free"

    def too_far(self, near: int) -> str:
        """Who has the ideal time, when the nearest free place is not worth having."""
        occupancy, item, zone = self.occupancy, self.item, self.occupancy.problem.zone
        ideal = self.grid.inside(*item.ideal) & self.hours
        taken = occupancy.told(ideal, item.index)
        blame = f"is taken by {taken}" if taken else "is too short" if ideal else "lies outside its hours"
        when = time_span(*self.span(near, self.least), zone)
        head = f"its ideal time on {day_name(item.ideal[0], zone)}, {time_span(*item.ideal, zone)}, {blame}"
        return f"{head}; the nearest free place, {when}, costs more than to miss it"

    def remedies(self) -> list[HabitRemedy]:
        """Everything that helps alone: another wish first, then other things elsewhere, then more hours."""
        return [*self.wider(), *self.shorter(), *self.without(), *self.longer_day()]

    def wider(self) -> Iterator[HabitRemedy]:
        """An ideal time that takes in the nearest free place."""
        near = self.nearest(self.least)
        if near is None:
            return
        start, end = self.item.ideal
        span = self.span(near, self.least)
        wide = (min(start, span[0]), max(end, span[1]))
        if self.is_worth(span, wide):
            yield WiderIdeal(*wide)

    def shorter(self) -> Iterator[HabitRemedy]:
        """The longest block below the minimum that has a free place worth having."""
        for length in range(self.least - 1, 0, -1):
            near = self.nearest(length)
            if near is not None and self.is_worth(self.span(near, length), self.item.ideal):
                yield ShorterMinimum(SLOT_MINUTES * length)
                return

    def without(self) -> Iterator[HabitRemedy]:
        """The lightest item, else the shortest event, that makes a place worth having by going alone."""
        occupancy = self.occupancy
        for rival in occupancy.removable(self.item.eligible, self.item.index):
            freed = self.free | occupancy.slots[rival.index]
            if any(c.bits << self.item.base & ~freed == 0 for c in self.item.candidates):
                yield Without(rival.id, SLOT_MINUTES * occupancy.slots[rival.index].bit_count())
                return
        for name, slots in occupancy.loose_events(self.hours):
            starts = starts_of_runs(self.free | slots, self.least)
            if any(self.is_worth(self.span(first, self.least), self.item.ideal) for first in each_slot(starts)):
                yield Without(name, SLOT_MINUTES * slots.bit_count())
                return

    def longer_day(self) -> Iterator[HabitRemedy]:
        """Hours open at the ideal time, where nothing else lies."""
        start, end = self.item.ideal
        room = self.grid.inside(start, end) & self.day & self.occupancy.free_but_for(self.item.index)
        if self.hours & room or not starts_of_runs(room, self.least):
            return
        first = min(each_slot(starts_of_runs(room, self.least)))
        yield MoreHours(self.spec.category, *self.span(first, self.least))

    def nearest(self, length: int) -> int | None:
        """The free place of so many slots nearest to the ideal time."""
        starts = each_slot(starts_of_runs(self.free, length))
        return min(starts, key=lambda first: self.off(self.span(first, length)), default=None)

    def off(self, span: Interval) -> int:
        """Minutes outside the ideal time."""
        return max(0, self.item.ideal[0] - span[0]) + max(0, span[1] - self.item.ideal[1])

    def span(self, first: int, length: int) -> Interval:
        """Slots as minutes since the epoch."""
        return self.occupancy.problem.minute(first), self.occupancy.problem.minute(first + length)

    def is_worth(self, span: Interval, ideal: Interval) -> bool:
        """Whether a block there costs less than missing the date, breaks included."""
        problem = self.occupancy.problem
        cost = habit_cost(self.spec, ideal, *span, problem.instance.weights)
        return cost + 2 * problem.touch_cost < self.item.missed_cost
