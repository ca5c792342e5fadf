"""What a search step takes out of a solution. Every way leaves a solution that keeps the hard rules."""

from random import Random

from almanac.domain.planner.model.problem import Item, Movable, Occurrence, Task, weight_of
from almanac.domain.planner.model.slot_mask import between, covered, runs
from almanac.domain.planner.search.components import Part
from almanac.domain.planner.search.relocation import random_bit, suits, wish
from almanac.domain.planner.search.removal import Removal
from almanac.domain.planner.search.solution import Solution

SWAP, SACRIFICE, CLEARING, STRETCH, TWO_STRETCHES, SHOVE = 0.25, 0.14, 0.15, 0.12, 0.06, 0.23
"""Shares of the ways to ruin; the rest removes a random few."""
CHAIN, LONGEST_CHAIN = 0.5, 4
MOST_CLEARED = 8
"""How many blocks make way at most for a task that chooses first."""
WAITING = 0.2
"""How often items without a place are tried again beside what was removed."""


class Destroy:
    """Removes some items or blocks from the solution and says what to put back, and in which order if that matters."""

    def __init__(self, solution: Solution, random: Random, part: Part) -> None:
        self.solution = solution
        self.random = random
        self.items = part.items
        self.tasks = [index for index in part.items if index < len(solution.problem.tasks)]
        self.slots = part.slots

    def remove_some(self) -> tuple[list[int], bool]:
        """One random removal: (indexes to put back, whether their order is meant)."""
        random, removal = self.random, Removal(self.solution, self.random, self.slots)
        dice = random.random()
        if dice < SACRIFICE and self.tasks:
            return self.sacrifice(removal), True
        dice -= SACRIFICE
        if dice < CLEARING:
            return self.clearing(removal), True
        dice -= CLEARING
        if dice < SWAP:
            self.swap(removal)
        elif dice < SWAP + SHOVE:
            self.shove(removal, self.bad())
            if random.random() < 0.3:
                removal.stretch(self.somewhere(), random.randrange(1, 4))
        elif dice < SWAP + SHOVE + STRETCH:
            removal.stretch(self.somewhere(), random.randrange(2, 9))
        elif dice < SWAP + SHOVE + STRETCH + TWO_STRETCHES:
            removal.stretch(self.somewhere(), random.randrange(1, 5))
            removal.stretch(self.somewhere(), random.randrange(1, 5))
        else:
            for _ in range(random.randrange(1, 5)):
                removal.drop(random.choice(self.items))
        if random.random() < WAITING:
            waiting = [index for index in self.items if not self.solution.places[index]]
            removal.gone.update(dict.fromkeys(random.sample(waiting, min(len(waiting), random.randrange(1, 4)))))
        return list(removal.gone), False

    def bad(self) -> int:
        """An item that costs more than two others drawn with it."""
        return max((self.random.choice(self.items) for _ in range(3)), key=self.solution.costs.__getitem__)

    def somewhere(self) -> int:
        """The begin of a block, or any slot."""
        place = self.solution.places[self.random.choice(self.items)]
        return self.random.choice(place)[0] if place else self.random.randrange(max(1, self.solution.problem.window))

    def shove(self, removal: Removal, index: int) -> None:
        """Put an item where it would like to be; one of those who must go may do the same, and so on."""
        for _ in range(LONGEST_CHAIN):
            place = wish(self.solution, index, self.random)
            if not place:
                removal.drop(index)
                return
            victims = [v for v in removal.shove(index, place) if not self.ordered(v)]
            if not victims or self.random.random() > CHAIN:
                return
            index = self.random.choice(victims)

    def ordered(self, index: int) -> bool:
        """Whether the item is a task that others wait for or that waits for others."""
        item = self.solution.items[index]
        return isinstance(item, Task) and bool(item.predecessors or item.successors)

    def swap(self, removal: Removal) -> None:
        """Let two blocks of about the same length change places; what overlaps the longer one goes."""
        solution, random = self.solution, self.random
        one = self.bad()
        if not solution.places[one]:
            return self.shove(removal, one)
        here, length = random.choice(solution.places[one])
        for _ in range(12):
            other = random.choice(self.items)
            if other == one or not solution.places[other]:
                continue
            there, size = random.choice(solution.places[other])
            if abs(length - size) <= 2 and suits(solution, one, there, length) and suits(solution, other, here, size):
                self.shift(removal, one, here, there, length)
                self.shift(removal, other, there, here, size)
                return None
        return self.shove(removal, one)

    def shift(self, removal: Removal, index: int, old: int, new: int, length: int) -> None:
        """Move one block of an item from `old` to `new`, unless its other chunks have grown or stand there."""
        rest = tuple(span for span in self.solution.places[index] if span[0] != old)
        item = self.solution.items[index]
        too_long = isinstance(item, Task) and length + sum(size for _, size in rest) > item.slots
        if too_long or any(first <= new + length and new <= first + size for first, size in rest):
            removal.drop(index)
            return
        removal.shove(index, tuple(sorted((*rest, (new, length)))))

    def sacrifice(self, removal: Removal) -> list[int]:
        """Take out a task, what could make better use of its time, and some neighbours; the task comes back last."""
        solution, random = self.solution, self.random
        tasks = solution.problem.tasks
        pair = [random.choice(self.tasks) for _ in range(2)]
        victim = max(pair, key=lambda index: tasks[index].slots if solution.places[index] else 0)
        freed = covered(solution.places[victim])
        last = Removal(solution, random, self.slots)
        last.drop(victim)
        for index in self.items:
            if index not in last.gone and solution.costs[index] and self.could_use(solution.items[index], freed):
                removal.drop(index)
        if random.random() < 0.6:
            for first, _ in runs(freed):
                if len(removal.gone) < 12:
                    removal.stretch(max(0, first - random.randrange(20)), random.randrange(1, 6))
        order = [index for index in removal.gone if index not in last.gone]
        if random.random() < 0.5:
            order.sort(key=lambda index: -solution.costs[index] * (0.5 + random.random()))
        else:
            order.sort(key=lambda index: -weight_of(solution.items[index]) * (0.7 + 0.6 * random.random()))
        return order + list(last.gone)

    def clearing(self, removal: Removal) -> list[int]:
        """Clear a stretch of a task's time before its end; the task chooses first, then those who made way."""
        solution, random = self.solution, self.random
        index = self.bad()
        item = solution.items[index]
        if not isinstance(item, Task):
            self.shove(removal, index)
            return list(removal.gone)
        place = solution.places[index]
        room = item.eligible & between(0, sum(place[-1]) if place else solution.problem.window)
        if not room:
            return [index]
        removal.drop(index)
        first = random_bit(room, random)
        removal.make_room(item.eligible & ~between(0, first), int(item.slots * (1 + random.random())), MOST_CLEARED)
        rest = [other for other in removal.gone if other != index]
        random.shuffle(rest)
        if random.random() < 0.5:
            rest.sort(key=lambda other: -weight_of(solution.items[other]) * (0.7 + 0.6 * random.random()))
        return [index, *rest]

    def could_use(self, item: Item, freed: int) -> bool:
        """Whether a badly placed item could sit in the freed time: habits always, tasks now and then."""
        if isinstance(item, Movable) or not item.eligible & freed:
            return False
        return isinstance(item, Occurrence) or self.random.random() < 0.2
