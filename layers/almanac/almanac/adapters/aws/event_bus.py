"""EventBridge behind the EventBus port."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from typing_extensions import override

from almanac.adapters.aws.errors import AwsError
from almanac.services.events_out.ports import EventBus

ENTRIES_A_CALL = 10
"""The most entries that one PutEvents takes; each is far below its 256 kB.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""
SOURCE = "almanac"


class EventBridgeBus(EventBus):
    """EventBus over a boto3 client of `events`; `threads` calls are under way at once.

    A call that fails, and each entry that a call refuses, counts as not accepted: whoever publishes comes again.
    """

    def __init__(self, client: Any, bus: str, threads: int = 4) -> None:
        self._client = client
        self._bus = bus
        self._threads = threads

    @override
    def put(self, events: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
        calls = [events[start : start + ENTRIES_A_CALL] for start in range(0, len(events), ENTRIES_A_CALL)]
        with ThreadPoolExecutor(self._threads) as pool:
            return [taken for answer in pool.map(self._put, calls) for taken in answer]

    def _put(self, events: Sequence[Mapping[str, Any]]) -> list[bool]:
        try:
            answer = self._client.put_events(Entries=[self._entry(event) for event in events])
        except AwsError:
            return [False] * len(events)
        told = answer.get("Entries", ())
        taken = ["EventId" in entry and "ErrorCode" not in entry for entry in told]
        return taken if len(taken) == len(events) else [False] * len(events)

    def _entry(self, event: Mapping[str, Any]) -> dict[str, str]:
        detail = json.dumps(event, separators=(",", ":"))
        return {"EventBusName": self._bus, "Source": SOURCE, "DetailType": event["type"], "Detail": detail}
