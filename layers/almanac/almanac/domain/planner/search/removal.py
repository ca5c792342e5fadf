"""Taking blocks out of a solution without leaving it against the rules, and putting one where others are in the way."""

from random import Random

from almanac.domain.planner.model.problem import Placement, Task
from almanac.domain.planner.model.slot_mask import between, lowest
from almanac.domain.planner.search.solution import Solution, earliest_allowed

TRIM = 0.7
"""How often a chunk keeps what is not in the way, if that is still a chunk."""
WHOLE = 0.3
"""How often a task in chunks goes as a whole when one of its chunks is in the way."""


class Removal:
    """One removal under way: `gone` holds the items to put back, in the order they went."""

    def __init__(self, solution: Solution, random: Random, slots: int) -> None:
        """`slots` are those from which blocks may be taken for their place alone."""
        self.solution = solution
        self.slots = slots
        self.random = random
        self.gone: dict[int, None] = {}

    def drop(self, index: int) -> None:
        """Remove an item wholly, and the tasks that wait for it."""
        self.gone[index] = None
        if self.solution.places[index]:
            self.solution.move(index, ())
        self.drop_successors(index)

    def drop_successors(self, index: int) -> None:
        """Remove the tasks that may only begin after this one."""
        tasks = self.solution.problem.tasks
        if index < len(tasks):
            for after in tasks[index].successors:
                if self.solution.places[after] or after not in self.gone:
                    self.drop(after)

    def drop_block(self, first: int) -> None:
        """Remove the block that begins at `first`; of a task in chunks mostly just this chunk."""
        index = self.solution.owner[first]
        place = self.solution.places[index]
        if len(place) < 2 or self.random.random() < WHOLE:
            self.drop(index)
            return
        self.gone[index] = None
        self.solution.move(index, tuple(span for span in place if span[0] != first))
        self.drop_successors(index)

    def stretch(self, first: int, count: int) -> None:
        """Remove `count` blocks in a row from `first` on."""
        starts = (self.solution.starts & self.slots) >> first << first
        for _ in range(count):
            if not starts:
                return
            block = lowest(starts)
            starts &= starts - 1
            if self.solution.starts >> block & 1:
                self.drop_block(block)

    def make_room(self, where: int, slots: int, most: int) -> None:
        """Remove blocks that begin in `where`, in time order, until so many slots or `most` blocks are gone."""
        solution = self.solution
        starts = solution.starts & where
        while starts and slots > 0 and most:
            most -= 1
            block = lowest(starts)
            starts &= starts - 1
            if solution.starts >> block & 1:
                slots -= self.length_at(block)
                self.drop_block(block)

    def length_at(self, block: int) -> int:
        """The slots of the block that begins at `block`."""
        return next(length for first, length in self.solution.places[self.solution.owner[block]] if first == block)

    def clear(self, first: int, length: int) -> None:
        """Remove every block that overlaps a span."""
        covering = self.solution.block_at(first)
        if covering >= 0:
            self.cut_block(covering, first, first + length)
        span = between(first, first + length)
        while inner := self.solution.starts & span:
            self.cut_block(lowest(inner), first, first + length)

    def cut_block(self, block: int, first: int, stop: int) -> None:
        """Remove the block that begins at `block`; of a splittable task mostly just what lies in [first, stop)."""
        solution = self.solution
        index = solution.owner[block]
        item = solution.items[index]
        if not isinstance(item, Task) or item.min_chunk == item.slots or self.random.random() > TRIM:
            self.drop_block(block)
            return
        pieces = ((block, first - block), (stop, block + self.length_at(block) - stop))
        left = [piece for piece in pieces if piece[1] >= item.min_chunk]
        if not left:
            self.drop_block(block)
            return
        others = [span for span in solution.places[index] if span[0] != block]
        self.gone[index] = None
        solution.move(index, tuple(sorted(others + left)))
        self.drop_successors(index)

    def shove(self, index: int, place: Placement) -> list[int]:
        """Put an item at `place`, which respects its own rules, and remove what is there. Returns who had to go.

        A removal can reach the item's own predecessors in a roundabout way; then the item goes too.
        """
        self.drop_successors(index)
        self.solution.move(index, ())
        before = len(self.gone) - (index in self.gone)
        self.gone.pop(index, None)
        for first, length in place:
            self.clear(first, length)
        if self.ready(index, place[0][0]):
            self.solution.move(index, place)
        self.gone.pop(index, None)
        victims = list(self.gone)[before:]
        self.gone[index] = None
        return victims

    def ready(self, index: int, first: int) -> bool:
        """Whether everything the item waits for is wholly placed before slot `first`."""
        item = self.solution.items[index]
        if not isinstance(item, Task):
            return True
        allowed = earliest_allowed(self.solution, item)
        return allowed is not None and allowed <= first
