import re
from pathlib import Path
from typing import Any

import pytest

from tests.template.stack import Stack, mentions, target, ways

SENDS_TO = {
    "Migrate": set(),
    "Orchestrator": {"SyncQueue", "SyncLargeQueue", "ScheduleQueue", "ScheduleLargeQueue", "TickDeadLetters"},
    "CalendarSync": {"SyncQueue", "ScheduleQueue", "SyncLargeQueue", "NudgeQueue"},  # a plan of what it has changed
    "SmartScheduling": {"ScheduleQueue", "ScheduleLargeQueue", "NudgeQueue"},
    "CalendarSyncLarge": {"SyncLargeQueue", "ScheduleQueue", "NudgeQueue"},
    "SmartSchedulingLarge": {"ScheduleLargeQueue", "NudgeQueue"},
    "Upkeep": {"TickDeadLetters"},
    "Api": {"SyncQueue", "ScheduleQueue", "ExportQueue", "NudgeQueue"},
    "Export": {"ExportQueue", "TickDeadLetters"},
    "Connect": {"SyncQueue"},
    "Relay": {"DeliverQueue", "TickDeadLetters"},
    "Deliver": {"DeliverQueue"},
    "PushReceiver": {"SyncQueue"},
}
CONSUMES = {
    "CalendarSync": {"SyncQueue"},
    "SmartScheduling": {"ScheduleQueue"},
    "Api": {"SyncDeadLetters", "ScheduleDeadLetters", "ExportDeadLetters"},
    "Export": {"ExportQueue"},
    "CalendarSyncLarge": {"SyncLargeQueue"},
    "SmartSchedulingLarge": {"ScheduleLargeQueue"},
    "Deliver": {"DeliverQueue"},
    "Relay": {"NudgeQueue"},
}
DATABASE_SECRETS = {"DatabaseSecretArn", "DatabaseAppSecretArn"}  # whose of the two: test_database.py
READS_SECRETS = {
    "Deliver": DATABASE_SECRETS | {"WebhookKeysSecretArn"},
    "CalendarSync": DATABASE_SECRETS | {"GoogleSecretArn", "TokenKeysSecretArn", "PushKeysSecretArn"},
    "CalendarSyncLarge": DATABASE_SECRETS | {"GoogleSecretArn", "TokenKeysSecretArn", "PushKeysSecretArn"},
    "PushReceiver": {"PushKeysSecretArn"},
    "Upkeep": DATABASE_SECRETS | {"GoogleSecretArn", "TokenKeysSecretArn", "WebhookKeysSecretArn"},
    "Api": DATABASE_SECRETS | {"SessionKeysSecretArn", "WebhookKeysSecretArn"},
    "Connect": DATABASE_SECRETS | {"GoogleSecretArn", "TokenKeysSecretArn"},
}
ACTIONS = {
    "secretsmanager:GetSecretValue",
    "kms:Decrypt",
    "rds-db:connect",
    "events:PutEvents",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:PutObject",
    "ses:SendEmail",
    "ses:SendRawEmail",
    "sqs:ChangeMessageVisibility",
    "sqs:ChangeMessageVisibilityBatch",
    "sqs:DeleteMessage",
    "sqs:DeleteMessageBatch",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
    "sqs:SendMessage*",  # SAM's own policy: one message, or a batch
}
"""All that any function may do, beside what the managed policies below allow."""
OBJECTS = {"Fn::Sub": ["${Bucket}/*", {"Bucket": {"Fn::GetAtt": ["ExportBucket", "Arn"]}}]}
"""What is in the one bucket; its objects cannot be named."""
FUNCTIONS = sorted(SENDS_TO)
WITHOUT_A_DATABASE = {"PushReceiver"}
# AWS's own policies that SAM attaches: logs, traces, network interfaces of a VPC.
MANAGED_POLICIES = {
    "AWSLambdaBasicExecutionRole",
    "AWSXrayWriteOnlyAccess",
    "AWSLambdaVPCAccessExecutionRole",
}


def opened(stack: Stack, function: str, prefix: str, among: set[str]) -> set[str]:
    """Which of some resources or parameters a function may use with actions of one prefix."""
    allowed = stack.statements(function)
    resources = [found for actions, found in allowed if any(a.startswith(prefix) for a in actions)]
    return {name for name in among if mentions(resources, name)}


def test_the_template_has_the_functions_that_these_rules_know(stack: Stack) -> None:
    assert set(stack.functions) == set(FUNCTIONS)


def test_each_function_has_a_role_of_its_own(stack: Stack) -> None:
    assert len({target(each["Role"]) for each in stack.functions.values()}) == len(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_policy_of_ours_opens_every_resource_or_an_action_nobody_needs(stack: Stack, function: str) -> None:
    for actions, resource in stack.statements(function):
        assert set(actions) <= ACTIONS
        for each in resource if isinstance(resource, list) else [resource]:
            assert "*" not in str(each) or each == OBJECTS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_known_managed_policies_are_attached(stack: Stack, function: str) -> None:
    attached = stack.role(function)["ManagedPolicyArns"]
    assert {arn.rsplit("/", 1)[1] for arn in attached if isinstance(arn, str)} <= MANAGED_POLICIES
    ours = {target(way) for arn in attached if isinstance(arn, dict) for way in ways(arn)}
    login = "DatabaseOwnership" if function == "Migrate" else "DatabaseAccess"
    optional = {"PushKeysAccess", "ChangesBusAccess", "OrderedBusAccess", "WebhookKeysAccess", "MailAccess"}
    assert ours - optional == (set() if function in WITHOUT_A_DATABASE else {login})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_sends_to_its_own_queues_only(stack: Stack, function: str) -> None:
    assert opened(stack, function, "sqs:SendMessage", set(stack.queues)) == SENDS_TO[function]


@pytest.mark.parametrize("action", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_consumer_handles_messages_of_its_own_queue_only(stack: Stack, function: str, action: str) -> None:
    assert opened(stack, function, action, set(stack.queues)) == CONSUMES.get(function, set())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_reads_the_secrets_it_needs_only(stack: Stack, template: dict[str, Any], function: str) -> None:
    secrets = {name for name in template["Parameters"] if name.endswith("SecretArn")}
    allowed = opened(stack, function, "secretsmanager:", secrets)
    assert allowed == READS_SECRETS.get(function, DATABASE_SECRETS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_logs_are_json_and_go_to_a_group_that_forgets(stack: Stack, stages: dict[str, Any], function: str) -> None:
    logging = stack.functions[function]["LoggingConfig"]
    group = stack.of("AWS::Logs::LogGroup")[target(logging["LogGroup"])]
    table, stage, column = group["RetentionInDays"]["Fn::FindInMap"]
    assert logging["LogFormat"] == "JSON"
    assert (table, stage) == ("ByStage", {"Ref": "Stage"})
    assert all(row[column] > 0 for row in stages.values())


def test_no_two_functions_share_a_log_group(stack: Stack) -> None:
    groups = {target(each["LoggingConfig"]["LogGroup"]) for each in stack.functions.values()}
    assert groups == set(stack.of("AWS::Logs::LogGroup")) - {"HttpApiLogs"}  # the gateway's own
    assert len(groups) == len(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_traced_and_tagged(stack: Stack, function: str) -> None:
    found = stack.functions[function]
    # What sends very many messages is no trace of its own: each consumer is sampled for itself.
    assert found["TracingConfig"] == {"Mode": "PassThrough" if function == "Orchestrator" else "Active"}
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


def test_what_ticks_reserves_what_a_tick_needs(stack: Stack) -> None:
    """What consumers reserve is what their queues may ask for: test_queues.py."""
    reserved = {
        name: list(ways(each.get("ReservedConcurrentExecutions", {}))) for name, each in stack.functions.items()
    }
    rules = [name for name in stack.of("AWS::Events::Rule") if name.startswith("Orchestrator")]
    assert (reserved["Orchestrator"], reserved["Upkeep"], reserved["PushReceiver"]) == ([len(rules)], [1], [10])
    assert (reserved["Api"], reserved["Connect"]) == ([50], [10])
    (relays,) = reserved["Relay"]  # one more than its nudges may ask for: test_queues.py
    assert relays["Fn::FindInMap"][2] == "RelayReserved"


def test_the_guide_says_how_many_connections_a_database_needs(stack: Stack, stages: dict[str, Any], root: Path) -> None:
    """A running copy of a function keeps one, and what it reserves is all that may run."""
    said = (root / "docs" / "deploy.md").read_text(encoding="utf-8")
    for name in ("staging", "prod"):
        total = 1  # Migrate, once a deployment
        for function in set(stack.functions) - WITHOUT_A_DATABASE - {"Migrate"}:
            (room,) = ways(stack.functions[function]["ReservedConcurrentExecutions"])
            total += room if isinstance(room, int) else stages[name][room["Fn::FindInMap"][2]]
        assert f"{total} in `{name}`" in said


def test_the_small_account_of_a_dev_stage_reserves_nothing(template: dict[str, Any]) -> None:
    assert template["Conditions"]["Reserving"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "dev"]}]}


@pytest.mark.parametrize("setting", ["Timeout", "MemorySize"])
def test_every_time_limit_and_memory_has_its_reason_beside_it(source: str, setting: str) -> None:
    reasons = re.findall(rf"^      {setting}: \d+(?: # (.+))?$", source, re.MULTILINE)
    assert len(reasons) == len(FUNCTIONS)
    assert all(reasons)


@pytest.mark.parametrize("name", ["template.yaml", "network-and-database.yaml", "observability.yaml"])
def test_every_resource_says_why_it_is_there(root: Path, template: dict[str, Any], name: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    resources = re.split(r"^  (?=\w+:(?: #.*)?\n    Type: )", text[text.index("\nResources:") :], flags=re.MULTILINE)[
        1:
    ]
    silent = [each.partition(":")[0] for each in resources if not re.match(r"\w+: # ", each)]
    described = {each for each in silent if "Description" in template["Resources"].get(each, {}).get("Properties", {})}
    assert len(resources) > len(FUNCTIONS)
    assert set(silent) == described
