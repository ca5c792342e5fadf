import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from almanac.domain.sync.report import SyncReport
from almanac.domain.sync.retry import (
    LONGEST_BUG_WAIT,
    LONGEST_POSTPONE,
    MAX_RECEIVES,
    SHORTEST_BUG_WAIT,
    SHORTEST_POSTPONE,
)
from almanac.errors import (
    AlmanacError,
    BadJob,
    BadSettings,
    DatabaseUnavailable,
    LeaseLost,
    OutOfMemory,
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
    return MessageRun(parse_sync, Sync(ends), queue, lambda: 0.5, "calendar.sync")(incoming, lambda: 60.0)


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


@pytest.mark.parametrize("receives", range(1, MAX_RECEIVES))
def test_a_ring_that_waits_for_its_burst_comes_back_when_that_is_over(receives: int) -> None:
    queue = Queue()
    with pytest.raises(Postponed) as raised:
        receive(report("skipped", "too_soon", 2.2), queue, message(receives))
    assert queue.postponed == [("calendar.sync", "handle", 3)]
    assert raised.value.error_type is None, "nothing went wrong"


def test_a_ring_that_meets_a_plan_comes_back_in_seconds_and_not_when_the_lease_ends() -> None:
    queue = Queue()
    ring = message(1, json.dumps({"ws_id": str(WS), "source": "push"}))
    with pytest.raises(Postponed):
        receive(report("skipped", "already_running", 118.0), queue, ring)
    assert queue.postponed == [("calendar.sync", "handle", 10)]


def test_a_ring_that_has_waited_often_is_sent_anew_and_not_lost() -> None:
    queue = Queue()
    receive(report("skipped", "too_soon", 2.2), queue, message(MAX_RECEIVES))
    assert len(queue.sent) == 1


@pytest.mark.parametrize("lease_left", [0.5, 119.0, 900.0])
def test_a_job_that_meets_a_running_run_comes_back_in_seconds_however_long_its_lease_is(lease_left: float) -> None:
    queue = Queue()
    for receives in range(1, MAX_RECEIVES):
        with pytest.raises(Postponed):
            receive(report("skipped", "already_running", lease_left), queue, message(receives))

    assert queue.postponed == [("calendar.sync", "handle", 10), ("calendar.sync", "handle", 18)]
    assert queue.sent == []


@pytest.mark.parametrize("receives", range(1, MAX_RECEIVES))
def test_what_passes_comes_back_later(receives: int) -> None:
    queue = Queue()
    ends = report("failed", "failed", 0.0)

    with pytest.raises(Postponed) as raised:
        receive(ends, queue, message(receives))

    ((kind, handle, seconds),) = queue.postponed
    assert (kind, handle, seconds) == ("calendar.sync", "handle", raised.value.seconds)
    assert SHORTEST_POSTPONE <= seconds <= LONGEST_POSTPONE
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
    assert again.job == CalendarSync(ws_id=WS, mode="full", request_id=request_id_of("m-1"), hops=1)
    assert queue.postponed == []


def test_receives_of_a_message_that_names_no_request_are_of_one() -> None:
    sync = Sync(report())
    run = MessageRun(parse_sync, sync, Queue(), lambda: 0.5, "calendar.sync")
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
    queue = Queue()

    with pytest.raises(DatabaseUnavailable):
        receive(DatabaseUnavailable("gone"), queue, message(MAX_RECEIVES))

    assert queue.postponed == [("calendar.sync", "handle", 0)]


def test_when_the_message_cannot_be_put_back_it_still_stays_in_the_queue() -> None:
    with pytest.raises(QueueUnavailable):
        receive(DatabaseUnavailable("gone"), Queue(refuses=True), message(1))


@pytest.mark.parametrize("receives", range(1, MAX_RECEIVES + 1))
def test_poison_is_shown_again_at_once_so_that_it_is_dead_within_seconds(receives: int) -> None:
    queue, sync = Queue(), Sync(report())
    run = MessageRun(parse_sync, sync, queue, lambda: 0.5, "calendar.sync")

    with pytest.raises(BadJob, match=r"^ws_id: "):
        run(message(receives, body='{"ws_id": "x"}'), lambda: 60.0)
    with pytest.raises(UnknownWorkspace):
        receive(UnknownWorkspace(WS), queue, message(receives))

    assert queue.postponed == [("calendar.sync", "handle", 0)] * 2
    assert (queue.sent, sync.calls) == ([], [])


@pytest.mark.parametrize(
    "error", [StorageFailed("42P01"), AlmanacError("a bug"), BadSettings("ALMANAC_TOKEN_KEYS", "no key"), KeyError("x")]
)
def test_a_bug_raises_at_every_receive_and_is_dead_within_minutes(error: Exception) -> None:
    queue = Queue()
    for receives in range(1, MAX_RECEIVES + 1):
        with pytest.raises(type(error)):
            receive(error, queue, message(receives))

    *between, last = [seconds for _, _, seconds in queue.postponed]
    assert all(SHORTEST_BUG_WAIT <= seconds <= LONGEST_BUG_WAIT for seconds in between)
    assert last == 0, "nothing but the dead-letter queue is left"
    assert queue.sent == []


@pytest.mark.parametrize("error", [UnknownWorkspace(WS), KeyError("x")])
def test_what_cannot_be_shown_again_says_what_it_met_all_the_same(error: Exception) -> None:
    with pytest.raises(type(error)):
        receive(error, Queue(refuses=True), message())


@pytest.mark.parametrize("receives", [1, 2])
def test_a_pause_longer_than_a_tick_is_left_to_the_schedule_that_minds_it(receives: int) -> None:
    queue = Queue()
    ends = report("failed", "failed", LONGEST_POSTPONE + 1)

    assert receive(ends, queue, message(receives)) is ends
    assert queue.postponed == []


def test_what_no_row_remembers_comes_back_within_a_tick() -> None:
    queue = Queue()

    with pytest.raises(Postponed):
        receive(SecretsUnavailable("away", retry_after=3600.0), queue, message())

    assert [seconds for _, _, seconds in queue.postponed] == [LONGEST_POSTPONE]


class TestEscalation:
    @staticmethod
    def receive(ends: SyncReport, queue: Queue, *, larger: bool = True, receives: int = 1) -> SyncReport:
        run = MessageRun(parse_sync, Sync(ends), queue, lambda: 0.5, "calendar.sync", larger=larger)
        return run(message(receives), lambda: 60.0)

    @pytest.mark.parametrize(
        ("status", "outcome", "cause"),
        [
            ("failed", "failed", "out_of_memory"),
            ("partial", "partial", "out_of_memory"),
            ("skipped", "escalated", "killed"),
        ],
    )
    @pytest.mark.parametrize("receives", [1, MAX_RECEIVES])
    def test_sends_the_job_to_the_large_function_and_the_message_is_done(
        self, status: str, outcome: str, cause: str, receives: int
    ) -> None:
        queue, ends = Queue(), report(status, outcome)
        ends.escalated = cause

        assert self.receive(ends, queue, receives=receives) is ends

        (sent,) = queue.sent
        asked = CalendarSync(ws_id=WS, mode="full", request_id=request_id_of("m-1"), hops=1, machine="large")
        assert sent.job == asked, "the same job, of the same request"
        assert queue.postponed == []

    def test_of_one_message_has_one_id_however_often_it_is_sent(self) -> None:
        queue = Queue()
        for _ in range(2):
            ends = report("skipped", "escalated")
            ends.escalated = "killed"
            self.receive(ends, queue)

        assert len({deduplication_id(entry.job, entry.reason) for entry in queue.sent}) == 1

    def test_that_cannot_be_sent_leaves_the_message_where_it_is(self) -> None:
        ends = report("skipped", "escalated")
        ends.escalated = "killed"

        with pytest.raises(TransientError, match="could not send the job to the larger function"):
            self.receive(ends, Queue(refuses=True))

    def test_beyond_the_large_function_there_is_none(self) -> None:
        queue, ends = Queue(), report("failed", "failed")
        ends.escalated = "out_of_memory"
        for receives in range(1, MAX_RECEIVES + 1):
            with pytest.raises(OutOfMemory, match=f"there is no larger function for this job; run {ends.run_id}"):
                self.receive(ends, queue, larger=False, receives=receives)

        assert queue.sent == []
        assert queue.postponed[-1] == ("calendar.sync", "handle", 0), "it is a dead letter within minutes"


def test_the_job_runs_with_what_sqs_knows_about_its_message() -> None:
    sync = Sync(report())
    record = {
        "body": json.dumps({"ws_id": str(WS)}),
        "messageId": "m-1",
        "receiptHandle": "handle",
        "attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1767261600123"},
    }

    received = message_of(SQSRecord(record))
    MessageRun(parse_sync, sync, Queue(), lambda: 0.5, "calendar.sync")(received, lambda: 60.0)

    assert received.receive_count == 2
    job = CalendarSync(ws_id=WS, request_id=request_id_of("m-1"))
    assert sync.calls == [(job, datetime(2026, 1, 1, 10, 0, 0, 123000, tzinfo=UTC), "m-1")]
