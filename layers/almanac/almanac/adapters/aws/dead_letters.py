"""Dead letters in SQS: looked at without being taken, sent home, or thrown away one by one.

StartMessageMoveTask would send home all of a FIFO queue too, oldest first, but with what is new in between, without a
limit or an end to wait for, and local stand-ins for SQS do not serve it.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import Any

from typing_extensions import override

from almanac.adapters.aws.errors import AwsError, failure
from almanac.adapters.aws.queue import ENTRIES_A_BATCH, queue_url
from almanac.errors import BadSettings, QueueUnavailable
from almanac.jobs import JOBS
from almanac.services.queues.ports import DeadLetter, DeadLetterQueues

POLL_SECONDS = 1
"""Long-poll: a short poll asks only some of the queue's servers and may miss what is there."""
HOLD_SECONDS = 60
"""How long received dead letters stay hidden: enough for one batch to be sent and deleted, or for a look at all."""
_ALL = 10_000
"""Far below the 120,000 messages of a FIFO queue that may be in flight, and as many as anybody looks through:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html."""
_ATTRIBUTES = ["MessageGroupId", "SentTimestamp", "ApproximateReceiveCount"]

Message = Mapping[str, Any]


class SqsDeadLetters(DeadLetterQueues):
    """DeadLetterQueues over a boto3 SQS client; `queue_urls` are the jobs' queues, which name their dead letters'."""

    def __init__(self, sqs: Any, queue_urls: Mapping[str, str]) -> None:
        self._sqs = sqs
        self._queue_urls = queue_urls

    @override
    def count(self, job_kind: str) -> int:
        try:
            return int(queue_attributes(self._sqs, self._url(job_kind))["ApproximateNumberOfMessages"])
        except AwsError as error:
            raise QueueUnavailable(f"the dead letters could not be counted: {failure(error).text}") from None

    @override
    def peek(self, job_kind: str, limit: int) -> list[DeadLetter]:
        try:
            with self._held(self._url(job_kind), limit) as held:
                return [_dead_letter(message) for message in held.values()]
        except AwsError as error:
            raise QueueUnavailable(f"the dead letters could not be read: {failure(error).text}") from None

    @override
    def discard(self, job_kind: str, message_id: str) -> bool:
        try:
            url = self._url(job_kind)
            with self._held(url, _ALL) as held:
                letter = held.pop(message_id, None)
                if letter is not None:
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
        except AwsError as error:
            raise QueueUnavailable(f"the dead letter could not be deleted: {failure(error).text}") from None
        return letter is not None

    @override
    def redrive(self, job_kind: str, limit: int) -> int:
        """Raises QueueUnavailable; what was not sent stays in the dead-letter queue."""
        home = queue_url(self._queue_urls, job_kind)
        moved = 0
        try:
            dead = self._url(job_kind)
            while moved < limit and (letters := self._receive(dead, min(ENTRIES_A_BATCH, limit - moved))):
                for letter in letters:
                    self._send_home(home, letter)
                    self._sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
                    moved += 1
        except AwsError as error:
            raise QueueUnavailable(f"redrive stopped after {moved} messages: {failure(error).text}") from None
        return moved

    @override
    def redrive_chosen(
        self, job_kind: str, limit: int, groups: Collection[str] | None, message_ids: Collection[str] | None
    ) -> Sequence[str]:
        home, gone = queue_url(self._queue_urls, job_kind), list[str]()
        try:
            url = self._url(job_kind)
            with self._held(url, _ALL) as held:
                for letter in [each for each in held.values() if _is_chosen(each, groups, message_ids)][:limit]:
                    self._send_home(home, letter)
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
                    gone.append(held.pop(letter["MessageId"])["MessageId"])
        except AwsError as error:
            raise QueueUnavailable(f"redrive stopped after {len(gone)} messages: {failure(error).text}") from None
        return gone

    def _url(self, job_kind: str) -> str:
        home = queue_url(self._queue_urls, job_kind)
        return dead_letter_url(self._sqs, job_kind, queue_attributes(self._sqs, home))

    @contextmanager
    def _held(self, url: str, limit: int) -> Iterator[dict[str, Message]]:
        """Received messages by id. What is left of them is shown again at the end, at its old place in its group.

        A FIFO queue gives nothing more of a group that is in flight, and without holding it the same messages again.
        """
        held: dict[str, Message] = {}
        try:
            while len(held) < limit and (found := self._receive(url, min(ENTRIES_A_BATCH, limit - len(held)))):
                if held.keys() >= {message["MessageId"] for message in found}:
                    break  # the first ones have come back: it took longer than they are held
                held |= {message["MessageId"]: message for message in found}
            yield held
        finally:
            self._show_again(url, held.values())

    def _receive(self, url: str, count: int) -> list[Message]:
        answer = self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=count,
            MessageSystemAttributeNames=_ATTRIBUTES,
            VisibilityTimeout=HOLD_SECONDS,
            WaitTimeSeconds=POLL_SECONDS,
        )
        messages: list[Message] = answer.get("Messages", [])
        return messages

    def _show_again(self, url: str, messages: Iterable[Message]) -> None:
        """Those that cannot be are shown again by themselves, when they have been held long enough."""
        left = iter(messages)
        while batch := list(islice(left, ENTRIES_A_BATCH)):
            entries = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
                for place, message in enumerate(batch)
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)

    def _send_home(self, home: str, letter: Message) -> None:
        """Under a new deduplication id: the old one may still be remembered, and the message dropped without a word.

        Sent twice, after an interruption before it was deleted, it has the same id both times.
        """
        group = letter["Attributes"]["MessageGroupId"]
        self._sqs.send_message(
            QueueUrl=home,
            MessageBody=letter["Body"],
            MessageGroupId=group,
            MessageDeduplicationId=sha256(f"redrive\n{group}\n{letter['MessageId']}".encode()).hexdigest(),
        )


def _is_chosen(letter: Message, groups: Collection[str] | None, message_ids: Collection[str] | None) -> bool:
    group = letter["Attributes"]["MessageGroupId"]
    return (groups is None or group in groups) and (message_ids is None or letter["MessageId"] in message_ids)


def queue_attributes(sqs: Any, url: str) -> dict[str, str]:
    """All attributes of a queue. Raises one of AwsError."""
    attributes: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return attributes


def dead_letter_url(sqs: Any, job_kind: str, attributes: Mapping[str, str]) -> str:
    """Where the queue of these attributes sends its dead letters. Raises BadSettings when nowhere; one of AwsError."""
    policy = attributes.get("RedrivePolicy")
    if policy is None:
        raise BadSettings(JOBS[job_kind].queue_variable, "that queue has no dead-letter queue")
    *_, account, name = json.loads(policy)["deadLetterTargetArn"].split(":")
    return str(sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"])


def _dead_letter(message: Message) -> DeadLetter:
    attributes = message["Attributes"]
    return DeadLetter(
        message_id=message["MessageId"],
        group=attributes["MessageGroupId"],
        body=message["Body"],
        received=int(attributes["ApproximateReceiveCount"]) - 1,  # this look is one
        since=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
    )
