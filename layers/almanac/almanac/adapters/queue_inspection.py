"""What an operator asks of the queues: how deep, how old, and dead letters sent home.

StartMessageMoveTask would do the last, but keeps no order and is not served by local stand-ins for SQS.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from almanac.adapters.aws_errors import AwsError, failure
from almanac.adapters.job_queue import BATCH, QUEUE_VARIABLES, queue_url
from almanac.errors import BadSettings, QueueUnavailable
from almanac.services.ports import Clock

AGE_METRIC_WINDOW = timedelta(minutes=15)
"""SQS publishes its metrics about once a minute, some minutes late, and none while a queue is idle."""
POLL_SECONDS = 1
"""Long-poll: a short poll asks only some of the queue's servers and may miss what is there."""
HOLD_SECONDS = 60
"""How long received dead letters stay hidden: enough for one batch to be sent and deleted."""


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Approximate counts of messages, as SQS gives them, and of the queue's dead letters.

    `oldest_age_seconds` is None when no metric tells it: without CloudWatch, or on an idle queue.
    """

    waiting: int
    in_flight: int
    oldest_age_seconds: float | None
    dead: int


class QueueInspection:
    """Depth and redrive. `sqs` and `cloudwatch` are boto3 clients; without the latter, ages are unknown."""

    def __init__(self, sqs: Any, queue_urls: Mapping[str, str], clock: Clock, cloudwatch: Any = None) -> None:
        self._sqs = sqs
        self._cloudwatch = cloudwatch
        self._queue_urls = queue_urls
        self._clock = clock

    def depth(self, job_kind: str) -> QueueDepth:
        """Counts of one kind's queue. Raises QueueUnavailable; BadSettings without a queue or dead-letter queue."""
        url = queue_url(self._queue_urls, job_kind)
        try:
            attributes = self._attributes(url)
            dead = self._attributes(self._dead_letter_url(job_kind, attributes))
            age = self._oldest_age(url.rsplit("/", 1)[-1])
        except AwsError as error:
            raise QueueUnavailable(f"the {job_kind} queue could not be read: {failure(error).code}") from None
        return QueueDepth(
            waiting=int(attributes["ApproximateNumberOfMessages"]),
            in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            oldest_age_seconds=age,
            dead=int(dead["ApproximateNumberOfMessages"]),
        )

    def redrive(self, job_kind: str, limit: int) -> int:
        """Send up to `limit` dead letters back, in order within each group; how many went.

        Each is sent before it is deleted: an interruption can repeat one (harmless, jobs are), never lose one.
        Raises QueueUnavailable; what was not sent stays in the dead-letter queue.
        """
        home = queue_url(self._queue_urls, job_kind)
        moved = 0
        try:
            dead = self._dead_letter_url(job_kind, self._attributes(home))
            while moved < limit and (letters := self._receive(dead, min(BATCH, limit - moved))):
                for letter in letters:
                    self._send_home(home, letter)
                    self._sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
                    moved += 1
        except AwsError as error:
            raise QueueUnavailable(f"redrive stopped after {moved} messages: {failure(error).code}") from None
        return moved

    def _attributes(self, url: str) -> dict[str, str]:
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        attributes: dict[str, str] = answer["Attributes"]
        return attributes

    def _dead_letter_url(self, job_kind: str, attributes: Mapping[str, str]) -> str:
        policy = attributes.get("RedrivePolicy")
        if policy is None:
            raise BadSettings(QUEUE_VARIABLES[job_kind], "that queue has no dead-letter queue")
        *_, account, name = json.loads(policy)["deadLetterTargetArn"].split(":")
        answer = self._sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
        return str(answer["QueueUrl"])

    def _receive(self, url: str, count: int) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=count,
            MessageSystemAttributeNames=["MessageGroupId"],
            VisibilityTimeout=HOLD_SECONDS,
            WaitTimeSeconds=POLL_SECONDS,
        )
        letters: list[dict[str, Any]] = answer.get("Messages", [])
        return letters

    def _send_home(self, home: str, letter: Mapping[str, Any]) -> None:
        """Under a new deduplication id: the old one may still be remembered, and the message dropped without a word."""
        group = letter["Attributes"]["MessageGroupId"]
        self._sqs.send_message(
            QueueUrl=home,
            MessageBody=letter["Body"],
            MessageGroupId=group,
            MessageDeduplicationId=sha256(f"redrive\n{group}\n{letter['MessageId']}".encode()).hexdigest(),
        )

    def _oldest_age(self, queue_name: str) -> float | None:
        """SQS itself does not tell ages, only its CloudWatch metric does; the latest point counts."""
        if self._cloudwatch is None:
            return None
        now = self._clock()
        answer = self._cloudwatch.get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName="ApproximateAgeOfOldestMessage",
            Dimensions=[{"Name": "QueueName", "Value": queue_name}],
            StartTime=now - AGE_METRIC_WINDOW,
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )
        points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
        return float(points[-1]["Maximum"]) if points else None
