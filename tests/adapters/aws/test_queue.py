import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from almanac.adapters.aws import clients as aws_clients
from almanac.adapters.aws.queue import SqsJobQueue
from almanac.adapters.aws.queue_depth import SqsQueueDepths
from almanac.domain.operations.queue_depth import QueueDepth
from almanac.errors import BadSettings, QueueUnavailable
from almanac.jobs import CalendarSchedule, CalendarSync, deduplication_id, parse_sync
from almanac.services.queues.ports import FailedSend, OutgoingJob

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def workspace(number: int) -> UUID:
    return UUID(int=number)


def sync(number: int, reason: str = "tick") -> OutgoingJob:
    return OutgoingJob(CalendarSync(ws_id=workspace(number), user_id="hunter2"), reason)


def create_queue(sqs: Any, name: str, **attributes: str) -> str:
    made = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true", **attributes})
    return str(made["QueueUrl"])


def receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    """Take everything out of a queue; a group in flight hides what is behind it, so each message is deleted."""
    messages: list[dict[str, Any]] = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]).get(
        "Messages", []
    ):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        messages += found
    return messages


@pytest.fixture
def sqs(aws: None) -> Any:
    return aws_clients.client("sqs")


@pytest.fixture
def urls(sqs: Any) -> dict[str, str]:
    made = {}
    for kind, name in (("calendar.sync", "sync"), ("calendar.schedule", "schedule")):
        dead = create_queue(sqs, f"{name}-dead.fifo")
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
        made[kind] = create_queue(sqs, f"{name}.fifo", RedrivePolicy=policy)
    return made


@pytest.fixture
def dead_url(urls: dict[str, str]) -> str:
    return urls["calendar.sync"].replace("sync.fifo", "sync-dead.fifo")


def no_sleep(seconds: float) -> None:
    raise AssertionError(f"nothing to wait for, yet {seconds} s")


# --- sending ----------------------------------------------------------------------------------------------------------


def test_each_job_goes_to_the_queue_of_its_kind_in_the_group_of_its_workspace(sqs: Any, urls: dict[str, str]) -> None:
    plan = OutgoingJob(CalendarSchedule(ws_id=workspace(1)), "tick")
    assert SqsJobQueue(sqs, urls, no_sleep).send([sync(1), plan, sync(2)]) == []
    synced, planned = receive(sqs, urls["calendar.sync"]), receive(sqs, urls["calendar.schedule"])
    assert {parse_sync(message["Body"]).ws_id for message in synced} == {workspace(1), workspace(2)}
    for message in synced:
        job = parse_sync(message["Body"])
        assert message["Attributes"]["MessageGroupId"] == str(job.ws_id)
        assert message["Attributes"]["MessageDeduplicationId"] == deduplication_id(job, "tick")
    assert [json.loads(message["Body"])["job"] for message in planned] == ["calendar.schedule"]


def test_twenty_five_jobs_all_arrive(sqs: Any, urls: dict[str, str]) -> None:
    assert SqsJobQueue(sqs, urls, no_sleep).send([sync(number) for number in range(25)]) == []
    arrived = [parse_sync(message["Body"]).ws_id for message in receive(sqs, urls["calendar.sync"])]
    assert sorted(arrived) == [workspace(number) for number in range(25)]


def test_the_same_job_for_the_same_reason_is_queued_once(sqs: Any, urls: dict[str, str]) -> None:
    queue = SqsJobQueue(sqs, urls, no_sleep)
    queue.send([sync(1, "tick 12:00")])
    queue.send([sync(1, "tick 12:00")])
    queue.send([sync(1, "tick 12:15")])
    attributes = sqs.get_queue_attributes(QueueUrl=urls["calendar.sync"], AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "2"


def test_nothing_to_send_calls_nobody() -> None:
    assert SqsJobQueue(None, {}, no_sleep).send([]) == []


@pytest.mark.parametrize("configured", [{}, {"calendar.schedule": ""}])
def test_a_queue_that_is_not_configured_is_named_and_nothing_is_sent(
    sqs: Any, urls: dict[str, str], configured: dict[str, str]
) -> None:
    plan = OutgoingJob(CalendarSchedule(ws_id=workspace(1)), "tick")
    queue = SqsJobQueue(sqs, {"calendar.sync": urls["calendar.sync"], **configured}, no_sleep)
    with pytest.raises(BadSettings, match="ALMANAC_SCHEDULE_QUEUE_URL"):
        queue.send([sync(1), plan])
    assert receive(sqs, urls["calendar.sync"]) == []


class ScriptedSqs:
    """SendMessageBatch that answers in order; what the script does not hold succeeds. Entries are remembered."""

    def __init__(self, *answers: Exception | dict[str, tuple[str, bool]]) -> None:
        self.answers = list(answers)
        self.sent: list[list[dict[str, str]]] = []

    def send_message_batch(self, **call: Any) -> dict[str, Any]:
        self.sent.append(list(call["Entries"]))
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Exception):
            raise answer
        failed = [
            {"Id": entry, "Code": code, "SenderFault": fault, "Message": "hunter2"}
            for entry, (code, fault) in answer.items()
            if code != "silent"
        ]
        return {"Successful": [{"Id": e["Id"]} for e in call["Entries"] if e["Id"] not in answer], "Failed": failed}


def client_error(code: str, status: int) -> ClientError:
    told = {"Error": {"Code": code, "Message": "hunter2"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "SendMessageBatch")


def send_two(client: ScriptedSqs) -> tuple[Sequence[FailedSend], list[float]]:
    waits: list[float] = []
    queue = SqsJobQueue(client, {"calendar.sync": "https://sqs.example.org/sync.fifo"}, waits.append)
    return queue.send([sync(1), sync(2)]), waits


def test_only_the_failed_entries_of_a_200_are_sent_again_and_stay_the_same() -> None:
    client = ScriptedSqs({"1": ("InternalError", False)})
    assert send_two(client) == ([], [0.2])
    assert client.sent[1] == [client.sent[0][1]]


def test_an_entry_that_is_neither_confirmed_nor_refused_is_sent_again() -> None:
    client = ScriptedSqs({"0": ("silent", False)})
    assert send_two(client) == ([], [0.2])
    assert client.sent[1] == [client.sent[0][0]]


def test_our_own_fault_is_not_sent_again() -> None:
    client = ScriptedSqs({"0": ("InvalidMessageContents", True)})
    assert send_two(client) == ([FailedSend(workspace(1), "InvalidMessageContents")], [])


def test_three_tries_with_growing_waits_then_it_is_not_sent() -> None:
    client = ScriptedSqs(*[{"0": ("InternalError", False)}] * 5)
    assert send_two(client) == ([FailedSend(workspace(1), "InternalError")], [0.2, 0.8])
    assert len(client.sent) == 3


@pytest.mark.parametrize(
    "passing",
    [
        client_error("RequestThrottled", 400),
        client_error("ThrottlingException", 400),
        client_error("ServiceUnavailable", 503),
        EndpointConnectionError(endpoint_url="https://example.org"),
    ],
)
def test_a_batch_that_failed_as_a_whole_for_a_passing_reason_is_sent_again(passing: Exception) -> None:
    assert send_two(ScriptedSqs(passing, passing)) == ([], [0.2, 0.8])


@pytest.mark.parametrize(
    ("lasting", "code"),
    [
        (client_error("AccessDenied", 403), "AccessDenied"),
        (client_error("QueueDoesNotExist", 400), "QueueDoesNotExist"),
        (NoCredentialsError(), "NoCredentialsError"),
    ],
)
def test_a_lasting_reason_is_told_for_every_job_of_the_batch_at_once(lasting: Exception, code: str) -> None:
    assert send_two(ScriptedSqs(lasting)) == ([FailedSend(workspace(1), code), FailedSend(workspace(2), code)], [])


def test_one_failing_batch_does_not_cost_the_others_their_place(sqs: Any, urls: dict[str, str]) -> None:
    wrong = {**urls, "calendar.schedule": urls["calendar.schedule"].replace("schedule.fifo", "gone.fifo")}
    plan = OutgoingJob(CalendarSchedule(ws_id=workspace(9)), "tick")
    (lost,) = SqsJobQueue(sqs, wrong, no_sleep).send([plan, sync(1), sync(2)])
    assert lost.ws_id == workspace(9)
    assert "NonExistentQueue" in lost.error or "QueueDoesNotExist" in lost.error
    assert len(receive(sqs, urls["calendar.sync"])) == 2


def test_batches_are_under_way_at_the_same_time() -> None:
    class Meeting(ScriptedSqs):
        meeting = threading.Barrier(4, timeout=10)

        def send_message_batch(self, **call: Any) -> dict[str, Any]:
            self.meeting.wait()
            return super().send_message_batch(**call)

    queue = SqsJobQueue(Meeting(), {"calendar.sync": "https://sqs.example.org/sync.fifo"}, no_sleep, threads=4)
    assert queue.send([sync(number) for number in range(40)]) == []


# --- postponing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "set_to"), [(-5, 0), (0.2, 1), (30, 30), (10**9, 43200), (float("inf"), 43200)])
def test_a_message_is_postponed_within_what_sqs_allows(asked: float, set_to: int) -> None:
    calls: list[dict[str, Any]] = []

    class Client:
        def change_message_visibility(self, **call: Any) -> None:
            calls.append(call)

    queue = SqsJobQueue(Client(), {"calendar.sync": "https://sqs.example.org/sync.fifo"}, no_sleep)
    queue.postpone("calendar.sync", "receipt", asked)
    assert calls == [
        {"QueueUrl": "https://sqs.example.org/sync.fifo", "ReceiptHandle": "receipt", "VisibilityTimeout": set_to}
    ]


def test_a_message_postponed_by_nothing_is_there_at_once(sqs: Any, urls: dict[str, str]) -> None:
    queue = SqsJobQueue(sqs, urls, no_sleep)
    queue.send([sync(1)])
    (message,) = sqs.receive_message(QueueUrl=urls["calendar.sync"])["Messages"]
    queue.postpone("calendar.sync", message["ReceiptHandle"], 0)
    (again,) = sqs.receive_message(QueueUrl=urls["calendar.sync"])["Messages"]
    assert again["MessageId"] == message["MessageId"]


def test_a_receipt_that_means_nothing_is_queue_unavailable_and_not_quoted(sqs: Any, urls: dict[str, str]) -> None:
    with pytest.raises(QueueUnavailable, match="ReceiptHandleIsInvalid") as caught:
        SqsJobQueue(sqs, urls, no_sleep).postpone("calendar.sync", "hunter2", 30)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


# --- depth -----------------------------------------------------------------------------------------------------------


def inspection(sqs: Any, urls: dict[str, str], cloudwatch: Any = None) -> SqsQueueDepths:
    return SqsQueueDepths(sqs, urls, clock=lambda: NOW, cloudwatch=cloudwatch)


def kill(sqs: Any, dead_url: str, number: int, body: str) -> None:
    group = str(workspace(number))
    sqs.send_message(QueueUrl=dead_url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body)


def test_depth_counts_what_waits_what_is_in_flight_and_what_is_dead(
    sqs: Any, urls: dict[str, str], dead_url: str
) -> None:
    SqsJobQueue(sqs, urls, no_sleep).send([sync(1), sync(2), sync(3)])
    sqs.receive_message(QueueUrl=urls["calendar.sync"], MaxNumberOfMessages=1)
    kill(sqs, dead_url, 4, "dead")
    depth = inspection(sqs, urls).depth("calendar.sync")
    assert depth == QueueDepth(waiting=2, in_flight=1, oldest_age_seconds=None, dead=1)
    assert inspection(sqs, urls).depth("calendar.schedule").waiting == 0


def test_the_age_of_the_oldest_message_is_the_latest_point_of_its_metric(sqs: Any, urls: dict[str, str]) -> None:
    cloudwatch = aws_clients.client("cloudwatch")
    assert inspection(sqs, urls, cloudwatch).depth("calendar.sync").oldest_age_seconds is None
    for minute, age in ((50, 900), (58, 90), (57, 700)):
        cloudwatch.put_metric_data(
            Namespace="AWS/SQS",
            MetricData=[
                {
                    "MetricName": "ApproximateAgeOfOldestMessage",
                    "Dimensions": [{"Name": "QueueName", "Value": "sync.fifo"}],
                    "Timestamp": NOW.replace(hour=11, minute=minute),
                    "Value": age,
                }
            ],
        )
    assert inspection(sqs, urls, cloudwatch).depth("calendar.sync").oldest_age_seconds == 90


def test_a_queue_without_dead_letters_and_one_that_is_gone_say_so(sqs: Any) -> None:
    lonely = create_queue(sqs, "lonely.fifo")
    with pytest.raises(BadSettings, match="ALMANAC_SYNC_QUEUE_URL: that queue has no dead-letter queue"):
        inspection(sqs, {"calendar.sync": lonely}).depth("calendar.sync")
    with pytest.raises(QueueUnavailable, match="could not be read"):
        inspection(sqs, {"calendar.sync": lonely.replace("lonely", "gone")}).depth("calendar.sync")


# --- the clients ------------------------------------------------------------------------------------------------------


def test_clients_wait_seconds_and_leave_retrying_to_us(aws: None) -> None:
    config = aws_clients.client("sqs").meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 20)
    assert config.retries["total_max_attempts"] == 1
