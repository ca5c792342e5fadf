"""What an operator asks of the queues: how deep, how old, how many dead."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from typing_extensions import override

from almanac.adapters.aws.dead_letters import dead_letter_url, queue_attributes
from almanac.adapters.aws.errors import AwsError, failure
from almanac.adapters.aws.queue import queue_url
from almanac.domain.operations.queue_depth import QueueDepth
from almanac.errors import QueueUnavailable
from almanac.services.clock import Clock
from almanac.services.operations.ports import MeasuredQueues

AGE_METRIC_WINDOW = timedelta(minutes=15)
"""SQS publishes its metrics about once a minute, some minutes late, and none while a queue is idle."""


class SqsQueueDepths(MeasuredQueues):
    """MeasuredQueues over SQS. `sqs` and `cloudwatch` are boto3 clients; without the latter, ages are unknown."""

    def __init__(self, sqs: Any, queue_urls: Mapping[str, str], clock: Clock, cloudwatch: Any = None) -> None:
        self._sqs = sqs
        self._cloudwatch = cloudwatch
        self._queue_urls = queue_urls
        self._clock = clock

    @override
    def depth(self, job_kind: str) -> QueueDepth:
        url = queue_url(self._queue_urls, job_kind)
        try:
            attributes = queue_attributes(self._sqs, url)
            dead = queue_attributes(self._sqs, dead_letter_url(self._sqs, job_kind, attributes))
            age = self._oldest_age(url.rsplit("/", 1)[-1])
        except AwsError as error:
            raise QueueUnavailable(f"the {job_kind} queue could not be read: {failure(error).text}") from None
        return QueueDepth(
            waiting=int(attributes["ApproximateNumberOfMessages"]),
            in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            oldest_age_seconds=age,
            dead=int(dead["ApproximateNumberOfMessages"]),
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
