"""`plan`: the whole planner, a pure function from a problem to a plan."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from almanac.domain.planner.explain.explained_plan import explained
from almanac.domain.planner.model.apart import groups_of
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.plan import Plan, Summary
from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.search.component_search import MonotonicClock, TimeLimit, search_components
from almanac.domain.planner.search.greedy import greedy_plans
from almanac.domain.planner.search.lagrangian import slot_prices
from almanac.domain.planner.search.large_neighbourhood import AnnealingSchedule
from almanac.domain.planner.search.params import DEFAULT, SearchParams
from almanac.domain.planner.search.previous_plan import as_previous, kept_plan, worth_it
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.solution import Snapshot, costed

__all__ = ["MonotonicClock", "plan", "standing_still"]


def standing_still() -> float:
    """Return 0: a clock that never cuts anything short, so that the amount of work alone bounds the search."""
    return 0.0


def plan(
    problem: Problem,
    budget_seconds: float = 2.0,
    clock: MonotonicClock = standing_still,
    params: SearchParams = DEFAULT,
) -> Plan:
    """Place tasks and habits, move movable events where that pays, and explain the result.

    The first valid plan is greedy and comes whatever the budget is; the rest of the budget improves it. The search is
    bounded by an amount of work that follows from the budget alone, so equal problems and budgets give equal plans.
    The clock only cuts that work short: on a machine too slow for it the search cools faster and ends early, and two
    runs may then differ. Without a clock only the work counts, whatever it takes on the machine at hand.
    With a previous plan in the problem, that plan is the starting point and is left alone unless the gain is worth it.
    People whom nothing connects are planned apart, each group with its people's share of the budget.
    """
    parts = groups_of(problem.instance)
    if len(parts) == 1:
        return Solver(problem, budget_seconds, clock, params).plan()
    share = budget_seconds / len(problem.people)
    return joined(
        problem.id,
        [Solver(problem_of(part), share * len(part.people), clock, params).plan() for part in parts],
    )


def joined(name: str, plans: Sequence[Plan]) -> Plan:
    """Return the plans of people who have nothing to do with each other as one."""
    counts = [[getattr(plan.summary, field) for field in Summary.__slots__] for plan in plans]
    return Plan(
        instance=name,
        blocks=tuple(sorted((b for plan in plans for b in plan.blocks), key=lambda block: (block.start, block.item))),
        moved=tuple(block for plan in plans for block in plan.moved),
        findings=tuple(finding for plan in plans for finding in plan.findings),
        summary=Summary(*map(sum, zip(*counts, strict=True))),
        objective=round(sum(plan.objective for plan in plans), 3),
        search_cut_percent=max(plan.search_cut_percent for plan in plans),
    )


class Solver:
    """One planning run: budget, clock and what follows from them."""

    def __init__(
        self, problem: Problem, budget_seconds: float, clock: MonotonicClock, params: SearchParams = DEFAULT
    ) -> None:
        self.problem = problem
        self.budget = max(0.0, budget_seconds)
        self.clock = clock
        self.params = params
        self.start = clock()
        self.cut = 0.0
        """The share of the search's work that there was no time for."""

    def plan(self) -> Plan:
        """Return the plan: start, search, settle, explain."""
        best = kept_plan(self.problem) if self.problem.instance.previous else None
        if best:
            probed = self.probe(self.problem, best)
            if not worth_it(best.cost, probed.cost):
                return explained(self.problem, best if self.is_previous(best) else self.settle(best))
            best = probed
        found = self.search(best)
        if best is None or worth_it(best.cost, found.cost):
            best = found
        return replace(explained(self.problem, self.settle(best)), search_cut_percent=ceil(100 * self.cut))

    def search(self, kept: Snapshot | None) -> Snapshot:
        """Return the best plan that the main search finds from the best of several starts."""
        budget = self.params.budget
        reserve = budget.seconds_per_item * len(self.problem.items)
        seconds = max(budget.least_share * self.budget, budget.search_share * self.budget - reserve)
        plans = [kept] if kept else []
        plans += greedy_plans(self.problem, lambda: self.clock() - self.start >= seconds)
        best = min(plans, key=lambda snapshot: snapshot.cost)
        if self.clock() - self.start >= seconds:
            self.cut = 1.0
            return best
        prices = slot_prices(self.problem, best.cost, self.params.prices)
        randomization = self.randomization(budget.search_seed, self.problem, prices)
        hot = self.hot(best)
        schedule = AnnealingSchedule(seconds * budget.work_per_second, hot, hot / self.params.annealing.cooling)
        time_limit = TimeLimit(self.clock, self.start + seconds)
        starts = 1 if kept else self.params.annealing.starts  # a plan that stands is where to begin
        best, self.cut = search_components(self.problem, best, randomization, schedule, time_limit, starts)
        return best

    def hot(self, start: Snapshot) -> float:
        """Return the first temperature of a search from a plan."""
        annealing = self.params.annealing
        per_item = annealing.hot_per_item / max(1, len(start.places))
        return max(annealing.least_hot, min(per_item, annealing.hot_share * start.cost))

    def settle(self, best: Snapshot) -> Snapshot:
        """Plan again with the plan as the previous one until that changes nothing, as a later run will do.

        No clock cuts this short: a run with more time would else find what this one had no time to see.
        """
        for _ in range(self.params.budget.settle_rounds):
            again = as_previous(self.problem, best)
            kept = kept_plan(again)
            probed = self.probe(again, kept)
            settled = probed if worth_it(kept.cost, probed.cost) else kept
            before, best = best, costed(self.problem, settled.places)
            if best.places == before.places:
                break
        return best

    def is_previous(self, snapshot: Snapshot) -> bool:
        """Return whether it is the previous plan block by block: equal input gives equal output, so it is settled."""
        again = as_previous(self.problem, snapshot)
        return set(again.instance.previous) == set(self.problem.instance.previous)

    def probe(self, problem: Problem, base: Snapshot) -> Snapshot:
        """Return the best plan of a short cool search around another, as long as its work takes."""
        budget, annealing = self.params.budget, self.params.annealing
        work = budget.probe_share * self.budget * budget.work_per_second
        if work < 1.0:
            return base
        schedule = AnnealingSchedule(work, annealing.probe_hot, annealing.probe_cold)
        return search_components(problem, base, self.randomization(budget.probe_seed, problem, []), schedule)[0]

    def randomization(self, seed: int, problem: Problem, prices: list[list[int]]) -> Randomization:
        """Return the random draws of one search."""
        ordered = any(task.successors for task in problem.tasks)
        return Randomization(seed, problem.window, prices, self.params, ordered=ordered)
