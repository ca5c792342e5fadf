"""A planning request through the planner: from a workspace's rows to a plan of its items."""

from almanac.domain.explanation import Wording
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.planner import Clock, plan, standing_still
from almanac.domain.workspace_plan.from_plan import Planned, from_plan
from almanac.domain.workspace_plan.to_instance import PlanningRequest


def solve_request(
    request: PlanningRequest, budget_seconds: float, wording: Wording, clock: Clock = standing_still
) -> Planned:
    """Return the plan of a request; the planner takes `budget_seconds` by `clock`. Deterministic as the planner is."""
    return from_plan(request, plan(problem_of(request.instance), budget_seconds, clock), wording)
