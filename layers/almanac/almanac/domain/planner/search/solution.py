"""A solution: the place of every item, the slots that takes and what it costs, kept up to date block by block."""

from dataclasses import dataclass

from almanac.domain.planner.model.problem import Item, Placement, Problem, Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The places of a whole solution and their cost, to restore it from."""

    places: tuple[Placement, ...]
    cost: int


class Solution:
    """The mutable state of the search. `cost` is the objective at any moment; hard rules are kept by the callers.

    `occupied`, `starts` and `ends` are bits over all blocks (an end is the first slot after a block); `owner[s]` is the
    item of the block that begins at s, valid where `starts` has the bit.
    """

    __slots__ = (
        "changed",
        "costs",
        "ends",
        "item_cost",
        "items",
        "load",
        "load_cost",
        "mark",
        "occupied",
        "owner",
        "places",
        "problem",
        "starts",
    )

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.items: tuple[Item, ...] = problem.items
        self.places: list[Placement] = [() for _ in self.items]
        self.costs = [item.cost(()) for item in self.items]
        self.item_cost = sum(self.costs)
        self.load = [0] * len(problem.daily_caps)
        self.load_cost = 0
        self.occupied = self.starts = self.ends = 0
        self.owner = [-1] * (problem.window + 1)
        self.changed: dict[int, tuple[Placement, int]] = {}
        self.mark = (0, 0, 0, self.load[:], 0, 0)

    @property
    def cost(self) -> int:
        """Return the objective of the solution as it is, in thousandths of a point."""
        total = self.item_cost + self.load_cost
        if self.problem.touch_cost:
            total += self.touches() * self.problem.touch_cost
        return total

    def touches(self) -> int:
        """Return how many blocks begin, or end before a locked event, without the wanted break."""
        begins = self.starts & (self.ends | self.problem.touched_start)
        return begins.bit_count() + (self.ends & self.problem.touched_end).bit_count()

    def move(self, index: int, placement: Placement) -> None:
        """Replace an item's blocks by these, which must be free; () leaves it without a place."""
        old = self.places[index]
        if index not in self.changed:
            self.changed[index] = (old, self.costs[index])
        if old:
            self.toggle(index, old, -1)
        if placement:
            self.toggle(index, placement, +1)
            for first, _ in placement:
                self.owner[first] = index
        self.places[index] = placement
        cost = self.items[index].cost(placement)
        self.item_cost += cost - self.costs[index]
        self.costs[index] = cost

    def block_at(self, slot: int) -> int:
        """Return the first slot of the block that covers `slot`, -1 when it is free."""
        if not self.occupied >> slot & 1:
            return -1
        return (self.starts & ((2 << slot) - 1)).bit_length() - 1

    def toggle(self, index: int, placement: Placement, sign: int) -> None:
        """Flip the blocks in the bit masks and change the daily load by `sign`."""
        occupied = starts = ends = 0
        for first, length in placement:
            occupied |= ((1 << length) - 1) << first
            starts |= 1 << first
            ends |= 1 << (first + length)
        self.occupied ^= occupied
        self.starts ^= starts
        self.ends ^= ends
        item = self.items[index]
        if isinstance(item, Task) and item.cap_row >= 0:
            for row, slots in self.days_of(item.cap_row, placement):
                before = self.over(row)
                self.load[row] += sign * slots
                self.load_cost += self.over(row) - before

    def days_of(self, cap_row: int, placement: Placement) -> list[tuple[int, int]]:
        """Return (load row, slots) of each day that blocks lie on."""
        day_of, found = self.problem.day_of, []
        for first, length in placement:
            day, last = day_of[first], day_of[first + length - 1]
            if day == last:
                found.append((cap_row + day, length))
                continue
            found.extend((cap_row + day_of[slot], 1) for slot in range(first, first + length))
        return found

    def over(self, row: int) -> int:
        """Return the cap term of one category's day."""
        minutes = SLOT_MINUTES * self.load[row] - self.problem.daily_caps[row]
        return minutes * self.problem.over_cap_cost // SLOT_MINUTES if minutes > 0 else 0

    def added_load(self, task: Task, placement: Placement) -> int:
        """Return by how much the cap term grows when a task gets these blocks."""
        if task.cap_row < 0:
            return 0
        before = self.load_cost
        extra: dict[int, int] = {}
        for row, slots in self.days_of(task.cap_row, placement):
            extra[row] = extra.get(row, 0) + slots
        for row, slots in extra.items():
            before -= self.over(row)
            self.load[row] += slots
            before += self.over(row)
            self.load[row] -= slots
        return before - self.load_cost

    def added_touches(self, placement: Placement) -> int:
        """Return the breaks term that these blocks add, to themselves and to a block that follows them."""
        problem, total = self.problem, 0
        before, after = self.ends | problem.touched_start, self.starts | problem.touched_end
        for first, length in placement:
            total += (before >> first & 1) + (after >> (first + length) & 1)
        return total * problem.touch_cost

    # -- undo -----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin a step that `undo` can take back."""
        self.changed = {}
        self.mark = (self.occupied, self.starts, self.ends, self.load[:], self.load_cost, self.item_cost)

    def undo(self) -> None:
        """Take back everything since `begin`."""
        self.occupied, self.starts, self.ends, self.load, self.load_cost, self.item_cost = self.mark
        for index, (placement, cost) in self.changed.items():
            self.places[index] = placement
            self.costs[index] = cost
            for first, _ in placement:
                self.owner[first] = index
        self.begin()

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


def earliest_allowed(solution: Solution, task: Task) -> int | None:
    """Return the first slot the order of tasks allows; None while a predecessor is not wholly placed."""
    first = 0
    for index in task.predecessors:
        place = solution.places[index]
        if not solution.problem.tasks[index].complete(place):
            return None
        first = max(first, place[-1][0] + place[-1][1])
    return first
