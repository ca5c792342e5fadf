"""A workspace into the planner's instance, with everything that is needed to read the plan back."""

from dataclasses import replace
from uuid import UUID

from almanac.domain.workspace_plan.habit_requests import UNLIMITED, Dates, MinuteLimits
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Workspace
from almanac.domain.workspace_plan.team.preparation import Preparation
from almanac.domain.workspace_plan.team.request import ItemOwner, PlanningRequest

__all__ = ["ItemOwner", "PlanningRequest", "to_instance"]


def to_instance(
    ws_id: UUID,
    workspace: Workspace,
    window: PlanningWindow,
    dates: Dates,
    *,
    force: bool,
    limits: MinuteLimits = UNLIMITED,
    only: str | None = None,
) -> PlanningRequest:
    """Return the planning request of a workspace.

    `dates` are those of every habit's recurrence, inside the horizon and as far as its blocks reach. `force` plans
    without regard to the existing plan, nor to what an undo has put back. `limits` bound what owners made longer.
    `only` plans one member, around everybody else's blocks and all meetings; of somebody who is no member it says
    nothing. What cannot be planned is a finding.
    """
    if force:
        workspace = replace(workspace, blocks=tuple(replace(block, kept=False) for block in workspace.blocks))
    known = only if any(member.user == only for member in workspace.members) else None
    return Preparation(workspace, window, known).request(ws_id, dates, force=force, limits=limits)
