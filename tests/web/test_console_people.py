"""The console's page of people and meetings: what it shows, and what its forms do."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.domain.items.meetings import MeetingChange
from almanac.wiring.outside.api import ApiWiring
from tests.integration import rows
from tests.web.visitors import HOSTILE, Visitor, form_of, text_of, told

pytestmark = pytest.mark.integration
WANTED: Mapping[str, str | list[str]] = {
    "title": "Kick-off",
    "minutes": "45",
    "priority": "high",
    "hours": "meeting",
    "required": ["ada", "ben"],
}


@pytest.fixture
def visitor(wiring: ApiWiring) -> Visitor:
    return Visitor(wiring)


@pytest.fixture
def page(wiring: ApiWiring, ws: UUID) -> str:
    for user, name, zone in (("ada", "Ada", None), ("ben", "", "America/New_York"), ("cy", HOSTILE, None)):
        wiring.people.add(ws, user, name, zone)
    return f"/console/workspaces/{ws}/people"


def added(visitor: Visitor, wiring: ApiWiring, ws: UUID, **more: str | list[str]) -> str:
    """The address of a meeting that was added by the form."""
    answer = visitor.post(f"/console/workspaces/{ws}/meetings", **{**WANTED, **more})
    assert "The meeting was added" in told(visitor, answer)
    return f"/console/workspaces/{ws}/meetings/{wiring.meetings.all(ws)[-1].meeting_id}"


class TestLooking:
    @pytest.mark.parametrize("kind", ["people", "tasks", "habits", "hours", "exports", "outbound"])
    def test_people_of_one_name_can_be_told_apart_where_they_are_chosen(
        self, visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(type(wiring), "has_export_files", True)
        wiring.people.add(ws, "ada2", "Ada", None)
        shown = text_of(visitor.get(page.replace("people", kind)).text)
        assert {"Ada (ada)", "Ada (ada2)"} <= set(re.findall(r"Ada \(\w+\)", shown))

    def test_without_members_it_says_what_that_means(self, visitor: Visitor, ws: UUID) -> None:
        shown = visitor.get(f"/console/workspaces/{ws}/people")
        assert shown.status == 200
        assert "Nobody is a member" in shown.text
        assert "A meeting takes two members or more." in shown.text
        assert "Add a meeting" not in shown.text

    def test_who_is_there_with_their_zone_hours_and_calendars(
        self, visitor: Visitor, page: str, ws: UUID, database: Database
    ) -> None:
        weekdays = {
            day: {"enabled": True, "timeBlocks": [{"startTime": "09:00", "endTime": "17:30"}]}
            for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
        }
        database.run(
            "INSERT INTO workspace_calendar_hour_settings (ws_id, type, user_id, data)"
            " VALUES (:ws, 'work', NULL, :week::jsonb), (:ws, 'Night', 'ben', '[]')",
            ws=ws,
            week=json.dumps(weekdays),
        )
        account = rows.account(database, ws, "ben@example.test")
        database.run("UPDATE calendar_auth_tokens SET user_id = 'ben' WHERE id = :id", id=account)
        connection = rows.connection(database, ws, account, "team@group.example")
        database.run("UPDATE calendar_connections SET calendar_name = :n WHERE id = :c", n=HOSTILE, c=connection)
        shown = visitor.get(page).text
        assert "<img" not in shown
        said = text_of(shown)
        assert "Ada ada, has what is nobody" in said
        assert "America/New_York" in said
        assert "Mon to Fri 09:00-17:30 work" in said
        assert "every day 07:00-23:00 meeting, personal" in said
        assert "cannot be read as they are stored night" in said
        assert "none of their own" in said
        assert said.count("gnp.exe") == 4, "a name in the table and twice in the form, and a calendar"

    def test_a_meeting_has_its_time_on_each_clock_or_the_reason_why_it_has_none(
        self, visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring, database: Database
    ) -> None:
        added(visitor, wiring, ws, optional=["cy"])
        assert "There was no plan of everybody yet." in visitor.get(page).text
        assert "looks for its time" in visitor.get(page).text
        database.run(
            "INSERT INTO workspace_calendar_hour_settings (ws_id, type, user_id, data) VALUES (:ws, 'never', 'ben',"
            " '{}'), (:ws, 'never', NULL, '{}')",
            ws=ws,
        )
        added(visitor, wiring, ws, title=HOSTILE, hours="never")
        job = wiring.request_plan(ws, 30, "full", force_reschedule=False)
        (sent,) = wiring.queue.sent.values()  # type: ignore[attr-defined]
        wiring.plan_workspace(sent.job, datetime.now(UTC), lambda: 60)
        assert job.request_id
        shown = visitor.get(page).text
        assert "<img" not in shown
        said = text_of(shown)
        assert "has its time" in said
        assert re.search(r"ben [A-Z][a-z]{2} \d\d:\d\d", said), "Ben reads another clock"
        assert "no time" in said
        assert "In the way" in said
        assert "Would help" in said

    def test_a_viewer_sees_it_without_a_form(self, wiring: ApiWiring, page: str, visitor: Visitor, ws: UUID) -> None:
        meeting = added(visitor, wiring, ws)
        viewer = Visitor(wiring, "viewer", [ws])
        shown = viewer.get(page).text
        assert "Kick-off" in shown
        assert "Change it" not in shown
        assert "Add it" not in shown
        for address in (page.replace("people", "meetings"), meeting, f"{meeting}/remove"):
            assert viewer.post(address, **WANTED, sure="yes").status == 403
        assert [each.title for each in wiring.meetings.all(ws)] == ["Kick-off"]


class TestForms:
    def test_a_meeting_is_added_once_however_often_the_form_is_sent(
        self, visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring, database: Database
    ) -> None:
        url = page.replace("people", "meetings")
        wall = {"earliest": "2199-03-04T09:00", "deadline": "2199-03-06T17:00", "hard": "yes", "once": "n-1"}
        for _ in range(2):
            assert visitor.post(url, **WANTED, **wall, optional=["cy"]).status == 303
        assert visitor.post(url, **WANTED, once="n-2").status == 303
        assert visitor.post(url, **{**WANTED, "title": "Start"}, once="n-2").status == 303, (
            "another one, sent from there"
        )
        assert len(wiring.meetings.all(ws)) == 3
        found = wiring.meetings.all(ws)[0]
        zone = wiring.directory.zone(ws)[1]
        assert zone == "Europe/Berlin"
        assert (found.title, found.minutes, found.priority, found.hours) == ("Kick-off", 45, "high", "meeting")
        assert (found.required, found.optional, found.hard_deadline) == (("ada", "ben"), ("cy",), True)
        assert found.earliest == datetime(2199, 3, 4, 8, tzinfo=UTC), "on the wall of the workspace"
        assert database.run("SELECT count(*) FROM audit_log WHERE action = 'meeting_add'") == [[3]]

    def test_what_cannot_be_is_said_and_what_was_entered_stays_in_the_form(
        self, visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring
    ) -> None:
        for wrong, complaint in (
            ({"required": ["ada"]}, "Must come: must name two people or more"),
            ({"optional": ["ada"]}, "Asked along: names somebody a second time"),
            ({"minutes": "0"}, "Minutes: must be a whole number from 1 to 44,640"),
            ({"hours": "nights"}, "Hours: is no category of hours of all who must come"),
            ({"deadline": "soon"}, "Deadline: must be a date and a time"),
            ({"deadline": "9999-03-06T17:00"}, "Deadline: "),
            ({"earliest": "2199-03-07T09:00", "deadline": "2199-03-06T09:00"}, "Deadline: must lie after"),
            ({"priority": "urgent"}, "Priority: must be one of critical, high, normal, low"),
            ({"title": ""}, "Title: must have 1 to 255 characters"),
        ):
            answer = visitor.post(page.replace("people", "meetings"), **{**WANTED, "title": HOSTILE, **wrong})
            assert answer.status == 422
            assert f"Nothing was stored. {complaint}" in text_of(answer.text)
            assert '<details class="add" open>' in answer.text
            assert "<img" not in answer.text
            assert ("gnp.exe" in answer.text) is True
        assert wiring.meetings.all(ws) == []

    def test_a_form_that_is_sent_as_it_is_changes_nothing(
        self, visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring, database: Database
    ) -> None:
        meeting = added(visitor, wiring, ws, optional=["cy"])
        (was,) = wiring.meetings.all(ws)
        seconds = datetime(2199, 3, 4, 8, 0, 7, tzinfo=UTC)
        wiring.meetings.change(ws, was.meeting_id, MeetingChange(deadline=seconds))
        database.run("DELETE FROM unplanned_changes")
        (was,) = wiring.meetings.all(ws)
        assert "The meeting was changed" in told(visitor, visitor.post(meeting, **form_of(visitor, page, meeting)))
        assert list(wiring.meetings.all(ws)) == [was]
        assert database.run("SELECT count(*) FROM unplanned_changes") == [[0]]

    def test_a_meeting_is_changed_unless_somebody_was_faster(
        self, visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring
    ) -> None:
        meeting = added(visitor, wiring, ws, optional=["cy"])
        shown = form_of(visitor, page, meeting)
        wanted: dict[str, str | list[str]] = {**shown, "minutes": "60", "required": ["ada", "cy"], "optional": []}
        assert "the next plan looks for its time" in told(visitor, visitor.post(meeting, **wanted))
        (now,) = wiring.meetings.all(ws)
        assert (now.minutes, now.required, now.optional) == (60, ("ada", "cy"), ())
        assert "somebody else has changed" in told(visitor, visitor.post(meeting, **{**shown, "title": "Start"}))
        assert list(wiring.meetings.all(ws)) == [now]

    def test_who_has_left_may_stay_and_is_refused_where_people_change(
        self, visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring, database: Database
    ) -> None:
        meeting = added(visitor, wiring, ws)
        wiring.people.remove(ws, "ben")
        assert "ben (no member any more)" in text_of(visitor.get(f"{page}?change={meeting[-36:]}").text)
        database.run("UPDATE meetings SET calendar_hours = 'Nights'")
        shown = form_of(visitor, page, meeting)
        assert "The meeting was changed" in told(visitor, visitor.post(meeting, **{**shown, "title": "Start"}))
        (now,) = wiring.meetings.all(ws)
        assert (now.title, now.hours, now.required) == ("Start", "Nights", ("ada", "ben")), "as impossible as it is"
        answer = visitor.post(meeting, **{**form_of(visitor, page, meeting), "optional": ["cy"]})
        assert answer.status == 422
        assert "Must come: names somebody who is no member" in text_of(answer.text)

    def test_one_is_called_off_by_whoever_means_it(
        self, visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring
    ) -> None:
        meeting = added(visitor, wiring, ws)
        assert "it was not confirmed" in told(visitor, visitor.post(f"{meeting}/remove"))
        assert "The meeting was called off" in told(visitor, visitor.post(f"{meeting}/remove", sure="yes"))
        assert wiring.meetings.all(ws) == []
        assert visitor.post(f"{meeting}/remove", sure="yes").status == 404
        assert visitor.post(meeting, **WANTED).status == 404
