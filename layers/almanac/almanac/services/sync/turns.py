"""The turns of a run's calendars: in which order they are read, why one is not, and what comes of it."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import perf_counter

from almanac.domain.run_outcomes import SkippedCalendar
from almanac.domain.sync.passes import WantedPass
from almanac.domain.sync.report import ConnectionReport
from almanac.domain.sync.retry import next_attempt_after
from almanac.errors import (
    AlmanacError,
    DatabaseUnavailable,
    LeaseLost,
    OutOfMemory,
    ProjectRefused,
    ProviderRejected,
    ReconnectRequired,
    RemovedMeanwhile,
    StorageFailed,
    TransientError,
    safe_error_fields,
)
from almanac.jobs import CalendarSync
from almanac.services.clock import Clock
from almanac.services.push.run_channels import RunChannels
from almanac.services.sync.account_access import AccountSession
from almanac.services.sync.calendar_pass import CalendarPass
from almanac.services.sync.page_reader import RunContext
from almanac.services.sync.ports import Connection, SyncRuns

logger = logging.getLogger(__name__)

OUT_OF_MEMORY = "the run needs more memory than its function has"
_NEVER = datetime.min.replace(tzinfo=UTC)


def order(connection: Connection) -> tuple[int, bool, bool, datetime]:
    """Sort what has killed its process last, before it what fails; then unfinished passes first, the longest waiting.

    Whatever takes all the time of a run, or its process, takes it from nobody but itself.
    """
    waiting = connection.last_synced_at or _NEVER
    return connection.attempts, connection.failures > 0, connection.state.checkpoint is None, waiting


def reason_to_skip(
    connection: Connection, job: CalendarSync, now: datetime, paused: Mapping[str, datetime]
) -> SkippedCalendar | None:
    """Return why the calendar is not read now: its pause, its provider's (`paused` until when), or its turn is over.

    Schedules respect every pause of a calendar; a continuation the pauses that its own job has met, or it would ask
    again at once whoever asked for time. `now` is the database's time. A provider that refuses our project is tried
    again by each schedule and each person: nobody else would notice that it has been mended.
    """
    if connection.retry_at is not None and connection.retry_at > now and _keeps_pause(connection, job):
        return "backing_off"
    if job.source not in ("schedule", "manual", "batch") and paused.get(connection.provider, now) > now:
        return "backing_off"
    return "already_read" if _had_its_turn(connection, job) else None


def _keeps_pause(connection: Connection, job: CalendarSync) -> bool:
    if job.source != "continuation" or job.requested_at is None:
        return job.source == "schedule"
    return connection.failed_at is not None and connection.failed_at >= job.requested_at


def _had_its_turn(connection: Connection, job: CalendarSync) -> bool:
    """Return whether an earlier run of the same continued job has read this calendar to its end already."""
    if job.source != "continuation" or job.requested_at is None or connection.state.checkpoint is not None:
        return False
    read_at = connection.full_synced_at if job.mode == "full" else connection.last_synced_at
    return read_at is not None and read_at >= job.requested_at


def _has_begun_it(job: CalendarSync, connection: Connection) -> bool:
    """Return whether the unfinished pass is the job's own: who asks for a full one doubts what was read before."""
    if job.source != "continuation" or job.requested_at is None or connection.state.checkpoint is None:
        return False
    return connection.state.checkpoint.started_at >= job.requested_at


class CalendarTurn:
    """Gives one calendar of a run after the other its turn, and records what came of it."""

    def __init__(
        self, runs: SyncRuns, clock: Clock, run: RunContext, job: CalendarSync, channels: RunChannels | None
    ) -> None:
        self._runs = runs
        self._clock = clock
        self._run = run
        self._job = job
        self._channels = channels
        self._refused: dict[str, ProjectRefused] = {}

    @property
    def refused(self) -> Mapping[str, ProjectRefused]:
        """Providers that have refused our project in this run."""
        return self._refused

    def __call__(
        self, session: AccountSession | None, connection: Connection
    ) -> tuple[ConnectionReport, Exception | None]:
        """Read the calendar, unless there is a reason not to. Returns its report, and what stopped it."""
        report = ConnectionReport(connection.id)
        began = perf_counter()
        failure: Exception | None = None
        if session is None:
            failure = ProviderRejected("the provider is not known here", provider=connection.provider)
        elif session.dead:
            report.status, report.outcome = "skipped", "reconnect_required"
        elif (skip := reason_to_skip(connection, self._job, self._run.now, self._run.paused)) is not None:
            report.status, report.outcome = "skipped", skip
        elif self._run.out_of_time:  # before its pass throws away what it had, for one that may never come
            report.status, report.outcome = "skipped", "continued"
        elif self._channels is not None and _is_poll(self._job) and self._channels.may_wait(connection):
            report.status, report.outcome = "skipped", "push_healthy"
        elif connection.provider in self._refused:
            failure = self._refused[connection.provider]  # unasked: the next answer would be the same
        else:
            restart = self._job.mode == "full" and not _has_begun_it(self._job, connection)
            failure = _attempt(CalendarPass(self._run, connection, session, report), self._job.mode, restart=restart)
        report.tally.total_ms = (perf_counter() - began) * 1000
        if isinstance(failure, RemovedMeanwhile):
            report.status, report.outcome, failure = "skipped", "removed", None
        retry_at = self._note_failure(report, connection, failure) if failure is not None else None
        self._runs.record_connection(self._run.lease, report, retry_at, blamed=not isinstance(failure, ProjectRefused))
        if isinstance(failure, ProjectRefused):
            self._refused[failure.provider] = failure
        if self._channels is not None:
            self._channels.after(self._job, connection, report, self._clock())
        return report, failure

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
        if isinstance(failure, ProjectRefused):
            return None  # the next schedule finds out whether it has been mended
        return self._clock() + timedelta(seconds=next_attempt_after(failure, connection.failures + 1))


def _is_poll(job: CalendarSync) -> bool:
    """Return whether nobody and nothing but the clock asks."""
    return job.source == "schedule" and job.mode == "auto" and not job.force


def _attempt(calendar_pass: CalendarPass, mode: WantedPass, *, restart: bool) -> Exception | None:
    """Read the calendar; what stopped it is returned, for it must not cost the other calendars their turn."""
    try:
        calendar_pass.read(mode, restart=restart)
    except (DatabaseUnavailable, LeaseLost):
        raise
    except AlmanacError as error:
        return error
    except MemoryError:
        return OutOfMemory(OUT_OF_MEMORY)
    except Exception as error:  # noqa: BLE001 - a bug; raised again at the end of the run
        logger.error("a calendar could not be read", extra=safe_error_fields(error))  # noqa: TRY400 - its text may quote an event
        return error
    return None


def is_bug(failure: Exception | None) -> bool:
    """Return whether the message should come back and end among the dead letters, although the run tells the story."""
    return failure is not None and (not isinstance(failure, AlmanacError) or isinstance(failure, StorageFailed))
