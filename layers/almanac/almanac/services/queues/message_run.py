"""What becomes of a received message: run, put back for later, or sent anew."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from almanac.domain.run_outcomes import EndStatus, Outcome
from almanac.domain.sync.retry import MAX_RECEIVES, Postpone, disposition
from almanac.errors import Postponed, TransientError
from almanac.jobs import Job, request_id_of
from almanac.services.clock import Deadline
from almanac.services.queues.ports import JobQueue, OutgoingJob

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


@dataclass(frozen=True, slots=True)
class MessageRun(Generic[AnyJob, AnyReport]):
    """The use case behind one record of a queue: `parse` its body, `run` the job, settle the message."""

    parse: Callable[[str], AnyJob]
    run: Callable[[AnyJob, datetime, Deadline, str], AnyReport]
    queue: JobQueue
    chance: Callable[[], float]

    def __call__(self, message: SqsMessage, deadline: Deadline) -> AnyReport:
        """Run the message's job. Returning means the message is done, raising that it stays in the queue.

        Raises BadJob and UnknownWorkspace (poison: the dead-letter queue after the last receive), Postponed when the
        message will come back by itself, and bugs.
        """
        job = self.parse(message.body)
        if job.request_id is None:  # its receives, and what is sent on for it, are one job
            job = job.model_copy(update={"request_id": request_id_of(message.message_id)})
        try:
            report = self.run(job, message.sent_at, deadline, message.message_id)
        except TransientError as error:
            seconds = self._put_back(job, message, error.retry_after)
            if seconds is None:
                raise
            raise Postponed(error.code, seconds, error.code) from error
        if report.outcome == "too_soon":
            self._let_a_burst_settle(job, message, report)
            return report
        if _asks_for_another_receive(report):
            seconds = self._put_back(job, message, report.retry_after)
            if seconds is not None:
                raise Postponed(report.outcome, seconds, report.error_type, report)
        if report.outcome == "already_running":
            self._send_anew(job, message)
        return report

    def _let_a_burst_settle(self, job: AnyJob, message: SqsMessage, report: AnyReport) -> None:
        """Let a push wait for the others of its burst: by visibility, and at its last receive as a new message."""
        if message.receive_count >= MAX_RECEIVES:
            self._send_anew(job, message)
            return
        seconds = max(1, math.ceil(report.retry_after or 0.0))
        self.queue.postpone(job.job, message.receipt_handle, seconds)
        raise Postponed(report.outcome, seconds, None, report)

    def _put_back(self, job: Job, message: SqsMessage, retry_after: float | None) -> int | None:
        """Let the message come back after so many seconds; None when this was its last receive."""
        fate = disposition(True, message.receive_count, retry_after, self.chance())
        if not isinstance(fate, Postpone):
            return None
        self.queue.postpone(job.job, message.receipt_handle, fate.seconds)
        return fate.seconds

    def _send_anew(self, job: Job, message: SqsMessage) -> None:
        """The last receive met a running run: the job goes to the end of its group, so that it is not lost."""
        for lost in self.queue.send([OutgoingJob(job, reason=f"again {message.message_id}")]):
            raise TransientError(f"could not send the job anew ({lost.error})")


def _asks_for_another_receive(report: Report) -> bool:
    """A continued run has sent its own rest, so its message is done whatever else happened."""
    if report.outcome == "already_running":
        return True
    return report.status == "failed" and report.retry_after is not None and report.outcome != "continued"
