"""At what time of day each occurrence of a habit belongs: its ideal window and the window it must not leave.

Several occurrences a day share the day out between them, and a habit that belongs before or after another one gets its
own side of a dividing line. Both are decided here, on wall minutes, so that the planner needs to know neither.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, ceil_to_slot, floor_to_slot
from almanac.domain.wall_clock import DAY_MINUTES, Interval, Week, local_time, wall_instant
from almanac.domain.workspace_plan.snapshot import Habit

PARTS_OF_DAY = {"morning": (360, 720), "afternoon": (720, 1020), "evening": (1020, 1260), "night": (1260, 1440)}
"""Wall minutes, as in the system replaced."""


@dataclass(frozen=True, slots=True)
class DayWindow:
    """Where in the day an occurrence of `length` minutes belongs, wall minutes.

    `preferred` is False when any open hour is as good.
    """

    ideal: Interval
    length: int
    hard: Interval = (0, DAY_MINUTES)
    preferred: bool = True

    def lengthened(self, length: int) -> "DayWindow":
        """Return the same for a longer occurrence: the ideal window grows with it."""
        start, end = self.ideal
        return replace(self, length=length, ideal=(start, min(DAY_MINUTES, max(end, start + length))))

    def on(self, day: date, zone: ZoneInfo) -> "DayWindow":
        """The same on a date whose clocks skip a part of it: from when they go on, for as long as it was meant."""
        start, end = self.ideal
        begin, finish = wall_instant(day, start, zone), wall_instant(day, end, zone)
        if finish - begin >= self.length:
            return self
        shown = (local_time(minute, zone) for minute in (begin, max(finish, begin + end - start)))
        first, last = (60 * t.hour + t.minute if t.date() == day else DAY_MINUTES for t in shown)
        return replace(self, ideal=(first, last))


def day_windows(habit: Habit, hours: Week) -> list[DayWindow]:
    """Return the windows of a habit's occurrences of one day, in their order; empty when its hours never open."""
    opens = [start for day in hours for start, _ in day]
    if not opens:
        return []
    closes = [end if end > start else DAY_MINUTES for day in hours for start, end in day]
    region = min(opens), min(DAY_MINUTES, max(closes))
    length = habit.preferred_minutes
    if habit.ideal_time is not None:
        first = max(0, min(habit.ideal_time, DAY_MINUTES - length))
        shares = _shares((first, max(region[1], first + length)), habit.instances)
        windows = [DayWindow((start, min(DAY_MINUTES, start + length)), length) for start, _ in shares]
    else:
        region = PARTS_OF_DAY.get(habit.part_of_day or "", region)
        preferred = habit.part_of_day is not None or habit.instances > 1
        windows = [DayWindow(share, length, preferred=preferred) for share in _shares(region, habit.instances)]
    for earlier in range(len(windows) - 1):
        one, two = windows[earlier], windows[earlier + 1]
        windows[earlier], windows[earlier + 1] = divided(one, two, line_between(one, two))
    return windows


def order_pairs(habits: Iterable[Habit]) -> list[tuple[UUID, UUID]]:
    """Return (earlier, later) for every habit that has its place before or after another one of them."""
    known = {habit.id: habit for habit in habits}
    pairs = []
    for habit in known.values():
        if habit.other_habit in known and habit.other_habit is not None:
            pair = (habit.other_habit, habit.id) if habit.order == "after" else (habit.id, habit.other_habit)
            pairs.append(pair)
    return pairs


def in_circles(pairs: Iterable[tuple[UUID, UUID]]) -> set[UUID]:
    """Return the habits whose order cannot be kept, because it runs in a circle (or hangs between two of them)."""
    left = set(pairs)
    while True:
        earlier, later = {a for a, _ in left}, {b for _, b in left}
        kept = {(a, b) for a, b in left if a in later and b in earlier}
        if kept == left:
            return earlier
        left = kept


def ordered_windows(
    windows: Mapping[UUID, Sequence[DayWindow]],
    pairs: Iterable[tuple[UUID, UUID]],
    natural_end: Callable[[UUID, int, DayWindow], int | None],
    bound: Callable[[UUID, int], Interval | None],
) -> dict[UUID, list[DayWindow]]:
    """Return the windows of one day, each pair on its sides of a line: the nth of one habit and the nth of the other.

    `pairs` must be free of circles. `natural_end` tells when the nth (from 1) of a habit would end that day: a meeting
    over the earlier one pushes the line, and with it the later one, instead of leaving no room. `bound` tells where one
    is that will not move: the line is at its edge then.
    """
    found = {habit: list(own) for habit, own in windows.items()}
    for earlier, later in _leaders_first(pairs):
        for n in range(min(len(found[earlier]), len(found[later]))):
            one, two = found[earlier][n], found[later][n]
            before, after = bound(earlier, n + 1), bound(later, n + 1)
            if before is not None:
                line = ceil_to_slot(before[1])
            elif after is not None:
                line = floor_to_slot(after[0])
            else:
                line = max(line_between(one, two), ceil_to_slot(natural_end(earlier, n + 1, one) or 0))
            found[earlier][n], found[later][n] = divided(one, two, line)
    return found


def divided(earlier: DayWindow, later: DayWindow, line: int) -> tuple[DayWindow, DayWindow]:
    """Return both windows, one before and one after the line. An ideal window that lies across it moves to its side."""
    end, start = min(earlier.ideal[1], line), max(later.ideal[0], line)
    before = (max(0, min(earlier.ideal[0], end - earlier.length)), end)
    after = (start, min(DAY_MINUTES, max(later.ideal[1], start + later.length)))
    return (
        replace(earlier, ideal=before, hard=_cut(earlier.hard, end=line)),
        replace(later, ideal=after, hard=_cut(later.hard, start=line)),
    )


def line_between(earlier: DayWindow, later: DayWindow) -> int:
    """Return where two windows divide the day: midway where they leave a gap, else where the preferred one ends."""
    ends, begins = earlier.ideal[1], later.ideal[0]
    if ends <= begins:
        line = (ends + begins) // 2
    elif earlier.preferred == later.preferred:
        line = ends if earlier.preferred else (earlier.ideal[0] + later.ideal[1]) // 2
    else:
        line = ends if earlier.preferred else begins
    down = floor_to_slot(line)
    return down if line < ends or line == down else down + SLOT_MINUTES  # the earlier window is not cut by rounding


def _cut(window: Interval, *, start: int = 0, end: int = DAY_MINUTES) -> Interval:
    return max(window[0], start), min(window[1], end)


def _shares(region: Interval, parts: int) -> list[Interval]:
    """Return the region in equal parts that begin on quarter hours."""
    start, end = region
    edges = [start + floor_to_slot((end - start) * n // parts) for n in range(parts)]
    return list(zip(edges, [*edges[1:], end], strict=True))


def _leaders_first(pairs: Iterable[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
    """Return the pairs, each after those that end where it begins."""
    waiting, found = sorted(pairs), []
    while waiting:
        laters = {later for _, later in waiting}
        ready = [pair for pair in waiting if pair[0] not in laters]
        found += ready
        waiting = [pair for pair in waiting if pair[0] in laters]
    return found
