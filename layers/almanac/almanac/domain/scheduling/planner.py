"""`plan`: the whole planner, a pure function from a problem to a plan."""

from collections.abc import Callable

from almanac.domain.scheduling.draft import Draft, Snapshot
from almanac.domain.scheduling.explain import explained
from almanac.domain.scheduling.greedy import greedy_plans
from almanac.domain.scheduling.plan import Plan
from almanac.domain.scheduling.prices import slot_prices
from almanac.domain.scheduling.problem import Problem
from almanac.domain.scheduling.search import Schedule, Search
from almanac.domain.scheduling.stability import as_previous, kept_plan, worth_it
from almanac.domain.scheduling.whim import Whim

WORK_PER_SECOND = 100_000
"""Units of work a second of budget buys; a slow machine does less and is cut short by the clock."""
SEARCH_SHARE, PROBE_SHARE, SETTLE_ROUNDS = 0.7, 0.12, 3
LAST_START = 0.97
"""Share of the budget after which nothing new begins."""
HOT_PER_ITEM, HOT_SHARE, COOLEST, COOLING = 2_400_000.0, 0.03, 4_000.0, 30.0
"""Begin temperature: so much divided by the number of items, at most a share of the cost; the end is a 30th of it."""
PROBE_HOT, PROBE_COLD = 3_000.0, 300.0
SEARCH_SEED, PROBE_SEED = 7, 11

Clock = Callable[[], float]
"""Seconds from any fixed point on, never backwards: `time.monotonic` in production."""


def standing_still() -> float:
    """A clock that never cuts anything short: the amount of work alone bounds the search."""
    return 0.0


def plan(problem: Problem, budget_seconds: float = 2.0, clock: Clock = standing_still) -> Plan:
    """Place tasks and habits, move movable events where that pays, and explain the result.

    The first valid plan is greedy and comes whatever the budget is; the rest of the budget improves it. The search is
    bounded by an amount of work that follows from the budget alone, so equal problems and budgets give equal plans.
    The clock only cuts that work short: on a machine too slow for it the search cools faster and ends early, and two
    runs may then differ. Without a clock only the work counts, whatever it takes on the machine at hand.
    With a previous plan in the problem, that plan is the starting point and is left alone unless the gain is worth it.
    """
    return Planner(problem, budget_seconds, clock).plan()


class Planner:
    """One planning run: budget, clock and what follows from them."""

    def __init__(self, problem: Problem, budget_seconds: float, clock: Clock) -> None:
        self.problem = problem
        self.budget = max(0.0, budget_seconds)
        self.clock = clock
        self.start = clock()

    def plan(self) -> Plan:
        """Start, search, settle, explain."""
        best = kept_plan(self.problem) if self.problem.instance.previous else None
        if best:
            probed = self.probe(self.problem, best)
            if not worth_it(best.cost, probed.cost):
                return explained(self.problem, best if self.is_previous(best) else self.settle(best))
            best = probed
        found = self.search(best)
        if best is None or worth_it(best.cost, found.cost):
            best = found
        return explained(self.problem, self.settle(best))

    def search(self, kept: Snapshot | None) -> Snapshot:
        """The best plan the main search finds, from the best of several starts."""
        plans = [kept] if kept else []
        plans += greedy_plans(self.problem, lambda: self.over(SEARCH_SHARE))
        best = min(plans, key=lambda snapshot: snapshot.cost)
        if self.over(SEARCH_SHARE):
            return best
        hot = max(COOLEST, min(HOT_PER_ITEM / max(1, len(best.places)), HOT_SHARE * best.cost))
        prices = slot_prices(self.problem, best.cost)
        schedule = Schedule(SEARCH_SHARE * self.budget * WORK_PER_SECOND, hot, hot / COOLING)
        return self.anneal(self.problem, best, SEARCH_SEED, prices, schedule, SEARCH_SHARE)

    def settle(self, best: Snapshot) -> Snapshot:
        """Plan again with the plan as the previous one until that changes nothing, as a later run will do."""
        for _ in range(SETTLE_ROUNDS):
            again = as_previous(self.problem, best)
            kept = kept_plan(again)
            probed = self.probe(again, kept)
            before, best = best, self.costed(probed if worth_it(kept.cost, probed.cost) else kept)
            if best.places == before.places or self.over(LAST_START):
                break
        return best

    def is_previous(self, snapshot: Snapshot) -> bool:
        """Whether it is the previous plan block by block: equal input gives equal output, so it is settled."""
        again = as_previous(self.problem, snapshot)
        return set(again.instance.previous) == set(self.problem.instance.previous)

    def costed(self, snapshot: Snapshot) -> Snapshot:
        """The same places with their cost in the problem as it was asked."""
        draft = Draft(self.problem)
        draft.restore(snapshot)
        return draft.snapshot()

    def probe(self, problem: Problem, base: Snapshot) -> Snapshot:
        """A short cool search around a plan."""
        schedule = Schedule(PROBE_SHARE * self.budget * WORK_PER_SECOND, PROBE_HOT, PROBE_COLD)
        return self.anneal(problem, base, PROBE_SEED, [], schedule, LAST_START)

    def anneal(
        self, problem: Problem, base: Snapshot, seed: int, prices: list[int], schedule: Schedule, share: float
    ) -> Snapshot:
        """One search from a plan."""
        if schedule.work < 1.0:
            return base
        draft = Draft(problem)
        draft.restore(base)
        return Search(draft, Whim(seed, problem.window, prices)).run(schedule, self.pace_until(share))

    def pace_until(self, share: float) -> Callable[[], float]:
        """Tells how much of the time from now to a share of the whole budget is used up."""
        begin = self.clock()
        span = self.start + share * self.budget - begin
        return lambda: (self.clock() - begin) / span if span > 0 else 1.0

    def over(self, share: float) -> bool:
        """Whether a share of the budget is used up."""
        return self.clock() - self.start >= share * self.budget
