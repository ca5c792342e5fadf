"""What a planning run would come to now, without a lease and without writing anything."""

from dataclasses import dataclass
from time import perf_counter
from typing import Literal
from uuid import UUID, uuid4

from almanac.domain.workspace_plan.outcome import record_outcome
from almanac.domain.workspace_plan.report import PlanReport
from almanac.jobs import CalendarSchedule
from almanac.services.operations.ports import WorkspaceStore
from almanac.services.plan.run import PlanWorkspace, Proposal


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What a run would come to: its report, the plan behind it, and what people call the workspace."""

    workspace_name: str
    report: PlanReport
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class PreviewPlan:
    """The use case of `almanac schedule --preview`."""

    workspaces: WorkspaceStore
    plan: PlanWorkspace

    def __call__(
        self,
        ws_id: UUID,
        window_days: int,
        apply: Literal["safe", "full"],
        *,
        force_reschedule: bool,
        user_id: str | None = None,
    ) -> PlanPreview:
        """Plan `window_days`, 7 to 90, from now, of everybody or of one member.

        Raises UnknownWorkspace, TimezoneMissing, DatabaseUnavailable.
        """
        name = self.workspaces.workspace_name(ws_id)
        job = CalendarSchedule(
            ws_id=ws_id, window_days=window_days, force_reschedule=force_reschedule, apply=apply, user_id=user_id
        )
        report = PlanReport(ws_id, uuid4())
        began = perf_counter()
        proposal = self.plan.preview(job, report.counts)
        report.counts.total_ms = round((perf_counter() - began) * 1000)
        record_outcome(report, proposal.request, proposal.planned, proposal.changes, safe=apply == "safe")
        return PlanPreview(name, report, proposal)
