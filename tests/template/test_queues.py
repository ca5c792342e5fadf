from typing import Any

import pytest

from tests.template.stack import Properties, Stack, target

OF_JOBS = {"CalendarSync": "SyncQueue", "SmartScheduling": "ScheduleQueue"}
CONSUMERS = OF_JOBS | {"Deliver": "DeliverQueue"}
FOURTEEN_DAYS = 14 * 24 * 3600


@pytest.fixture(scope="module")
def mappings(stack: Stack) -> list[Properties]:
    return list(stack.of("AWS::Lambda::EventSourceMapping").values())


def test_each_queue_has_the_consumer_that_it_is_named_for(mappings: list[Properties]) -> None:
    assert {target(each["FunctionName"]): target(each["EventSourceArn"]) for each in mappings} == CONSUMERS


@pytest.mark.parametrize(("function", "queue"), CONSUMERS.items())
def test_a_message_stays_hidden_for_six_times_its_consumers_time_limit(stack: Stack, function: str, queue: str) -> None:
    assert stack.queues[queue]["VisibilityTimeout"] >= 6 * stack.functions[function]["Timeout"]


def test_a_consumer_reports_which_records_failed(mappings: list[Properties]) -> None:
    assert [each["FunctionResponseTypes"] for each in mappings] == [["ReportBatchItemFailures"]] * len(CONSUMERS)


def test_no_consumer_waits_to_fill_a_batch(mappings: list[Properties]) -> None:
    assert not any("MaximumBatchingWindowInSeconds" in each for each in mappings)


def test_each_invocation_gets_one_job(mappings: list[Properties]) -> None:
    assert [each["BatchSize"] for each in mappings] == [1] * len(CONSUMERS)


def test_concurrency_is_set_by_stage(mappings: list[Properties], stages: dict[str, Any]) -> None:
    for each in mappings:
        table, stage, column = each["ScalingConfig"]["MaximumConcurrency"]["Fn::FindInMap"]
        assert (table, stage) == ("ByStage", {"Ref": "Stage"})
        assert all(2 <= row[column] <= 1000 for row in stages.values())


def test_maximum_concurrency_never_stands_beside_provisioned_pollers(mappings: list[Properties]) -> None:
    assert not any("ProvisionedPollerConfig" in each for each in mappings)


def test_every_stage_has_its_row(template: dict[str, Any], stages: dict[str, Any]) -> None:
    assert set(stages) == set(template["Parameters"]["Stage"]["AllowedValues"])


@pytest.mark.parametrize("queue", OF_JOBS.values())
def test_throughput_limit_and_deduplication_are_both_by_group(stack: Stack, queue: str) -> None:
    found = stack.queues[queue]
    assert (found["DeduplicationScope"], found["FifoThroughputLimit"]) == ("messageGroup", "perMessageGroupId")


@pytest.mark.parametrize("queue", OF_JOBS.values())
def test_deduplication_ids_are_ours_not_a_hash_of_the_content(stack: Stack, queue: str) -> None:
    assert not stack.queues[queue].get("ContentBasedDeduplication", False)


@pytest.mark.parametrize("queue", CONSUMERS.values())
def test_a_job_is_dead_after_three_receives(stack: Stack, queue: str) -> None:
    assert stack.queues[queue]["RedrivePolicy"]["maxReceiveCount"] == 3


def test_each_work_queue_has_a_fifo_dead_letter_queue_of_its_own(stack: Stack) -> None:
    letters = [target(stack.queues[queue]["RedrivePolicy"]["deadLetterTargetArn"]) for queue in OF_JOBS.values()]
    assert len(set(letters)) == len(OF_JOBS)
    assert all(stack.queues[name]["FifoQueue"] is True for name in letters)


def test_every_queue_is_a_dead_letter_queue_or_has_one(stack: Stack) -> None:
    assert {name for name, each in stack.queues.items() if "RedrivePolicy" not in each} == stack.dead_letter_queues


def test_dead_letters_are_kept_for_fourteen_days(stack: Stack) -> None:
    kept = {name: stack.queues[name]["MessageRetentionPeriod"] for name in stack.dead_letter_queues}
    assert kept == dict.fromkeys(stack.dead_letter_queues, FOURTEEN_DAYS)


def test_every_queue_is_encrypted_and_named_by_cloudformation(stack: Stack) -> None:
    for each in stack.queues.values():
        assert each["SqsManagedSseEnabled"] is True
        assert "QueueName" not in each
