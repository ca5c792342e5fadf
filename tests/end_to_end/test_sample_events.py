"""Every event of events/ goes through its real handler, in a process of its own, and gets the answer of the table."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.lambda_runtime.sample_events import SAMPLES, Surroundings
from local.lambda_runtime.worker_pool import invoke

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What each event was answered, sent in the table's order; and what CloudFormation was told."""
    folder = tmp_path_factory.mktemp("samples")
    with Surroundings(folder) as surroundings:
        found = {
            sample.event: invoke(
                sample.handler,
                surroundings.event(sample),
                timeout_seconds=60,
                env=surroundings.environment,
                log=folder / "handlers.log",
            )
            for sample in SAMPLES
        }
        yield found | {"told": surroundings.told}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.event)
def test_an_event_gets_the_answer_of_the_table(answers: dict[str, Any], sample: Any) -> None:
    assert sample.found(answers[sample.event]) == sample.expected


def test_cloudformation_is_told_of_each_deployment_and_of_nothing_else(answers: dict[str, Any]) -> None:
    deployments = ["migrate-create", "migrate-update", "migrate-delete"]
    assert answers["told"] == [answers[name] for name in deployments]
