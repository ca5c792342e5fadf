"""One run: a workspace's lease, its calendars one after the other, and a row that tells how it went."""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import UUID, uuid4

from almanac.domain.outbound.report import OutboundReport
from almanac.domain.run_outcomes import SkippedCalendar
from almanac.domain.sync.passes import WantedPass
from almanac.domain.sync.report import ConnectionReport, SyncReport, conclude
from almanac.domain.sync.retry import next_attempt_after
from almanac.domain.sync.window import Window
from almanac.errors import (
    AlmanacError,
    DatabaseUnavailable,
    LeaseLost,
    ProviderRejected,
    QueueUnavailable,
    ReconnectRequired,
    StorageFailed,
    TransientError,
    UnknownCalendar,
    safe_error_fields,
)
from almanac.jobs import CalendarSync
from almanac.services.accounts.ports import Account, AccountTokens, TokenCipher
from almanac.services.clock import Clock, Deadline, Sleep
from almanac.services.push.keep import KeepChannels
from almanac.services.push.run_channels import RunChannels
from almanac.services.queues.ports import JobQueue, OutgoingJob
from almanac.services.sync.account_access import AccountSession
from almanac.services.sync.calendar_pass import CalendarPass
from almanac.services.sync.page_reader import RunContext
from almanac.services.sync.ports import CalendarPages, Connection, Lease, Refusal, SyncRuns
from almanac.services.sync.provider import Provider
from almanac.services.sync.retrying import Retrier

logger = logging.getLogger(__name__)

_NEVER = datetime.min.replace(tzinfo=UTC)


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
    tokens: AccountTokens
    providers: Mapping[str, Provider]
    cipher: TokenCipher
    queue: JobQueue
    clock: Clock
    sleep: Sleep
    chance: Callable[[], float]
    rules: SyncRules
    write_out: Callable[[Lease, Deadline], OutboundReport] | None = None
    """The part that writes, after the part that reads."""
    channels: KeepChannels | None = None
    """None: push is off, and no channel is watched or stopped."""

    def __call__(
        self, job: CalendarSync, sent_at: datetime | None, deadline: Deadline, message_id: str | None = None
    ) -> SyncReport:
        """Run the job; `sent_at` is when its message was sent, `deadline` what is left of the invocation.

        What goes wrong in one calendar is recorded on it and in the report. Raises UnknownWorkspace,
        DatabaseUnavailable and LeaseLost, which leave nothing to record, and after recording it any bug.
        """
        report = SyncReport(job.ws_id, uuid4(), job.mode)
        if not self._rings(job, report):
            return report
        admitted = self.runs.begin_run(job, report.run_id, sent_at, message_id)
        if isinstance(admitted, Refusal):
            report.status, report.outcome, report.retry_after = "skipped", admitted.outcome, admitted.retry_after
            return report
        began = perf_counter()
        bug = None
        try:
            if job.direction != "outbound":
                bug = self._read_all(admitted, job, report, deadline)
            if job.direction != "inbound" and self.write_out is not None:
                report.outbound = self.write_out(admitted, deadline)
                self._conclude_writing(job, report, report.outbound)
        except (DatabaseUnavailable, LeaseLost):
            raise
        except AlmanacError as error:
            report.fail(error.code, str(error), getattr(error, "retry_after", None))
        report.tally.total_ms = (perf_counter() - began) * 1000
        self.runs.finish_run(admitted, report)
        if job.source == "push" and job.requested_at is not None:
            report.push_lag_ms = max(0, round((self.clock() - job.requested_at).total_seconds() * 1000))
        if bug is not None:
            raise AlmanacError(f"a calendar met an unexpected {type(bug).__name__}; run {report.run_id}") from None
        return report

    def _rings(self, job: CalendarSync, report: SyncReport) -> bool:
        """Note a ring, if the job is one. False: its channel is none of ours any more, and nothing is read."""
        if self.channels is None or job.source != "push" or self.channels.ring(job):
            return True
        report.status, report.outcome = "skipped", "channel_unknown"
        return False

    def _read_all(self, lease: Lease, job: CalendarSync, report: SyncReport, deadline: Deadline) -> Exception | None:
        """Read every calendar the job is about. Returns the first bug met; the calendars after it were still read."""
        calendars = self.pages.load_calendars(lease, job.calendar_id, job.connection_id)
        if job.calendar_id is not None and not calendars.connections:
            raise UnknownCalendar("calendar_id", "the workspace has no enabled calendar of that id")
        since = job.requested_at if job.source == "continuation" else self.clock()
        sessions = self._sessions(calendars.accounts)
        bug = None
        with ThreadPoolExecutor(1) as pool:
            run = self._context(lease, calendars.time_zone, deadline, pool)
            channels = self._channels(run, job, calendars.connections, sessions, report)
            for connection in sorted(calendars.connections, key=_longest_waiting):
                outcome, failure = self._read_one(run, sessions.get(connection.account_id), connection, job, channels)
                report.connections.append(outcome)
                bug = bug or (failure if _is_bug(failure) else None)
            if channels is not None:
                channels.end(calendars.connections, report)
        conclude(report)
        if report.outcome == "continued":
            self._continue(job, since, report.run_id)
        return bug

    def _conclude_writing(self, job: CalendarSync, report: SyncReport, outbound: OutboundReport) -> None:
        """Let a run that only writes say how it ended; what time leaves is asked for again."""
        if job.direction == "outbound":
            report.outcome = "written" if outbound.writes else "nothing_to_write"
        if outbound.more and report.outcome != "continued":
            self._continue(job.model_copy(update={"direction": "outbound"}), self.clock(), report.run_id)

    def _channels(
        self,
        run: RunContext,
        job: CalendarSync,
        connections: Sequence[Connection],
        sessions: Mapping[UUID, AccountSession],
        report: SyncReport,
    ) -> RunChannels | None:
        """Return the run's channels, None where push is off. A run about the whole workspace reconciles them."""
        if self.channels is None:
            return None
        channels = self.channels.begin(run.lease, run.retrier, self.open_session)
        if job.calendar_id is None and job.connection_id is None:
            channels.reconcile(connections, sessions, report)
        return channels

    def open_session(self, account: Account) -> AccountSession | None:
        """Open an account; None when its provider is not known here."""
        return self._sessions({account.id: account}).get(account.id)

    def _sessions(self, accounts: Mapping[UUID, Account]) -> dict[UUID, AccountSession]:
        """Return a session per account whose provider is known here."""
        return {
            key: AccountSession(account, self.providers[account.provider], self.tokens, self.cipher, self.clock)
            for key, account in accounts.items()
            if account.provider in self.providers
        }

    def _context(self, lease: Lease, zone: str, deadline: Deadline, pool: Executor) -> RunContext:
        rules = self.rules
        return RunContext(
            pages=self.pages,
            clock=self.clock,
            lease=lease,
            retrier=Retrier(self.sleep, self.chance, deadline),
            window=Window.around(self.clock(), rules.past, rules.future),
            page_size=rules.page_size,
            workspace_zone=zone,
            reserve_seconds=rules.reserve_seconds,
            pool=pool,
        )

    def _read_one(
        self,
        run: RunContext,
        session: AccountSession | None,
        connection: Connection,
        job: CalendarSync,
        channels: RunChannels | None,
    ) -> tuple[ConnectionReport, Exception | None]:
        report = ConnectionReport(connection.id)
        began = perf_counter()
        failure: Exception | None = None
        if session is None:
            failure = ProviderRejected("the provider is not known here", provider=connection.provider)
        elif (skip := self._reason_to_skip(run, session, connection, job)) is not None:
            report.status, report.outcome = "skipped", skip
        elif channels is not None and _is_poll(job) and channels.may_wait(connection):
            report.status, report.outcome = "skipped", "push_healthy"
        else:
            # Who asks for a full pass doubts what was read; only its own continuation trusts the pages before it.
            restart = job.mode == "full" and job.source != "continuation"
            failure = _attempt(CalendarPass(run, connection, session, report), job.mode, restart=restart)
        report.tally.total_ms = (perf_counter() - began) * 1000
        retry_at = self._note_failure(report, connection, failure) if failure is not None else None
        self.runs.record_connection(run.lease, report, retry_at)
        if channels is not None:
            channels.after(job, connection, report, self.clock())
        return report, failure

    def _reason_to_skip(
        self, run: RunContext, session: AccountSession, connection: Connection, job: CalendarSync
    ) -> SkippedCalendar | None:
        """Return why not: a dead account, a failing calendar in its pause (from schedules), no more time."""
        if session.dead:
            return "reconnect_required"
        if job.source == "schedule" and connection.retry_at is not None and connection.retry_at > self.clock():
            return "backing_off"
        if _had_its_turn(job, connection):
            return "already_read"
        return "continued" if run.out_of_time else None

    def _note_failure(self, report: ConnectionReport, connection: Connection, failure: Exception) -> datetime | None:
        """Put the failure into the report. Returns until when schedules leave the connection alone."""
        report.status = "failed"
        report.outcome = "reconnect_required" if isinstance(failure, ReconnectRequired) else "failed"
        if not isinstance(failure, AlmanacError):
            report.error_type, report.error = AlmanacError.code, f"unexpected {type(failure).__name__}"
            return None
        report.error_type, report.error = failure.code, str(failure)
        if isinstance(failure, TransientError):
            report.retry_after = failure.retry_after or 0.0
        if isinstance(failure, ReconnectRequired):
            return None  # schedules skip the account; a new token revives its calendars at once
        return self.clock() + timedelta(seconds=next_attempt_after(failure, connection.failures + 1))

    def _continue(self, job: CalendarSync, since: datetime | None, run_id: UUID) -> None:
        """Ask for the rest. When the queue does not take it, the run has failed for now and its message comes back."""
        rest = job.model_copy(update={"source": "continuation", "requested_at": since})
        for lost in self.queue.send([OutgoingJob(rest, reason=f"continuation of {run_id}")]):
            raise QueueUnavailable(f"the continuation could not be sent ({lost.error})")


def _attempt(calendar_pass: CalendarPass, mode: WantedPass, *, restart: bool) -> Exception | None:
    """Read the calendar; what stopped it is returned, for it must not cost the other calendars their turn."""
    try:
        calendar_pass.read(mode, restart=restart)
    except (DatabaseUnavailable, LeaseLost):
        raise
    except AlmanacError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a bug; raised again at the end of the run
        logger.error("a calendar could not be read", extra=safe_error_fields(error))  # noqa: TRY400 - its text may quote an event
        return error
    return None


def _is_bug(failure: Exception | None) -> bool:
    """Return whether the message should come back and end among the dead letters, although the run tells the story."""
    return failure is not None and (not isinstance(failure, AlmanacError) or isinstance(failure, StorageFailed))


def _had_its_turn(job: CalendarSync, connection: Connection) -> bool:
    """Return whether an earlier run of the same continued job has read this calendar to its end already."""
    if job.source != "continuation" or job.requested_at is None or connection.state.checkpoint is not None:
        return False
    read_at = connection.full_synced_at if job.mode == "full" else connection.last_synced_at
    return read_at is not None and read_at >= job.requested_at


def _is_poll(job: CalendarSync) -> bool:
    """Return whether nobody and nothing but the clock asks."""
    return job.source == "schedule" and job.mode == "auto" and not job.force


def _longest_waiting(connection: Connection) -> tuple[bool, datetime]:
    """Sort unfinished passes first, then what was read longest ago."""
    return connection.state.checkpoint is None, connection.last_synced_at or _NEVER
