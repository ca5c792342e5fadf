from typing import Any

import pytest

from tests.template.stack import Properties, Stack, target

OF_JOBS = {
    "CalendarSync": "SyncQueue",
    "SmartScheduling": "ScheduleQueue",
    "CalendarSyncLarge": "SyncLargeQueue",
    "SmartSchedulingLarge": "ScheduleLargeQueue",
    "Export": "ExportQueue",
}
CONSUMERS = OF_JOBS | {"Deliver": "DeliverQueue", "Relay": "NudgeQueue"}
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


def test_a_consumer_owns_room_for_all_that_its_queue_may_ask_for(
    stack: Stack, mappings: list[Properties], stages: dict[str, Any]
) -> None:
    for each in mappings:
        table, stage, most = each["ScalingConfig"]["MaximumConcurrency"]["Fn::FindInMap"]
        consumer = stack.functions[target(each["FunctionName"])]
        condition, kept, nothing = consumer["ReservedConcurrentExecutions"]["Fn::If"]
        assert (condition, nothing) == ("Reserving", {"Ref": "AWS::NoValue"})
        assert kept["Fn::FindInMap"][:2] == [table, stage]
        reserved = kept["Fn::FindInMap"][2]
        assert all(row[reserved] >= row[most] for row in stages.values())


def test_the_relays_tick_has_room_beside_its_nudges(stages: dict[str, Any]) -> None:
    assert all(row["RelayReserved"] == row["RelayConcurrency"] + 1 for row in stages.values())


@pytest.mark.parametrize("function", ["CalendarSync", "SmartScheduling"])
def test_the_large_function_is_the_same_with_more_of_everything(stack: Stack, function: str) -> None:
    small, large = stack.functions[function], stack.functions[f"{function}Large"]
    assert large["Code"] == small["Code"]
    assert large["Handler"] == small["Handler"]
    assert large["MemorySize"] > small["MemorySize"]
    assert large["Timeout"] >= small["Timeout"]
    theirs, ours = (each["Environment"]["Variables"] for each in (small, large))
    differing = {name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name)}
    assert all(name.endswith("_QUEUE_URL") for name in differing)


@pytest.mark.parametrize(("function", "job"), [("CalendarSync", "SYNC"), ("SmartScheduling", "SCHEDULE")])
def test_what_is_escalated_goes_to_the_large_functions_queue_and_from_there_nowhere(
    stack: Stack, function: str, job: str
) -> None:
    small, large = (stack.functions[name]["Environment"]["Variables"] for name in (function, f"{function}Large"))
    assert small[f"ALMANAC_{job}_LARGE_QUEUE_URL"] == {"Ref": CONSUMERS[f"{function}Large"]}
    assert large[f"ALMANAC_{job}_QUEUE_URL"] == {"Ref": CONSUMERS[f"{function}Large"]}
    assert large[f"ALMANAC_{job}_LARGE_QUEUE_URL"] == ""
