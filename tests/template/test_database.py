import json
import re
from itertools import product
from typing import Any

import pytest

from tests.template.stack import Stack, mentions, ways

GIVEN = {
    "DatabaseSecretArn": ("", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db"),
    "DatabaseUrl": ("", "postgresql://almanac@db.example.org:5432/almanac"),
    "DatabaseIamResource": ("", "cluster-ABC123/almanac"),
    "OwnDatabase": ("false", "true"),
}
APP = ("DatabaseAppSecretArn", "DatabaseAppUrl", "DatabaseAppIamResource")
GOOD = {
    frozenset({"DatabaseSecretArn"}),
    frozenset({"DatabaseUrl", "DatabaseIamResource"}),
    frozenset({"OwnDatabase"}),
}
FORBIDDEN = {"0.0.0.0/0", "::/0"}

WITHOUT_A_DATABASE = {"PushReceiver"}


def holds(assertion: Any, parameters: dict[str, str]) -> bool:
    """Evaluate a rule of the template's section Rules."""
    ((function, arguments),) = assertion.items()
    match function:
        case "Fn::Equals":
            left, right = (parameters[each["Ref"]] if isinstance(each, dict) else each for each in arguments)
            return bool(left == right)
        case "Fn::Not":
            return not holds(arguments[0], parameters)
        case "Fn::And":
            return all(holds(each, parameters) for each in arguments)
        case "Fn::Or":
            return any(holds(each, parameters) for each in arguments)
    raise AssertionError(function)


@pytest.mark.parametrize("choice", list(product((False, True), repeat=len(GIVEN))))
def test_a_deployment_starts_only_with_exactly_one_database(template: dict[str, Any], choice: tuple[bool, ...]) -> None:
    given = frozenset(name for name, chosen in zip(GIVEN, choice, strict=True) if chosen)
    parameters = {name: GIVEN[name][name in given] for name in GIVEN} | dict.fromkeys(APP, "")
    every = [rule for rule in template["Rules"].values() if "RuleCondition" not in rule]  # of the API's callers
    rules = [assertion for rule in every for assertion in rule["Assertions"]]
    assert all(holds(rule["Assert"], parameters) for rule in rules) == (given in GOOD)


@pytest.mark.parametrize(
    ("database", "login", "starts"),
    [
        ({"DatabaseSecretArn"}, {"DatabaseAppSecretArn"}, True),
        ({"DatabaseUrl", "DatabaseIamResource"}, {"DatabaseAppUrl", "DatabaseAppIamResource"}, True),
        ({"DatabaseUrl", "DatabaseIamResource"}, {"DatabaseAppUrl"}, False),
        ({"DatabaseUrl", "DatabaseIamResource"}, {"DatabaseAppSecretArn"}, False),
        ({"DatabaseSecretArn"}, {"DatabaseAppUrl", "DatabaseAppIamResource"}, False),
        ({"OwnDatabase"}, {"DatabaseAppSecretArn"}, False),
    ],
)
def test_the_login_of_the_functions_is_of_the_form_of_the_owners(
    template: dict[str, Any], database: set[str], login: set[str], starts: bool
) -> None:
    parameters = {name: GIVEN[name][name in database] for name in GIVEN}
    parameters |= {name: "given" if name in login else "" for name in APP}
    every = [rule for rule in template["Rules"].values() if "RuleCondition" not in rule]
    rules = [assertion for rule in every for assertion in rule["Assertions"]]
    assert all(holds(rule["Assert"], parameters) for rule in rules) == starts


def test_a_refusal_names_the_parameters(template: dict[str, Any]) -> None:
    said = " ".join(each["AssertDescription"] for rule in template["Rules"].values() for each in rule["Assertions"])
    assert all(name in said for name in (*GIVEN, *APP))


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("cluster-ABC123/almanac", True),
        ("prx-0123456789abcdef0/almanac", True),
        ("db-ABC123/almanac", True),
        ("", True),
        ("*/almanac", False),
        ("cluster-ABC123/*", False),
        ("almanac", False),
    ],
)
def test_iam_admits_one_user_of_one_server(template: dict[str, Any], value: str, accepted: bool) -> None:
    assert bool(re.search(template["Parameters"]["DatabaseIamResource"]["AllowedPattern"], value)) == accepted


def test_a_function_signs_in_with_the_secret_or_with_iam_and_never_with_both(stack: Stack) -> None:
    for name, function in stack.functions.items():
        if name in WITHOUT_A_DATABASE:
            continue
        secret, iam = function["Environment"]["Variables"]["ALMANAC_DATABASE_IAM_AUTH"]["Fn::If"][1:]
        assert (secret, iam) == ("", "true")
    document = stack.of("AWS::IAM::ManagedPolicy")["DatabaseAccess"]["PolicyDocument"]
    by_secret, by_iam = ways(document["Statement"][0])
    assert (by_secret["Action"], by_iam["Action"]) == ("secretsmanager:GetSecretValue", "rds-db:connect")
    assert mentions(by_iam["Resource"], "DatabaseIamResource")


def test_only_migrate_signs_in_as_the_owner_where_another_role_is_given(stack: Stack) -> None:
    owner = {"ALMANAC_DATABASE_SECRET_ARN": {"Ref": "DatabaseSecretArn"}}
    for name, function in stack.functions.items():
        variables = function["Environment"]["Variables"]
        if name in WITHOUT_A_DATABASE:
            continue
        if name == "Migrate":
            assert owner.items() <= variables.items()
            assert next(ways(variables["ALMANAC_DATABASE_URL"]))["Fn::GetAtt"] == ["Database", "Outputs.Url"]
        else:
            app, _ = ways(variables["ALMANAC_DATABASE_SECRET_ARN"])
            assert app == {"Ref": "DatabaseAppSecretArn"}
            own, app, _ = ways(variables["ALMANAC_DATABASE_URL"])
            assert (own, app) == ({"Fn::GetAtt": ["Database", "Outputs.AppUrl"]}, {"Ref": "DatabaseAppUrl"})
            assert not mentions(list(stack.statements(name)), "Outputs.IamResource"), "nor may it sign in as the owner"


def test_migrate_knows_the_login_of_the_role_that_it_makes(stack: Stack) -> None:
    variables = stack.functions["Migrate"]["Environment"]["Variables"]
    own, given = ways(variables["ALMANAC_DATABASE_APP_SECRET_ARN"])
    assert (own, given) == ({"Fn::GetAtt": ["Database", "Outputs.AppSecretArn"]}, {"Ref": "DatabaseAppSecretArn"})
    readable = [found for actions, found in stack.statements("Migrate") if "secretsmanager:GetSecretValue" in actions]
    assert own in readable
    assert given in readable


def test_the_role_of_the_functions_has_a_password_that_nobody_has_seen(network: dict[str, Any]) -> None:
    made = network["Resources"]["AppSecret"]["Properties"]["GenerateSecretString"]
    assert made["GenerateStringKey"] == "password"
    assert made["PasswordLength"] >= 32
    (user,) = json.loads(made["SecretStringTemplate"]).values()
    assert f"://{user}@" in network["Outputs"]["AppUrl"]["Value"]["Fn::Sub"]
    assert network["Outputs"]["AppIamResource"]["Value"]["Fn::Sub"][0].endswith(f"/{user}")


def test_the_tables_are_there_before_any_function_that_uses_them(stack: Stack) -> None:
    resources = stack.cloudformation["Resources"]
    for name in set(stack.functions) - {"Migrate"} - WITHOUT_A_DATABASE:
        # Whoever names what Migrations answers waits for it, as with DependsOn.
        assert resources[name].get("DependsOn") == "Migrations" or mentions(resources[name], "Migrations.Digest")
    assert not mentions(resources["Migrate"], "Migrations.Digest")


def test_migrations_run_exactly_when_our_code_or_a_setting_changes(stack: Stack) -> None:
    resource = stack.cloudformation["Resources"]["Migrations"]["Properties"]
    assert resource["ServiceToken"] == {"Fn::GetAtt": ["Migrate", "Arn"]}
    # The translator gives a layer another logical id whenever its content has another address.
    assert resource["Code"]["Ref"].startswith("AlmanacLayer")
    assert resource["Code"]["Ref"] != "AlmanacLayer"
    assert resource.keys() == {"ServiceToken", "ServiceTimeout", "Code", "Settings"}


def test_a_migration_that_hangs_is_told_by_the_function_and_not_by_silence(stack: Stack) -> None:
    waits = stack.cloudformation["Resources"]["Migrations"]["Properties"]["ServiceTimeout"]
    assert stack.functions["Migrate"]["Timeout"] < waits <= 300


def test_the_stack_of_its_own_is_made_only_when_asked_for(template: dict[str, Any], network: dict[str, Any]) -> None:
    database = template["Resources"]["Database"]
    assert database["Condition"] == "OwnsDatabase"
    assert set(database["Properties"]["Parameters"]) <= set(network["Parameters"])
    assert "Transform" not in network


def test_every_output_that_the_functions_need_is_one_that_it_gives(
    template: dict[str, Any], network: dict[str, Any]
) -> None:
    asked = set(re.findall(r"'Database', 'Outputs\.(\w+)'|'Database\.Outputs\.(\w+)'", str(template)))
    asked = {name for each in asked for name in each if name}
    assert {"Url", "IamResource", "SubnetIds", "SecurityGroupId"} <= asked <= set(network["Outputs"])


def test_the_proxy_admits_iam_over_tls_and_nothing_else(network: dict[str, Any]) -> None:
    proxy = network["Resources"]["Proxy"]["Properties"]
    assert proxy["RequireTLS"] is True
    assert {each["IAMAuth"] for each in proxy["Auth"]} == {"REQUIRED"}


def test_the_proxy_reads_the_secrets_of_its_two_users(network: dict[str, Any]) -> None:
    (policy,) = network["Resources"]["ProxyRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "secretsmanager:GetSecretValue"
    users = [{"Fn::GetAtt": ["Cluster", "MasterUserSecret.SecretArn"]}, {"Ref": "AppSecret"}]
    assert statement["Resource"] == users
    assert [each["SecretArn"] for each in network["Resources"]["Proxy"]["Properties"]["Auth"]] == users


def test_the_cluster_keeps_what_people_connected(network: dict[str, Any]) -> None:
    cluster = network["Resources"]["Cluster"]
    assert (cluster["DeletionPolicy"], cluster["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")
    assert cluster["Properties"]["StorageEncrypted"] is True
    assert cluster["Properties"]["DeletionProtection"] == {"Fn::If": ["InProduction", True, False]}
    assert all(row["BackupDays"] >= 1 for row in network["Mappings"]["ByStage"].values())


def test_no_password_is_written_anywhere(network: dict[str, Any]) -> None:
    cluster = network["Resources"]["Cluster"]["Properties"]
    assert cluster["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in cluster


def test_nothing_of_the_network_is_open_to_the_outside(network: dict[str, Any]) -> None:
    groups = [each for each in network["Resources"].values() if each["Type"] == "AWS::EC2::SecurityGroup"]
    ways_in = [rule for group in groups for rule in group["Properties"].get("SecurityGroupIngress", [])]
    assert len(groups) == 3
    assert all("SourceSecurityGroupId" in rule and not FORBIDDEN & set(map(str, rule.values())) for rule in ways_in)
    assert {rule["FromPort"] for rule in ways_in} == {5432}
    instances = [each for each in network["Resources"].values() if each["Type"] == "AWS::RDS::DBInstance"]
    assert {each["Properties"]["PubliclyAccessible"] for each in instances} == {False}


def test_both_templates_know_the_same_stages(template: dict[str, Any], network: dict[str, Any]) -> None:
    stages = template["Parameters"]["Stage"]["AllowedValues"]
    assert network["Parameters"]["Stage"]["AllowedValues"] == stages
    assert set(network["Mappings"]["ByStage"]) == set(template["Mappings"]["ByStage"]) == set(stages)


@pytest.mark.parametrize("function", sorted(WITHOUT_A_DATABASE))
def test_what_the_world_may_call_knows_no_database_and_is_in_no_network(stack: Stack, function: str) -> None:
    found = stack.functions[function]
    variables = found["Environment"]["Variables"]
    nothing = {"Ref": "AWS::NoValue"}
    assert {value == nothing for name, value in variables.items() if "DATABASE" in name} == {True}
    assert found["VpcConfig"] == nothing
