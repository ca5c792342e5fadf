"""One run: a workspace's lease, its calendars one after the other, and a row that tells how it went."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID, uuid4

from almanac.domain.outbound.report import OutboundReport
from almanac.domain.sync.report import SyncReport, conclude
from almanac.domain.sync.window import Window
from almanac.errors import (
    AlmanacError,
    DatabaseUnavailable,
    LeaseLost,
    OutOfMemory,
    ProjectRefused,
    QueueUnavailable,
    RemovedMeanwhile,
    UnknownCalendar,
    UnknownWorkspace,
)
from almanac.jobs import CalendarSchedule, CalendarSync
from almanac.services.accounts.ports import Account
from almanac.services.clock import Clock, Deadline, Sleep
from almanac.services.push.keep import KeepChannels
from almanac.services.push.run_channels import RunChannels
from almanac.services.queues.ports import JobQueue, OutgoingJob
from almanac.services.queues.replan import replan_reason
from almanac.services.sync.account_access import AccountSession, AccountSessions
from almanac.services.sync.calendar_lists import look_at_lists
from almanac.services.sync.continuation import continuation_of
from almanac.services.sync.page_reader import RunContext
from almanac.services.sync.ports import CalendarPages, Lease, Refusal, SyncRuns, WorkspaceCalendars
from almanac.services.sync.retrying import Retrier
from almanac.services.sync.turns import OUT_OF_MEMORY, CalendarTurn, is_bug, order

logger = logging.getLogger(__name__)

_REMOVED = Refusal("removed")


@dataclass(frozen=True, slots=True)
class SyncRules:
    """How far a window reaches, how large a page is, how much time a page must find."""

    past: timedelta
    future: timedelta
    page_size: int
    reserve_seconds: float


@dataclass(frozen=True, slots=True)
class SyncWorkspace:
    """The use case behind calendar_sync."""

    runs: SyncRuns
    pages: CalendarPages
    sessions: AccountSessions
    queue: JobQueue
    clock: Clock
    sleep: Sleep
    chance: Callable[[], float]
    rules: SyncRules
    write_out: Callable[[Lease, Deadline], OutboundReport] | None = None
    """The part that writes, after the part that reads."""
    plans_follow: bool = False
    """Whether what a run has changed is planned at once: there is a queue for it."""
    channels: KeepChannels | None = None
    """None: push is off, and no channel is watched or stopped."""

    def __call__(
        self, job: CalendarSync, sent_at: datetime | None, deadline: Deadline, message_id: str | None = None
    ) -> SyncReport:
        """Run the job; `sent_at` is when its message was sent, `deadline` what is left of the invocation.

        What goes wrong in one calendar is recorded on it and in the report; what is removed meanwhile is ordinary
        life. Raises UnknownWorkspace, DatabaseUnavailable and LeaseLost, which leave nothing to record, and after
        recording it any bug.
        """
        report = SyncReport(job.ws_id, uuid4(), job.mode)
        if self.channels is not None and job.source == "push" and (refused := self.channels.ring(job)) is not None:
            report.status, report.outcome = "skipped", refused
            return report
        try:
            admitted = self.runs.begin_run(job, report.run_id, sent_at, message_id)
        except UnknownWorkspace:
            if job.source == "manual":
                raise  # somebody may have mistyped it
            admitted = _REMOVED
        if isinstance(admitted, Refusal):
            return _skipped(report, admitted)
        try:
            bug = self._run(admitted, job, report, deadline, message_id)
        except RemovedMeanwhile:
            return _skipped(report, _REMOVED)
        except LeaseLost:
            if self.runs.is_gone(job.ws_id):
                return _skipped(report, _REMOVED)
            raise
        # What a continuation goes on with is not done once more by its message; the run's row tells of the bug.
        if bug is not None and report.outcome != "continued":
            raise AlmanacError(f"a calendar met an unexpected {type(bug).__name__}; run {report.run_id}") from None
        return report

    def _run(
        self, lease: Lease, job: CalendarSync, report: SyncReport, deadline: Deadline, message_id: str | None
    ) -> Exception | None:
        """Read, and record how it ended. Returns the first bug met; raises what leaves nothing to record."""
        began = perf_counter()
        bug = None
        try:
            if job.direction != "outbound":
                bug = self._read_all(lease, job, report, deadline, message_id)
            if job.direction != "inbound" and self.write_out is not None:
                report.outbound = self.write_out(lease, deadline)
                self._conclude_writing(job, report, report.outbound, message_id)
        except (DatabaseUnavailable, LeaseLost, RemovedMeanwhile):
            raise
        except AlmanacError as error:
            report.fail(error.code, str(error), getattr(error, "retry_after", None))
        except MemoryError:
            report.fail(OutOfMemory.code, OUT_OF_MEMORY, None)
            report.escalated = "out_of_memory"
        report.tally.total_ms = (perf_counter() - began) * 1000
        last_plan = self._plan_to_ask_for(lease, report)
        self.runs.finish_run(lease, report)
        if job.source == "push" and job.requested_at is not None:
            report.push_lag_ms = max(0, round((self.clock() - job.requested_at).total_seconds() * 1000))
        if last_plan is not None:  # now that the lease is free
            self._ask_for_plan(job.ws_id, last_plan)
        return bug

    def _plan_to_ask_for(self, lease: Lease, report: SyncReport) -> str | None:
        tally = report.tally
        by_hand = report.outbound is not None and report.outbound.replan
        if not (self.plans_follow and (tally.inserted or tally.updated or tally.deleted or by_hand)):
            return None
        return self.runs.plan_to_ask_for(lease, inserted=tally.inserted > 0)

    def _ask_for_plan(self, ws_id: UUID, last_plan: str) -> None:
        """Ask for a plan of what has changed. If the queue does not take it, the next tick that looks asks again."""
        job = CalendarSchedule(ws_id=ws_id, source="sync", requested_at=self.clock())
        for lost in self.queue.send([OutgoingJob(job, replan_reason(last_plan))]):
            logger.warning("a plan could not be asked for", extra={"ws_id": str(ws_id), "error": lost.error})

    def _read_all(
        self, lease: Lease, job: CalendarSync, report: SyncReport, deadline: Deadline, message_id: str | None
    ) -> Exception | None:
        """Read every calendar the job is about. Returns the first bug met; the calendars after it were still read."""
        calendars = self.pages.load_calendars(lease, job.calendar_id, job.connection_id)
        if job.calendar_id is not None and not calendars.connections:
            raise UnknownCalendar("calendar_id", "the workspace has no enabled calendar of that id")
        since = job.requested_at if job.source == "continuation" else calendars.now
        sessions = self._sessions(calendars.accounts)
        bug = None
        with ThreadPoolExecutor(1) as pool:
            run = self._context(lease, calendars, deadline, pool)
            channels = self._channels(run, job, calendars, sessions, report)
            turn = CalendarTurn(self.runs, self.clock, run, job, channels)
            connections = sorted(calendars.connections, key=order)
            self.runs.begin_reading(lease, [connection.id for connection in connections])
            for connection in connections:
                outcome, failure = turn(sessions.get(connection.account_id), connection)
                report.connections.append(outcome)
                bug = bug or (failure if is_bug(failure) else None)
            asked = {key: sessions[key] for key in sessions if calendars.accounts[key].provider not in turn.refused}
            listing = look_at_lists(run, asked, calendars, report.connections)
            if channels is not None:
                channels.end(calendars.connections, report)
        report.tally.add(listing)
        conclude(report)
        self._note_pauses(calendars, report, turn.refused)
        if report.outcome == "continued":
            self._continue(continuation_of(job, since, report, message_id or str(report.run_id)))
        return bug

    def _conclude_writing(
        self, job: CalendarSync, report: SyncReport, outbound: OutboundReport, message_id: str | None
    ) -> None:
        """Let a run that only writes say how it ended; what time leaves is asked for again."""
        if job.direction == "outbound":
            report.outcome = "written" if outbound.writes else "nothing_to_write"
        if outbound.more and outbound.writes and report.outcome != "continued":
            rest = job.model_copy(update={"direction": "outbound"})
            self._continue(continuation_of(rest, self.clock(), report, message_id or str(report.run_id)))

    def _channels(
        self,
        run: RunContext,
        job: CalendarSync,
        calendars: WorkspaceCalendars,
        sessions: Mapping[UUID, AccountSession],
        report: SyncReport,
    ) -> RunChannels | None:
        """Return the run's channels, None where push is off. A run about the whole workspace reconciles them.

        A provider that refuses our project is not asked for any.
        """
        if self.channels is None:
            return None
        channels = self.channels.begin(run.lease, run.retrier, self.open_session)
        if job.calendar_id is None and job.connection_id is None:
            paused, accounts = calendars.paused, calendars.accounts
            answering = {key: each for key, each in sessions.items() if accounts[key].provider not in paused}
            channels.reconcile(calendars.connections, answering, report)
        return channels

    def _note_pauses(
        self, calendars: WorkspaceCalendars, report: SyncReport, refused: Mapping[str, ProjectRefused]
    ) -> None:
        """Keep that a provider refuses our project, or forget it when it has answered."""
        for provider, error in refused.items():
            self.runs.pause_provider(provider, error.code, str(error))
        provider_of = {connection.id: connection.provider for connection in calendars.connections}
        answered = {provider_of[c.connection_id] for c in report.connections if c.tally.pages}
        for provider in answered & calendars.paused.keys() - refused.keys():
            self.runs.resume_provider(provider)

    def open_session(self, account: Account) -> AccountSession | None:
        """Open an account; None when its provider is not known here."""
        return self.sessions.open(account, self.clock)

    def _sessions(self, accounts: Mapping[UUID, Account]) -> dict[UUID, AccountSession]:
        """Return a session per account whose provider is known here."""
        opened = ((key, self.open_session(account)) for key, account in accounts.items())
        return {key: session for key, session in opened if session is not None}

    def _context(self, lease: Lease, calendars: WorkspaceCalendars, deadline: Deadline, pool: Executor) -> RunContext:
        rules = self.rules
        return RunContext(
            pages=self.pages,
            clock=self.clock,
            lease=lease,
            retrier=Retrier(self.sleep, self.chance, deadline),
            window=Window.around(self.clock(), rules.past, rules.future),
            page_size=rules.page_size,
            workspace_zone=calendars.time_zone,
            reserve_seconds=rules.reserve_seconds,
            pool=pool,
            now=calendars.now,
            paused=calendars.paused,
        )

    def _continue(self, rest: OutgoingJob) -> None:
        """Ask for the rest. When the queue does not take it, the run has failed for now and its message comes back."""
        for lost in self.queue.send([rest]):
            raise QueueUnavailable(f"the continuation could not be sent ({lost.error})")


def _skipped(report: SyncReport, refusal: Refusal) -> SyncReport:
    report.status, report.outcome, report.retry_after = "skipped", refusal.outcome, refusal.retry_after
    report.escalated = refusal.escalated
    return report
