"""What becomes of a received planning message: run, or put back for later."""

from collections.abc import Callable
from dataclasses import dataclass

from almanac.domain.planning.report import PlanReport
from almanac.domain.sync.retry import Postpone, message_fate
from almanac.errors import Postponed, TransientError
from almanac.jobs import parse_schedule
from almanac.services.plan_workspace import PlanWorkspace
from almanac.services.ports import Deadline, JobQueue
from almanac.services.receive_sync import Received


@dataclass(frozen=True, slots=True)
class ReceiveSchedule:
    """The use case behind one record of the schedule queue."""

    plan: PlanWorkspace
    queue: JobQueue
    chance: Callable[[], float]

    def __call__(self, message: Received, deadline: Deadline) -> PlanReport:
        """Run the message's job. Returning means the message is done, raising that it stays in the queue.

        Raises BadJob and UnknownWorkspace (poison: the dead-letter queue after the last receive), Postponed when the
        message will come back by itself, TransientError when it has no receive left for that, and bugs.
        """
        job = parse_schedule(message.body)
        try:
            report = self.plan(job, message.sent_at, deadline)
        except TransientError as error:
            self._put_back(message, error.code, error.retry_after)
            raise
        if report.outcome == "already_running":
            self._put_back(message, report.outcome, report.retry_after)
            # This function may not send, so it cannot go to the end of its group: the dead-letter queue shows it.
            raise TransientError("already_running: the workspace was busy at every receive of this message")
        if report.status == "failed" and report.retry_after is not None:
            self._put_back(message, report.outcome, report.retry_after)
        return report

    def _put_back(self, message: Received, outcome: str, retry_after: float | None) -> None:
        """Let the message come back later, if it has a receive left. Raises Postponed then."""
        fate = message_fate(True, message.receive_count, retry_after, self.chance())
        if isinstance(fate, Postpone):
            self.queue.postpone("calendar.schedule", message.receipt_handle, fate.seconds)
            raise Postponed(outcome, fate.seconds)
