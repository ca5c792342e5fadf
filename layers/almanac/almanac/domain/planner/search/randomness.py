"""What makes a repair differ from the one before it: random draws, masks over the calendar, and slot prices."""

from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Any

from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import each_slot, starts_of_runs
from almanac.domain.planner.search.params import DEFAULT, RepairParams, SearchParams


@lru_cache(maxsize=16)
def drawn_masks(seed: int, window: int, params: RepairParams) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """Return the masks that a search draws first, and the state of its draws after them: a plan needs them often."""
    random = Random(seed)  # noqa: S311 - a search needs repeatable draws, not secrecy
    return tuple(mask(random, window, params) for _ in range(params.masks)), random.getstate()


def mask(random: Random, window: int, params: RepairParams) -> int:
    """Return a mask that hides about a third of the window, in pieces of up to three hours."""
    shortest, beyond = params.mask_run
    width = beyond - shortest
    bits, slot, digits = (1 << window) - 1, 0, width.bit_length()
    while slot < window:
        drawn = random.getrandbits(digits)
        while drawn >= width:  # as randrange does, in a third of its time
            drawn = random.getrandbits(digits)
        length = shortest + drawn
        if random.random() < params.hidden:
            bits &= ~(((1 << length) - 1) << slot)
        slot += length
    return bits


class Randomization:
    """The one source of random draws of a whole search, seeded, so that equal searches take equal ways."""

    def __init__(
        self,
        seed: int,
        window: int,
        slot_prices: list[list[int]],
        params: SearchParams = DEFAULT,
        *,
        ordered: bool = False,
    ) -> None:
        """`slot_prices` are those of each person, [] for none at all; `ordered`: some items wait for others."""
        self.ordered = ordered
        self.heirs_weight = 1.0
        self.random = Random(seed)  # noqa: S311 - a search needs repeatable draws, not secrecy
        self.params = params
        repair = params.repair
        self.skip_rate = repair.skip_rate
        self.masks, state = drawn_masks(seed, window, repair)
        self.random.setstate(state)
        self.price_sums: list[list[list[int]]] = []
        """For each weight, for each person: the prices summed up to each slot."""
        self.cheap: list[list[int]] = []
        """For each person: the slots that cost little, for each of a few levels."""
        self.prefixes: list[list[int]] | None = None
        self.price_weight = 0
        self.rankings: dict[tuple[int, int, int], list[int]] = {}
        if any(price > 0 for prices in slot_prices for price in prices):
            self.price_sums = [
                [[0, *accumulate(int(price * weight) for price in prices)] for prices in slot_prices]
                for weight in repair.price_weights
            ]
            self.cheap = [self.cheap_slots(prices) for prices in slot_prices]

    def cheap_slots(self, prices: list[int]) -> list[int]:
        """Return the slots at or below each of a few levels of one person's prices."""
        paid = sorted(price for price in prices if price > 0)
        quantiles = self.params.repair.cheap_quantiles if paid else ()
        levels = [0, *(paid[int(len(paid) * quantile)] for quantile in quantiles)]
        return [sum(1 << slot for slot, p in enumerate(prices) if p <= level) for level in levels]

    def cheap_for(self, task: Task) -> list[int]:
        """Return the slots that cost little for all whose time a task takes, for each of a few levels."""
        first, *others = (self.cheap[person] for person in task.people)
        for levels in others:
            first = [mine & theirs for mine, theirs in zip(first, levels, strict=False)]
        return first

    def redraw(self) -> None:
        """Draw the weights of the slot prices, and of what waits, for the next repair."""
        if self.ordered:
            self.heirs_weight = self.random.choice(self.params.repair.heirs_weights)
        if self.price_sums:
            self.price_weight = self.random.randrange(len(self.price_sums))
            self.prefixes = self.price_sums[self.price_weight]

    def cheapest(self, task: Task, length: int, starts: int) -> int:
        """Return the cheapest of some starts for a block of the task, delay and slot prices counted; -1 for none."""
        if not starts:
            return -1
        key = (task.index, length, self.price_weight)
        ranking = self.rankings.get(key)
        if ranking is None:
            ranking = self.rankings[key] = self.ranked(task, length)
        return next((first for first in ranking if starts >> first & 1), -1)

    def ranked(self, task: Task, length: int) -> list[int]:
        """Return every start of a block of the task, the cheapest first."""
        prefixes = [self.price_sums[self.price_weight][person] for person in task.people]

        def price(first: int) -> int:
            alone = task.cost(((first, length),)) if length == task.slots else task.unit_cost * length * first
            return alone + sum([prefix[first + length] - prefix[first] for prefix in prefixes])

        return sorted(each_slot(starts_of_runs(task.eligible, length)), key=price)

    def masked(self, slots: int) -> int:
        """Return the slots without those that a random mask hides."""
        return slots & self.random.choice(self.masks)

    def skips(self) -> bool:
        """Return whether good places are to be skipped now."""
        return self.random.random() < self.skip_rate
