"""EventBridge behind the EventBus port."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

from typing_extensions import override

from almanac.adapters.aws.errors import AwsError
from almanac.services.events_out.ports import EventBus

ENTRIES_A_CALL = 10
"""The most entries that one PutEvents takes; each is far below its 256 kB.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""
ENTRIES_AN_ORDERED_CALL = 100
"""The most that PutEvents of a custom bus takes."""
LONGEST_ID = 128
SOURCE = "almanac"


class EventBridgeBus(EventBus):
    """EventBus over a boto3 client of `events`, and a classic bus by its name; `threads` calls are under way at once.

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
        entries = [{"EventBusName": self._bus, **_entry(event)} for event in events]
        return _accepted(lambda: self._client.put_events(Entries=entries), len(events))


class OrderedBus(EventBus):
    """EventBus over a boto3 client of `eventbridgev2`, and a custom bus by its ARN.

    A group is a workspace: its events reach a subscriber in their order. So calls follow each other, and after an entry
    that was refused the rest of its workspace is not put: the bus would keep it in front. An event that is put again
    within five minutes is dropped there, by its id.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus-ordering.html
    """

    def __init__(self, client: Any, bus_arn: str) -> None:
        self._client = client
        self._bus = bus_arn

    @override
    def put(self, events: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
        taken: list[bool] = []
        stopped: set[str] = set()
        for start in range(0, len(events), ENTRIES_AN_ORDERED_CALL):
            call = events[start : start + ENTRIES_AN_ORDERED_CALL]
            going = [event for event in call if _group(event) not in stopped]
            answers = iter(self._put(going))
            accepted = [_group(event) not in stopped and next(answers) for event in call]
            stopped |= {_group(event) for event, ok in zip(call, accepted, strict=True) if not ok}
            taken += accepted
        return taken

    def _put(self, events: Sequence[Mapping[str, Any]]) -> list[bool]:
        if not events:
            return []
        entries = [
            {**_entry(event), "SystemMetadata": {"EventGroupId": _group(event), "DeduplicationId": _once(event)}}
            for event in events
        ]
        return _accepted(lambda: self._client.put_events(EventBusArn=self._bus, Entries=entries), len(events))


def _accepted(put: Callable[[], Mapping[str, Any]], count: int) -> list[bool]:
    """Whether each of so many entries was taken; an answer that does not fit, and a call that fails, has taken none."""
    try:
        told = put().get("Entries", ())
    except AwsError:
        return [False] * count
    taken = ["EventId" in entry and "ErrorCode" not in entry for entry in told]
    return taken if len(taken) == count else [False] * count


def _entry(event: Mapping[str, Any]) -> dict[str, str]:
    return {"Source": SOURCE, "DetailType": event["type"], "Detail": json.dumps(event, separators=(",", ":"))}


def _group(event: Mapping[str, Any]) -> str:
    return str(event["data"].get("ws_id", SOURCE))


def _once(event: Mapping[str, Any]) -> str:
    """What tells a repetition: a replay is none of what was published first."""
    said = f"{event['id']}/{event.get('replay_id', '')}"
    return said if len(said) <= LONGEST_ID else sha256(said.encode()).hexdigest()
