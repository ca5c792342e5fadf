"""Alarms and dashboard are a stack in the stack: it is told the names of what it watches, and told them rightly."""

from typing import Any

import pytest

from tests.template.stack import Stack

BY_ATTRIBUTE = {"AWS::SQS::Queue": "QueueName"}
"""Types whose Ref is not the name that CloudWatch knows."""
SETTINGS = {"Namespace", "GoogleQuotaPerMinute", "Ticking", "TickAlarmSeconds"}
"""Parameters that are not named for a resource."""


@pytest.fixture(scope="module")
def given(template: dict[str, Any]) -> dict[str, Any]:
    """Parameter of the inner stack → what the outer one gives it."""
    parameters: dict[str, Any] = template["Resources"]["Observability"]["Properties"]["Parameters"]
    return parameters


def test_all_alarms_and_the_dashboard_stand_in_it(stack: Stack, observability: Stack) -> None:
    assert stack.alarms == stack.of("AWS::CloudWatch::Dashboard") == {}
    assert len(observability.alarms) > 0
    assert len(observability.of("AWS::CloudWatch::Dashboard")) == 1
    assert "Transform" not in observability.cloudformation


def test_it_is_always_there(template: dict[str, Any]) -> None:
    assert template["Resources"]["Observability"].keys() == {"Type", "Properties"}


def test_it_is_given_all_that_it_asks_for(observability: Stack, given: dict[str, Any]) -> None:
    parameters = observability.cloudformation["Parameters"]
    assert set(given) == set(parameters)
    assert not any("Default" in each for each in parameters.values())


def test_a_parameter_gets_the_name_of_the_resource_that_it_is_called_as(stack: Stack, given: dict[str, Any]) -> None:
    resources = stack.cloudformation["Resources"]
    for name in given.keys() - SETTINGS:
        attribute = BY_ATTRIBUTE.get(resources[name]["Type"])
        assert given[name] == ({"Fn::GetAtt": [name, attribute]} if attribute else {"Ref": name}), name


def test_it_reads_metrics_where_the_functions_put_them(stack: Stack, given: dict[str, Any]) -> None:
    for function in stack.functions.values():
        assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == given["Namespace"]


def test_it_knows_whether_the_rules_tick_and_what_google_grants(given: dict[str, Any]) -> None:
    assert given["Ticking"] == {"Fn::If": ["Ticking", "true", "false"]}
    assert given["GoogleQuotaPerMinute"] == {"Ref": "GoogleQuotaPerMinute"}


def test_who_subscribed_to_alarms_stays_subscribed(stack: Stack, observability: Stack) -> None:
    """The topic is no part of the inner stack, which may be replaced."""
    assert set(stack.of("AWS::SNS::Topic")) == {"AlarmTopic"}
    assert observability.of("AWS::SNS::Topic") == {}
