"""After a person has moved or deleted blocks in Google, the next plan settles around it, and is written out."""

import json
from datetime import timedelta
from typing import Any

import pytest

from almanac.jobs import CalendarSchedule
from tests.integration.outbound.stage import Writing

pytestmark = pytest.mark.integration

ALWAYS = {
    day: {"enabled": True, "timeBlocks": [{"startTime": "00:00", "endTime": "24:00"}]}
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}


@pytest.fixture
def planned(team: Writing) -> Writing:
    """Ada works around the clock, and has three tasks of an hour."""
    sql = "INSERT INTO workspace_calendar_hour_settings (ws_id, type, data) VALUES (:ws, 'personal', :data::jsonb)"
    team.run(sql, data=json.dumps(ALWAYS))
    for number in range(3):
        team.task(f"Task {number}")
    plan(team)
    team.sync()
    return team


def plan(team: Writing) -> str:
    job = {"ws_id": team.ws_id, "window_days": 7}
    use_case = team.wiring.plan_workspace
    return use_case(CalendarSchedule.model_validate(job), None, lambda: 100.0).outcome


def blocks(team: Writing) -> dict[str, Any]:
    found = team.run(
        "SELECT e.title, e.id, e.start_at, e.locked FROM workspace_calendar_events e"
        " JOIN task_calendar_events t ON t.event_id = e.id WHERE e.ws_id = :ws ORDER BY e.start_at"
    )
    return {row[0]: row[1:] for row in found}


def shown(team: Writing) -> dict[str, str]:
    return {body["summary"]: body["start"]["dateTime"][:16] for body in team.there()}


def test_a_plan_is_in_google_and_a_second_one_writes_nothing(planned: Writing) -> None:
    assert set(shown(planned)) == {"Task 0", "Task 1", "Task 2"}
    before = planned.requests()
    plan(planned)
    planned.sync()
    assert planned.writes(before) == []


def test_three_plans_leave_a_dragged_block_where_it_is(planned: Writing) -> None:
    block = blocks(planned)["Task 1"][0]
    planned.drag(block, 15)
    planned.sync()
    assert planned.plans_asked_for() == 1
    for _ in range(3):
        plan(planned)
        planned.sync()
        assert planned.row(block, "start_at", "locked") == [planned.at(15), True]
    assert len(planned.there()) == 3


def test_a_deleted_block_is_planned_elsewhere(planned: Writing) -> None:
    block, start, _ = blocks(planned)["Task 0"]
    planned.remove(block)
    planned.sync()
    assert "Task 0" not in blocks(planned)
    plan(planned)
    planned.sync()
    again = blocks(planned)["Task 0"]
    assert again[0] != block
    assert abs(again[1] - start) >= timedelta(hours=1)
    assert sorted(shown(planned)) == ["Task 0", "Task 1", "Task 2"]
    assert len([body for body in planned.there() if body["summary"] == "Task 0"]) == 1


def test_what_is_made_a_meeting_is_planned_anew_beside_it(planned: Writing) -> None:
    block = blocks(planned)["Task 2"][0]
    planned.edit(block, attendees=[{"email": "bob@example.test"}])
    planned.sync()
    plan(planned)
    planned.sync()
    assert [body["summary"] for body in planned.there()].count("Task 2") == 2
    assert blocks(planned)["Task 2"][0] != block


def test_a_deleted_habit_block_is_planned_elsewhere_that_day_where_the_habit_says_so(planned: Writing) -> None:
    tomorrow = (planned.now + timedelta(days=1)).date()
    planned.run(
        "INSERT INTO workspace_habits (ws_id, name, start_date, end_date, duration_minutes, when_block_deleted)"
        " VALUES (:ws, 'Walk', :day, :day, 60, 'replan')",
        day=tomorrow,
    )
    plan(planned)
    planned.sync()
    before = shown(planned)["Walk"]
    walk = "SELECT event_id, occurrence_date FROM habit_calendar_events WHERE ws_id = :ws"
    planned.remove(planned.run(walk)[0][0])
    planned.sync()
    plan(planned)
    planned.sync()
    assert planned.run(walk)[0][1] == tomorrow
    assert shown(planned)["Walk"] != before
    assert planned.run("SELECT count(*) FROM habit_skipped_occurrences WHERE ws_id = :ws") == [[0]]
