"""What makes a repair try something else than last time: chance, veils over the calendar, and slot prices."""

from itertools import accumulate
from random import Random

from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import each_slot, starts_of_runs

SKIP_RATE = 0.03
"""How often a good place is overlooked (Christiaens, Vanden Berghe 2020: "slack induction by string removals")."""
MASKS = 64
HIDDEN = 0.3
PRICE_WEIGHTS = (0.3, 0.6, 1.0)
"""How much of the prices a repair believes."""
QUANTILES = (0.15, 0.3, 0.5, 0.7, 0.85)


class Randomization:
    """One source of chance for a whole search, seeded, so that equal searches go equal ways."""

    def __init__(self, seed: int, window: int, prices: list[int]) -> None:
        self.random = Random(seed)  # noqa: S311 - a search needs repeatable chance, not secrecy
        self.masks = [self.mask(window) for _ in range(MASKS)]
        self.sums: list[list[int]] = []
        self.cheap: list[int] = []
        self.prefix: list[int] | None = None
        self.price_weight = 0
        self.rankings: dict[tuple[int, int, int], list[int]] = {}
        paid = sorted(price for price in prices if price > 0)
        if paid:
            self.sums = [
                [0, *accumulate(int(price * price_weight) for price in prices)] for price_weight in PRICE_WEIGHTS
            ]
            levels = [0, *(paid[int(len(paid) * quantile)] for quantile in QUANTILES)]
            self.cheap = [sum(1 << slot for slot, p in enumerate(prices) if p <= level) for level in levels]

    def mask(self, window: int) -> int:
        """A mask that hides about a third of the window, in pieces of up to three hours."""
        bits, slot = (1 << window) - 1, 0
        while slot < window:
            length = self.random.randrange(1, 13)
            if self.random.random() < HIDDEN:
                bits &= ~(((1 << length) - 1) << slot)
            slot += length
        return bits

    def redraw(self) -> None:
        """Draw how much the next repair believes the prices."""
        if self.sums:
            self.price_weight = self.random.randrange(len(self.sums))
            self.prefix = self.sums[self.price_weight]

    def cheapest(self, task: Task, length: int, fit: int) -> int:
        """Of the starts in `fit` the cheapest for a block of the task, delay and prices counted; -1 for none."""
        if not fit:
            return -1
        key = (task.index, length, self.price_weight)
        ranking = self.rankings.get(key)
        if ranking is None:
            ranking = self.rankings[key] = self.ranked(task, length)
        return next((first for first in ranking if fit >> first & 1), -1)

    def ranked(self, task: Task, length: int) -> list[int]:
        """Every start of a block of the task, the cheapest first."""
        prefix = self.sums[self.price_weight]

        def price(first: int) -> int:
            alone = task.cost(((first, length),)) if length == task.slots else task.unit_cost * length * first
            return alone + prefix[first + length] - prefix[first]

        return sorted(each_slot(starts_of_runs(task.eligible, length)), key=price)

    def masked(self, room: int) -> int:
        """The room without some random stretches."""
        return room & self.random.choice(self.masks)

    def skips(self) -> bool:
        """Whether to overlook something now."""
        return self.random.random() < SKIP_RATE
