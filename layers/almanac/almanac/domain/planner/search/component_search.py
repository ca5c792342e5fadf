"""The search over a whole problem: component after component, each with its share of the work and of the time."""

from collections.abc import Callable
from itertools import cycle
from math import sqrt
from typing import NamedTuple

from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.search.components import Component, components_of
from almanac.domain.planner.search.large_neighbourhood import AnnealingSchedule, NeighbourhoodSearch, SearchClock
from almanac.domain.planner.search.order_search import OrderSearch
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
        search = ComponentSearch(solution, component, randomization, schedule, time_limit, size / sum(sizes), done)
        best = search.run(best, starts)
        solution.restore(best)
        done, cut = search.done, cut + search.cut
    return best, cut


class Begin(NamedTuple):
    """A plan that a search begins with, and the first temperature of one that does."""

    plan: Snapshot
    hot: float


class ComponentSearch:
    """The search of one component, with a share of the work and of the time, which `done` of the whole are behind."""

    def __init__(
        self,
        solution: Solution,
        component: Component,
        randomization: Randomization,
        schedule: AnnealingSchedule,
        time_limit: TimeLimit | None,
        share: float,
        done: float,
    ) -> None:
        """`schedule` is that of the whole search."""
        self.solution = solution
        self.component = component
        self.randomization = randomization
        self.schedule = schedule
        self.time_limit = time_limit
        self.share = share
        self.done = done
        self.cut = 0.0
        """The share of the whole work that there was no time for."""

    def run(self, base: Snapshot, starts: int) -> Snapshot:
        """Return the best plan found from `base` and, where it starts more than once, from the best of some orders."""
        params, schedule = self.randomization.params, self.schedule
        work, left = self.share * schedule.work / len(self.component.items), self.share
        begins = [Begin(base, schedule.hot)]
        if starts > 1 and self.has_orders(work):
            begins.append(Begin(self.ordered(base), params.orders.start_hot * schedule.hot))
            left *= 1.0 - self.orders_share
        found, best = cycle(begins), min(begins, key=lambda begin: begin.plan.cost)
        for leg in legs_of(starts, work, params.annealing):
            begin = best if leg.goes_on else next(found)
            self.solution.restore(begin.plan)
            search = NeighbourhoodSearch(self.solution, self.randomization, self.component)
            plan = self.searched(search, leg.share * left, leg.hot * begin.hot, leg.cold * schedule.cold)
            best = min(best, Begin(plan, schedule.hot), key=lambda begin: begin.plan.cost)
        return best.plan

    def has_orders(self, work_per_item: float) -> bool:
        """Return whether there is work enough to search orders, and no meeting: it takes the time of several people."""
        tasks = self.solution.problem.tasks
        enough = work_per_item >= self.randomization.params.orders.least_work
        return enough and not any(tasks[index].is_meeting for index in self.component.items if index < len(tasks))

    @property
    def orders_share(self) -> float:
        """The share of the component's work that goes into orders, where it has any."""
        orders, tasks = self.randomization.params.orders, self.solution.problem.tasks
        waits = any(tasks[index].predecessors for index in self.component.items if index < len(tasks))
        return orders.waiting_share if waits else orders.share

    def ordered(self, base: Snapshot) -> Snapshot:
        """Return the best plan of a few searches of orders."""
        params = self.randomization.params
        orders, hot = params.orders, max(params.annealing.least_hot, params.orders.hot_share * base.cost)
        share, found = self.share * self.orders_share / orders.runs, list[Snapshot]()
        for _ in range(orders.runs):
            search = OrderSearch(self.solution.problem, self.component, base, self.randomization.random, orders)
            found.append(self.searched(search, share, hot, hot / orders.cooling))
        return min(found, key=lambda snapshot: snapshot.cost)

    def searched(self, search: NeighbourhoodSearch | OrderSearch, share: float, hot: float, cold: float) -> Snapshot:
        """Return what a search finds with a share of the whole work and time, between two temperatures."""
        begin, self.done = self.done, self.done + share
        clock = self.time_limit.search_clock(begin, self.done) if self.time_limit else unlimited
        found = search.run(AnnealingSchedule(share * self.schedule.work, hot, cold), clock)
        self.cut += share * search.cut
        return found


class Leg(NamedTuple):
    """A share of a component's search, with its temperatures as multiples of the whole one's.

    It begins with one of the plans that the whole one began with, by turns, or `goes_on` from the best so far.
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
