"""What would help one task, tried out with everything else staying where it is."""

from collections.abc import Iterator
from itertools import islice, takewhile

from almanac.domain.planner.explain.occupancy import Occupancy
from almanac.domain.planner.explain.suggestions import (
    ItemMoves,
    LaterDeadline,
    LessWork,
    MoreHours,
    SmallerParts,
    TaskSuggestion,
    Without,
    size,
)
from almanac.domain.planner.model.grid import Grid
from almanac.domain.planner.model.instance import NOBODY
from almanac.domain.planner.model.problem import Task, names_of, weight_of
from almanac.domain.planner.model.slot_mask import (
    SLOT_MINUTES,
    between,
    each_slot,
    fewest_chunks,
    in_runs_of,
    lowest,
    run_length,
    runs,
    starts_of_runs,
)
from almanac.domain.planner.search.solution import earliest_allowed

MOST_TRIED = 40
"""How many lighter items, or events, are tried as the one that should go."""
LONGEST_EXTENSION = 16
"""Slots by which a day's hours are lengthened at most: more than four hours are no small change."""
MOST_DAYS = 40
"""How many stretches of opening hours are tried to be lengthened, the first ones."""
SHARE_CUT = 2
"""Work is proposed to be cut by no more than one part in so many."""


class WhatIf:
    """What one task would get under other circumstances, while everything else stays where it is."""

    def __init__(self, occupancy: Occupancy, task: Task, due: int) -> None:
        """`due` is the slot at which the task should have ended."""
        self.occupancy = occupancy
        self.task = task
        self.due = due
        self.first = max(task.release, earliest_allowed(occupancy.solution, task) or 0)
        """The first slot at which it may begin."""
        waiting = [place[0][0] for i in task.successors if (place := occupancy.solution.places[i])]
        grid = Grid.of(occupancy.problem.instance)
        self.stop = grid.down(task.follower.begin) if task.follower else grid.size
        """The slot in which what waits for it and stays begins, else the window's end."""
        span = between(self.first, min(waiting, default=grid.size)) & between(0, self.stop)
        self.reach = span & ~task.refused
        self.refused = span & task.refused & between(0, due) & occupancy.hours[task.category]
        """The hours before the deadline that it was taken away from."""
        self.loose = occupancy.free_but_for(task.index) & self.reach
        self.room = self.loose & occupancy.hours[task.category]
        self.in_time = self.room & between(0, due)
        """The room before the deadline."""
        self.free_slots = self.in_time.bit_count()

    def suggestions(self, late: int) -> list[TaskSuggestion]:
        """Return what helps alone, smallest first; `late` minutes if it has a whole place after its deadline."""
        found = [*self.deadline(late), *self.parts(), *self.hours(), *self.less(), *self.without()]
        return sorted(found, key=size)

    def deadline(self, late: int) -> Iterator[TaskSuggestion]:
        """Yield the deadline that is met as it is, or the earliest at which a hard one would leave room."""
        task, problem = self.task, self.occupancy.problem
        if task.deadline is None:
            return
        if late:
            yield LaterDeadline(task.deadline + late, late)
            return
        if not self.holds(self.room):
            return
        low, high = self.due, problem.window
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.holds(self.room & between(0, middle)) else (middle, high)
        at = problem.minute(high)
        yield LaterDeadline(at, at - task.deadline)

    def parts(self) -> Iterator[TaskSuggestion]:
        """Yield the largest parts, of a few lengths, that find room in time; a meeting has none."""
        task = self.task
        if task.is_meeting:
            return
        for least in sorted({task.slots // 2, 4, 2}, reverse=True):
            if 1 < least < task.min_chunk and self.free_slots >= task.slots and self.holds(self.in_time, least=least):
                yield SmallerParts(SLOT_MINUTES * least)
                return

    def hours(self) -> Iterator[TaskSuggestion]:
        """Yield the shortest addition before or after the opening hours of some day, the earliest of equal ones."""
        task, problem = self.task, self.occupancy.problem
        best, most = None, min(task.slots, LONGEST_EXTENSION)
        if self.free_slots + most < task.slots:
            return
        outside = self.loose & between(0, self.due) & ~self.occupancy.hours[task.category]
        hours = self.occupancy.hours[task.category] & self.reach & between(0, self.due)
        for first, length in islice(runs(hours), MOST_DAYS):
            for edge, step in ((first + length, 1), (first, -1)):
                slots = self.shortest(outside, edge, step, most)
                if slots:
                    most = slots - 1
                    start = edge if step > 0 else edge - slots
                    best = MoreHours(task.category, problem.minute(start), problem.minute(start + slots))
        if best:
            yield best

    def shortest(self, outside: int, edge: int, step: int, most: int) -> int:
        """Return how many slots beyond an edge of the hours suffice, 0 when `most` do not."""
        if step > 0:
            able = min(most, run_length(outside, edge))
        else:
            near = between(max(0, edge - most), edge) & ~outside
            able = min(most, edge - near.bit_length()) if near else min(most, edge)
        enough = self.free_slots + able >= self.task.slots
        if not able or not enough or not self.holds(self.in_time | self.beyond(edge, step, able)):
            return 0
        low, high = 0, able
        while high - low > 1:
            middle = (low + high) // 2
            suffices = self.holds(self.in_time | self.beyond(edge, step, middle))
            low, high = (low, middle) if suffices else (middle, high)
        return high

    def beyond(self, edge: int, step: int, slots: int) -> int:
        """Return so many slots after an edge, or before it."""
        return between(edge, edge + slots) if step > 0 else between(edge - slots, edge)

    def less(self) -> Iterator[TaskSuggestion]:
        """Yield the least work to drop so that the rest finds room in time."""
        task = self.task
        least = max(1, task.slots - self.free_slots)
        for cut in range(least, task.slots // SHARE_CUT + 1):
            if self.holds(self.in_time, slots=task.slots - cut):
                minutes = SLOT_MINUTES * (task.slots - cut)
                yield LessWork(task.minutes - minutes, minutes)
                return

    def without(self) -> Iterator[TaskSuggestion]:
        """Yield the lightest item, else the shortest event, that makes room in time by going alone."""
        occupancy, task, lack = self.occupancy, self.task, self.task.slots - self.free_slots
        span = self.reach & between(0, self.due) & occupancy.hours[task.category]
        lighter = takewhile(lambda item: weight_of(item) <= task.weight, occupancy.removable(span, task.index))
        items = ((item.id, occupancy.slots[item.index], occupancy.slots[item.index] & span) for item in lighter)
        events = ((name, slots, slots) for name, slots in occupancy.loose_events(span))
        for others in (items, events):
            helpful = (other for other in others if other[2].bit_count() >= lack)
            for name, slots, freed in islice(helpful, MOST_TRIED):
                if self.holds(self.in_time | freed):
                    yield self.elsewhere(name, freed) or Without(name, SLOT_MINUTES * slots.bit_count())
                    return

    def elsewhere(self, name: str, freed: int) -> ItemMoves | None:
        """Return where another task or meeting could go instead, where people are named: what it costs whose it is.

        Only for what is in one piece; None where there is no other place. It goes where it is least late, then nearest.
        """
        occupancy, task = self.occupancy, self.task
        problem, solution = occupancy.problem, occupancy.solution
        other = next((item for item in problem.tasks if item.id == name), None)
        starts = starts_of_runs(self.in_time | freed, task.slots)
        if problem.people[0].id == NOBODY or other is None or not starts or len(solution.places[other.index]) > 1:
            return None
        ours = between(lowest(starts), lowest(starts) + task.slots)
        ((first, length),) = solution.places[other.index]
        too_early = between(0, earliest_allowed(solution, other) or 0)
        room = occupancy.plan.of(other).free_but_for(other.index) & other.eligible & ~(ours | too_early)
        found = min(
            each_slot(starts_of_runs(room, length)),
            key=lambda start: (other.late_cost(start + length), abs(start - first)),
            default=None,
        )
        if found is None:
            return None
        late = other.late_cost(found + length) > other.late_cost(first + length)
        return ItemMoves(
            item=name,
            minutes=SLOT_MINUTES * length,
            by=SLOT_MINUTES * (found - first),
            at=problem.minute(found),
            late=SLOT_MINUTES * (found + length) - other.late_offset if late else 0,
            people=names_of(problem, other) if other.people != task.people else (),
        )

    def holds(self, room: int, *, least: int = 0, slots: int = 0) -> bool:
        """Return whether the whole task, of other part lengths or a shorter one, fits into the slots of `room`."""
        task = self.task
        rest = slots or task.slots
        splits = task.min_chunk < task.slots or 0 < least < task.slots
        least, largest = min(rest, least or task.min_chunk), max(task.max_chunk, least)
        if not splits:
            return bool(starts_of_runs(room, rest))
        for _, length in runs(in_runs_of(room, least)):
            free = length
            while rest and (part := longest_part(rest, min(free, largest), least, largest)):
                rest -= part
                free -= part + 1
        return not rest


def longest_part(rest: int, most: int, least: int, largest: int) -> int:
    """Return the longest part of at most `most` slots that leaves a rest which can be cut too, 0 for none."""
    part = min(rest, most)
    while part >= least:
        if fewest_chunks(rest - part, largest) * least <= rest - part:
            return part
        part -= 1
    return 0
