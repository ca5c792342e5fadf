"""What a run that is out of time sends itself: a chain of messages, which must come to an end."""

from datetime import datetime

from almanac.domain.sync.report import SyncReport
from almanac.errors import NoProgress
from almanac.jobs import CalendarSync, sent_on
from almanac.services.queues.ports import OutgoingJob


def continuation_of(job: CalendarSync, since: datetime | None, report: SyncReport, cause: str) -> OutgoingJob:
    """Return the message that asks for the rest of the job; `since` is when the first run of the chain began.

    One message has one continuation, however often it is received: `cause` is what makes it known again. Raises
    NoProgress when this run was a continuation that has neither read a page, nor written anything, nor given up a
    calendar, which the next one leaves alone: it would not get further either.
    """
    written = report.outbound is not None and report.outbound.writes > 0
    given_up = any(calendar.status == "failed" for calendar in report.connections)
    if job.source == "continuation" and not (report.tally.pages > 0 or written or given_up):
        raise NoProgress("a continuation has read no page, so none follows it; the next tick goes on")
    return OutgoingJob(sent_on(job, source="continuation", requested_at=since), f"continuation of {cause}")
