import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from almanac.domain.sync.report import SyncReport
from almanac.domain.sync.retry import LONGEST_POSTPONE, MAX_RECEIVES, SHORTEST_POSTPONE
from almanac.errors import (
    AlmanacError,
    BadJob,
    DatabaseUnavailable,
    LeaseLost,
    Postponed,
    QueueUnavailable,
    SecretsUnavailable,
    StorageFailed,
    TransientError,
    UnknownWorkspace,
)
from almanac.jobs import CalendarSync, deduplication_id, parse_sync, request_id_of
from almanac.queue_consumer import message_of
from almanac.services.clock import Deadline
from almanac.services.queues.message_run import MessageRun, SqsMessage
from almanac.services.queues.ports import FailedSend, OutgoingJob

WS = UUID("7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01")
SENT_AT = datetime(2026, 1, 1, 10, tzinfo=UTC)


@dataclass
class Queue:
    sent: list[OutgoingJob] = field(default_factory=list)
    postponed: list[tuple[str, str, float]] = field(default_factory=list)
    refuses: bool = False

    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        if self.refuses:
            return [FailedSend(entry.job.ws_id, "InternalError") for entry in envelopes]
        self.sent += envelopes
        return []

    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        if self.refuses:
            raise QueueUnavailable("SQS refused the call (InternalError)")
        self.postponed.append((job_kind, receipt_handle, seconds))


@dataclass
class Sync:
    """SyncWorkspace that ends as it is told."""

    ends: SyncReport | BaseException
    calls: list[tuple[CalendarSync, datetime | None, str | None]] = field(default_factory=list)

    def __call__(
        self, job: CalendarSync, sent_at: datetime | None, deadline: Deadline, message_id: str | None = None
    ) -> SyncReport:
        self.calls.append((job, sent_at, message_id))
        if isinstance(self.ends, BaseException):
            raise self.ends
        return self.ends


def report(status: str = "completed", outcome: str = "incremental", retry_after: float | None = None) -> SyncReport:
    return SyncReport(WS, uuid4(), "auto", status=status, outcome=outcome, retry_after=retry_after)


def message(receive: int = 1, body: str | None = None, message_id: str = "m-1") -> SqsMessage:
    return SqsMessage(body or json.dumps({"ws_id": str(WS), "mode": "full"}), message_id, "handle", receive, SENT_AT)


def receive(ends: SyncReport | BaseException, queue: Queue, incoming: SqsMessage) -> SyncReport:
    return MessageRun(parse_sync, Sync(ends), queue, lambda: 0.5)(incoming, lambda: 60.0)


@pytest.mark.parametrize(
    "ends",
    [
        report(),
        report(outcome="continued"),
        report("partial", "partial", retry_after=5.0),
        report("failed", "reconnect_required"),
        report("failed", "failed"),
        report("failed", "continued", retry_after=5.0),
        report("skipped", "superseded"),
        report("skipped", "cooldown", retry_after=12.0),
        report("completed", "nothing_to_write"),
    ],
    ids=lambda ends: f"{ends.status} {ends.outcome}",
)
def test_what_has_ended_for_good_is_done_at_the_first_receive(ends: SyncReport) -> None:
    queue = Queue()

    assert receive(ends, queue, message()) is ends
    assert (queue.sent, queue.postponed) == ([], [])


@pytest.mark.parametrize("ends", [report("failed", "failed", 0.0), report("skipped", "already_running", 40.0)])
@pytest.mark.parametrize("receives", range(1, MAX_RECEIVES))
def test_what_passes_comes_back_later(ends: SyncReport, receives: int) -> None:
    queue = Queue()

    with pytest.raises(Postponed) as raised:
        receive(ends, queue, message(receives))

    ((kind, handle, seconds),) = queue.postponed
    assert (kind, handle, seconds) == ("calendar.sync", "handle", raised.value.seconds)
    assert max(SHORTEST_POSTPONE, ends.retry_after or 0) <= seconds <= LONGEST_POSTPONE + (ends.retry_after or 0)
    assert queue.sent == []


def test_what_comes_back_says_what_went_wrong_and_which_run_it_was() -> None:
    ended = report("failed", "failed", 0.0)
    ended.error_type = "google_unavailable"

    with pytest.raises(Postponed, match=r"^google_unavailable: comes back in \d+ s$") as raised:
        receive(ended, Queue(), message())

    assert (raised.value.error_type, raised.value.report) == ("google_unavailable", ended)


def test_a_job_that_waits_for_a_running_run_has_met_no_error() -> None:
    with pytest.raises(Postponed, match=r"^already_running: ") as raised:
        receive(report("skipped", "already_running", 40.0), Queue(), message())

    assert raised.value.error_type is None


def test_a_passing_failure_that_was_recorded_is_done_after_the_last_receive() -> None:
    queue = Queue()
    ends = report("failed", "failed", 0.0)

    assert receive(ends, queue, message(MAX_RECEIVES)) is ends
    assert (queue.sent, queue.postponed) == ([], [])


def test_a_job_that_met_a_running_run_at_its_last_receive_is_sent_anew() -> None:
    queue = Queue()
    ends = report("skipped", "already_running", 40.0)

    assert receive(ends, queue, message(MAX_RECEIVES)) is ends

    (again,) = queue.sent
    assert again.job == CalendarSync(ws_id=WS, mode="full", request_id=request_id_of("m-1"))
    assert queue.postponed == []


def test_receives_of_a_message_that_names_no_request_are_of_one() -> None:
    sync = Sync(report())
    run = MessageRun(parse_sync, sync, Queue(), lambda: 0.5)
    named = json.dumps({"ws_id": str(WS), "request_id": "ticket-17"})
    for incoming in (message(), message(2), message(message_id="m-2"), message(body=named)):
        run(incoming, lambda: 60.0)

    first, second, other, ticket = (job.request_id for job, _, _ in sync.calls)
    assert first == second == request_id_of("m-1")
    assert other == request_id_of("m-2") != first
    assert ticket == "ticket-17"


def test_each_message_that_is_sent_anew_has_an_id_of_its_own() -> None:
    queue = Queue()
    for message_id in ("m-1", "m-2"):
        receive(report("skipped", "already_running", 4.0), queue, message(MAX_RECEIVES, message_id=message_id))

    assert len({deduplication_id(entry.job, entry.reason) for entry in queue.sent}) == 2


def test_a_job_that_cannot_be_sent_anew_stays_in_the_queue() -> None:
    with pytest.raises(TransientError, match="could not send the job anew"):
        receive(report("skipped", "already_running", 4.0), Queue(refuses=True), message(MAX_RECEIVES))


@pytest.mark.parametrize("error", [DatabaseUnavailable("gone"), LeaseLost("overtaken"), SecretsUnavailable("away")])
def test_what_could_not_be_recorded_comes_back_later(error: TransientError) -> None:
    queue = Queue()

    with pytest.raises(Postponed, match=error.code) as raised:
        receive(error, queue, message(1))

    assert len(queue.postponed) == 1
    assert (raised.value.error_type, raised.value.report) == (error.code, None)


def test_what_could_not_be_recorded_reaches_the_dead_letter_queue_after_the_last_receive() -> None:
    with pytest.raises(DatabaseUnavailable):
        receive(DatabaseUnavailable("gone"), Queue(), message(MAX_RECEIVES))


def test_when_the_message_cannot_be_put_back_it_still_stays_in_the_queue() -> None:
    with pytest.raises(QueueUnavailable):
        receive(DatabaseUnavailable("gone"), Queue(refuses=True), message(1))


@pytest.mark.parametrize("error", [UnknownWorkspace(WS), StorageFailed("42P01"), AlmanacError("a bug"), KeyError("x")])
@pytest.mark.parametrize("receives", [1, MAX_RECEIVES])
def test_poison_and_bugs_raise_at_every_receive(error: Exception, receives: int) -> None:
    queue = Queue()

    with pytest.raises(type(error)):
        receive(error, queue, message(receives))

    assert (queue.sent, queue.postponed) == ([], [])


def test_a_body_that_does_not_parse_runs_nothing() -> None:
    sync = Sync(report())

    with pytest.raises(BadJob, match=r"^ws_id: "):
        MessageRun(parse_sync, sync, Queue(), lambda: 0.5)(message(body='{"ws_id": "x"}'), lambda: 60.0)

    assert sync.calls == []


def test_the_job_runs_with_what_sqs_knows_about_its_message() -> None:
    sync = Sync(report())
    record = {
        "body": json.dumps({"ws_id": str(WS)}),
        "messageId": "m-1",
        "receiptHandle": "handle",
        "attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1767261600123"},
    }

    received = message_of(SQSRecord(record))
    MessageRun(parse_sync, sync, Queue(), lambda: 0.5)(received, lambda: 60.0)

    assert received.receive_count == 2
    job = CalendarSync(ws_id=WS, request_id=request_id_of("m-1"))
    assert sync.calls == [(job, datetime(2026, 1, 1, 10, 0, 0, 123000, tzinfo=UTC), "m-1")]
