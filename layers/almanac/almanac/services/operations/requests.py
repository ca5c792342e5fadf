"""What an operator asks for by hand: a sync now, syncs of everybody, and how it went."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from almanac.errors import QueueUnavailable, TransientError, UnknownCalendar
from almanac.jobs import BulkTarget, CalendarSync, Mode, Tick
from almanac.services.clock import Clock, Sleep
from almanac.services.operations.ports import OperatorStore, RunsOfRequests
from almanac.services.queues.dispatch import Dispatch, DispatchReport
from almanac.services.queues.ports import JobQueue, OutgoingJob

POLL_SECONDS = 0.5
"""How often the run rows are looked at: one indexed read."""


@dataclass(frozen=True, slots=True)
class RequestSync:
    """Puts syncs into the queue that somebody asked for."""

    store: OperatorStore
    queue: JobQueue
    dispatch: Dispatch
    clock: Clock

    def one(self, ws_id: UUID, mode: Mode, calendar_id: str | None, *, force: bool) -> CalendarSync:
        """Send one workspace's job and return it. Raises UnknownWorkspace, UnknownCalendar, QueueUnavailable."""
        self.store.require_workspace(ws_id)
        if calendar_id is not None and not self._reads(ws_id, calendar_id):
            raise UnknownCalendar("--calendar", "the workspace has no enabled calendar of that id")
        job = CalendarSync(
            ws_id=ws_id,
            mode=mode,
            calendar_id=calendar_id,
            force=force,
            request_id=str(uuid4()),
            requested_at=self.clock(),
        )
        for lost in self.queue.send([OutgoingJob(job, reason=f"request {job.request_id}")]):
            raise QueueUnavailable(f"the job could not be sent ({lost.error})")
        return job

    def everybody(self, mode: Mode, request_id: str) -> DispatchReport:
        """Send a job to every workspace that has something to read. Raises DispatchFailed if any was not sent."""
        ws_ids = self.store.live_workspaces()
        if not ws_ids:
            return DispatchReport("calendar.sync")
        targets = tuple(BulkTarget(ws_id=ws_id) for ws_id in ws_ids)
        return self.dispatch(Tick(job="calendar.sync", mode=mode, request_id=request_id, workspaces=targets))

    def _reads(self, ws_id: UUID, calendar_id: str) -> bool:
        return any(
            c["is_read"] and (c["calendar_id"] == calendar_id or (c["primary"] and calendar_id == "primary"))
            for c in self.store.connections(ws_id)
        )


@dataclass(frozen=True, slots=True)
class RequestProgress:
    """Where a request stands. `status` is `waiting`, `running`, or `continuing` between two runs of one request."""

    status: str
    elapsed_seconds: float
    calendars_done: int = 0
    events_listed: int = 0


@dataclass(frozen=True, slots=True)
class FollowRequest:
    """Watches the runs of a request to their end. `monotonic` gives seconds that never go back."""

    store: RunsOfRequests
    sleep: Sleep
    monotonic: Callable[[], float]

    def __call__(
        self, ws_id: UUID, request_id: str, timeout_seconds: float, tell: Callable[[RequestProgress], None]
    ) -> Sequence[Mapping[str, Any]]:
        """The request's runs, the one that ended it last. Raises TransientError when none has after the timeout.

        `tell` hears where it stands at every look. A message that met a running run comes back, so that refusal is no
        end; neither is a run that was continued.
        """
        began = self.monotonic()
        while True:
            seen = self.store.runs_of_request(ws_id, request_id)
            runs = [run for run in seen if run["outcome"] != "already_running"]
            if runs and runs[-1]["status"] != "running" and runs[-1]["outcome"] != "continued":
                return runs
            elapsed = self.monotonic() - began
            if elapsed >= timeout_seconds:
                raise TransientError(
                    f"not done after {timeout_seconds:g} s; `almanac runs {ws_id}` tells how it goes on"
                )
            tell(self._progress(runs, elapsed))
            self.sleep(min(POLL_SECONDS, timeout_seconds - elapsed))

    def _progress(self, runs: Sequence[Mapping[str, Any]], elapsed: float) -> RequestProgress:
        if not runs:
            return RequestProgress("waiting", elapsed)
        last = runs[-1]
        if last["status"] != "running":
            return RequestProgress("continuing", elapsed)
        return RequestProgress("running", elapsed, *self.store.progress(last["ws_id"], last["run_id"]))
