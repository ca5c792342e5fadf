"""Taking blocks out of a draft without leaving it against the rules, and putting one where others are in the way."""

from random import Random

from almanac.domain.scheduling.draft import Draft
from almanac.domain.scheduling.order import earliest_allowed
from almanac.domain.scheduling.problem import Placement, Task
from almanac.domain.scheduling.timeline import between, lowest

WHOLE = 0.3
"""How often a task in chunks goes as a whole when one of its chunks is in the way."""


class Removal:
    """One removal under way: `gone` holds the items to put back, in the order they went."""

    def __init__(self, draft: Draft, random: Random) -> None:
        self.draft = draft
        self.random = random
        self.gone: dict[int, None] = {}

    def drop(self, index: int) -> None:
        """Remove an item wholly, and the tasks that wait for it."""
        self.gone[index] = None
        if self.draft.places[index]:
            self.draft.move(index, ())
        self.drop_successors(index)

    def drop_successors(self, index: int) -> None:
        """Remove the tasks that may only begin after this one."""
        tasks = self.draft.problem.tasks
        if index < len(tasks):
            for after in tasks[index].successors:
                if self.draft.places[after] or after not in self.gone:
                    self.drop(after)

    def drop_block(self, first: int) -> None:
        """Remove the block that begins at `first`; of a task in chunks mostly just this chunk."""
        index = self.draft.owner[first]
        place = self.draft.places[index]
        if len(place) < 2 or self.random.random() < WHOLE:
            self.drop(index)
            return
        self.gone[index] = None
        self.draft.move(index, tuple(span for span in place if span[0] != first))
        self.drop_successors(index)

    def stretch(self, first: int, count: int) -> None:
        """Remove `count` blocks in a row from `first` on."""
        starts = self.draft.starts >> first << first
        for _ in range(count):
            if not starts:
                return
            block = lowest(starts)
            starts &= starts - 1
            if self.draft.starts >> block & 1:
                self.drop_block(block)

    def clear(self, first: int, length: int) -> None:
        """Remove every block that overlaps a span."""
        covering = self.draft.block_at(first)
        if covering >= 0:
            self.drop_block(covering)
        span = between(first, first + length)
        while inner := self.draft.starts & span:
            self.drop_block(lowest(inner))

    def shove(self, index: int, place: Placement) -> list[int]:
        """Put an item at `place`, which respects its own rules, and remove what is there. Returns who had to go.

        A removal can reach the item's own predecessors in a roundabout way; then the item goes too.
        """
        self.drop_successors(index)
        self.draft.move(index, ())
        before = len(self.gone) - (index in self.gone)
        self.gone.pop(index, None)
        for first, length in place:
            self.clear(first, length)
        if self.ready(index, place[0][0]):
            self.draft.move(index, place)
        self.gone.pop(index, None)
        victims = list(self.gone)[before:]
        self.gone[index] = None
        return victims

    def ready(self, index: int, first: int) -> bool:
        """Whether everything the item waits for is wholly placed before slot `first`."""
        item = self.draft.items[index]
        if not isinstance(item, Task):
            return True
        allowed = earliest_allowed(self.draft, item)
        return allowed is not None and allowed <= first
