import json
from hashlib import md5
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import CloudFormationCustomResourceEvent
from aws_lambda_powertools.utilities.parser.models import (
    APIGatewayProxyEventV2Model,
    CloudFormationCustomResourceBaseModel,
    SqsModel,
)

from almanac.errors import BadJob
from almanac.jobs import parse_schedule, parse_sync, parse_tick, parse_upkeep
from local.lambda_runtime.sample_events import EVENTS, SAMPLES, WORKSPACES
from tests.template.stack import Stack, target

NAMES = sorted(path.stem for path in EVENTS.glob("*.json"))
TICKS = ["tick-sync", "tick-outbound", "tick-schedule", "tick-changes", "bulk-sync"]
BATCHES = [name for name in NAMES if name.startswith(("sync-", "schedule-"))]
DEPLOYMENTS = ["migrate-create", "migrate-update", "migrate-delete"]
POISON = {"sync-batch-with-poison": [1], "sync-malformed": [0], "schedule-malformed": [0]}


def read(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def test_every_function_has_an_event_and_every_event_a_function(stack: Stack) -> None:
    assert {sample.function for sample in SAMPLES} == set(stack.functions)
    assert sorted(sample.event for sample in SAMPLES) == NAMES


def test_every_function_of_an_event_has_its_handler_where_the_template_says(template: dict[str, Any]) -> None:
    for sample in SAMPLES:
        folder = template["Resources"][sample.function]["Properties"]["CodeUri"]
        assert sample.handler.as_posix().endswith(f"/{folder}handler.py")
        assert sample.handler.is_file()


@pytest.mark.parametrize("name", TICKS)
def test_a_tick_is_one_that_the_orchestrator_reads(name: str) -> None:
    assert parse_tick(read(name)).job == read(name)["job"]


def test_the_daily_tick_is_one_that_upkeep_reads() -> None:
    assert parse_upkeep(read("tick-upkeep")).dry_run is False


def test_the_rules_send_the_sample_ticks(stack: Stack) -> None:
    targets = [each for rule in stack.of("AWS::Events::Rule").values() for each in rule["Targets"]]
    sent = {(target(each["Arn"]), each["Input"]) for each in targets}
    ticks = [sample for sample in SAMPLES if sample.event.startswith("tick-")]
    compact = (",", ":")
    assert sent == {(tick.function, json.dumps(read(tick.event), separators=compact)) for tick in ticks}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_has_the_shape_that_cloudformation_gives_it(stack: Stack, name: str) -> None:
    CloudFormationCustomResourceBaseModel.model_validate(read(name))
    event = CloudFormationCustomResourceEvent(read(name))
    (resource,) = [name for name, each in stack.cloudformation["Resources"].items() if "Custom::" in each["Type"]]
    assert (event.logical_resource_id, event.resource_type) == (resource, f"Custom::{resource}")
    assert event.request_type == name.removeprefix("migrate-").capitalize()
    # CloudFormation turns every value into text, and tells the earlier ones on an update only.
    declared = stack.cloudformation["Resources"][resource]["Properties"]
    assert event.resource_properties.keys() == declared.keys()
    assert all(isinstance(value, str) for value in event.resource_properties.values())
    assert (event.old_resource_properties != {}) == (event.request_type == "Update")


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_has_the_shape_that_sqs_gives_it(name: str) -> None:
    SqsModel.model_validate(read(name))
    for record in read(name)["Records"]:
        assert {"MessageGroupId", "MessageDeduplicationId", "SequenceNumber"} <= record["attributes"].keys()
        assert record["md5OfBody"] == md5(record["body"].encode(), usedforsecurity=False).hexdigest()
        assert record["attributes"]["MessageGroupId"] in map(str, WORKSPACES)


@pytest.mark.parametrize("name", BATCHES)
def test_a_body_parses_unless_it_is_there_to_be_poison(name: str) -> None:
    parse = parse_schedule if name.startswith("schedule") else parse_sync
    for number, record in enumerate(read(name)["Records"]):
        if number in POISON.get(name, []):
            with pytest.raises(BadJob):
                parse(record["body"])
        else:
            assert str(parse(record["body"]).ws_id) == record["attributes"]["MessageGroupId"]


@pytest.mark.parametrize("name", [name for name in BATCHES if name.endswith("-redelivery")])
def test_a_redelivery_says_that_it_was_received_before(name: str) -> None:
    (record,) = read(name)["Records"]
    assert int(record["attributes"]["ApproximateReceiveCount"]) > 1


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("http-")])
def test_a_request_has_the_shape_that_the_gateway_gives_it(name: str) -> None:
    APIGatewayProxyEventV2Model.model_validate(read(name))


def test_no_two_messages_share_an_id() -> None:
    records = [record for name in BATCHES for record in read(name)["Records"]]
    for key in ("messageId", "receiptHandle"):
        assert len({record[key] for record in records}) == len(records)
