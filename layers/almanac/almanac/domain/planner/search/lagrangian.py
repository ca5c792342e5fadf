"""What a slot is worth: Lagrange multipliers of "one thing at a time", found by subgradient steps.

Drop the rule that blocks must not overlap and every item can choose its best place alone; put a price on each slot that
too many choose, and the crowd thins out. The prices tell the repair which hours are contested, so that work that loses
little by waiting leaves them to work that loses much. (Fisher 1981, "The Lagrangian relaxation method for solving
integer programming problems".)
"""

from collections.abc import Sequence
from itertools import accumulate, islice
from operator import add, itemgetter, sub

from almanac.domain.planner.model.problem import Movable, Occurrence, Problem, Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, Span, each_slot, starts_of_runs

MOST_OPTIONS = 150_000
"""Above this many (item, start) pairs the prices cost more time than they save."""
ROUNDS = 120
STEP, SHRINK, SMOOTH = 1.5, 0.965, 0.1
DAYS_LATE = (1, 2, 4, 8)
"""Completion limits a splittable task tries, in days after its deadline."""

Option = tuple[int, int, int]
"""(first slot, slots, cost)."""


def slot_prices(problem: Problem, known_cost: int) -> list[int]:
    """A price per slot, thousandths of a point; all zero when the problem is too large for it.

    `known_cost` is the cost of some valid plan; it sets the length of the steps.
    """
    if not problem.window or sum(possible(item) for item in problem.items) > MOST_OPTIONS:
        return [0] * problem.window
    choosers = [chooser(problem, item) for item in problem.items]
    prices = [0.0] * problem.window
    smooth = prices
    target, step = 0.8 * known_cost, STEP
    for _ in range(ROUNDS):
        sums = [0.0, *accumulate(prices)]
        bound = -sums[-1]
        change = [0] * (problem.window + 1)
        for item in choosers:
            cost, spans = item.choose(sums)
            bound += cost
            for first, length in spans:
                change[first] += 1
                change[first + length] -= 1
        excess = [used - 1 for used in accumulate(change[:-1])]
        slope = [over if over > 0 or price > 0 else 0 for over, price in zip(excess, prices, strict=True)]
        stride = step * (target - bound) / (sum(over * over for over in slope) or 1)
        prices = [max(0.0, price + stride * over) for price, over in zip(prices, slope, strict=True)]
        smooth = [(1 - SMOOTH) * old + SMOOTH * new for old, new in zip(smooth, prices, strict=True)]
        step *= SHRINK
    return [int(price) for price in smooth]


def possible(item: Task | Occurrence | Movable) -> int:
    """About how many options an item has."""
    return (item.starts if isinstance(item, Movable) else item.eligible).bit_count()


class Priced:
    """Options whose costs with prices are worked out all at once: this is the innermost loop of the pricing."""

    def __init__(self, options: Sequence[Option]) -> None:
        padded = [*options, options[-1]]  # with a single index an itemgetter would answer no tuple
        self.alone = [cost for _, _, cost in options]
        self.begins = itemgetter(*(first for first, _, _ in padded))
        self.ends = itemgetter(*(first + length for first, length, _ in padded))

    def costs(self, sums: Sequence[float]) -> list[float]:
        """Cost with prices of every option; `sums` are the prices summed up to each slot."""
        return list(map(sub, map(add, self.alone, self.ends(sums)), self.begins(sums)))


class BlockChooser:
    """An item of one block: the cheapest of all its places at given prices, or no place."""

    def __init__(self, options: list[Option], without: float) -> None:
        self.options = options
        self.without = without
        self.priced = Priced(options)

    def choose(self, sums: Sequence[float]) -> tuple[float, list[Span]]:
        """(cost with prices, slots used)."""
        costs = self.priced.costs(sums)
        best = min(costs)
        if best >= self.without:
            return self.without, []
        first, length, _ = self.options[costs.index(best)]
        return best, [(first, length)]


class SlotChooser:
    """A task in chunks, relaxed to single slots: its cheapest slots before each of a few completion limits."""

    def __init__(self, problem: Problem, task: Task) -> None:
        self.task = task
        self.slots = list(each_slot(task.eligible))
        self.priced = Priced([(slot, 1, task.unit_cost * (slot - task.release)) for slot in self.slots])
        self.limits = completion_limits(problem, task)
        self.unfinished = task.late_cost(problem.window, complete=False)

    def choose(self, sums: Sequence[float]) -> tuple[float, list[Span]]:
        """(cost with prices, slots used)."""
        task = self.task
        ranked = sorted(zip(self.priced.costs(sums), self.slots, strict=True))
        best: tuple[float, list[int]] = (task.cost(()), [])
        for limit in self.limits:
            chosen = list(islice((pair for pair in ranked if pair[1] < limit), task.slots))
            missing = task.slots - len(chosen)
            slots = [slot for _, slot in chosen]
            late = self.unfinished if missing else task.late_cost(max(slots) + 1)
            cost = sum(cost for cost, _ in chosen) + missing * task.missing_cost + late
            if cost < best[0]:
                best = (cost, slots)
        return best[0], [(slot, 1) for slot in best[1]]


class NothingToChoose:
    """An item without any possible place."""

    def __init__(self, cost: float) -> None:
        self.cost = cost

    def choose(self, _sums: Sequence[float]) -> tuple[float, list[Span]]:
        """Its cost without a place."""
        return self.cost, []


def chooser(problem: Problem, item: Task | Occurrence | Movable) -> BlockChooser | SlotChooser | NothingToChoose:
    """How one item answers prices."""
    without = float(item.cost(()))
    if isinstance(item, Movable):
        moves = [(first, item.slots, item.move_cost) for first in each_slot(item.starts)]
        return BlockChooser([(item.home, item.slots, 0), *moves], float("inf"))
    if isinstance(item, Occurrence):
        places = [(c.first, c.length, c.cost) for c in item.candidates]
    elif item.slots == item.min_chunk:
        starts = each_slot(starts_of_runs(item.eligible, item.slots))
        places = [(first, item.slots, item.cost(((first, item.slots),))) for first in starts]
    elif item.eligible:
        return SlotChooser(problem, item)
    else:
        places = []
    return BlockChooser(places, without) if places else NothingToChoose(without)


def completion_limits(problem: Problem, task: Task) -> list[int]:
    """End slots worth trying: on time, some days late, and whenever."""
    if task.deadline is None:
        return [problem.window]
    due = max(0, task.late_offset // SLOT_MINUTES)
    return [min(problem.window, due), *(d for k in DAYS_LATE if (d := due + 96 * k) < problem.window), problem.window]
