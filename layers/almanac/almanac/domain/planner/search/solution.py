"""A solution: the place of every item, whose time that takes and what it costs, kept up to date block by block."""

from collections.abc import Sequence
from dataclasses import dataclass

from almanac.domain.planner.model.problem import Attendance, Item, Problem, Task
from almanac.domain.planner.model.slot_mask import Placement, between
from almanac.domain.planner.search.timeline import Timeline, TimelineState


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The places of a whole solution and their cost, to restore it from."""

    places: tuple[Placement, ...]
    cost: int


class Solution:
    """The mutable state of the search. `cost` is the objective at any moment; hard rules are kept by the callers.

    `lines` are the timelines of the people, `costs` what each item costs by itself where it is.
    """

    __slots__ = (
        "changed",
        "costs",
        "item_cost",
        "items",
        "line_cost",
        "lines",
        "mark",
        "places",
        "problem",
        "saved",
        "uncounted",
    )

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.items: tuple[Item, ...] = problem.items
        self.lines = [Timeline(person, problem.window) for person in problem.people]
        self.places: list[Placement] = [() for _ in self.items]
        self.costs = [item.cost(()) for item in self.items]
        self.item_cost = sum(self.costs)
        self.line_cost = 0
        self.uncounted: set[int] = set()
        self.changed: dict[int, tuple[Placement, int]] = {}
        self.saved: dict[int, TimelineState] = {}
        self.mark = (0, 0)

    @property
    def cost(self) -> int:
        """Return the objective of the solution as it is, in thousandths of a point."""
        for person in self.uncounted:
            self.line_cost += self.lines[person].count()
        self.uncounted.clear()
        return self.item_cost + self.line_cost

    def move(self, index: int, placement: Placement) -> None:
        """Replace an item's blocks by these, which must be free; () leaves it without a place."""
        item, old = self.items[index], self.places[index]
        if index not in self.changed:
            self.changed[index] = (old, self.costs[index])
        cap_row = item.cap_row if isinstance(item, Task) else -1
        for person in item.people:
            line = self.lines[person]
            if person not in self.saved:
                self.saved[person] = line.state()
            self.uncounted.add(person)
            if old:
                line.toggle(old)
                if cap_row >= 0:
                    line.add_load(cap_row, old, -1)
            if placement:
                line.toggle(placement)
                if cap_row >= 0:
                    line.add_load(cap_row, placement, +1)
                for first, _ in placement:
                    line.owner[first] = index
        self.places[index] = placement
        cost = item.cost(placement)
        self.item_cost += cost - self.costs[index]
        self.costs[index] = cost

    def occupied_for(self, item: Item) -> int:
        """Return the slots that blocks take of anybody whose time the item takes."""
        bits = self.lines[item.people[0]].occupied
        for person in item.people[1:]:
            bits |= self.lines[person].occupied
        return bits

    def added_touches(self, item: Item, placement: Placement) -> int:
        """Return the breaks term that blocks of an item add, in the time of each of its people."""
        return sum([self.lines[person].added_touches(placement) for person in item.people])

    def added_load(self, task: Task, placement: Placement) -> int:
        """Return by how much the cap term grows when a task gets these blocks."""
        return self.lines[task.people[0]].added_load(task.cap_row, placement) if task.cap_row >= 0 else 0

    # -- undo -----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin a step that `undo` can take back."""
        self.changed = {}
        self.saved = {}
        self.mark = (self.cost - self.item_cost, self.item_cost)

    def undo(self) -> None:
        """Take back everything since `begin`."""
        for person, state in self.saved.items():
            self.lines[person].reset(state)
        for index, (placement, cost) in self.changed.items():
            self.places[index] = placement
            self.costs[index] = cost
            for person in self.items[index].people:
                owner = self.lines[person].owner
                for first, _ in placement:
                    owner[first] = index
        self.uncounted.clear()
        self.line_cost, self.item_cost = self.mark
        self.begin()

    def before(self) -> Snapshot:
        """Return the solution as it was at `begin`."""
        changed = self.changed
        places = tuple(changed[i][0] if i in changed else place for i, place in enumerate(self.places))
        return Snapshot(places, sum(self.mark))

    def snapshot(self) -> Snapshot:
        """Return the solution as it is."""
        return Snapshot(tuple(self.places), self.cost)

    def restore(self, snapshot: Snapshot) -> None:
        """Restore a whole solution."""
        moved = [index for index, placement in enumerate(self.places) if placement != snapshot.places[index]]
        for index in moved:
            self.move(index, ())
        for index in moved:
            self.move(index, snapshot.places[index])


def costed(problem: Problem, places: Sequence[Placement]) -> Snapshot:
    """Return places with what all of it costs in a problem, breaks and daily limits too."""
    solution = Solution(problem)
    solution.restore(Snapshot(tuple(places), 0))
    return solution.snapshot()


def earliest_allowed(solution: Solution, task: Task) -> int | None:
    """Return the first slot the order of tasks allows; None while a predecessor is not wholly placed."""
    return begin_after(solution.problem, solution.places, task)


def begin_after(problem: Problem, places: Sequence[Placement], task: Task) -> int | None:
    """Return the same of places that are in no solution yet."""
    first = 0
    for index in task.predecessors:
        place = places[index]
        if not problem.tasks[index].complete(place):
            return None
        first = max(first, place[-1][0] + place[-1][1])
    return first


def can_attend(solution: Solution, item: Attendance) -> bool:
    """Return whether the meeting has a place inside the hours of an optional person."""
    place = solution.places[item.meeting]
    return bool(place) and not between(place[0][0], sum(place[0])) & ~item.eligible
