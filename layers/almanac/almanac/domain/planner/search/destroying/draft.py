"""A draft of one person's time: blocks are taken out and put elsewhere on the side, and only a whole draft is applied.

A block moved in a solution updates costs, loads and breaks. Here that is a few bits, for moves most of which come to
nothing.
"""

from collections.abc import Sequence

from almanac.domain.planner.model.problem import Item, Occurrence, Task
from almanac.domain.planner.model.slot_mask import Span, between, covered, lowest
from almanac.domain.planner.search.solution import Solution


class Draft:
    """The time of `person` in a solution, and what has changed: `fixed` slots are those of blocks that must stay.

    `lacking` counts by item the slots that were taken from it and not yet put back.
    """

    def __init__(self, solution: Solution, person: int, stiff: Sequence[int]) -> None:
        """`stiff` are the items whose blocks must stay, among others those of other people."""
        line = solution.lines[person]
        self.solution = solution
        self.occupied, self.starts, self.owner = line.occupied, line.starts, line.owner
        self.new_owner: dict[int, int] = {}
        self.changed: dict[int, list[Span]] = {}
        self.lacking: dict[int, int] = {}
        self.fixed = 0
        for index in stiff:
            if person in solution.items[index].people:
                self.fixed |= covered(solution.places[index])

    def blocks(self, index: int) -> Sequence[Span]:
        """Return the blocks of an item as they are in the draft, in no order."""
        return self.changed.get(index, self.solution.places[index])

    def block_at(self, slot: int) -> tuple[int, Span]:
        """Return (item, block) of the block that covers a slot."""
        first = (self.starts & ((2 << slot) - 1)).bit_length() - 1
        index = self.new_owner.get(first, self.owner[first])
        return index, next(block for block in self.blocks(index) if block[0] == first)

    def take(self, index: int, block: Span) -> None:
        """Take a block from an item."""
        self.changed.setdefault(index, list(self.solution.places[index])).remove(block)
        self.occupied &= ~between(block[0], sum(block))
        self.starts &= ~(1 << block[0])
        self.lacking[index] = self.lacking.get(index, 0) + block[1]

    def put(self, index: int, block: Span) -> list[int]:
        """Give an item a block, and return whose blocks had to go for it, the last one last."""
        gone = list[int]()
        while hit := self.occupied & between(block[0], sum(block)):
            other, held = self.block_at(lowest(hit))
            self.take(other, held)
            gone.append(other)
        self.changed.setdefault(index, list(self.solution.places[index])).append(block)
        self.occupied |= between(block[0], sum(block))
        self.starts |= 1 << block[0]
        self.new_owner[block[0]] = index
        self.lacking[index] = self.lacking.get(index, 0) - block[1]
        return gone

    def apply(self) -> list[int]:
        """Make the solution what the draft is; return the items that cost more than before, the worst first."""
        solution = self.solution
        places = {index: tuple(sorted(blocks)) for index, blocks in self.changed.items()}
        moved = [index for index, place in places.items() if place != solution.places[index]]
        before = {index: solution.costs[index] for index in moved}
        for index in moved:
            solution.move(index, ())
        for index in moved:
            solution.move(index, places[index])
        dearer = [index for index in moved if solution.costs[index] > before[index]]
        return sorted(dearer, key=lambda index: before[index] - solution.costs[index])


def moves_alone(item: Item) -> bool:
    """Return whether it is a habit, or a task of one person at which nobody else could be."""
    return isinstance(item, Occurrence) or (isinstance(item, Task) and not item.is_meeting and not item.attendances)
