"""Who may do what, as a table: a grant that is not in it is one too many, one that is missing fails in production."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.stack import Properties, Stack, target, ways

Grant = tuple[str, str]
"""An action, and the resource or parameter that it is allowed on."""

OWNERSHIP: set[Grant] = {
    ("secretsmanager:GetSecretValue", "DatabaseSecretArn"),
    ("secretsmanager:GetSecretValue", "DatabaseAppSecretArn"),  # of the role that it makes
    ("rds-db:connect", "Database"),
    ("rds-db:connect", "DatabaseIamResource"),
    ("kms:Decrypt", "SecretsKeyArn"),
}
DATABASE: set[Grant] = OWNERSHIP | {("rds-db:connect", "DatabaseAppIamResource")}
"""As the owner only where no other role is given: test_database.py."""
GOOGLE: set[Grant] = {
    ("secretsmanager:GetSecretValue", "GoogleSecretArn"),
    ("secretsmanager:GetSecretValue", "TokenKeysSecretArn"),
}


PUSH: set[Grant] = {("secretsmanager:GetSecretValue", "PushKeysSecretArn"), ("kms:Decrypt", "SecretsKeyArn")}


def consumes(queue: str) -> set[Grant]:
    actions = ("ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "GetQueueAttributes")
    return {(f"sqs:{name}", queue) for name in (*actions, "ChangeMessageVisibility", "ChangeMessageVisibilityBatch")}


def sends(*queues: str) -> set[Grant]:
    return {("sqs:SendMessage*", queue) for queue in queues}  # one message, or a batch of them


def looks_at(*queues: str) -> set[Grant]:
    return {("sqs:GetQueueAttributes", queue) for queue in queues}


def handles_letters(*queues: str) -> set[Grant]:
    actions = ("GetQueueUrl", "GetQueueAttributes", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility")
    return {(f"sqs:{name}", queue) for name in actions for queue in queues}


GRANTS: dict[str, set[Grant]] = {
    "Migrate": OWNERSHIP | {("secretsmanager:GetSecretValue", "Database")},
    "Orchestrator": DATABASE
    | sends("SyncQueue", "SyncLargeQueue", "ScheduleQueue", "ScheduleLargeQueue")
    | {("sqs:SendMessage", "TickDeadLetters")},
    "CalendarSync": DATABASE
    | GOOGLE
    | PUSH
    | consumes("SyncQueue")
    | sends("SyncQueue", "SyncLargeQueue", "ScheduleQueue", "NudgeQueue"),
    "SmartScheduling": DATABASE
    | consumes("ScheduleQueue")
    | sends("ScheduleQueue", "ScheduleLargeQueue", "NudgeQueue"),
    "CalendarSyncLarge": DATABASE
    | GOOGLE
    | PUSH
    | consumes("SyncLargeQueue")
    | sends("SyncLargeQueue", "ScheduleQueue", "NudgeQueue"),
    "SmartSchedulingLarge": DATABASE | consumes("ScheduleLargeQueue") | sends("ScheduleLargeQueue", "NudgeQueue"),
    "Relay": DATABASE
    | consumes("NudgeQueue")
    | sends("DeliverQueue")
    | {("events:PutEvents", name) for name in ("ChangesBus", "OrderedBus")}
    | {("sqs:SendMessage", "TickDeadLetters")},
    "Deliver": DATABASE
    | consumes("DeliverQueue")
    | sends("DeliverQueue")
    | {("secretsmanager:GetSecretValue", "WebhookKeysSecretArn")},
    "Export": DATABASE
    | consumes("ExportQueue")
    | sends("ExportQueue")
    | {("sqs:SendMessage", "TickDeadLetters"), ("s3:PutObject", "ExportBucket")}
    | {(f"ses:{name}", "MailFrom") for name in ("SendEmail", "SendRawEmail")},
    "Upkeep": DATABASE
    | GOOGLE
    | {("sqs:SendMessage", "TickDeadLetters"), ("s3:DeleteObject", "ExportBucket")}
    | {("secretsmanager:GetSecretValue", "WebhookKeysSecretArn")},
    "Api": DATABASE
    | sends("SyncQueue", "ScheduleQueue", "ExportQueue", "NudgeQueue")
    | looks_at("SyncQueue", "ScheduleQueue", "ExportQueue")
    | handles_letters("SyncDeadLetters", "ScheduleDeadLetters", "ExportDeadLetters")
    | {("s3:GetObject", "ExportBucket")}
    | {("secretsmanager:GetSecretValue", name) for name in ("SessionKeysSecretArn", "WebhookKeysSecretArn")},
    "Connect": DATABASE | GOOGLE | sends("SyncQueue"),
    "PushReceiver": PUSH | sends("SyncQueue"),
}
OBJECTS = {"Fn::Sub": ["${Bucket}/*", {"Bucket": {"Fn::GetAtt": ["ExportBucket", "Arn"]}}]}
"""Of the one bucket: objects have no names that the template knows."""
EVERY_FUNCTION = {"AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole", "AWSXrayWriteOnlyAccess"}
"""AWS's own policies for logs, network interfaces and traces: actions that know no single resource, or none of ours."""
RUNG_OR_CALLED = {"Api", "Connect", "PushReceiver"}
"""Functions that the HTTP API may invoke."""
TICKED = {
    "OrchestratorSyncTick": "Orchestrator",
    "OrchestratorOutboundTick": "Orchestrator",
    "OrchestratorScheduleTick": "Orchestrator",
    "OrchestratorChangesTick": "Orchestrator",
    "UpkeepDailyTick": "Upkeep",
    "RelayMinuteTick": "Relay",
    "ExportDigestTick": "Export",
    "ExportReportTick": "Export",
}


def documents(stack: Stack, function: str) -> Iterator[Any]:
    """The policies that this template writes for a function, attached or inline."""
    role = stack.role(function)
    for arn in role["ManagedPolicyArns"]:
        for way in ways(arn):
            if isinstance(way, dict):
                yield stack.of("AWS::IAM::ManagedPolicy")[target(way)]["PolicyDocument"]
    yield from (policy["PolicyDocument"] for policy in role.get("Policies", []))


def statements(document: Any) -> Iterator[Properties]:
    """Every statement, under any condition of the stack."""
    listed = document["Statement"]
    for each in listed if isinstance(listed, list) else [listed]:
        yield from ways(each)


def subjects(resource: Any) -> Iterator[str]:
    """Which resources or parameters an ARN is made of."""
    if isinstance(resource, list):
        yield from (name for each in resource for name in subjects(each))
    elif isinstance(resource, str):
        yield resource
    elif "Fn::If" in resource:
        yield from (name for way in ways(resource) for name in subjects(way))
    elif "Fn::Sub" in resource:
        _text, values = resource["Fn::Sub"]
        yield from (name for value in values.values() for way in ways(value) for name in subjects(way))
    elif "Fn::Select" in resource:  # a part of a text
        yield from subjects(resource["Fn::Select"][1]["Fn::Split"][1])
    else:
        yield target(resource)


def granted(stack: Stack, function: str) -> set[Grant]:
    return {
        (action, subject)
        for document in documents(stack, function)
        for statement in statements(document)
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        for subject in subjects(statement["Resource"])
    }


@pytest.mark.parametrize("function", sorted(GRANTS))
def test_a_function_may_do_exactly_what_it_does(stack: Stack, function: str) -> None:
    assert granted(stack, function) == GRANTS[function]


def test_every_function_is_in_the_table(stack: Stack) -> None:
    assert set(stack.functions) == set(GRANTS)


@pytest.mark.parametrize("function", sorted(GRANTS))
def test_nothing_of_aws_is_attached_beside_logs_traces_and_network(stack: Stack, function: str) -> None:
    attached = {arn.rsplit("/", 1)[1] for arn in stack.role(function)["ManagedPolicyArns"] if isinstance(arn, str)}

    assert attached == EVERY_FUNCTION


@pytest.mark.parametrize("function", sorted(GRANTS))
def test_a_role_is_one_functions_own_and_only_lambda_takes_it(stack: Stack, function: str) -> None:
    roles = {name: target(each["Role"]) for name, each in stack.functions.items()}
    (trust,) = stack.role(function)["AssumeRolePolicyDocument"]["Statement"]

    assert [name for name, role in roles.items() if role == roles[function]] == [function]
    assert (trust["Effect"], trust["Action"]) == ("Allow", ["sts:AssumeRole"])
    assert trust["Principal"] == {"Service": ["lambda.amazonaws.com"]}


def test_the_template_has_no_role_beside_the_functions(stack: Stack) -> None:
    assert set(stack.of("AWS::IAM::Role")) == {target(each["Role"]) for each in stack.functions.values()}


def test_who_shifts_traffic_in_prod_has_awss_own_policy_for_that_and_no_other(in_prod: Stack) -> None:
    roles = {name: each for name, each in in_prod.of("AWS::IAM::Role").items() if "CodeDeploy" in name}
    ((statement,),) = (each["AssumeRolePolicyDocument"]["Statement"] for each in roles.values())
    assert statement["Principal"] == {"Service": ["codedeploy.amazonaws.com"]}
    (attached,) = (each["ManagedPolicyArns"] for each in roles.values())
    assert [arn.rsplit("/", 1)[1] for arn in attached] == ["AWSCodeDeployRoleForLambda"]


@pytest.mark.parametrize("function", sorted(GRANTS))
def test_no_statement_says_everything_or_everything_but(stack: Stack, function: str) -> None:
    for document in documents(stack, function):
        for statement in statements(document):
            assert statement.keys() <= {"Effect", "Action", "Resource", "Condition", "Sid"}
            assert statement["Effect"] == "Allow"
            assert "*" not in str(statement["Resource"]) or statement["Resource"] == OBJECTS


def test_a_key_decrypts_secrets_only_and_only_for_secrets_manager(stack: Stack) -> None:
    document = stack.of("AWS::IAM::ManagedPolicy")["DatabaseAccess"]["PolicyDocument"]
    (statement,) = (each for each in statements(document) if each["Action"] == "kms:Decrypt")

    assert statement["Condition"] == {
        "StringEquals": {"kms:ViaService": {"Fn::Sub": "secretsmanager.${AWS::Region}.amazonaws.com"}}
    }


def test_only_our_rules_may_invoke_and_each_only_its_own_function(stack: Stack) -> None:
    permissions = [
        each for each in stack.of("AWS::Lambda::Permission").values() if each["Principal"] != "apigateway.amazonaws.com"
    ]

    assert {target(each["SourceArn"]): target(each["FunctionName"]) for each in permissions} == TICKED
    assert {(each["Principal"], each["Action"]) for each in permissions} == {
        ("events.amazonaws.com", "lambda:InvokeFunction")
    }


def test_only_our_rules_may_leave_a_dead_tick(stack: Stack) -> None:
    policy = stack.of("AWS::SQS::QueuePolicy")["TickDeadLettersPolicy"]
    allowed = [each for each in statements(policy["PolicyDocument"]) if each["Effect"] == "Allow"]
    (statement,) = allowed

    assert [target(queue) for queue in policy["Queues"]] == ["TickDeadLetters"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Action"], target(statement["Resource"])) == ("sqs:SendMessage", "TickDeadLetters")
    assert {target(arn) for arn in statement["Condition"]["ArnEquals"]["aws:SourceArn"]} == set(TICKED)


def test_no_queue_is_talked_to_in_the_clear(stack: Stack) -> None:
    kept: set[str] = set()
    for policy in stack.of("AWS::SQS::QueuePolicy").values():
        (denied,) = [each for each in statements(policy["PolicyDocument"]) if each["Effect"] == "Deny"]
        assert (denied["Principal"], denied["Action"]) == ("*", "sqs:*")
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        kept |= {target(queue) for queue in policy["Queues"]}
    assert kept == set(stack.queues)


def test_only_our_rules_are_let_in_by_a_queue(stack: Stack) -> None:
    """Everybody else comes by a role of the account; that of a producer may send to the queues of jobs."""
    allowed = [
        name
        for name, policy in stack.of("AWS::SQS::QueuePolicy").items()
        for each in statements(policy["PolicyDocument"])
        if each["Effect"] == "Allow"
    ]
    assert allowed == ["TickDeadLettersPolicy"]
    (sending,) = statements(stack.of("AWS::IAM::ManagedPolicy")["Producers"]["PolicyDocument"])
    assert set(sending["Action"]) == {"sqs:SendMessage", "sqs:GetQueueUrl"}
    assert {target(each) for each in sending["Resource"]} == {"SyncQueue", "ScheduleQueue", "ExportQueue"}


def test_the_gateway_may_invoke_each_function_for_its_own_routes_only(stack: Stack) -> None:
    permissions = [
        each for each in stack.of("AWS::Lambda::Permission").values() if each["Principal"] == "apigateway.amazonaws.com"
    ]
    assert {target(each["FunctionName"]) for each in permissions} <= RUNG_OR_CALLED
    assert {each["Action"] for each in permissions} == {"lambda:InvokeFunction"}
    assert all("${__ApiId__}" in str(each["SourceArn"]) for each in permissions)


def test_rings_have_one_route_and_a_throttle(stack: Stack) -> None:
    (api,) = stack.of("AWS::ApiGatewayV2::Api").values()
    (stage,) = stack.of("AWS::ApiGatewayV2::Stage").values()
    assert list(api["Body"]["paths"]["/google/push"]) == ["post"]
    assert stage["RouteSettings"]["POST /google/push"].keys() == {"ThrottlingRateLimit", "ThrottlingBurstLimit"}


def test_nothing_else_is_reachable_from_the_internet(stack: Stack) -> None:
    resources = stack.cloudformation["Resources"].items()
    kinds = {resource["Type"] for _, resource in resources}

    assert [name for name, each in resources if each["Type"] == "AWS::ApiGatewayV2::Api"] == ["HttpApi"]
    assert not {kind for kind in kinds if "ApiGateway::" in kind or kind == "AWS::Lambda::Url"}
    assert not {kind for kind in kinds if kind in ("AWS::SNS::TopicPolicy", "AWS::SecretsManager::ResourcePolicy")}
