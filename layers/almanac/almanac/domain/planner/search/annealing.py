"""The search over a whole problem: part after part, each with its share of the work and of the time."""

from collections.abc import Callable
from math import sqrt

from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.search.components import parts_of
from almanac.domain.planner.search.large_neighbourhood import Schedule, Search
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.solution import Snapshot, Solution

MonotonicClock = Callable[[], float]
"""Seconds from any fixed point on, never backwards: `time.monotonic` in production."""


class Timer:
    """The time from now to `stop`, seconds of the clock, in shares."""

    def __init__(self, clock: MonotonicClock, stop: float) -> None:
        self.clock = clock
        self.begin = clock()
        self.span = stop - self.begin

    def search_clock(self, begin: float, end: float) -> Callable[[], float]:
        """Tells how much of the time between two shares of the whole is used up; 1 and more where no time is left."""
        first, span = self.begin + begin * self.span, (end - begin) * self.span
        return lambda: (self.clock() - first) / span if span > 0 else 1.0


def unhurried() -> float:
    """The pace of a search that only its work bounds."""
    return 0.0


def annealed(
    problem: Problem, base: Snapshot, randomization: Randomization, schedule: Schedule, timer: Timer | None
) -> Snapshot:
    """The best plan found from `base`; without a timer all of the work is done, whatever it takes.

    A part gets work by the square roots of what its items cost: most is to be gained where much is paid.
    """
    parts = parts_of(problem)
    if schedule.work < 1.0 or not parts:
        return base
    solution = Solution(problem)
    solution.restore(base)
    sizes = [sum(sqrt(solution.costs[index]) for index in part.items) + 1.0 for part in parts]
    best, done = base, 0.0
    for part, size in zip(parts, sizes, strict=True):
        share = size / sum(sizes)
        search_clock = timer.search_clock(done, done + share) if timer else unhurried
        done += share
        best = Search(solution, randomization, part).run(
            Schedule(share * schedule.work, schedule.hot, schedule.cold), search_clock
        )
        solution.restore(best)
    return best
