"""Events go to published versions by the alias `live`, and any change of code, layer or variable publishes one.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.template.stack import ALIAS, Stack, mentions, target, translate

CODE = "s3://uploads/{}.zip"


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def versions(stack: Stack) -> dict[str, str]:
    """Function → logical id of its version: another one is another version."""
    return {target(each["FunctionName"]): name for name, each in stack.of("AWS::Lambda::Version").items()}


def deployment(template: dict[str, Any], uploads: Mapping[str, str]) -> dict[str, str]:
    return versions(translate(template, uploads))


def aliased(stack: Stack, value: Any) -> Iterator[bool]:
    """Of each function that a value refers to, whether by its alias."""
    for name in stack.functions:
        if mentions(value, name) or mentions(value, f"{name}{ALIAS}"):
            yield mentions(value, f"{name}{ALIAS}")


def test_every_function_has_the_alias_and_it_names_a_version(stack: Stack) -> None:
    aliases = stack.of("AWS::Lambda::Alias")
    assert {target(each["FunctionName"]) for each in aliases.values()} == set(stack.functions)
    assert {each["Name"] for each in aliases.values()} == {"live"}
    for each in aliases.values():
        version, attribute = each["FunctionVersion"]["Fn::GetAtt"]
        assert (version, attribute) == (versions(stack)[target(each["FunctionName"])], "Version")


@pytest.mark.parametrize(
    "kind", ["AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission", "AWS::Lambda::Url", "AWS::Events::Rule"]
)
def test_what_invokes_a_function_does_so_by_the_alias(stack: Stack, kind: str) -> None:
    for properties in stack.of(kind).values():
        called = {key: properties[key] for key in ("FunctionName", "Targets", "TargetFunctionArn") if key in properties}
        found = list(aliased(stack, called))
        assert found
        assert all(found), properties


def test_an_api_reaches_its_functions_by_the_alias(stack: Stack) -> None:
    for each in stack.of("AWS::ApiGatewayV2::Api").values():
        assert all(aliased(stack, each))


def test_retries_of_asynchronous_invocations_are_set_at_the_alias(stack: Stack) -> None:
    for each in stack.of("AWS::Lambda::EventInvokeConfig").values():
        assert mentions(each["Qualifier"], f"{target(each['FunctionName'])}{ALIAS}") or each["Qualifier"] == "live"


def test_the_deployments_own_resource_keeps_its_token(stack: Stack) -> None:
    """CloudFormation refuses a custom resource whose ServiceToken changes, so this one stays as it was first made."""
    migrations = stack.cloudformation["Resources"]["Migrations"]["Properties"]
    assert migrations["ServiceToken"] == {"Fn::GetAtt": ["Migrate", "Arn"]}


@pytest.mark.usefixtures("region")
class TestAVersion:
    def test_is_published_of_every_function_when_our_layer_alone_has_changed(self, template: dict[str, Any]) -> None:
        before = deployment(template, {"AlmanacLayer": CODE.format(1)})
        after = deployment(template, {"AlmanacLayer": CODE.format(2)})
        assert before.keys() == after.keys() != set()
        assert not set(before.values()) & set(after.values())

    def test_is_published_of_the_one_function_whose_code_has_changed(self, template: dict[str, Any]) -> None:
        before, after = (deployment(template, {"CalendarSync": CODE.format(n)}) for n in (1, 2))
        assert {name for name in before if before[name] != after[name]} == {"CalendarSync"}

    def test_is_published_when_a_property_has_changed(self, template: dict[str, Any]) -> None:
        changed = deepcopy(template)
        changed["Resources"]["CalendarSync"]["Properties"]["MemorySize"] += 1
        before, after = deployment(template, {}), deployment(changed, {})
        assert {name for name in before if before[name] != after[name]} == {"CalendarSync"}

    def test_is_not_published_for_nothing(self, template: dict[str, Any]) -> None:
        assert deployment(template, {}) == deployment(template, {})

    def test_is_published_when_third_party_code_has_changed(self, template: dict[str, Any], root: Path) -> None:
        pins = sha256((root / "layers" / "vendor" / "requirements.txt").read_bytes()).hexdigest()[:12]
        said = template["Resources"]["AlmanacLayer"]["Properties"]["Description"]
        assert said.endswith(f" {pins}"), "run `make lock`, or write this digest into AlmanacLayer of template.yaml"


@pytest.fixture
def digested(template: dict[str, Any]) -> Any:
    """What Migrate makes its digest of."""
    return template["Resources"]["Migrations"]["Properties"]["Settings"]


def test_every_parameter_and_every_value_of_a_stage_is_in_the_digest(
    template: dict[str, Any], stages: dict[str, Any], digested: Any
) -> None:
    """CloudFormation compares a function's text, in which a parameter is a name: a new value would not be published."""
    given = {name for name in template["Parameters"] if mentions(digested, name)}
    assert given == set(template["Parameters"]), "add it to Settings of Migrations"
    looked_up = {each["Fn::FindInMap"][2] for each in digested["Fn::Join"][1] if "Fn::FindInMap" in each}
    assert looked_up == {column for row in stages.values() for column in row}, "likewise"


def test_a_new_digest_changes_the_function_and_so_publishes_a_version(stack: Stack) -> None:
    digest = {"Fn::GetAtt": ["Migrations", "Digest"]}
    described = {
        target(each["FunctionName"]): each.get("Description") for each in stack.of("AWS::Lambda::Version").values()
    }
    for name in set(stack.functions) - {"Migrate"}:  # which makes it, and is not invoked by the alias
        assert described[name] == digest
        # Lambda publishes nothing where nothing of the function itself has changed.
        assert "${Migrations.Digest}" in stack.functions[name]["Description"]["Fn::Sub"]


def test_prod_shifts_a_tenth_first_and_goes_back_by_alarm(in_prod: Stack, observability: Stack) -> None:
    groups = in_prod.of("AWS::CodeDeploy::DeploymentGroup")
    assert {name.removesuffix("DeploymentGroup") for name in groups} == set(in_prod.functions) - {"Migrate"}
    outputs = observability.cloudformation["Outputs"]
    for name, group in groups.items():
        assert "Canary10Percent5Minutes" in str(group["DeploymentConfigName"])
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        named = [each["Name"]["Fn::GetAtt"][1] for each in group["AlarmConfiguration"]["Alarms"]]
        alarms = [target(outputs[each.removeprefix("Outputs.")]["Value"]) for each in named]
        watched = [observability.alarms[each] for each in alarms]
        function = name.removesuffix("DeploymentGroup")
        own = [each for each in watched if each["MetricName"] == "Errors" and mentions(each["Dimensions"], function)]
        assert own, f"no alarm on errors of {function} takes it back"


def test_other_stages_change_at_once_and_know_no_codedeploy(stack: Stack) -> None:
    assert not any("CodeDeploy" in each["Type"] for each in stack.cloudformation["Resources"].values())
