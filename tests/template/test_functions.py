import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from almanac import settings
from tests.template.stack import Stack, mentions, target

EVERY_FUNCTION = {
    "ALMANAC_DATABASE_URL",
    "ALMANAC_DATABASE_SECRET_ARN",
    "ALMANAC_DATABASE_CA_FILE",
    "AWS_ENDPOINT_URL",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_LOG_LEVEL",
}
VARIABLES = {
    "Orchestrator": EVERY_FUNCTION | {"ALMANAC_SYNC_QUEUE_URL", "ALMANAC_SCHEDULE_QUEUE_URL"},
    "CalendarSync": EVERY_FUNCTION
    | {
        "ALMANAC_SYNC_QUEUE_URL",
        "ALMANAC_GOOGLE_SECRET_ARN",
        "ALMANAC_GOOGLE_CLIENT_ID",
        "ALMANAC_GOOGLE_CLIENT_SECRET",
        "ALMANAC_GOOGLE_API_URL",
        "ALMANAC_GOOGLE_TOKEN_URL",
        "ALMANAC_TOKEN_KEYS",
        "ALMANAC_TOKEN_KEYS_SECRET_ARN",
    },
    "SmartScheduling": EVERY_FUNCTION | {"ALMANAC_SCHEDULE_QUEUE_URL"},
}
SENDS_TO = {
    "Orchestrator": {"SyncQueue", "ScheduleQueue", "TickDeadLetters"},
    "CalendarSync": {"SyncQueue"},
    "SmartScheduling": {"ScheduleQueue"},
}
CONSUMES = {"Orchestrator": set(), "CalendarSync": {"SyncQueue"}, "SmartScheduling": {"ScheduleQueue"}}
READS_SECRETS = {
    "Orchestrator": {"DatabaseSecretArn"},
    "CalendarSync": {"DatabaseSecretArn", "GoogleSecretArn", "TokenKeysSecretArn"},
    "SmartScheduling": {"DatabaseSecretArn"},
}
FUNCTIONS = sorted(VARIABLES)
# AWS's own policies that SAM attaches: logs, traces, network interfaces of a VPC, and polling.
MANAGED_POLICIES = {
    "AWSLambdaBasicExecutionRole",
    "AWSXrayWriteOnlyAccess",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
}


def statements(stack: Stack, function: str) -> Iterator[tuple[list[str], Any]]:
    """Actions and resources of each statement in a function's own policies."""
    for policy in stack.role(function)["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            yield [actions] if isinstance(actions, str) else actions, statement["Resource"]


def opened(stack: Stack, function: str, prefix: str, among: set[str]) -> set[str]:
    """Which of some resources or parameters a function may use with actions of one prefix."""
    resources = [found for actions, found in statements(stack, function) if any(a.startswith(prefix) for a in actions)]
    return {name for name in among if mentions(resources, name)}


def test_the_template_has_the_functions_that_these_rules_know(stack: Stack) -> None:
    assert set(stack.functions) == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_gets_the_variables_that_it_reads_and_no_others(stack: Stack, function: str) -> None:
    assert set(stack.functions[function]["Environment"]["Variables"]) == VARIABLES[function]


def test_every_variable_of_ours_is_one_that_settings_read() -> None:
    models = [each for each in vars(settings).values() if isinstance(each, type) and issubclass(each, BaseModel)]
    known = {f"ALMANAC_{field}".upper() for model in models for field in model.model_fields}
    declared = {name for names in VARIABLES.values() for name in names if name.startswith("ALMANAC_")}
    assert declared <= known


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_variable_holds_a_secret(stack: Stack, function: str) -> None:
    variables = stack.functions[function]["Environment"]["Variables"]
    for name in ("ALMANAC_DATABASE_URL", "ALMANAC_GOOGLE_CLIENT_SECRET", "ALMANAC_TOKEN_KEYS"):
        assert variables.get(name, "") == ""


def test_each_function_has_a_role_of_its_own(stack: Stack) -> None:
    assert len({target(each["Role"]) for each in stack.functions.values()}) == len(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_policy_of_ours_opens_every_resource_or_every_action(stack: Stack, function: str) -> None:
    for actions, resource in statements(stack, function):
        assert "*" not in (resource if isinstance(resource, list) else [resource])
        assert not any(action.endswith((":*", "*:*")) or action == "*" for action in actions)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_known_managed_policies_are_attached(stack: Stack, function: str) -> None:
    assert {arn.rsplit("/", 1)[1] for arn in stack.role(function)["ManagedPolicyArns"]} <= MANAGED_POLICIES


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_sends_to_its_own_queues_only(stack: Stack, function: str) -> None:
    assert opened(stack, function, "sqs:SendMessage", set(stack.queues)) == SENDS_TO[function]


@pytest.mark.parametrize("action", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_consumer_handles_messages_of_its_own_queue_only(stack: Stack, function: str, action: str) -> None:
    assert opened(stack, function, action, set(stack.queues)) == CONSUMES[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_reads_the_secrets_it_needs_only(stack: Stack, template: dict[str, Any], function: str) -> None:
    secrets = {name for name in template["Parameters"] if name.endswith("SecretArn")}
    assert opened(stack, function, "secretsmanager:", secrets) == READS_SECRETS[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_logs_are_json_and_go_to_a_group_that_forgets(stack: Stack, stages: dict[str, Any], function: str) -> None:
    logging = stack.functions[function]["LoggingConfig"]
    group = stack.of("AWS::Logs::LogGroup")[target(logging["LogGroup"])]
    table, stage, column = group["RetentionInDays"]["Fn::FindInMap"]
    assert logging["LogFormat"] == "JSON"
    assert (table, stage) == ("ByStage", {"Ref": "Stage"})
    assert all(row[column] > 0 for row in stages.values())


def test_no_two_functions_share_a_log_group(stack: Stack) -> None:
    assert len({target(each["LoggingConfig"]["LogGroup"]) for each in stack.functions.values()}) == len(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_traced_and_tagged(stack: Stack, function: str) -> None:
    found = stack.functions[function]
    assert found["TracingConfig"] == {"Mode": "Active"}
    assert {"app", "stage"} <= {tag["Key"] for tag in found["Tags"]}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_our_layer_and_the_vendor_layer_of_its_architecture(stack: Stack, function: str) -> None:
    ours, vendor = stack.functions[function]["Layers"]
    condition, arm64, x86_64 = vendor["Fn::If"]
    assert target(ours).startswith("AlmanacLayer")
    assert condition == "OnArm64"
    assert target(arm64).startswith("VendorLayerArm64")
    assert target(x86_64).startswith("VendorLayerX8664")
    assert stack.functions[function]["Architectures"] == [{"Ref": "Architecture"}]


def test_the_default_is_python_3_13_on_arm64(stack: Stack, template: dict[str, Any]) -> None:
    assert {each["Runtime"] for each in stack.functions.values()} == {"python3.13"}
    assert template["Parameters"]["Architecture"]["Default"] == "arm64"


def test_the_example_environment_overrides_declared_variables_only(root: Path) -> None:
    example = json.loads((root / "env.example.json").read_text(encoding="utf-8"))
    assert set(example) == set(FUNCTIONS)
    for function, variables in example.items():
        assert set(variables) <= VARIABLES[function]
