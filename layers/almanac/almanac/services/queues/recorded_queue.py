"""A queue that keeps what it is asked to send, so that a request can be followed before its first run begins."""

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from almanac.services.queues.ports import AskedJobs, FailedSend, JobQueue, OutgoingJob


@dataclass(frozen=True, slots=True)
class RecordedQueue(JobQueue):
    """JobQueue for whoever asks: a command, later the API. What runs send themselves is recorded when it runs."""

    queue: JobQueue
    asked: AskedJobs
    withdrawing: bool = False
    """Whether what the queue did not take is forgotten again: for a caller that is told so, and asks anew."""

    @override
    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        """Record the jobs, send them, mark those that went. Every job needs a request id."""
        self.asked.record([envelope.job for envelope in envelopes])
        lost = self.queue.send(envelopes)
        missing = {entry.ws_id for entry in lost}
        self.asked.mark_sent([envelope.job for envelope in envelopes if envelope.job.ws_id not in missing])
        if missing and self.withdrawing:
            self.asked.withdraw([envelope.job for envelope in envelopes if envelope.job.ws_id in missing])
        return lost

    @override
    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        self.queue.postpone(job_kind, receipt_handle, seconds)
