"""An order of tasks and habits, and the plan that comes of it: each takes the earliest time that those before it leave.

This is the serial schedule generation scheme (Kolisch 1996, "Serial and parallel resource-constrained project
scheduling methods revisited") over the bits of free time, and no further than need be: what stands before a change
stays, and so does all behind it once the same time is left. Breaks and daily limits are not looked at.
"""

from collections.abc import Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from almanac.domain.planner.model.problem import Candidate, Occurrence, Problem, Task
from almanac.domain.planner.model.slot_mask import Placement, covered, lowest, starts_of_runs
from almanac.domain.planner.search.params import OrderParams
from almanac.domain.planner.search.placing.chunks import first_fit, largest_first
from almanac.domain.planner.search.solution import Snapshot, begin_after

Shape = Candidate | int | None
"""How an item takes its time: a habit at this place if that is free, a task in chunks of so many slots at most.

None is where and how it costs least: of short habits and small chunks others may have more.
"""

FreeSlots = tuple[int, ...]
"""The free slots of each person."""


class Change(NamedTuple):
    """Another order, or another shape of one item: outside positions [first, stop) nothing differs."""

    order: Sequence[int]
    first: int
    stop: int
    moved: Set[int] = frozenset()
    """What goes elsewhere; all others follow."""
    reshaped: int | None = None
    shape: Shape = None


class Stretch(NamedTuple):
    """What is free, and what all before costs, at each position from a change to `stop`: behind it nothing changes."""

    stop: int
    free: list[FreeSlots]
    sums: list[int]


class State(NamedTuple):
    """What a plan can go back to."""

    order: list[int]
    places: list[Placement]
    shapes: dict[int, Shape]
    free: list[FreeSlots]
    sums: list[int]


class OrderedPlan:
    """An order and its plan; everything that is not in the order stays where it is."""

    def __init__(self, problem: Problem, order: Sequence[int], base: Snapshot, params: OrderParams) -> None:
        """Where items wait for each other, the order is one in which they may come. None of them is a meeting."""
        self.problem = problem
        self.params = params
        self.items = problem.items
        self.order = list(order)
        self.places = list(base.places)
        self.shapes: dict[int, Shape] = {}
        self.work = 0.0

        @lru_cache(maxsize=params.remembered)  # a search comes back to the same free time again and again
        def found(index: int, usable: int, longest: int | None) -> tuple[Placement, int]:
            task = problem.tasks[index]
            place = task_place(task, usable, longest)
            return place, task.cost(place)

        self.task_place = found
        inside = set(order)
        room = [(1 << problem.window) - 1 for _ in problem.people]
        for index, place in enumerate(base.places):
            for person in self.items[index].people if index not in inside else ():
                room[person] &= ~covered(place)
        self.free: list[FreeSlots] = [tuple(room)] * (len(order) + 1)
        """What is free before each position of the order, and at its end."""
        self.sums = [0] * (len(order) + 1)
        """What all before each position costs, and at the end what all costs."""
        self.least = [0] * len(self.items)
        """What each item costs where no other is in its way, and what it waits for comes as early as that."""
        for index in self.order:
            self.places[index], self.least[index] = self.place(index, self.free[0])
        self.accepts(Change(order, 0, len(order)), float("inf"))

    @property
    def cost(self) -> int:
        """What the items of the order cost."""
        return self.sums[-1]

    def state(self) -> State:
        """Return what the plan is now, for `restore`."""
        return State(self.order[:], self.places[:], dict(self.shapes), self.free[:], self.sums[:])

    def restore(self, state: State) -> None:
        """Go back to what the plan was; the state is the plan's from then on."""
        self.order, self.places, self.shapes, self.free, self.sums = state

    def losses(self, before: State) -> dict[int, int]:
        """Return by how much each item costs more than it did."""
        was = costs_of(before.order, before.sums)
        return {index: cost - was[index] for index, cost in costs_of(self.order, self.sums).items()}

    def accepts(self, change: Change, worst: float) -> bool:
        """Return whether the items cost no more than `worst` with a change, which then is made."""
        shape = None
        if change.reshaped is not None:
            shape = self.shapes.get(change.reshaped)
            self.shapes[change.reshaped] = change.shape
        before: dict[int, Placement] = {}
        found = self.placed(change, worst, before)
        dearer = found.sums[-1] - self.sums[found.stop] if found else 0
        if found is None or self.cost + dearer > worst:
            for each, place in before.items():
                self.places[each] = place
            if change.reshaped is not None:
                self.shapes[change.reshaped] = shape
            return False
        self.order = list(change.order)
        self.free[change.first : found.stop + 1] = found.free
        self.sums[change.first :] = [*found.sums, *(each + dearer for each in self.sums[found.stop + 1 :])]
        return True

    def placed(self, change: Change, worst: float, before: dict[int, Placement]) -> Stretch | None:
        """Place the items from a change on until all behind stays as it is; None where they cost more than `worst`.

        `before` gets the places that items had.
        """
        order, places, tasks = change.order, self.places, self.problem.tasks
        free, sums = [self.free[change.first]], [self.sums[change.first]]
        rest = sum([self.least[index] for index in order[change.first :]])
        moves_others = False
        for at in range(change.first, len(order)):
            if at >= change.stop and not moves_others and free[-1] == self.free[at]:
                return Stretch(at, free, sums)
            index = order[at]
            self.work += self.params.placing_effort
            place, cost = self.place(index, free[-1])
            if place != places[index]:
                before.setdefault(index, places[index])
                places[index] = place
                moves_others |= index < len(tasks) and bool(tasks[index].successors)
            rest -= self.least[index]
            free.append(without(free[-1], self.items[index].people[0], place))
            sums.append(sums[-1] + cost)
            if sums[-1] + rest > worst:
                return None
        return Stretch(len(order), free, sums)

    def place(self, index: int, free: FreeSlots) -> tuple[Placement, int]:
        """Return the place of an item in free time, () for none, and what it costs there."""
        item, shape = self.items[index], self.shapes.get(index)
        if isinstance(item, Task):
            allowed = begin_after(self.problem, self.places, item)
            if allowed is None:
                return (), item.cost(())
            usable = (item.eligible & free[item.people[0]]) >> allowed << allowed
            return self.task_place(index, usable, shape if isinstance(shape, int) else None)
        if isinstance(item, Occurrence):
            return habit_place(item, free[item.people[0]], shape if isinstance(shape, Candidate) else None)
        raise TypeError(f"item {index} is neither a task nor a habit: only these come in an order")


def costs_of(order: Sequence[int], sums: Sequence[int]) -> dict[int, int]:
    """Return what each item of an order costs, from what all before each position costs."""
    return {index: sums[at + 1] - sums[at] for at, index in enumerate(order)}


def task_place(task: Task, usable: int, longest: int | None) -> Placement:
    """Return the earliest place of a task in some slots: in few chunks if that costs less, or of at most `longest`."""
    if task.min_chunk == task.slots:
        starts = starts_of_runs(usable, task.slots)
        return ((lowest(starts), task.slots),) if starts else ()
    place = first_fit(task, usable, task.slots, longest or task.max_chunk)
    if longest or len(place) <= task.base_chunks:
        return place
    return min(place, largest_first(task, usable, task.slots), key=task.cost)


def habit_place(habit: Occurrence, free: int, wanted: Candidate | None) -> tuple[Placement, int]:
    """Return (place, cost) of a habit in free time: the one that is wanted, else its cheapest, else none."""
    taken = ~free >> habit.base
    for candidate in (wanted, *habit.candidates) if wanted else habit.candidates:
        if not candidate.bits & taken:
            return ((candidate.first, candidate.length),), candidate.cost
    return (), habit.missed_cost


def without(free: FreeSlots, person: int, place: Placement) -> FreeSlots:
    """Return what stays free of everybody's time when a person's is taken."""
    left = free[person] & ~covered(place)
    return (left,) if len(free) == 1 else (*free[:person], left, *free[person + 1 :])
