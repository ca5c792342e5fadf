"""Lagrangian slot prices: multipliers of "one thing at a time", found by subgradient steps.

Without the rule that blocks must not overlap, each item is a subproblem of its own: its best place alone. A price on
each slot that too many items take makes fewer of them take it. The prices tell a repair which hours are contested, so
that work that loses little by waiting leaves them to work that loses much. (Fisher 1981, "The Lagrangian relaxation
method for solving integer programming problems".)
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, islice
from operator import add, itemgetter, sub

from almanac.domain.planner.model.problem import DAY_SLOTS, Attendance, Movable, Occurrence, Problem, Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, Span, each_slot, starts_of_runs
from almanac.domain.planner.search.params import DEFAULT, PriceParams

Option = tuple[int, int, int]
"""(first slot, slots, cost)."""
FIRST_PART = 16
"""Options that an item is asked for at least."""
ROUNDING = 1.0
"""Thousandths of a point: more than what the sums of prices can be wrong by."""


def slot_prices(problem: Problem, known_cost: int, params: PriceParams = DEFAULT.prices) -> list[list[int]]:
    """Return for each person a price per slot, thousandths of a point; [] when the problem is too large for it.

    `known_cost` is the cost of some valid plan; it sets the length of the steps. Within, the slots of all people are
    on one long axis, a stretch a person; a meeting pays on each of its people's stretches.
    """
    size = problem.window * len(problem.people)
    priced = [item for item in problem.items if not isinstance(item, Attendance)]
    if not size or sum(option_count(item) for item in priced) > params.most_options:
        return []
    subproblems = [subproblem(problem, item, params.days_late) for item in priced]
    prices, smooth = [0.0] * size, [0.0] * size
    ever_priced: set[int] = set()
    target, step, smoothing = params.target * known_cost, params.step, params.smoothing
    for _ in range(params.rounds):
        sums = [0.0, *accumulate(prices)]
        bound, used = -sums[-1], dict[int, int]()
        for each in subproblems:
            cost, spans = each.solve(sums)
            bound += cost
            for first, length in spans:
                for slot in range(first, first + length):
                    used[slot] = used.get(slot, 0) + 1
        slope = {slot: used.get(slot, 0) - 1 for slot in ever_priced if prices[slot] > 0}
        slope |= {slot: items - 1 for slot, items in used.items() if items > 1}
        ever_priced |= slope.keys()
        stride = step * (target - bound) / (sum([over * over for over in slope.values()]) or 1)
        for slot, over in slope.items():
            prices[slot] = max(0.0, prices[slot] + stride * over)
        for slot in ever_priced:
            smooth[slot] = (1 - smoothing) * smooth[slot] + smoothing * prices[slot]
        step *= params.shrink
    whole = [int(price) for price in smooth]
    return [whole[base : base + problem.window] for base in range(0, size, problem.window)]


def option_count(item: Task | Occurrence | Movable) -> int:
    """Return about how many options an item has."""
    return (item.starts if isinstance(item, Movable) else item.eligible).bit_count()


class PricedOptions:
    """Options whose costs with prices are computed all at once: this is the innermost loop of the pricing.

    `bases` are where the stretches of those begin whose time an option takes.
    """

    def __init__(self, options: Sequence[Option], bases: Sequence[int]) -> None:
        padded = [*options, options[-1]]  # with a single index an itemgetter would answer no tuple
        self.alone = [cost for _, _, cost in options]
        self.edges = [
            (
                itemgetter(*(base + first for first, _, _ in padded)),
                itemgetter(*(base + first + length for first, length, _ in padded)),
            )
            for base in bases
        ]

    def costs(self, sums: Sequence[float]) -> list[float]:
        """Return the cost with prices of every option; `sums` are the prices summed up to each slot."""
        costs: list[float] = list(self.alone)
        for begins, ends in self.edges:
            costs = list(map(sub, map(add, costs, ends(sums)), begins(sums)))
        return costs


class BlockSubproblem:
    """An item of one block: its cheapest place at given prices, or no place.

    Prices are never below 0, so an option that is dearer without them than the best so far with them is not looked at:
    the cheapest come first, in `parts` that double in size.
    """

    def __init__(self, options: list[Option], without: float, bases: Sequence[int]) -> None:
        self.options = options
        self.without = without
        self.bases = bases
        order = sorted(range(len(options)), key=lambda number: options[number][2])
        self.parts: list[tuple[float, list[int], PricedOptions]] = []
        """Of each part its least cost without prices, and the numbers of its options."""
        begin = 0
        while begin < len(order):
            part = order[begin : max(FIRST_PART, 2 * begin)]
            priced = PricedOptions([options[number] for number in part], bases)
            self.parts.append((options[part[0]][2] - ROUNDING, part, priced))
            begin += len(part)

    def solve(self, sums: Sequence[float]) -> tuple[float, list[Span]]:
        """Return (cost with prices, slots used, on the long axis); of equally cheap options the first."""
        best, chosen = self.without, -1
        for least, numbers, priced in self.parts:
            if least > best:
                break
            costs = priced.costs(sums)
            cheapest = min(costs)
            if cheapest < best or (cheapest == best and chosen >= 0):
                equal = [number for number, cost in zip(numbers, costs, strict=True) if cost == cheapest]
                chosen = min(equal) if cheapest < best else min(chosen, *equal)
                best = cheapest
        if chosen < 0:
            return self.without, []
        first, length, _ = self.options[chosen]
        return best, [(base + first, length) for base in self.bases]


class SlotSubproblem:
    """A task in chunks, relaxed to single slots: its cheapest slots before each of a few completion limits."""

    def __init__(self, problem: Problem, task: Task, days_late: tuple[int, ...], base: int) -> None:
        self.task = task
        self.base = base
        self.slots = list(each_slot(task.eligible))
        options = [(slot, 1, task.unit_cost * (slot - task.release)) for slot in self.slots]
        self.priced = PricedOptions(options, (base,))
        limits = completion_limits(problem, task, days_late)
        self.stops = [bisect_left(self.slots, limit) for limit in limits]
        """For each limit, how many of the slots lie before it."""
        self.unfinished = task.late_cost(problem.window, complete=False)

    def solve(self, sums: Sequence[float]) -> tuple[float, list[Span]]:
        """Return (cost with prices, slots used)."""
        task = self.task
        costs, slots = self.priced.costs(sums), self.slots
        ranked = sorted(range(len(slots)), key=costs.__getitem__)
        best: tuple[float, list[int]] = (task.cost(()), [])
        for stop in self.stops:
            chosen = list(islice((number for number in ranked if number < stop), task.slots))
            missing = task.slots - len(chosen)
            late = self.unfinished if missing else task.late_cost(slots[max(chosen)] + 1)
            cost = sum([costs[number] for number in chosen]) + missing * task.missing_cost + late
            if cost < best[0]:
                best = (cost, [slots[number] for number in chosen])
        return best[0], [(self.base + slot, 1) for slot in best[1]]


class EmptySubproblem:
    """An item without any possible place."""

    def __init__(self, cost: float) -> None:
        self.cost = cost

    def solve(self, _sums: Sequence[float]) -> tuple[float, list[Span]]:
        """Return its cost without a place."""
        return self.cost, []


def subproblem(
    problem: Problem, item: Task | Occurrence | Movable, days_late: tuple[int, ...]
) -> BlockSubproblem | SlotSubproblem | EmptySubproblem:
    """Return the subproblem of one item."""
    without = float(item.cost(()))
    bases = [problem.window * person for person in item.people]
    if isinstance(item, Movable):
        moves = [(first, item.slots, item.move_cost) for first in each_slot(item.starts)]
        return BlockSubproblem([(item.home, item.slots, 0), *moves], float("inf"), bases)
    if isinstance(item, Occurrence):
        places = [(c.first, c.length, c.cost) for c in item.candidates]
    elif item.slots == item.min_chunk:
        starts = each_slot(starts_of_runs(item.eligible, item.slots))
        places = [(first, item.slots, item.cost(((first, item.slots),))) for first in starts]
    elif item.eligible:
        return SlotSubproblem(problem, item, days_late, bases[0])
    else:
        places = []
    return BlockSubproblem(places, without, bases) if places else EmptySubproblem(without)


def completion_limits(problem: Problem, task: Task, days_late: tuple[int, ...]) -> list[int]:
    """Return end slots to try: on time, some days late, and the window's end."""
    if task.deadline is None:
        return [problem.window]
    due = max(0, task.late_offset // SLOT_MINUTES)
    late = (due + DAY_SLOTS * days for days in days_late)
    return [min(problem.window, due), *(end for end in late if end < problem.window), problem.window]
