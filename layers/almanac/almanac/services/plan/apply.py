"""A previewed plan is written exactly as it was shown, or not at all."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from hashlib import sha256
from time import perf_counter
from uuid import UUID, uuid4

from almanac.domain.history.causes import Cause
from almanac.domain.workspace_plan.outcome import NOT_WRITTEN, record_outcome
from almanac.domain.workspace_plan.report import PlanReport
from almanac.errors import (
    AlmanacError,
    DatabaseUnavailable,
    LeaseLost,
    PermanentError,
    TransientError,
    WorkspacePaused,
)
from almanac.jobs import CalendarSchedule
from almanac.services.operations.ports import WorkspaceStore
from almanac.services.plan.ports import PlanStore
from almanac.services.plan.proposal import PlanPreview, Proposal
from almanac.services.plan.run import PlanWorkspace
from almanac.services.sync.ports import Lease, Refusal

_LOOK_AGAIN = 5.0
"""Seconds: a lease tells when a run is dead, not when it is done."""


class PlanChanged(PermanentError):
    """What the plan was made from has changed since it was shown; `fresh` is what it would come to now."""

    code = "plan_changed"

    def __init__(self, fresh: PlanPreview) -> None:
        super().__init__("what the plan was made from has changed; look at the new one")
        self.fresh = fresh


class PlanBusy(TransientError):
    """Another run is at work in the workspace."""

    code = "already_running"


@dataclass(frozen=True, slots=True)
class ApplyPlan:
    """The use case behind a preview with a fingerprint. `plan` must be deterministic: its search bounded by work, not
    by a clock, so that the same rows give the same plan."""

    workspaces: WorkspaceStore
    plan: PlanWorkspace
    store: PlanStore
    nudge: Callable[[UUID], None]
    """Tells whoever publishes what changed; never raises."""
    causes: Callable[[UUID, Proposal], Mapping[UUID, Sequence[Cause]]]
    """Why a plan would move or take away what it would, by event."""
    turn: Callable[[], AbstractContextManager[None]]
    """Held while a plan is made; raises PreviewsBusy where others make as many as may be."""

    def preview(self, job: CalendarSchedule) -> PlanPreview:
        """Return what a run would come to now, and why. Writes nothing.

        Raises UnknownWorkspace, TimezoneMissing, PreviewsBusy, DatabaseUnavailable.
        """
        return self._explained(self._found(job))

    def _explained(self, found: PlanPreview) -> PlanPreview:
        return replace(found, causes=self.causes(found.report.ws_id, found.proposal))

    def _found(self, job: CalendarSchedule) -> PlanPreview:
        name = self.workspaces.workspace_name(job.ws_id)
        report, began = PlanReport(job.ws_id, uuid4()), perf_counter()
        with self.turn():
            proposal = self.plan.preview(job, report.counts)
        report.counts.total_ms = round((perf_counter() - began) * 1000)
        record_outcome(report, proposal.request, proposal.planned, proposal.changes, safe=job.apply == "safe")
        return PlanPreview(name, report, proposal, _fingerprint(job, proposal))

    def __call__(self, job: CalendarSchedule, shown: str) -> PlanReport:
        """Write the plan that was shown. Raises PlanChanged, with nothing written, when it would be another one now,
        PlanBusy while another run is at work, WorkspacePaused while nothing is to be written; PreviewsBusy."""
        found = self._found(job)
        if found.fingerprint != shown:
            raise PlanChanged(self._explained(found))
        report = found.report
        admitted = self.store.begin_run(job, report.run_id, None)
        if isinstance(admitted, Refusal):
            if admitted.outcome == "paused":
                raise WorkspacePaused
            raise PlanBusy(f"the workspace is busy ({admitted.outcome}); ask again later", _LOOK_AGAIN)
        if not self._written(admitted, found, report):
            raise PlanChanged(self.preview(job))
        self.nudge(job.ws_id)
        return report

    def _written(self, lease: Lease, found: PlanPreview, report: PlanReport) -> bool:
        """Whether it was written, or there was nothing to write; the run is closed either way."""
        proposal = found.proposal
        try:
            if report.outcome in NOT_WRITTEN:
                self.store.finish_run(lease, report)
                return True
            if self.store.apply(lease, proposal.reach, proposal.workspace, proposal.changes, report):
                return True
            report.fail("calendar_changing", "the calendar changed between the preview and its writing")
            self.store.finish_run(lease, report)
        except (DatabaseUnavailable, LeaseLost):
            raise
        except AlmanacError as error:
            report.fail(error.code, str(error))
            self.store.finish_run(lease, report)
            raise
        return False


def _fingerprint(job: CalendarSchedule, found: Proposal) -> str:
    """Return what tells two plans apart: the rows that they were made from, what was asked for, and every change."""
    changes = found.changes
    said: list[object] = [found.workspace.version, job.window_days, job.force_reschedule, job.apply]
    said += [*map(repr, changes.inserted), *map(repr, changes.moved)]
    said += [("gone", event_id) for event_id in sorted(changes.deleted, key=str)]
    return sha256(repr(said).encode()).hexdigest()[:40]


def job_of(
    ws_id: UUID, window_days: int, *, force_reschedule: bool, safe: bool, user_id: str | None = None
) -> CalendarSchedule:
    """Return the job that a preview and its writing share."""
    return CalendarSchedule(
        ws_id=ws_id,
        window_days=window_days,
        force_reschedule=force_reschedule,
        apply="safe" if safe else "full",
        user_id=user_id,
        request_id=str(uuid4()),
    )
