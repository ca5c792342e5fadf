"""The bus and the queue of lanes through the real client: what we send is what AWS takes."""

from uuid import UUID

import pytest

from almanac.adapters.aws import clients
from almanac.adapters.aws.event_bus import EventBridgeBus
from almanac.adapters.aws.lane_queue import SqsLaneQueue
from almanac.errors import QueueUnavailable
from almanac.jobs import parse_lane
from almanac.services.events_out.ports import Lane

LANES = [Lane(UUID(int=1), UUID(int=number)) for number in range(2, 14)]


@pytest.mark.usefixtures("aws")
def test_a_bus_takes_what_is_put() -> None:
    client = clients.client("events")
    client.create_event_bus(Name="changes")
    events = [{"id": f"ws/{number}", "type": "event.created", "data": {"version": number}} for number in range(12)]

    assert EventBridgeBus(client, "changes", threads=1).put(events) == [True] * 12


@pytest.mark.usefixtures("aws")
def test_a_lane_is_a_message_that_its_consumer_reads() -> None:
    client = clients.client("sqs")
    url = client.create_queue(QueueName="deliver")["QueueUrl"]

    SqsLaneQueue(client, url).send(LANES)
    SqsLaneQueue(client, url).send(LANES[:1], 900)

    received = []
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        received += [parse_lane(message["Body"]) for message in messages]
    assert sorted((m.endpoint_id, m.ws_id) for m in received) == sorted((e.endpoint_id, e.ws_id) for e in LANES)


@pytest.mark.usefixtures("aws")
def test_a_queue_that_is_not_there_is_said() -> None:
    gone = "https://sqs.eu-central-1.amazonaws.com/123456789012/gone"

    with pytest.raises(QueueUnavailable, match="could not be woken"):
        SqsLaneQueue(clients.client("sqs"), gone).send(LANES[:1])
