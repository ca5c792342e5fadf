"""The queue that wakes the relay, behind the NudgeQueue port. A standard one: claims in the database keep the order."""

import json
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.aws.errors import AwsError, failure
from almanac.errors import QueueUnavailable
from almanac.services.events_out.ports import NudgeQueue


class SqsNudgeQueue(NudgeQueue):
    """NudgeQueue over a boto3 client of SQS. What is not sent is found by the relay's next minute."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._url = queue_url

    @override
    def send(self, ws_id: UUID) -> None:
        body = json.dumps({"version": 1, "ws_id": str(ws_id)})
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body)
        except AwsError as error:
            raise QueueUnavailable(f"the relay could not be woken: {failure(error).text}") from None
