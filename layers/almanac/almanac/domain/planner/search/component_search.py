"""The search over a whole problem: component after component, each with its share of the work and of the time."""

from collections.abc import Callable
from math import sqrt

from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.search.components import components_of
from almanac.domain.planner.search.large_neighbourhood import AnnealingSchedule, NeighbourhoodSearch, SearchClock
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.solution import Snapshot, Solution

MonotonicClock = Callable[[], float]
"""Seconds from any fixed point on, never backwards: `time.monotonic` in production."""


class TimeLimit:
    """The time from now to `stop`, seconds of the clock, in shares."""

    def __init__(self, clock: MonotonicClock, stop: float) -> None:
        self.clock = clock
        self.begin = clock()
        self.span = stop - self.begin

    def search_clock(self, begin: float, end: float) -> SearchClock:
        """Return the clock of a search that gets the time between two shares of the whole."""
        first, span = self.begin + begin * self.span, (end - begin) * self.span
        return lambda: (self.clock() - first) / span if span > 0 else 1.0


def unlimited() -> float:
    """Return 0: the clock of a search that only its work bounds."""
    return 0.0


def search_components(
    problem: Problem,
    base: Snapshot,
    randomization: Randomization,
    schedule: AnnealingSchedule,
    time_limit: TimeLimit | None = None,
) -> tuple[Snapshot, float]:
    """Return the best plan found from `base`, and the share of the work that there was no time for.

    Without a time limit all of the work is done, whatever it takes.

    A component gets work by the square roots of what its items cost: most is to be gained where much is paid.
    """
    components = components_of(problem)
    if schedule.work < 1.0 or not components:
        return base, 0.0
    solution = Solution(problem)
    solution.restore(base)
    sizes = [sum(sqrt(solution.costs[index]) for index in component.items) + 1.0 for component in components]
    best, done, cut = base, 0.0, 0.0
    for component, size in zip(components, sizes, strict=True):
        share = size / sum(sizes)
        search_clock = time_limit.search_clock(done, done + share) if time_limit else unlimited
        done += share
        search = NeighbourhoodSearch(solution, randomization, component)
        best = search.run(AnnealingSchedule(share * schedule.work, schedule.hot, schedule.cold), search_clock)
        cut += share * search.cut
        solution.restore(best)
    return best, cut
