"""`plan`: the whole planner, a pure function from a problem to a plan."""

from almanac.domain.planner.explain.explanation import explained
from almanac.domain.planner.model.plan import Plan
from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.search.annealing import MonotonicClock, Timer, annealed
from almanac.domain.planner.search.greedy import greedy_plans
from almanac.domain.planner.search.lagrangian import slot_prices
from almanac.domain.planner.search.large_neighbourhood import Schedule
from almanac.domain.planner.search.previous_plan import as_previous, kept_plan, worth_it
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.solution import Snapshot, Solution

__all__ = ["MonotonicClock", "plan", "standing_still"]

WORK_PER_SECOND = 75_000
"""Units of work a second of budget buys; a slow machine does less and is cut short by the clock."""
SEARCH_SHARE, PROBE_SHARE, SETTLE_ROUNDS = 0.78, 0.06, 3
FINISHING, LEAST_SHARE = 0.0003, 0.1
"""Seconds an item that settling and explaining need; the search keeps at least this share of the budget."""
HOT_PER_ITEM, HOT_SHARE, COOLEST, COOLING = 2_400_000.0, 0.03, 4_000.0, 30.0
"""Begin temperature: so much divided by the number of items, at most a share of the cost; the end is a 30th of it."""
PROBE_HOT, PROBE_COLD = 3_000.0, 300.0
SEARCH_SEED, PROBE_SEED = 7, 11


def standing_still() -> float:
    """A clock that never cuts anything short: the amount of work alone bounds the search."""
    return 0.0


def plan(problem: Problem, budget_seconds: float = 2.0, clock: MonotonicClock = standing_still) -> Plan:
    """Place tasks and habits, move movable events where that pays, and explain the result.

    The first valid plan is greedy and comes whatever the budget is; the rest of the budget improves it. The search is
    bounded by an amount of work that follows from the budget alone, so equal problems and budgets give equal plans.
    The clock only cuts that work short: on a machine too slow for it the search cools faster and ends early, and two
    runs may then differ. Without a clock only the work counts, whatever it takes on the machine at hand.
    With a previous plan in the problem, that plan is the starting point and is left alone unless the gain is worth it.
    """
    return Solver(problem, budget_seconds, clock).plan()


class Solver:
    """One planning run: budget, clock and what follows from them."""

    def __init__(self, problem: Problem, budget_seconds: float, clock: MonotonicClock) -> None:
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
        seconds = max(LEAST_SHARE * self.budget, SEARCH_SHARE * self.budget - FINISHING * len(self.problem.items))
        plans = [kept] if kept else []
        plans += greedy_plans(self.problem, lambda: self.clock() - self.start >= seconds)
        best = min(plans, key=lambda snapshot: snapshot.cost)
        if self.clock() - self.start >= seconds:
            return best
        hot = max(COOLEST, min(HOT_PER_ITEM / max(1, len(best.places)), HOT_SHARE * best.cost))
        randomization = Randomization(SEARCH_SEED, self.problem.window, slot_prices(self.problem, best.cost))
        schedule = Schedule(seconds * WORK_PER_SECOND, hot, hot / COOLING)
        return annealed(self.problem, best, randomization, schedule, Timer(self.clock, self.start + seconds))

    def settle(self, best: Snapshot) -> Snapshot:
        """Plan again with the plan as the previous one until that changes nothing, as a later run will do.

        No clock cuts this short: a run with more time would else find what this one had no time to see.
        """
        for _ in range(SETTLE_ROUNDS):
            again = as_previous(self.problem, best)
            kept = kept_plan(again)
            probed = self.probe(again, kept)
            before, best = best, self.costed(probed if worth_it(kept.cost, probed.cost) else kept)
            if best.places == before.places:
                break
        return best

    def is_previous(self, snapshot: Snapshot) -> bool:
        """Whether it is the previous plan block by block: equal input gives equal output, so it is settled."""
        again = as_previous(self.problem, snapshot)
        return set(again.instance.previous) == set(self.problem.instance.previous)

    def costed(self, snapshot: Snapshot) -> Snapshot:
        """The same places with their cost in the problem as it was asked."""
        solution = Solution(self.problem)
        solution.restore(snapshot)
        return solution.snapshot()

    def probe(self, problem: Problem, base: Snapshot) -> Snapshot:
        """A short cool search around a plan, as long as its work takes."""
        schedule = Schedule(PROBE_SHARE * self.budget * WORK_PER_SECOND, PROBE_HOT, PROBE_COLD)
        return annealed(problem, base, Randomization(PROBE_SEED, problem.window, []), schedule, None)
