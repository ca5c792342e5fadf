"""How much of a day the calendar leaves to one habit, before anything is planned into it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from almanac.domain.planner.model.slot_mask import ceil_to_slot, floor_to_slot
from almanac.domain.wall_clock import Interval, Week, merged, wall_instant, weekly_hours
from almanac.domain.workspace_plan.habit_windows import DayWindow
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Habit


@dataclass(frozen=True, slots=True)
class FreeTime:
    """Opening hours less what is taken, per category, in minutes since the epoch."""

    window: PlanningWindow
    spans: Mapping[str, Sequence[Interval]]

    @classmethod
    def of(cls, hours: Mapping[str, Week], taken: Iterable[Interval], window: PlanningWindow) -> "FreeTime":
        """Return the free time inside the horizon."""
        busy = merged(taken)
        opened = {c: weekly_hours(week, window.first, window.end, window.zone) for c, week in hours.items()}
        return cls(window, {category: list(_without(spans, busy)) for category, spans in opened.items()})

    def natural_end(self, habit: Habit, window: DayWindow, day: date) -> int | None:
        """Return when the habit would end if it were alone: wall minutes of `day`, None without a free place.

        Best is nearest to its ideal window at the window's length, else at its shortest.
        """
        zone = self.window.zone
        first, last = (wall_instant(day, wall, zone) for wall in window.hard)
        ideal = wall_instant(day, window.ideal[0], zone)
        for length in dict.fromkeys((window.length, habit.min_minutes)):
            starts = [
                max(ceil_to_slot(max(a, first)), min(ideal, floor_to_slot(min(b, last) - length)))
                for a, b in self.spans[habit.category]
                if min(b, last) - ceil_to_slot(max(a, first, self.window.first)) >= length
            ]
            if starts:
                best = min(starts, key=lambda start: (abs(start - ideal), start))
                return self.window.wall(best + length, day)
        return None


def _without(spans: Iterable[Interval], busy: Sequence[Interval]) -> Iterator[Interval]:
    for start, end in spans:
        at = start
        for taken, free_again in busy:
            if free_again <= at or taken >= end:
                continue
            if taken > at:
                yield at, taken
            at = free_again
        if at < end:
            yield at, end
