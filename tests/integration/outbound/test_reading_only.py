"""Who has not switched writing on: the same requests as before, byte for byte, and nothing kept."""

from hashlib import sha256

import pytest

from almanac.providers.google.request import query_fingerprint
from local.google_simulator.simulator import Simulator
from tests.integration.team import Team

pytestmark = pytest.mark.integration

BEFORE = (
    "id,status,etag,updated,sequence,summary,description,location,start,end,endTimeUnspecified,transparency,"
    "visibility,eventType,colorId,htmlLink,iCalUID,recurringEventId,originalStartTime,creator(email),organizer(email),"
    "attendees(email,displayName,responseStatus,self,organizer,optional,resource),extendedProperties(private)"
)
LISTED = f"accessRole,nextPageToken,nextSyncToken,timeZone,items({BEFORE})"
ENTRIES = "nextPageToken,items(id,summary,summaryOverride,backgroundColor,accessRole,timeZone,primary,deleted)"


def test_a_workspace_that_only_reads_asks_what_it_always_asked(simulator: Simulator, database_url: str) -> None:
    team = Team(simulator, database_url)
    (calendar,) = team.connect()
    event = team.add(calendar)
    for _ in range(2):
        team.sync()
        team.google.patch_event(calendar, event["id"], {"summary": "Changed"})
    team.database.run("UPDATE workspace_calendar_events SET title = 'Local' WHERE ws_id = :ws", ws=team.ws_id)
    team.database.run("DELETE FROM workspace_calendar_events WHERE ws_id = :ws", ws=team.ws_id)
    team.database.run(
        "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
        " VALUES (:ws, 'Ours', now() + interval '1 day', now() + interval '2 days')",
        ws=team.ws_id,
    )
    team.sync()
    asked = simulator.observation.requests()
    links = team.database.run("SELECT count(*) FROM calendar_event_links")[0][0]
    team.close()

    assert links == 0
    shapes = [(entry["method"], entry["path"], sorted(entry["params"])) for entry in asked]
    path = f"/calendar/v3/calendars/{calendar}/events"
    full = ["alt", "fields", "maxResults", "singleEvents", "timeMax", "timeMin"]
    delta = ["alt", "fields", "maxResults", "singleEvents", "syncToken"]
    assert shapes == [("POST", "/token", []), ("GET", path, full), ("GET", path, delta), ("GET", path, delta)]
    for entry in asked[1:]:
        fixed = {name: entry["params"][name] for name in ("alt", "fields", "maxResults", "singleEvents")}
        assert fixed == {"alt": ["json"], "fields": [LISTED], "maxResults": ["2500"], "singleEvents": ["true"]}


def test_connecting_asks_what_it_always_asked(simulator: Simulator, database_url: str) -> None:
    team = Team(simulator, database_url)
    tokens = simulator.commands.add_account("bob@example.test")
    team.wiring.connect_account(team.ws_id, "bob", "bob@example.test", tokens["refresh_token"])
    asked = [(entry["method"], entry["path"], entry["params"]) for entry in simulator.observation.requests()]
    team.close()
    entries = {"maxResults": ["250"], "showHidden": ["true"], "fields": [ENTRIES], "alt": ["json"]}
    assert asked == [("POST", "/token", {}), ("GET", "/calendar/v3/users/me/calendarList", entries)]


def test_sync_tokens_are_good_for_what_they_were_good_for() -> None:
    """Their fingerprint must not move, or every calendar would be read in full once."""
    fields = LISTED.removeprefix("accessRole,")
    assert query_fingerprint(2500) == sha256(f"1|singleEvents|2500|{fields}".encode()).hexdigest()[:16]
