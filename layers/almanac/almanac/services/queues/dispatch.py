"""The orchestrator's use case: a tick or a list in, one job a due workspace out."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from almanac.domain.operations.machine import Machine
from almanac.errors import AlmanacError
from almanac.jobs import (
    BulkTarget,
    CalendarSchedule,
    CalendarSync,
    Job,
    Tick,
    deduplication_id,
    deduplication_id_of,
    request_id_of,
)
from almanac.services.clock import Clock
from almanac.services.queues.ports import (
    ChannelStates,
    DueStore,
    DueWorkspace,
    FailedSend,
    JobQueue,
    OutgoingJob,
    SyncHealth,
)
from almanac.services.queues.replan import replan_reason

logger = logging.getLogger(__name__)

WORKSPACES_A_PAGE = 1000
"""Workspaces read and sent at a time: what keeps memory flat however many are due."""
FAILURES_NAMED = 100
"""Of a tick's failures; all are counted."""


@dataclass(slots=True)
class DispatchReport:
    """What one tick did. `results` names each workspace of an explicit list, else only those that failed.

    `health` and `channels` (None without push) are what a tick of syncs found; a list and a tick of plans do not ask.
    """

    job: str
    enqueued: int = 0
    failed: int = 0
    unknown: int = 0
    results: list[dict[str, str]] = field(default_factory=list)
    health: SyncHealth | None = None
    channels: ChannelStates | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        counts = {"enqueued": self.enqueued, "failed": self.failed, "unknown": self.unknown}
        return {"job": self.job, **counts, "results": self.results}


class DispatchFailed(AlmanacError):
    """Some jobs could not be sent; the others were. `report` tells which."""

    code = "dispatch_failed"

    def __init__(self, report: DispatchReport) -> None:
        super().__init__(f"{report.failed} of {report.failed + report.enqueued} jobs could not be sent")
        self.report = report


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Asks the store who is due and sends them their job: where one is known to need it, to the larger function."""

    store: DueStore
    queue: JobQueue
    clock: Clock

    def __call__(self, tick: Tick) -> DispatchReport:
        """Send what is due, or to the tick's explicit list. Raises DispatchFailed, at the end, if any was not sent.

        A tick that bears a request id, tried again, sends nothing a second time that a queue still remembers.
        """
        began = self.clock()
        report = DispatchReport(tick.job)
        if tick.workspaces is not None:
            self._send_listed(tick, tick.workspaces, began, report)
        else:
            if tick.job == "calendar.schedule" and tick.due == "changed":
                self._send_changed(began, report)
                self.store.roll_up_runs()
            else:
                self._send_due(tick, began, report, f"tick {tick.request_id or began.isoformat()}")
            if tick.job == "calendar.sync" and tick.direction != "outbound":
                report.health = self.store.sync_health(began)
                self.store.tell_late(began)
                self.store.roll_up_runs()
                report.channels = self.store.channel_states()
        logger.info("tick dispatched", extra={"job": tick.job, "enqueued": report.enqueued, "failed": report.failed})
        if report.failed:
            raise DispatchFailed(report)
        return report

    def _send_changed(self, began: datetime, report: DispatchReport) -> None:
        """Ask for a plan of what has changed since the last one: whoever asks for it before that plan, asks for one."""
        after: UUID | None = None
        while page := self.store.due_for_replan(after, WORKSPACES_A_PAGE):
            jobs = [
                (CalendarSchedule(ws_id=due.ws_id, source="sync", machine=due.machine, requested_at=began), last)
                for due, last in page
            ]
            lost = self.queue.send([_outgoing(job, replan_reason(last)) for job, last in jobs])
            self._count(report, [due.ws_id for due, _ in page], lost, named=False)
            after = page[-1][0].ws_id
            if len(page) < WORKSPACES_A_PAGE:
                return

    def _send_due(self, tick: Tick, began: datetime, report: DispatchReport, reason: str) -> None:
        due = self._due(tick)
        since = self.store.now() if tick.job == "calendar.sync" else began
        for page in _pages(due):
            ws_ids = [each.ws_id for each in page]
            lost = self.queue.send([OutgoingJob(_scheduled(tick, each, began, reason), reason) for each in page])
            self._count(report, ws_ids, lost, named=False)
            if tick.job == "calendar.sync":
                missing = {entry.ws_id for entry in lost}
                self.store.mark_queued([ws_id for ws_id in ws_ids if ws_id not in missing], since)

    def _due(self, tick: Tick) -> Callable[[UUID | None, int], Sequence[DueWorkspace]]:
        if tick.job == "calendar.schedule":
            return self.store.due_for_schedule
        return self.store.due_for_outbound if tick.direction == "outbound" else self.store.due_for_sync

    def _send_listed(self, tick: Tick, listed: Sequence[BulkTarget], began: datetime, report: DispatchReport) -> None:
        """A bulk request names its workspaces: unknown ones are reported, the others sent."""
        reason = f"bulk {tick.request_id or began.isoformat()}"
        for start in range(0, len(listed), WORKSPACES_A_PAGE):
            page = {target.ws_id: target for target in listed[start : start + WORKSPACES_A_PAGE]}
            known = {due.ws_id: due.machine for due in self.store.known(list(page))}
            jobs = [_asked_for(tick, page[ws_id], began, known[ws_id]) for ws_id in page if ws_id in known]
            lost = self.queue.send([_outgoing(job, reason) for job in jobs])
            self._count(report, [ws_id for ws_id in page if ws_id in known], lost, named=True)
            self._name_unknown(report, [ws_id for ws_id in page if ws_id not in known])

    def _name_unknown(self, report: DispatchReport, ws_ids: Sequence[UUID]) -> None:
        """A wrong id in a list is told to whoever made the list; it is no failure of ours."""
        report.unknown += len(ws_ids)
        report.results += [{"ws_id": str(i), "status": "failed", "error": "unknown workspace"} for i in ws_ids]

    def _count(
        self, report: DispatchReport, ws_ids: Sequence[UUID], lost: Sequence[FailedSend], *, named: bool
    ) -> None:
        errors = {entry.ws_id: entry.error for entry in lost}
        report.failed += len(errors)
        report.enqueued += len(ws_ids) - len(errors)
        for ws_id in ws_ids:
            if ws_id in errors and (named or len(report.results) < FAILURES_NAMED):
                report.results.append({"ws_id": str(ws_id), "status": "failed", "error": errors[ws_id]})
            elif named:
                report.results.append({"ws_id": str(ws_id), "status": "enqueued"})


def _pages(due: Callable[[UUID | None, int], Sequence[DueWorkspace]]) -> Iterator[Sequence[DueWorkspace]]:
    after: UUID | None = None
    while page := due(after, WORKSPACES_A_PAGE):
        yield page
        if len(page) < WORKSPACES_A_PAGE:
            return
        after = page[-1].ws_id


def _outgoing(job: Job, reason: str) -> OutgoingJob:
    """Give the job a request id unless it has one, so that its runs can be followed to it."""
    if job.request_id is None:
        job = job.model_copy(update={"request_id": request_id_of(deduplication_id(job, reason))})
    return OutgoingJob(job, reason)


def _scheduled(tick: Tick, due: DueWorkspace, began: datetime, reason: str) -> Job:
    """Return a tick's job with its id, made once: there are very many."""
    request_id = request_id_of(deduplication_id_of(tick.job, due.ws_id, reason))
    if tick.job == "calendar.schedule":
        return CalendarSchedule(
            ws_id=due.ws_id, source="schedule", machine=due.machine, request_id=request_id, requested_at=began
        )
    return CalendarSync(
        ws_id=due.ws_id,
        machine=due.machine,
        mode=tick.mode,
        source="schedule",
        direction=tick.direction,
        request_id=request_id,
        requested_at=began,
    )


def _asked_for(tick: Tick, target: BulkTarget, began: datetime, machine: Machine) -> Job:
    if tick.job == "calendar.schedule":
        job: Job = CalendarSchedule(ws_id=target.ws_id, source="batch", requested_at=began)
    else:
        job = CalendarSync(ws_id=target.ws_id, mode=tick.mode, source="batch", requested_at=began)
    return job.model_copy(update={"user_id": target.user_id, "request_id": tick.request_id, "machine": machine})
