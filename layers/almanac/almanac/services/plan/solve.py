"""A planning request through the planner and back."""

from almanac.domain.explanation import Wording
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.planner import MonotonicClock, plan, standing_still
from almanac.domain.workspace_plan.from_plan import WorkspacePlan, from_plan
from almanac.domain.workspace_plan.team.request import PlanningRequest


def solve_request(
    request: PlanningRequest, budget_seconds: float, wording: Wording, clock: MonotonicClock = standing_still
) -> WorkspacePlan:
    """Return the plan of a request, explained by `wording` too.

    The planner may take `budget_seconds` by `clock`. Deterministic as that is.
    """
    return from_plan(request, plan(problem_of(request.instance), budget_seconds, clock), wording)
