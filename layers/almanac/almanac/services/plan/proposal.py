"""What a plan would do to a workspace, before it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from almanac.domain.history.causes import Cause
from almanac.domain.workspace_plan.changes import Changes
from almanac.domain.workspace_plan.from_plan import WorkspacePlan
from almanac.domain.workspace_plan.report import PlanReport
from almanac.domain.workspace_plan.snapshot import LoadWindow, Workspace
from almanac.domain.workspace_plan.team.request import PlanningRequest


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a plan would do to a workspace as it was loaded."""

    reach: LoadWindow
    workspace: Workspace
    request: PlanningRequest
    planned: WorkspacePlan
    changes: Changes


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What a run would come to: its report, the plan behind it, and what people call the workspace."""

    workspace_name: str
    report: PlanReport
    proposal: Proposal
    fingerprint: str
    """What `ApplyPlan` is told, to write this plan and no other."""
    causes: Mapping[UUID, Sequence[Cause]] = field(default_factory=dict)
    """Why blocks would be moved or taken away, by their events."""
