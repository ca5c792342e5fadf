"""By arithmetic: all processes together stay below the project's limit, and two of one user below the user's."""

from typing import Any

import pytest

from tests.template.stack import Stack, target

VARIABLE = "ALMANAC_GOOGLE_REQUESTS_PER_MINUTE"
USERS_LIMIT = 600  # https://developers.google.com/workspace/calendar/api/guides/quota
AT_ONCE = 2
"""Workspaces that read one account at the same time, at full speed."""
LEFT = 0.3
"""Of the project's limit: for the command line, for processes that take another's place, for calls of your own."""
STAGES = ["dev", "staging", "prod"]


@pytest.mark.parametrize("stage", STAGES)
def test_all_syncs_of_a_stage_together_leave_a_part_of_the_projects_limit(
    template: dict[str, Any], stages: dict[str, Any], stage: str
) -> None:
    limit = template["Parameters"]["GoogleQuotaPerMinute"]["Default"]
    share = int(stages[stage]["GoogleRequestsPerMinute"])
    at_once = stages[stage]["SyncConcurrency"] + stages[stage]["LargeConcurrency"]
    assert share * at_once <= (1 - LEFT) * limit


@pytest.mark.parametrize("stage", STAGES)
def test_two_workspaces_of_one_account_stay_below_the_users_limit(stages: dict[str, Any], stage: str) -> None:
    assert AT_ONCE * int(stages[stage]["GoogleRequestsPerMinute"]) <= USERS_LIMIT


def test_the_function_that_reads_calendars_is_paced_and_never_runs_more_often_at_once(stack: Stack) -> None:
    variables = stack.functions["CalendarSync"]["Environment"]["Variables"]
    (source,) = (
        each
        for each in stack.of("AWS::Lambda::EventSourceMapping").values()
        if target(each["FunctionName"]) == "CalendarSync"
    )
    found = [variables[VARIABLE], source["ScalingConfig"]["MaximumConcurrency"]]
    columns = ("GoogleRequestsPerMinute", "SyncConcurrency")
    assert found == [{"Fn::FindInMap": ["ByStage", {"Ref": "Stage"}, column]} for column in columns]
