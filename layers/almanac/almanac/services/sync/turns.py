"""Whose turn it is in a run: which calendars are read, in which order, and why another one is not."""

from collections.abc import Mapping
from datetime import UTC, datetime

from almanac.domain.run_outcomes import SkippedCalendar
from almanac.jobs import CalendarSync
from almanac.services.sync.ports import Connection

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
