"""PutEvents: tens at most, what each entry's answer means, and a call that fails."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from almanac.adapters.aws.event_bus import EventBridgeBus, OrderedBus


class Client:
    """A boto3 client of `events`, as far as it is used."""

    def __init__(self, refuse: set[str] = frozenset(), error: Exception | None = None) -> None:  # type: ignore[assignment]
        self.refuse, self.error = refuse, error
        self.calls: list[list[dict[str, Any]]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - its name
        if self.error is not None:
            raise self.error
        self.calls.append(Entries)
        ids = [json.loads(entry["Detail"])["id"] for entry in Entries]
        answers = [{"ErrorCode": "ThrottlingException"} if each in self.refuse else {"EventId": each} for each in ids]
        return {"FailedEntryCount": len(self.refuse & set(ids)), "Entries": answers}


def events(many: int) -> list[dict[str, Any]]:
    return [{"id": f"ws/{number}", "type": "event.created", "data": {}} for number in range(many)]


def test_entries_go_in_tens_and_each_is_told_apart() -> None:
    client = Client({"ws/3", "ws/20"})

    taken = EventBridgeBus(client, "bus", threads=1).put(events(25))

    assert [len(call) for call in client.calls] == [10, 10, 5]
    assert [number for number, ok in enumerate(taken) if not ok] == [3, 20]
    entry = client.calls[0][0]
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == ("bus", "almanac", "event.created")
    assert json.loads(entry["Detail"]) == events(1)[0]


def test_a_call_that_fails_has_taken_nothing() -> None:
    error = ClientError(
        {"Error": {"Code": "InternalFailure"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "PutEvents"
    )

    assert EventBridgeBus(Client(error=error), "bus").put(events(12)) == [False] * 12


def test_an_answer_that_does_not_fit_has_taken_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    monkeypatch.setattr(client, "put_events", lambda Entries: {"Entries": [{"EventId": "1"}]})  # noqa: N803

    assert EventBridgeBus(client, "bus").put(events(2)) == [False, False]


ARN = "arn:aws:events:eu-central-1:123456789012:event-busv2/changes/abcdefghijklmnopqrstuvwxy"


class OrderedClient(Client):
    """A boto3 client of `eventbridgev2`: what is sent is checked against the service's own model."""

    def __init__(self, refuse: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        super().__init__(refuse)
        service = botocore.session.get_session().get_service_model("eventbridgev2")
        self._shape = service.operation_model("PutEvents").input_shape

    def put_events(self, *, EventBusArn: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        report = ParamValidator().validate({"EventBusArn": EventBusArn, "Entries": Entries}, self._shape)
        assert not report.has_errors(), report.generate_report()
        return super().put_events(Entries=Entries)


def test_on_a_custom_bus_a_workspace_is_a_group_and_an_event_an_id() -> None:
    client = OrderedClient()
    told = [{"id": f"ws/{n}", "type": "event.created", "data": {"ws_id": f"ws{n % 2}"}} for n in range(150)]

    assert OrderedBus(client, ARN).put(told) == [True] * 150

    assert [len(call) for call in client.calls] == [100, 50]
    assert client.calls[0][1]["SystemMetadata"] == {"EventGroupId": "ws1", "DeduplicationId": "ws/1/"}
    again = {"id": "ws/1", "type": "event.created", "replay_id": "billing", "data": {"ws_id": "ws1"}}
    OrderedBus(client, ARN).put([again])
    assert client.calls[2][0]["SystemMetadata"]["DeduplicationId"] == "ws/1/billing"


def test_on_a_custom_bus_nothing_overtakes_what_was_refused() -> None:
    client = OrderedClient({"ws/3"})
    told = [{"id": f"ws/{n}", "type": "event.created", "data": {"ws_id": f"ws{n % 2}"}} for n in range(204)]

    taken = OrderedBus(client, ARN).put(told)

    later = [entry["SystemMetadata"]["EventGroupId"] for call in client.calls[1:] for entry in call]
    assert set(later) == {"ws0"}
    assert not any(taken[n] for n in range(101, 204, 2))
    assert all(taken[n] for n in range(0, 204, 2))
