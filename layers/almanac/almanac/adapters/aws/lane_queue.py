"""The queue that wakes whoever delivers webhooks, behind the LaneQueue port. A standard one: claims keep the order."""

import json
from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from almanac.adapters.aws.errors import AwsError, failure
from almanac.errors import QueueUnavailable
from almanac.services.events_out.ports import Lane, LaneQueue

ENTRIES_A_BATCH = 10


class SqsLaneQueue(LaneQueue):
    """LaneQueue over a boto3 client of SQS. What is not sent now is found again by the next round of the relay."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._url = queue_url

    @override
    def send(self, lanes: Sequence[Lane], delay_seconds: int = 0) -> None:
        for start in range(0, len(lanes), ENTRIES_A_BATCH):
            entries = [
                {"Id": str(place), "MessageBody": _body(lane), "DelaySeconds": delay_seconds}
                for place, lane in enumerate(lanes[start : start + ENTRIES_A_BATCH])
            ]
            try:
                self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            except AwsError as error:
                raise QueueUnavailable(f"a lane could not be woken: {failure(error).text}") from None


def _body(lane: Lane) -> str:
    return json.dumps({"version": 1, "endpoint_id": str(lane.endpoint_id), "ws_id": str(lane.ws_id)})
