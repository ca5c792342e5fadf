"""A habit's date without a place: what fills its time, and the smallest changes that would help, tried out."""

from collections.abc import Iterator
from datetime import date

from almanac.domain.explanation import CauseCode, CausePart, Explanation
from almanac.domain.planner.explain.notice import inside_notice
from almanac.domain.planner.explain.occupancy import Occupancy, holders, taken_away
from almanac.domain.planner.explain.reasons import habit_of
from almanac.domain.planner.explain.suggestions import (
    MOST_SUGGESTIONS,
    HabitSuggestion,
    MoreHours,
    ShorterMinimum,
    WiderIdeal,
    Without,
    explanation_of,
)
from almanac.domain.planner.model.grid import Grid
from almanac.domain.planner.model.habit_candidates import habit_cost
from almanac.domain.planner.model.plan import Finding
from almanac.domain.planner.model.problem import Occurrence
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, each_slot, slots_for, starts_of_runs
from almanac.domain.wall_clock import Interval, wall_instant


def missed_date(occupancy: Occupancy, item: Occurrence) -> Finding:
    """Return the finding about a wanted date without a block."""
    case = MissedDate(occupancy, item)
    found = tuple(map(explanation_of, case.suggestions()[:MOST_SUGGESTIONS]))
    other = Explanation("other_hours", category=case.spec.category)
    return Finding(item.id, "missed", item.date, item.min_minutes, 0, case.cause(), found or (other,))


class MissedDate:
    """One occurrence without a place, and the day it should have had."""

    def __init__(self, occupancy: Occupancy, item: Occurrence) -> None:
        self.occupancy = occupancy
        self.item = item
        self.spec = habit_of(occupancy.problem, item)
        self.grid = Grid.of(occupancy.problem.instance)
        self.person = occupancy.problem.people[item.people[0]]
        day, zone = date.fromisoformat(item.date), self.person.zone
        self.limits: Interval = (wall_instant(day, self.spec.hard[0], zone), wall_instant(day, self.spec.hard[1], zone))
        self.day = self.grid.inside(*self.limits) & ~between(0, self.person.first)
        opened = self.day & occupancy.hours[self.spec.category]
        self.hours, self.refused = opened & ~item.refused, opened & item.refused
        self.free = item.eligible & ~occupancy.occupied
        self.least = slots_for(item.min_minutes)

    def cause(self) -> Explanation:
        """Return the cause: closed hours, what fills them, or free time too far from the ideal."""
        occupancy, item = self.occupancy, self.item
        day = (item.ideal[0],)
        if not self.hours and not self.refused:
            soon = inside_notice(occupancy, self.spec.category, *self.limits)
            return Explanation("date_hours_closed", instants=day, category=self.spec.category, parts=soon)
        near = self.nearest(self.least)
        if near is not None:
            return self.too_far(near)
        minutes = (SLOT_MINUTES * self.hours.bit_count(), item.min_minutes)
        held = occupancy.minutes_by_id(self.hours, item.index)
        code: CauseCode = "date_hours_taken" if held else "date_stretches_too_short"
        parts = (*((holders(held),) if held else ()), *taken_away(self.refused))
        return Explanation(code, minutes=minutes, instants=day, category=self.spec.category, parts=parts)

    def too_far(self, near: int) -> Explanation:
        """Return what holds the ideal time, when the nearest free place is not worth having."""
        ideal = self.grid.inside(*self.item.ideal) & self.hours
        held = self.occupancy.minutes_by_id(ideal, self.item.index)
        code: CausePart = "ideal_time_too_short" if ideal else "ideal_time_outside_hours"
        if self.refused & self.grid.inside(*self.item.ideal):
            held, code = {}, "ideal_time_taken_away"
        instants = (*self.item.ideal, *self.span(near, self.least))
        blame = holders(held) if held else Explanation(code)
        return Explanation("free_time_far_from_ideal", instants=instants, parts=(blame,))

    def suggestions(self) -> list[HabitSuggestion]:
        """Return all that helps alone: another length or ideal time, other items elsewhere, more hours."""
        return [*self.wider(), *self.shorter(), *self.without(), *self.longer_day()]

    def wider(self) -> Iterator[HabitSuggestion]:
        """Yield an ideal time that takes in the nearest free place."""
        near = self.nearest(self.least)
        if near is None:
            return
        start, end = self.item.ideal
        span = self.span(near, self.least)
        wide = (min(start, span[0]), max(end, span[1]))
        if self.is_worth(span, wide):
            yield WiderIdeal(*wide)

    def shorter(self) -> Iterator[HabitSuggestion]:
        """Yield the longest block below the minimum that has a free place worth having."""
        for length in range(self.least - 1, 0, -1):
            near = self.nearest(length)
            if near is not None and self.is_worth(self.span(near, length), self.item.ideal):
                yield ShorterMinimum(SLOT_MINUTES * length)
                return

    def without(self) -> Iterator[HabitSuggestion]:
        """Yield the lightest item, else the shortest event, that makes a place worth having by going alone."""
        occupancy = self.occupancy
        for rival in occupancy.removable(self.item.eligible, self.item.index):
            freed = self.free | occupancy.slots[rival.index]
            if any(c.bits << self.item.base & ~freed == 0 for c in self.item.candidates):
                yield Without(rival.id, SLOT_MINUTES * occupancy.slots[rival.index].bit_count())
                return
        for name, slots in occupancy.loose_events(self.hours):
            starts = starts_of_runs(self.free | slots & self.hours, self.least)
            if any(self.is_worth(self.span(first, self.least), self.item.ideal) for first in each_slot(starts)):
                yield Without(name, SLOT_MINUTES * slots.bit_count())
                return

    def longer_day(self) -> Iterator[HabitSuggestion]:
        """Yield hours open at the ideal time, where nothing else lies."""
        start, end = self.item.ideal
        room = self.grid.inside(start, end) & self.day & self.occupancy.free_but_for(self.item.index)
        room &= ~self.item.refused
        if self.hours & room or not starts_of_runs(room, self.least):
            return
        first = min(each_slot(starts_of_runs(room, self.least)))
        yield MoreHours(self.spec.category, *self.span(first, self.least))

    def nearest(self, length: int) -> int | None:
        """Return the free place of so many slots nearest to the ideal time."""
        starts = each_slot(starts_of_runs(self.free, length))
        return min(starts, key=lambda first: self.off(self.span(first, length)), default=None)

    def off(self, span: Interval) -> int:
        """Return the minutes outside the ideal time."""
        return max(0, self.item.ideal[0] - span[0]) + max(0, span[1] - self.item.ideal[1])

    def span(self, first: int, length: int) -> Interval:
        """Return slots as minutes since the epoch."""
        return self.occupancy.problem.minute(first), self.occupancy.problem.minute(first + length)

    def is_worth(self, span: Interval, ideal: Interval) -> bool:
        """Return whether a block there costs less than missing the date, breaks included."""
        cost = habit_cost(self.spec, ideal, *span, self.occupancy.problem.instance.weights)
        return cost + 2 * self.person.touch_cost < self.item.missed_cost
