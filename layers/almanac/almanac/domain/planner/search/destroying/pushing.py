"""Pushing: a task or habit takes the time it needs from others, and each of these from what gives way to itself.

Where time is short, one task is on time only in the place of a second, that one only in the place of a third, and the
last is late instead. Each of these steps alone is a loss, and a repair, which takes free time only, finds none for the
second. Here the whole cascade is one step.

Who gives way is a matter of ranks, one of a few drawn for each cascade: the last one may be the lightest, or what has
no deadline and loses little however heavy it is, or what is due last. A task that others wait for has the highest rank
of all of theirs, since it takes them along when it goes. They follow it in their order, each early enough that what
waits for it is no later than it was.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_

from almanac.domain.planner.model.dependencies import in_order
from almanac.domain.planner.model.problem import Movable, Occurrence, Problem, Task, weight_of
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, Placement, between, covered, starts_of_runs
from almanac.domain.planner.search.destroying.ends import end_as_late
from almanac.domain.planner.search.destroying.relocation import drawn_candidate, random_slot_in
from almanac.domain.planner.search.destroying.removal import Removal
from almanac.domain.planner.search.placing.chunks import first_fit, largest_first
from almanac.domain.planner.search.solution import Solution, earliest_allowed

FreePlace = Callable[[Solution, int, Placement], Placement]
"""(solution, index, the chunks a task still has) to its best place in free time."""


class Push:
    """One cascade; `settled` are the tasks it has dealt with, none of which loses its time to another of it."""

    def __init__(
        self, removal: Removal, items_of: Mapping[int, Sequence[int]], ranks: Sequence[float], free_place: FreePlace
    ) -> None:
        """`ranks` say of each item who gives way to whom: the lower one to the higher one."""
        self.removal = removal
        self.ranks = ranks
        self.solution = removal.solution
        self.random = removal.random
        self.params = removal.params
        self.items_of = items_of
        self.free_place = free_place
        self.settled: dict[int, None] = {}

    def run(self, index: int, place: Placement) -> list[int]:
        """Place an item, whatever is there, () for nowhere; return what lacks a place then, high ranks first."""
        self.settled[index] = None
        if place:
            self.removal.eject(index, place)
        else:
            self.removal.drop(index)
        items = self.solution.problem.tasks
        for _ in range(self.params.push_most):
            waiting = [
                each
                for each in self.removal.removed
                if each not in self.settled and each < len(items) and self.is_ready(items[each])
            ]
            if not waiting:
                break
            self.push_on(items[max(waiting, key=self.noisy_rank)])
        lacking = [each for each in self.removal.removed if self.lacks(each)]
        return sorted(lacking, key=self.noisy_rank, reverse=True)

    @property
    def places(self) -> Sequence[Placement]:
        """Return where everything is now."""
        return self.solution.places

    def lacks(self, index: int) -> bool:
        """Return whether an item has no place, or only part of one."""
        item, place = self.solution.items[index], self.places[index]
        return not place or (isinstance(item, Task) and not item.complete(place))

    def is_ready(self, task: Task) -> bool:
        """Return whether a task lacks a place, could have one, and waits for nothing that lacks one too.

        What can have none is in no component, and nor may be anything else of its person.
        """
        lacks = bool(task.eligible) and not task.complete(self.places[task.index])
        return lacks and earliest_allowed(self.solution, task) is not None

    def noisy_rank(self, index: int) -> float:
        """Return the rank of an item, more or less."""
        least, spread = self.params.by_weight_noise
        return self.ranks[index] * (least + spread * self.random.random())

    def push_on(self, task: Task) -> None:
        """Place an ejected task where it is free and no later than before; else take the time of lower ranks."""
        self.settled[task.index] = None
        old, _ = self.solution.changed.get(task.index, ((), 0))
        keep = self.places[task.index]
        if keep:
            self.solution.move(task.index, ())
        stop = end_as_late(task, old)
        free = self.free_place(self.solution, task.index, keep)
        if free and task.complete(free) and sum(free[-1]) <= stop:
            self.solution.move(task.index, free)
        elif place := self.forced_place(task, stop, self.ranks[task.index]):
            self.removal.eject(task.index, place)

    def forced_place(self, task: Task, stop: int, below: float | None) -> Placement:
        """Return a place that ends by `stop` in time that is free or that the lowest ranks have; () for none.

        Only ranks less than `below` give way. Now and then the time of somewhat higher ones is taken too.
        """
        allowed = earliest_allowed(self.solution, task)
        if allowed is None:
            return ()
        held, levels = self.held_by_others(task, below)
        room = task.eligible & between(allowed, stop) & ~held
        for level in range(len(levels) + 1):
            if self.random.random() >= self.params.push_skip:
                higher = reduce(or_, levels[level:], 0)
                if place := self.place_in(task, room & ~higher):
                    return place
        return ()

    def cheaper_place(self, habit: Occurrence) -> Placement:
        """Return a place that costs a habit less, whatever is there but movable events; () for none."""
        items, held = self.solution.items, 0
        for index in self.items_of[habit.people[0]]:
            if isinstance(items[index], Movable):
                held |= covered(self.places[index])
        cost = self.solution.costs[habit.index]
        better = [each for each in habit.candidates if each.cost < cost and not each.bits & held >> habit.base]
        return drawn_candidate(better, self.random, self.params.candidate_skew) if better else ()

    def held_by_others(self, task: Task, below: float | None) -> tuple[int, list[int]]:
        """Return the slots of what stays where it is, and of what may give way: a mask a rank, the lowest first."""
        held, levels = 0, dict[float, int]()
        for index in dict.fromkeys(other for person in task.people for other in self.items_of[person]):
            bits, rank = covered(self.places[index]), self.ranks[index]
            if index == task.index or not bits:
                continue
            stays = below is not None and rank >= below
            if stays or index in self.settled or isinstance(self.solution.items[index], Movable):
                held |= bits
            else:
                levels[rank] = levels.get(rank, 0) | bits
        return held, [bits for _, bits in sorted(levels.items())]

    def place_in(self, task: Task, room: int) -> Placement:
        """Return a place for the whole task in some slots, in one block or in pieces; () when they are too few."""
        random = self.random
        if task.min_chunk == task.slots or (task.slots <= task.max_chunk and random.random() < self.params.push_whole):
            starts = starts_of_runs(room, task.slots)
            return ((random_slot_in(starts, random), task.slots),) if starts else ()
        if random.random() < self.params.push_long:
            place = largest_first(task, room, task.slots)
        else:
            place = first_fit(task, room, task.slots, random.randrange(task.min_chunk, task.max_chunk + 1))
        return place if task.complete(place) else ()


def ranks_by_weight(problem: Problem, without_deadline: float) -> list[float]:
    """Return ranks by weight; `without_deadline` is a factor on that of a task which is never late: it loses little."""
    factors = {task.index: 1.0 if task.deadline is not None else without_deadline for task in problem.tasks}
    return inherited(problem, [weight_of(item) * factors.get(item.index, 1.0) for item in problem.items])


def ranks_by_deadline(problem: Problem) -> list[float]:
    """Return ranks by deadline, the first one highest; what has none, or was late before the window, comes last."""
    ranks = [weight_of(item) / problem.window for item in problem.items]
    for task in problem.tasks:
        if task.deadline is not None and task.late_offset > 0:
            ranks[task.index] += problem.window - task.late_offset / SLOT_MINUTES
    return inherited(problem, ranks)


def inherited(problem: Problem, ranks: list[float]) -> list[float]:
    """Return ranks with which a task gives way to nobody to whom one that waits for it does not."""
    for index in reversed(in_order(problem, range(len(problem.tasks)))):
        ranks[index] = max([ranks[index], *(ranks[each] for each in problem.tasks[index].successors)])
    return ranks
