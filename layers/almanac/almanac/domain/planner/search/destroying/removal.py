"""Removing blocks from a solution without leaving it against the rules, and placing an item where others are."""

from collections.abc import Mapping
from random import Random

from almanac.domain.planner.model.problem import Attendance, Task
from almanac.domain.planner.model.slot_mask import Placement, between, lowest
from almanac.domain.planner.search.params import DestroyParams
from almanac.domain.planner.search.solution import Solution, can_attend, earliest_allowed


class Removal:
    """One removal under way: `removed` holds the items to insert again, in the order they were removed."""

    def __init__(
        self,
        solution: Solution,
        random: Random,
        slots: Mapping[int, int],
        params: DestroyParams,
        *,
        waiting_stays: bool = False,
    ) -> None:
        """`slots` are those of each person from which blocks may be taken for their place alone.

        With `waiting_stays` tasks that wait for a removed one keep their place as long as it can come back before
        them; the repair removes them where it can't. Else they are removed with it at once.
        """
        self.solution = solution
        self.slots = slots
        self.random = random
        self.params = params
        self.waiting_stays = waiting_stays
        self.removed: dict[int, None] = {}

    def drop(self, index: int) -> None:
        """Remove an item wholly, and what hangs on it."""
        self.removed[index] = None
        if self.solution.places[index]:
            self.solution.move(index, ())
        self.drop_dependents(index)

    def drop_dependents(self, index: int) -> None:
        """Remove the tasks that may only begin after this one, if they do not stay, and its optional people."""
        waiting = self.dependents(index)
        while waiting:
            each = waiting.pop()
            if self.solution.places[each] or each not in self.removed:
                self.removed[each] = None
                if self.solution.places[each]:
                    self.solution.move(each, ())
                waiting += self.dependents(each)

    def dependents(self, index: int) -> list[int]:
        """Return what hangs on an item, the first one last."""
        tasks = self.solution.problem.tasks
        if index >= len(tasks):
            return []
        return [*tasks[index].attendances, *(() if self.waiting_stays else tasks[index].successors)][::-1]

    def drop_begun(self, index: int, end: int) -> None:
        """Remove the tasks that wait for this one and begin before slot `end`."""
        tasks, places = self.solution.problem.tasks, self.solution.places
        for each in tasks[index].successors if index < len(tasks) else ():
            if places[each] and places[each][0][0] < end:
                self.drop(each)

    def drop_block(self, person: int, first: int) -> None:
        """Remove the block of a person that begins at `first`; of a task in chunks mostly just this chunk."""
        index = self.solution.lines[person].owner[first]
        place = self.solution.places[index]
        if len(place) < 2 or self.random.random() < self.params.whole_rate:
            self.drop(index)
            return
        self.removed[index] = None
        self.solution.move(index, tuple(span for span in place if span[0] != first))
        self.drop_dependents(index)

    def drop_string(self, person: int, first: int, count: int) -> None:
        """Remove `count` blocks of a person in a row from `first` on."""
        line = self.solution.lines[person]
        starts = (line.starts & self.slots.get(person, 0)) >> first << first
        for _ in range(count):
            if not starts:
                return
            block = lowest(starts)
            starts &= starts - 1
            if line.starts >> block & 1:
                self.drop_block(person, block)

    def drop_slots(self, person: int, where: int, slots: int, most: int) -> None:
        """Remove blocks that begin in `where`, in time order, until so many slots or `most` blocks are removed."""
        line = self.solution.lines[person]
        starts = line.starts & where
        while starts and slots > 0 and most:
            most -= 1
            block = lowest(starts)
            starts &= starts - 1
            if line.starts >> block & 1:
                slots -= self.length_at(person, block)
                self.drop_block(person, block)

    def length_at(self, person: int, block: int) -> int:
        """Return the slots of the block of a person that begins at `block`."""
        index = self.solution.lines[person].owner[block]
        return next(length for first, length in self.solution.places[index] if first == block)

    def clear(self, person: int, first: int, length: int) -> None:
        """Remove every block of a person that overlaps a span."""
        line = self.solution.lines[person]
        covering = line.block_at(first)
        if covering >= 0:
            self.trim_block(person, covering, first, first + length)
        span = between(first, first + length)
        while inner := line.starts & span:
            self.trim_block(person, lowest(inner), first, first + length)

    def trim_block(self, person: int, block: int, first: int, stop: int) -> None:
        """Remove the block that begins at `block`; of a splittable task mostly just what lies in [first, stop)."""
        solution = self.solution
        index = solution.lines[person].owner[block]
        item = solution.items[index]
        if not isinstance(item, Task) or item.min_chunk == item.slots or self.random.random() > self.params.trim_rate:
            self.drop_block(person, block)
            return
        pieces = ((block, first - block), (stop, block + self.length_at(person, block) - stop))
        left = [piece for piece in pieces if piece[1] >= item.min_chunk]
        if not left:
            self.drop_block(person, block)
            return
        others = [span for span in solution.places[index] if span[0] != block]
        self.removed[index] = None
        solution.move(index, tuple(sorted(others + left)))
        self.drop_dependents(index)

    def eject(self, index: int, place: Placement) -> list[int]:
        """Place an item at `place`, which keeps its own rules, and return the items removed to make room for it.

        A removal can reach the item's own predecessors in a roundabout way; then the item is removed too.
        """
        self.drop_dependents(index)
        self.drop_begun(index, sum(place[-1]))
        self.solution.move(index, ())
        before = len(self.removed) - (index in self.removed)
        self.removed.pop(index, None)
        for person in self.solution.items[index].people:
            for first, length in place:
                self.clear(person, first, length)
        if self.may_begin(index, place[0][0]):
            self.solution.move(index, place)
        self.removed.pop(index, None)
        ejected = list(self.removed)[before:]
        self.removed[index] = None
        return ejected

    def may_begin(self, index: int, first: int) -> bool:
        """Return whether everything the item waits for is wholly placed before slot `first`."""
        item = self.solution.items[index]
        if isinstance(item, Attendance):
            return can_attend(self.solution, item) and self.solution.places[item.meeting][0][0] == first
        if not isinstance(item, Task):
            return True
        allowed = earliest_allowed(self.solution, item)
        return allowed is not None and allowed <= first
