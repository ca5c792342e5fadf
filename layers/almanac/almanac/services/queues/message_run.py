"""What becomes of a received message: run, put back for later, or sent anew."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from almanac.domain.operations.machine import EscalationCause
from almanac.domain.run_outcomes import EndStatus, Outcome
from almanac.domain.sync.retry import MAX_RECEIVES, Postpone, disposition, wait_after_bug, wait_for_turn
from almanac.errors import (
    AlmanacError,
    BadJob,
    OutOfMemory,
    Postponed,
    TransientError,
    UnknownWorkspace,
    safe_error_fields,
)
from almanac.jobs import Job, request_id_of, sent_on
from almanac.services.clock import Deadline
from almanac.services.queues.ports import JobQueue, OutgoingJob

logger = logging.getLogger(__name__)

LONGEST_RING_WAIT = 10.0
"""Seconds that a push stays away: for the others of its burst, or for a plan that holds the workspace."""

AnyJob = TypeVar("AnyJob", bound=Job)
AnyReport = TypeVar("AnyReport", bound="Report")


@dataclass(frozen=True, slots=True)
class SqsMessage:
    """One SQS record: its body and what decides its fate."""

    body: str
    message_id: str
    receipt_handle: str
    receive_count: int
    sent_at: datetime


class Report(Protocol):
    """What decides a message's fate in the report of a run."""

    @property
    def status(self) -> EndStatus:
        """`failed` with a `retry_after` is worth another receive."""
        ...

    @property
    def outcome(self) -> Outcome:
        """`already_running` always comes back."""
        ...

    @property
    def error_type(self) -> str | None:
        """The code of what went wrong, if anything did."""
        ...

    @property
    def retry_after(self) -> float | None:
        """Seconds, when trying again later can help."""
        ...

    @property
    def run_id(self) -> UUID:
        """The run's row."""
        ...

    @property
    def escalated(self) -> EscalationCause | None:
        """Why the job belongs into a larger function, if it does."""
        ...


@dataclass(frozen=True, slots=True)
class MessageRun(Generic[AnyJob, AnyReport]):
    """The use case behind one record of a queue: `parse` its body, `run` the job, settle the message.

    `kind` is what the queue's messages are about: a body that is no job has to be put back, too.
    """

    parse: Callable[[str], AnyJob]
    run: Callable[[AnyJob, datetime, Deadline, str], AnyReport]
    queue: JobQueue
    chance: Callable[[], float]
    kind: str
    larger: bool = False
    """Whether there is a larger function, for jobs that this one has not the memory for."""

    def __call__(self, message: SqsMessage, deadline: Deadline) -> AnyReport:
        """Run the message's job. Returning means the message is done, raising that it stays in the queue.

        Raises BadJob and UnknownWorkspace (poison: in the dead-letter queue within seconds), Postponed when the message
        will come back by itself, and bugs, which come back soon. Only who is killed leaves the visibility timeout.
        """
        try:
            return self._settled(message, deadline)
        except Postponed:
            raise
        except (BadJob, UnknownWorkspace):
            self._show_again(message, 0)
            raise
        except Exception:
            self._show_again(message, wait_after_bug(message.receive_count, self.chance()))
            raise

    def _settled(self, message: SqsMessage, deadline: Deadline) -> AnyReport:
        job = self.parse(message.body)
        if job.ignored:
            logger.warning("a job has unknown fields, which are ignored", extra={"ignored": job.ignored})
        if job.request_id is None:  # its receives, and what is sent on for it, are one job
            job = job.model_copy(update={"request_id": request_id_of(message.message_id)})
        try:
            report = self.run(job, message.sent_at, deadline, message.message_id)
        except TransientError as error:
            seconds = self._put_back(message, error.retry_after, recorded=False)
            if seconds is None:
                raise
            raise Postponed(error.code, seconds, error.code) from error
        if report.escalated is not None:
            self._escalate(job, message, report)
            return report
        if report.outcome == "too_soon" or (job.source == "push" and report.outcome == "already_running"):
            shortly = max(1, math.ceil(min(report.retry_after or 0.0, LONGEST_RING_WAIT)))  # people wait for a ring
            self._come_back(job, message, report, shortly)
            return report
        if report.outcome == "already_running":  # its lease tells when that one is dead, not when it is done
            self._come_back(job, message, report, wait_for_turn(message.receive_count, self.chance()))
            return report
        if _asks_for_another_receive(report):
            seconds = self._put_back(message, report.retry_after, recorded=True)
            if seconds is not None:
                raise Postponed(report.outcome, seconds, report.error_type, report)
        return report

    def _come_back(self, job: AnyJob, message: SqsMessage, report: AnyReport, seconds: int) -> None:
        """Let a job wait for its turn by visibility, and at its last receive as a new message: it must not be lost."""
        if message.receive_count >= MAX_RECEIVES:
            self._send_anew(job, message)
            return
        self.queue.postpone(self.kind, message.receipt_handle, seconds)
        raise Postponed(report.outcome, seconds, None, report)

    def _escalate(self, job: Job, message: SqsMessage, report: Report) -> None:
        """Send the job to the larger function; without one it is a message that cannot be done.

        Sent twice, after an interruption, it has the same id both times. Raises OutOfMemory, and TransientError when it
        could not be sent: the message stays then.
        """
        if not self.larger:
            raise OutOfMemory(f"there is no larger function for this job; run {report.run_id}")
        for lost in self.queue.send([OutgoingJob(sent_on(job, machine="large"), f"large {message.message_id}")]):
            raise TransientError(f"could not send the job to the larger function ({lost.error})")

    def _put_back(self, message: SqsMessage, retry_after: float | None, *, recorded: bool) -> int | None:
        """Let the message come back after so many seconds; None when it has had its receives, or waits for too long."""
        fate = disposition(True, message.receive_count, retry_after, self.chance(), recorded=recorded)
        if not isinstance(fate, Postpone):
            return None
        self.queue.postpone(self.kind, message.receipt_handle, fate.seconds)
        return fate.seconds

    def _show_again(self, message: SqsMessage, seconds: int) -> None:
        """Shorten the wait of what is about to be raised; without the queue it is the visibility timeout's."""
        try:
            self.queue.postpone(self.kind, message.receipt_handle, seconds)
        except AlmanacError as error:
            logger.warning("a message waits for its visibility timeout", extra=safe_error_fields(error))

    def _send_anew(self, job: Job, message: SqsMessage) -> None:
        """The last receive was not its turn either: the job goes to the end of its group, so that it is not lost."""
        for lost in self.queue.send([OutgoingJob(sent_on(job), reason=f"again {message.message_id}")]):
            raise TransientError(f"could not send the job anew ({lost.error})")


def _asks_for_another_receive(report: Report) -> bool:
    """A continued run has sent its own rest, so its message is done whatever else happened."""
    return report.status == "failed" and report.retry_after is not None and report.outcome != "continued"
