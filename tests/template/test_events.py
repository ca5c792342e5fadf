import json
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import SqsModel

from almanac.errors import BadJob
from almanac.jobs import parse_schedule, parse_sync, parse_tick

EVENTS = Path(__file__).parents[2] / "events"
TICKS = ["tick-sync", "tick-schedule", "bulk-sync"]
BATCHES = sorted(path.stem for path in EVENTS.glob("*.json") if path.stem not in TICKS)
POISON = {"sync-batch-with-poison": [1], "sync-malformed": [0]}


def read(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TICKS)
def test_a_tick_is_one_that_the_orchestrator_reads(name: str) -> None:
    assert parse_tick(read(name)).job == read(name)["job"]


def test_the_rules_send_the_sample_ticks(template: dict[str, Any]) -> None:
    events = template["Resources"]["Orchestrator"]["Properties"]["Events"]
    sent = [json.loads(each["Properties"]["Input"]) for each in events.values()]
    assert sent == [read("tick-sync"), read("tick-schedule")]


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_has_the_shape_that_sqs_gives_it(name: str) -> None:
    SqsModel.model_validate(read(name))
    for record in read(name)["Records"]:
        assert {"MessageGroupId", "MessageDeduplicationId", "SequenceNumber"} <= record["attributes"].keys()
        assert record["md5OfBody"] == md5(record["body"].encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("name", BATCHES)
def test_a_body_parses_unless_it_is_there_to_be_poison(name: str) -> None:
    parse = parse_schedule if name.startswith("schedule") else parse_sync
    for number, record in enumerate(read(name)["Records"]):
        if number in POISON.get(name, []):
            with pytest.raises(BadJob):
                parse(record["body"])
        else:
            assert str(parse(record["body"]).ws_id) == record["attributes"]["MessageGroupId"]


def test_the_redelivery_says_that_it_was_received_before() -> None:
    (record,) = read("sync-redelivery")["Records"]
    assert int(record["attributes"]["ApproximateReceiveCount"]) > 1
