import json
import re
from pathlib import Path
from typing import Any

import pytest

from almanac.web.console.look_pages import RULES
from tests.template.stack import Properties, Stack, target, ways

TICKS = {
    "OrchestratorSyncTick": ("SyncCadence", {"job": "calendar.sync"}),
    "OrchestratorOutboundTick": ("OutboundCadence", {"job": "calendar.sync", "direction": "outbound"}),
    "OrchestratorScheduleTick": ("ScheduleCadence", {"job": "calendar.schedule"}),
    "OrchestratorChangesTick": ("ChangesCadence", {"job": "calendar.schedule", "due": "changed"}),
    "UpkeepDailyTick": ("UpkeepCadence", {"job": "calendar.upkeep"}),
    "RelayMinuteTick": ("RelayCadence", {"job": "calendar.relay"}),
    "ExportDigestTick": ("ExportCadence", {"job": "calendar.export", "due": "digests"}),
    "ExportReportTick": ("ReportCadence", {"job": "calendar.export", "due": "reports"}),
}
EXPRESSION = re.compile(r"cron\((\S+ ){5}\S+\)|rate\(\d+ (minute|hour|day)s?\)")


@pytest.fixture(scope="module")
def rules(stack: Stack) -> dict[str, Properties]:
    return stack.of("AWS::Events::Rule")


@pytest.fixture(scope="module")
def targets(rules: dict[str, Properties]) -> dict[str, Properties]:
    """Rule → what it wakes, and with what."""
    return {name: each for name, rule in rules.items() for each in rule["Targets"]}


def documented(root: Path) -> dict[str, str]:
    """Tick → its expression in production, as docs/jobs.md says."""
    text = (root / "docs" / "jobs.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `(\{[^`]+\})` \| `((?:cron|rate)\([^`]+\))` \|", text, re.MULTILINE))


def test_the_rules_are_those_that_these_tests_know(rules: dict[str, Properties]) -> None:
    assert set(rules) == set(TICKS)


@pytest.mark.parametrize(("rule", "cadence", "tick"), [(name, *each) for name, each in TICKS.items()])
def test_a_rule_sends_its_tick_as_often_as_its_stage_or_a_parameter_says(
    rules: dict[str, Properties], targets: dict[str, Properties], rule: str, cadence: str, tick: dict[str, str]
) -> None:
    by_stage = {"Fn::FindInMap": ["ByStage", {"Ref": "Stage"}, cadence]}
    assert list(ways(rules[rule]["ScheduleExpression"])) == [by_stage, {"Ref": cadence}]
    assert json.loads(targets[rule]["Input"]) == tick


def test_the_console_is_told_of_every_rule(stack: Stack, rules: dict[str, Properties]) -> None:
    told = stack.functions["Api"]["Environment"]["Variables"]["ALMANAC_CADENCES"]["Fn::If"]
    assert (told[0], told[2]) == ("Ticking", "")
    pairs = [each["Fn::Join"][1] for each in told[1]["Fn::Join"][1]]
    assert {json.dumps(expression) for _, expression in pairs} == {
        json.dumps(rule["ScheduleExpression"]) for rule in rules.values()
    }
    assert {name for name, _ in pairs} == set(RULES)


def test_production_ticks_as_documented(root: Path, stages: dict[str, Any]) -> None:
    deployed = {json.dumps(tick): stages["prod"][cadence] for cadence, tick in TICKS.values()}
    assert deployed == documented(root)


def test_every_stage_has_a_schedule_expression_for_each_rule(stages: dict[str, Any]) -> None:
    for row in stages.values():
        assert all(EXPRESSION.fullmatch(row[cadence]) for cadence, _ in TICKS.values())


@pytest.mark.parametrize("rule", TICKS)
def test_a_rule_runs_if_its_stage_or_a_parameter_says_so(
    rules: dict[str, Properties], stages: dict[str, Any], rule: str
) -> None:
    assert list(ways(rules[rule]["State"])) == [
        {"Fn::FindInMap": ["ByStage", {"Ref": "Stage"}, "Ticks"]},
        {"Ref": "Ticks"},
    ]
    assert {row["Ticks"] for row in stages.values()} <= {"ENABLED", "DISABLED"}


CADENCES = [
    "SyncCadence",
    "OutboundCadence",
    "ScheduleCadence",
    "ChangesCadence",
    "UpkeepCadence",
    "RelayCadence",
    "ExportCadence",
    "ReportCadence",
]


@pytest.mark.parametrize("parameter", [*CADENCES, "Ticks"])
def test_without_a_word_from_the_deployer_the_stage_decides(template: dict[str, Any], parameter: str) -> None:
    assert template["Parameters"][parameter]["Default"] == "stage"


@pytest.mark.parametrize("rule", TICKS)
def test_a_tick_wakes_its_function_and_is_tried_again(targets: dict[str, Properties], rule: str) -> None:
    assert rule.startswith(target(targets[rule]["Arn"]))
    assert targets[rule]["RetryPolicy"]["MaximumRetryAttempts"] > 0


@pytest.mark.parametrize("rule", TICKS)
def test_a_lost_tick_is_kept_in_a_standard_queue(stack: Stack, targets: dict[str, Properties], rule: str) -> None:
    assert "FifoQueue" not in stack.queues[target(targets[rule]["DeadLetterConfig"]["Arn"])]


def test_a_tick_that_fails_in_its_function_is_kept_too(stack: Stack, targets: dict[str, Properties]) -> None:
    configs = {target(each["FunctionName"]): each for each in stack.of("AWS::Lambda::EventInvokeConfig").values()}
    for ticked in {target(each["Arn"]) for each in targets.values()}:
        assert target(configs[ticked]["DestinationConfig"]["OnFailure"]["Destination"]) == "TickDeadLetters"


def test_our_rules_and_no_others_may_deliver_to_the_lost_ticks(stack: Stack) -> None:
    policy = stack.of("AWS::SQS::QueuePolicy")["TickDeadLettersPolicy"]
    (statement,) = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    sources = {target(each) for each in statement["Condition"]["ArnEquals"]["aws:SourceArn"]}
    assert sources == set(stack.of("AWS::Events::Rule"))
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
