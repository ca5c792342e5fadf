"""Text that Postgres cannot store, terminals obey and readers cannot see: from Google and from senders of jobs."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from almanac.errors import BadJob, ProviderRejected
from almanac.jobs import parse_schedule, parse_sync, parse_tick
from almanac.providers.google.calendar import GoogleCalendar
from almanac.providers.google.request import ListEvents
from tests.integration.team import Team
from tests.scripted_server import ScriptedServer
from tests.security.hostile import UNICODE, UNSTORABLE

WS = "7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01"
FIELDS = ("summary", "description", "location", "iCalUID", "etag", "colorId", "recurringEventId", "htmlLink")


def event(number: int, text: str, **more: Any) -> dict[str, Any]:
    moment = {"dateTime": "2026-12-01T10:00:00Z", "timeZone": text}
    person = {"email": text, "displayName": text}
    people = {"attendees": [person], "creator": person, "organizer": person}
    return {"id": f"e{number}", **dict.fromkeys(FIELDS, text), **people, "start": moment, "end": moment, **more}


@pytest.mark.integration
class TestFromGoogle:
    @pytest.fixture
    def team(self, make_team: Callable[..., Team], server: ScriptedServer) -> Team:
        team = make_team(ALMANAC_GOOGLE_API_URL=server.url)
        team.connect()
        return team

    def test_what_can_be_stored_is_stored_as_it_is(self, team: Team, server: ScriptedServer) -> None:
        server.answers({"items": [event(n, text) for n, text in enumerate(UNICODE)], "nextSyncToken": "s"})

        report = team.sync()

        assert (report.status, report.tally.inserted) == ("completed", len(UNICODE))
        stored = {row[0] for row in team.database.run("SELECT description FROM workspace_calendar_events")}
        assert stored == set(UNICODE)

    def test_what_cannot_be_stored_is_left_out_of_every_field(self, team: Team, server: ScriptedServer) -> None:
        items = [event(n, text) for n, text in enumerate(UNSTORABLE)]
        server.answers({"items": items, "nextSyncToken": "s", "timeZone": "\0"})

        report = team.sync()

        assert (report.status, report.tally.inserted) == ("completed", len(UNSTORABLE))
        stored = {row[0] for row in team.database.run("SELECT title FROM workspace_calendar_events")}
        assert stored == {"nulbyte", "", "half  a pair"}

    def test_an_id_that_cannot_be_stored_costs_its_own_event(self, team: Team, server: ScriptedServer) -> None:
        spoiled = [event(n, "t", id=text) for n, text in enumerate(UNSTORABLE)]
        gone = {"id": "gone\0", "status": "cancelled"}
        server.answers({"items": [*spoiled, gone, event(99, "good")], "nextSyncToken": "s"})

        report = team.sync()

        assert (report.status, report.tally.inserted) == ("completed", 1)
        assert report.tally.rejected == len(UNSTORABLE) + 1

    @pytest.mark.parametrize("name", ["nextSyncToken", "nextPageToken"])
    def test_a_token_that_cannot_be_stored_is_no_token(self, team: Team, server: ScriptedServer, name: str) -> None:
        for text in UNSTORABLE:
            server.answers({"items": [event(1, "t")], name: text})

            report = team.sync(source="batch")

            assert (report.status, report.error_type) == ("failed", "google_rejected")
            assert report.error is not None
            assert f"unusable {name}" in report.error


@pytest.mark.parametrize("text", UNSTORABLE)
@pytest.mark.parametrize("field", ["id", "backgroundColor", "accessRole", "timeZone"])
def test_a_calendar_with_an_identifier_that_cannot_be_stored_is_refused_by_the_field(
    server: ScriptedServer, field: str, text: str
) -> None:
    google = GoogleCalendar(server.url, timeout_seconds=5)
    server.answers({"items": [{"id": "c", field: text}]})

    with pytest.raises(ProviderRejected, match=f"unusable field {field}"):
        google.list_calendars("token", None)
    google.close()


@pytest.mark.parametrize("text", UNICODE)
def test_texts_in_a_request_leave_the_request_what_it_is(server: ScriptedServer, text: str) -> None:
    google = GoogleCalendar(server.url, timeout_seconds=5)
    server.answers({"nextSyncToken": "s"})

    google.list_events("token", ListEvents("c@example.test", sync_token=text, page_token=text))

    assert server.requests[0].query["pageToken"] == server.requests[0].query["syncToken"] == text
    google.close()


LABELS = ("user_id", "request_id", "calendar_id")


@pytest.mark.parametrize("text", UNSTORABLE)
@pytest.mark.parametrize("field", LABELS)
def test_a_job_with_a_label_that_cannot_be_stored_is_poison_and_no_bug(field: str, text: str) -> None:
    with pytest.raises(BadJob) as raised:
        parse_sync(json.dumps({"ws_id": WS, field: text}))

    assert str(raised.value).startswith((f"{field}: ", "body: Invalid JSON"))
    assert text not in str(raised.value)


@pytest.mark.parametrize("text", UNSTORABLE)
def test_a_tick_and_a_plan_refuse_it_too(text: str) -> None:
    with pytest.raises(BadJob):
        parse_schedule(json.dumps({"ws_id": WS, "request_id": text}))
    with pytest.raises(BadJob, match="request_id"):
        parse_tick({"job": "calendar.sync", "request_id": text})
    with pytest.raises(BadJob, match="user_id"):
        parse_tick({"job": "calendar.sync", "workspaces": [{"ws_id": WS, "user_id": text}]})


@pytest.mark.parametrize("text", UNICODE)
def test_a_label_of_any_other_text_is_a_label(text: str) -> None:
    job = parse_sync(json.dumps({"ws_id": WS, "request_id": text[:255]}))

    assert (job.ws_id, job.request_id) == (UUID(WS), text[:255])
