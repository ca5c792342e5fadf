"""The search over a whole problem: component after component, each with its share of the work and of the time."""

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.search.components import components_of
from almanac.domain.planner.search.large_neighbourhood import AnnealingSchedule, NeighbourhoodSearch, SearchClock
from almanac.domain.planner.search.params import AnnealingParams
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
    starts: int = 1,
) -> tuple[Snapshot, float]:
    """Return the best plan found from `base`, and the share of the work that there was no time for.

    Without a time limit all of the work is done, whatever it takes. `starts` is how often the search of a component
    begins that gets much work for each of its items.

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
        share, found = size / sum(sizes), [best]
        for leg in legs_of(starts, share * schedule.work / len(component.items), randomization.params.annealing):
            begin, done = done, done + share * leg.share
            if leg.goes_on:
                found = [min(found, key=lambda snapshot: snapshot.cost)]
            solution.restore(found[0])
            part = AnnealingSchedule(
                share * leg.share * schedule.work, leg.hot * schedule.hot, leg.cold * schedule.cold
            )
            search = NeighbourhoodSearch(solution, randomization, component)
            found.append(search.run(part, time_limit.search_clock(begin, done) if time_limit else unlimited))
            cut += share * leg.share * search.cut
        best = found[-1]
        solution.restore(best)
    return best, cut


class Leg(NamedTuple):
    """A share of a component's search, with its temperatures as multiples of the whole one's.

    It begins with the plan that the first one began with, or `goes_on` from the best so far.
    """

    share: float = 1.0
    hot: float = 1.0
    cold: float = 1.0
    goes_on: bool = True


def legs_of(starts: int, work_per_item: float, annealing: AnnealingParams) -> list[Leg]:
    """Return what a component's search is made of: several starts and the way on from the best, or one alone."""
    if starts == 1 or work_per_item < annealing.work_for_starts:
        return [Leg()]
    start = Leg(annealing.start_share, cold=annealing.start_cold, goes_on=False)
    rest = 1.0 - starts * start.share
    return [*[start] * starts, Leg(rest, hot=annealing.hot_again)]
