"""What an operator asks for by hand: a sync or a plan of one workspace now, a sync of every workspace."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid4

from almanac.errors import QueueUnavailable, UnknownCalendar
from almanac.jobs import BulkTarget, CalendarSchedule, CalendarSync, Job, Mode, Tick
from almanac.services.clock import Clock
from almanac.services.operations.ports import ConnectionStore, WorkspaceStore
from almanac.services.queues.dispatch import Dispatch, DispatchFailed, DispatchReport
from almanac.services.queues.ports import JobQueue, OutgoingJob

PAUSED = "workspace paused"
"""What a report of a list says of a workspace that is let alone; that is no failure of ours."""


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A job that the queue has taken; the runs that it leads to bear the id."""

    ws_id: UUID
    request_id: str


@dataclass(frozen=True, slots=True)
class SentBulkRequest:
    """Jobs of several workspaces that the queue has taken, under one id."""

    request_id: str
    enqueued: int
    failed: int
    ws_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestSync:
    """Puts syncs into the queue that somebody asked for."""

    workspaces: WorkspaceStore
    connections: ConnectionStore
    queue: JobQueue
    dispatch: Dispatch
    clock: Clock

    def __call__(
        self,
        ws_id: UUID,
        mode: Mode,
        calendar_id: str | None,
        *,
        force: bool,
        user_id: str | None = None,
        request_id: str | None = None,
    ) -> SentRequest:
        """Send one workspace's job. Raises UnknownWorkspace, WorkspacePaused, UnknownCalendar, QueueUnavailable.

        `request_id` is for whoever asks again under the same id; a new one otherwise.
        """
        self.workspaces.require_at_work(ws_id)
        if calendar_id is not None and not self._reads(ws_id, calendar_id):
            raise UnknownCalendar("calendar_id", "the workspace has no enabled calendar of that id")
        job = CalendarSync(
            ws_id=ws_id,
            mode=mode,
            calendar_id=calendar_id,
            force=force,
            user_id=user_id,
            request_id=request_id or str(uuid4()),
            requested_at=self.clock(),
        )
        return send_request(self.queue, job)

    def of_list(
        self,
        ws_ids: Collection[UUID],
        mode: Mode,
        request_id: str,
        job: Literal["calendar.sync", "calendar.schedule"] = "calendar.sync",
    ) -> DispatchReport:
        """Send a job, of syncs or of plans, to each of the workspaces under one id.

        The report says what became of each, of unknown and of paused ones too, which are sent nothing.
        """
        paused = self.workspaces.paused_of(ws_ids)
        targets = tuple(BulkTarget(ws_id=ws_id) for ws_id in ws_ids if ws_id not in paused)
        report = DispatchReport(job)
        try:
            if targets:
                report = self.dispatch(Tick(job=job, mode=mode, request_id=request_id, workspaces=targets))
        except DispatchFailed as error:
            report = error.report
        refused = (ws_id for ws_id in ws_ids if ws_id in paused)
        report.results += [{"ws_id": str(ws_id), "status": "failed", "error": PAUSED} for ws_id in refused]
        return report

    def of_all(self, mode: Mode) -> SentBulkRequest:
        """Send a job to every workspace that has something to read. Raises DispatchFailed if any was not sent."""
        request_id = str(uuid4())
        targets = tuple(BulkTarget(ws_id=ws_id) for ws_id in self.workspaces.live_workspaces())
        report = DispatchReport("calendar.sync")
        if targets:
            report = self.dispatch(Tick(job="calendar.sync", mode=mode, request_id=request_id, workspaces=targets))
        return SentBulkRequest(request_id, report.enqueued, report.failed, tuple(t.ws_id for t in targets))

    def _reads(self, ws_id: UUID, calendar_id: str) -> bool:
        return any(
            each.is_read and (each.calendar_id == calendar_id or (each.primary and calendar_id == "primary"))
            for each in self.connections.connections(ws_id)
        )


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """Puts a plan into the queue that somebody asked for."""

    workspaces: WorkspaceStore
    queue: JobQueue
    clock: Clock

    def __call__(
        self,
        ws_id: UUID,
        window_days: int,
        apply: Literal["safe", "full"],
        *,
        force_reschedule: bool,
        user_id: str | None = None,
        request_id: str | None = None,
    ) -> SentRequest:
        """Send one workspace's job: `window_days` to plan, 7 to 90, of everybody or of one member.

        `request_id` is for whoever asks again under the same id; a new one otherwise. Raises UnknownWorkspace,
        WorkspacePaused, QueueUnavailable.
        """
        self.workspaces.require_at_work(ws_id)
        job = CalendarSchedule(
            ws_id=ws_id,
            window_days=window_days,
            force_reschedule=force_reschedule,
            apply=apply,
            user_id=user_id,
            request_id=request_id or str(uuid4()),
            requested_at=self.clock(),
        )
        return send_request(self.queue, job)


def send_request(queue: JobQueue, job: Job) -> SentRequest:
    """Send one job that has a request id; the same id again is dropped by the queue. Raises QueueUnavailable."""
    send_requests(queue, [job])
    return SentRequest(job.ws_id, job.request_id or "")


def send_requests(queue: JobQueue, jobs: Sequence[Job]) -> None:
    """Send jobs likewise. Raises QueueUnavailable unless all were taken: sent again, those that were are dropped."""
    for lost in queue.send([OutgoingJob(job, reason=f"request {job.request_id or ''}") for job in jobs]):
        advice = f": {lost.advice}" if lost.advice else ""
        raise QueueUnavailable(f"the job could not be sent ({lost.error}){advice}")
