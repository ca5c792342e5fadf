"""Accounts: OAuth refresh, the calendar list, quotas."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError

from local.google_simulator.simulator import Simulator
from local.google_simulator.world.clock import Clock
from tests.local.conftest import ADA, list_all, reason, timed


def refresh(simulator: Simulator, token: str, **fields: str) -> tuple[int, dict[str, Any]]:
    form = {
        "grant_type": "refresh_token",
        "client_id": "c",
        "client_secret": "s",
        "refresh_token": token,
    } | fields
    request = urllib.request.Request(simulator.token_url, urllib.parse.urlencode(form).encode())
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_refresh_gives_an_access_token_and_keeps_the_refresh_token(simulator: Simulator) -> None:
    token = simulator.commands.add_account(ADA)["refresh_token"]
    status, answer = refresh(simulator, token)
    assert (status, answer["token_type"], answer["expires_in"]) == (200, "Bearer", 3599)
    assert "refresh_token" not in answer


def test_rotation_replaces_the_refresh_token(simulator: Simulator) -> None:
    old = simulator.commands.add_account(ADA)["refresh_token"]
    simulator.commands.configure({"rotate_refresh_tokens": True})
    new = refresh(simulator, old)[1]["refresh_token"]
    assert refresh(simulator, old)[1]["error"] == "invalid_grant"
    assert refresh(simulator, new)[0] == 200


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"refresh_token": "unknown"}, 400, "invalid_grant"),
        ({"refresh_token": "ünknown"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
    ],
)
def test_refused_grants(simulator: Simulator, fields: dict[str, str], status: int, error: str) -> None:
    token = simulator.commands.add_account(ADA)["refresh_token"]
    simulator.commands.configure({"client_secret": "s"})
    got, answer = refresh(simulator, token, **fields)
    assert (got, answer["error"]) == (status, error)


def test_expired_access_token_is_401_and_the_client_refreshes(api: Any, simulator: Simulator) -> None:
    simulator.commands.expire_access_tokens(ADA)
    assert list_all(api).items == []
    statuses = [request["status"] for request in simulator.observation.requests()]
    assert statuses == [401, 200, 200]  # refused, refreshed, answered


def test_access_token_lives_for_expires_in_seconds() -> None:
    clock = Clock(lambda: datetime(2026, 8, 3, tzinfo=UTC))
    with Simulator(clock=clock) as simulator:
        simulator.commands.configure({"expires_in": 60})
        token = simulator.commands.add_account(ADA)["access_token"]
        address = f"{simulator.api_endpoint}colors"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
        simulator.commands.step_clock(59)
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert answer.status == 200
        simulator.commands.step_clock(1)
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(request, timeout=5)
        with error.value:
            body = json.load(error.value)
    assert body["error"]["errors"][0] == {
        "domain": "global",
        "reason": "authError",
        "message": "Invalid Credentials",
        "locationType": "header",
        "location": "Authorization",
    }


def test_revoked_account_gets_invalid_grant_until_it_reconnects(
    api: Any, connect: Callable[[str], Any], simulator: Simulator
) -> None:
    simulator.commands.revoke_account(ADA)
    with pytest.raises(RefreshError, match="invalid_grant"):
        list_all(api)
    assert list_all(connect(ADA)).items == []


def test_calendar_list_shows_roles_flags_and_zones(api: Any, simulator: Simulator) -> None:
    simulator.commands.add_account("grace@example.test", time_zone="Asia/Tokyo")
    shared = simulator.commands.add_calendar("grace@example.test", "Shared", time_zone="America/New_York")
    simulator.commands.set_entry(shared, ADA, role="freeBusyReader", color_id="8")
    hidden = simulator.commands.add_calendar(ADA, "Hidden")
    simulator.commands.set_entry(hidden, ADA, hidden=True)
    removed = simulator.commands.add_calendar(ADA, "Removed")
    simulator.commands.set_entry(removed, ADA, deleted=True)
    items = {entry["id"]: entry for entry in api.calendarList().list().execute()["items"]}
    assert set(items) == {ADA, shared}
    assert (items[ADA]["primary"], items[ADA]["accessRole"]) == (True, "owner")
    assert (items[shared]["accessRole"], items[shared]["timeZone"]) == ("freeBusyReader", "America/New_York")
    assert items[shared]["backgroundColor"] == "#16a765"
    everything = api.calendarList().list(showHidden=True, showDeleted=True).execute()["items"]
    by_id = {entry["id"]: entry for entry in everything}
    assert by_id[hidden]["hidden"] is True
    assert set(by_id[removed]) == {"kind", "etag", "id", "deleted"}
    assert {entry["id"] for entry in api.calendarList().list(minAccessRole="writer").execute()["items"]} == {ADA}


def test_calendar_list_pages_and_its_sync_token_tells_changes_and_removals(api: Any, simulator: Simulator) -> None:
    made = [simulator.commands.add_calendar(ADA, f"Calendar {number}") for number in range(120)]
    first = api.calendarList().list().execute()
    assert len(first["items"]) == 100
    assert "nextSyncToken" not in first
    second = api.calendarList().list(pageToken=first["nextPageToken"]).execute()
    assert {entry["id"] for entry in first["items"] + second["items"]} == {ADA, *made}
    simulator.commands.set_entry(made[0], ADA, deleted=True)
    delta = api.calendarList().list(syncToken=second["nextSyncToken"]).execute()
    assert [(entry["id"], entry["deleted"]) for entry in delta["items"]] == [(made[0], True)]


def test_primary_is_another_name_of_the_address(api: Any, simulator: Simulator) -> None:
    event = api.events().insert(calendarId="primary", body=timed("2026-08-03T10:00", "2026-08-03T11:00")).execute()
    assert set(list_all(api, ADA).by_id) == {event["id"]}
    assert api.calendarList().get(calendarId="primary").execute()["id"] == ADA
    assert api.calendars().get(calendarId="primary").execute()["id"] == ADA


def test_calendar_of_others_is_404_and_free_busy_access_lists_no_events(
    api: Any, connect: Callable[[str], Any], simulator: Simulator
) -> None:
    grace = connect("grace@example.test")
    with pytest.raises(HttpError) as error:
        list_all(grace, ADA)
    assert reason(error) == (404, "notFound")
    simulator.commands.set_entry(ADA, "grace@example.test", role="freeBusyReader")
    with pytest.raises(HttpError) as error:
        list_all(grace, ADA)
    assert reason(error) == (403, "requiredAccessLevel")


def test_calendar_can_be_made_and_colours_read(api: Any) -> None:
    made = api.calendars().insert(body={"summary": "New", "timeZone": "Asia/Kathmandu"}).execute()
    assert api.calendars().get(calendarId=made["id"]).execute()["timeZone"] == "Asia/Kathmandu"
    assert api.colors().get().execute()["calendar"]["14"]["background"] == "#9fe1e7"
    with pytest.raises(HttpError) as error:
        api.calendars().insert(body={"summary": "New", "timeZone": "Mars/Base"}).execute()
    assert reason(error) == (400, "invalid")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"user_per_minute": 3}, (403, "userRateLimitExceeded")),
        ({"project_per_minute": 3}, (403, "rateLimitExceeded")),
        ({"user_per_minute": 3, "quota_status": 429, "quota_retry_after": 7}, (429, "userRateLimitExceeded")),
    ],
)
def test_quota_counts_a_sliding_minute_and_a_patch_as_three(
    api: Any, simulator: Simulator, settings: dict[str, Any], expected: tuple[int, str]
) -> None:
    simulator.commands.configure(settings)
    event = api.events().insert(calendarId="primary", body=timed("2026-08-03T10:00", "2026-08-03T11:00")).execute()
    with pytest.raises(HttpError) as error:
        api.events().patch(calendarId="primary", eventId=event["id"], body={}).execute()
    assert reason(error) == expected
    assert error.value.resp.get("retry-after") == (
        str(settings["quota_retry_after"]) if "quota_status" in settings else None
    )
    list_all(api)
    list_all(api)
    with pytest.raises(HttpError):
        list_all(api)
    simulator.commands.step_clock(61)
    api.events().patch(calendarId="primary", eventId=event["id"], body={}).execute()
