"""The FIFO queues behind the JobQueue port."""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from almanac.adapters.aws.errors import AwsError, Failure, failure
from almanac.errors import BadSettings, QueueUnavailable
from almanac.jobs import JOBS, deduplication_id, message_body
from almanac.services.clock import Sleep
from almanac.services.queues.ports import FailedSend, JobQueue, OutgoingJob

ENTRIES_A_BATCH = 10
"""The most entries that one SendMessageBatch takes."""
TRIES = 3
BACKOFF_SECONDS = 0.2
"""Wait before the second try; four times as long before the third. An outage outlasts it: the next tick sends again."""
SQS_LONGEST_VISIBILITY = 12 * 3600
"""The most seconds that ChangeMessageVisibility takes."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """At most ten envelopes for one queue; an envelope's place in it is its entry's Id."""

    url: str
    envelopes: Sequence[OutgoingJob]


class SqsJobQueue(JobQueue):
    """JobQueue over SQS.

    `client` is a boto3 SQS client (they are thread-safe), `queue_urls` the URL per job kind (one that is never sent to
    may be missing), `large_urls` likewise for jobs of the machine `large` (without one they go where the others go: the
    large function knows its own queue only), `sleep` waits between tries, `threads` batches are under way at once.
    """

    def __init__(
        self,
        client: Any,
        queue_urls: Mapping[str, str],
        sleep: Sleep,
        threads: int = 4,
        large_urls: Mapping[str, str] | None = None,
    ) -> None:
        self._client = client
        self._large_urls = large_urls or {}
        self._queue_urls = queue_urls
        self._sleep = sleep
        self._threads = threads

    @override
    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        """Send in batches of ten, several at a time, failed entries again. Returns those that could not be sent.

        Raises BadSettings before anything is sent when a job's queue is not configured. Several jobs of one workspace
        may arrive in another order than given: jobs say what to bring up to date, not how.
        """
        batches = self._batches(envelopes)
        with ThreadPoolExecutor(self._threads) as pool:
            return [lost for result in pool.map(self._send, batches) for lost in result]

    @override
    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        """Let a received message come back after that long, at most 12 hours. Raises QueueUnavailable."""
        timeout = math.ceil(min(max(seconds, 0), SQS_LONGEST_VISIBILITY))
        try:
            self._client.change_message_visibility(
                QueueUrl=queue_url(self._queue_urls, job_kind), ReceiptHandle=receipt_handle, VisibilityTimeout=timeout
            )
        except AwsError as error:
            raise QueueUnavailable(f"a message could not be postponed: {failure(error).code}") from None

    def _batches(self, envelopes: Sequence[OutgoingJob]) -> list[_Batch]:
        per_queue: dict[str, list[OutgoingJob]] = {}
        for envelope in envelopes:
            large = self._large_urls.get(envelope.job.job) if envelope.job.machine == "large" else None
            per_queue.setdefault(large or queue_url(self._queue_urls, envelope.job.job), []).append(envelope)
        return [
            _Batch(url, waiting[start : start + ENTRIES_A_BATCH])
            for url, waiting in per_queue.items()
            for start in range(0, len(waiting), ENTRIES_A_BATCH)
        ]

    def _send(self, batch: _Batch) -> list[FailedSend]:
        """Try until every entry is sent or refused for good. A repeated entry is harmless: it keeps its dedup id."""
        waiting = {str(place): envelope for place, envelope in enumerate(batch.envelopes)}
        lost: list[FailedSend] = []
        for attempt in range(1, TRIES + 1):
            refused = self._try(batch.url, waiting)
            final = {entry for entry, failed in refused.items() if attempt == TRIES or not failed.again}
            lost += [
                FailedSend(waiting[entry].job.ws_id, why.code, why.advice)
                for entry, why in refused.items()
                if entry in final
            ]
            waiting = {entry: waiting[entry] for entry in refused if entry not in final}
            if not waiting:
                break
            self._sleep(BACKOFF_SECONDS * 4 ** (attempt - 1))
        return lost

    def _try(self, url: str, waiting: Mapping[str, OutgoingJob]) -> dict[str, Failure]:
        """Send once; why not, for each entry that the queue did not confirm. A 200 may hold failed entries."""
        entries = [_entry(place, envelope) for place, envelope in waiting.items()]
        try:
            answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
        except AwsError as error:
            return dict.fromkeys(waiting, failure(error))
        sent = {entry["Id"] for entry in answer.get("Successful", ())}
        told = {f["Id"]: Failure(f["Code"], again=not f["SenderFault"]) for f in answer.get("Failed", ())}
        unconfirmed = Failure("Unconfirmed", again=True)
        return {entry: told.get(entry, unconfirmed) for entry in waiting if entry not in sent}


def queue_url(queue_urls: Mapping[str, str], job_kind: str) -> str:
    """The queue of a job kind. Raises BadSettings naming its variable when there is none."""
    url = queue_urls.get(job_kind)
    if not url:
        raise BadSettings(JOBS[job_kind].queue_variable, f"missing; {job_kind} jobs go to that queue")
    return url


def _entry(place: str, envelope: OutgoingJob) -> dict[str, str]:
    return {
        "Id": place,
        "MessageBody": message_body(envelope.job),
        "MessageGroupId": str(envelope.job.ws_id),
        "MessageDeduplicationId": deduplication_id(envelope.job, envelope.reason),
    }
