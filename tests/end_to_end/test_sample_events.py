"""Every event of events/ goes through its real handler and gets the answer of the table.

A function is a process of its own, which stays warm from event to event as it does on Lambda.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from local.http_front.functions import WarmFunction
from local.lambda_runtime.invoke_all import ABSENT
from local.lambda_runtime.sample_events import SAMPLES, Sample, Surroundings
from local.stack.stack import ROOT

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What each event was answered, sent in the table's order; and what CloudFormation was told."""
    folder = tmp_path_factory.mktemp("samples")
    with Surroundings(folder) as surroundings, ExitStack() as running:

        @cache
        def function(name: str, large: bool) -> WarmFunction:
            size = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008" if large else "512"} if name == "calendar_sync" else {}
            own = surroundings.environment | (surroundings.of_large() if large else {})
            made = WarmFunction(name, os.environ | own | size, folder, timeout_seconds=60)
            running.callback(made.stop)
            return made

        def answer(sample: Sample) -> Any:
            asked = function(sample.handler.parent.name, sample.is_large)
            return surroundings.answered(sample, asked(surroundings.event(sample)))

        found = {each.event: answer(each) for each in SAMPLES}
        yield found | {"told": surroundings.told, "given": {*surroundings.environment, *ABSENT}}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.event)
def test_an_event_gets_the_answer_of_the_table(answers: dict[str, Any], sample: Any) -> None:
    assert sample.found(answers[sample.event]) == sample.expected


def test_what_the_template_names_by_a_resource_is_given_or_absent(answers: dict[str, Any]) -> None:
    """`sam local` takes a queue's logical id for its URL."""
    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    functions = [each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::Function"]
    variables = [each["Properties"].get("Environment", {}).get("Variables", {}) for each in functions]
    refer = {
        name
        for each in (*variables, template["Globals"]["Function"]["Environment"]["Variables"])
        for name, value in each.items()
        if isinstance(value, dict) and value.get("Ref") in template["Resources"]
    }
    assert "ALMANAC_SYNC_QUEUE_URL" in refer
    assert refer <= answers["given"]


def test_cloudformation_is_told_of_each_deployment_and_of_nothing_else(answers: dict[str, Any]) -> None:
    deployments = ["migrate-create", "migrate-update", "migrate-delete"]
    assert answers["told"] == [answers[name] for name in deployments]
