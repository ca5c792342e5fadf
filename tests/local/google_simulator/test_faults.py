"""Failures on demand, the request log, and the control endpoints."""

import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httplib2
import pytest
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError

from local.google_simulator.control.client import Control, ControlError
from local.google_simulator.control.faults import Fault
from local.google_simulator.simulator import Simulator
from tests.local.conftest import ADA, list_all, reason, timed

ROOT = Path(__file__).parents[3]


def fill(simulator: Simulator, count: int) -> list[str]:
    body = timed("2026-08-03T10:00:00", "2026-08-03T11:00:00", summary="E")
    return [simulator.commands.insert_event(ADA, body)["id"] for _ in range(count)]


def test_error_carries_googles_body_and_retry_after_once_and_then_all_is_well(api: Any, simulator: Simulator) -> None:
    fault = Fault(action="error", status=403, reason="rateLimitExceeded", domain="usageLimits", retry_after=3)
    number = simulator.commands.inject(fault)
    with pytest.raises(HttpError) as error:
        list_all(api)
    assert reason(error) == (403, "rateLimitExceeded")
    assert error.value.resp["retry-after"] == "3"
    list_all(api)
    assert simulator.observation.fired(number) == 1


CONDITIONS = [
    ({"method": "GET"}, [True, False]),
    ({"path": "*/events"}, [True, True]),
    ({"path": "*/colors"}, [False, False]),
    ({"account": ADA}, [True, True]),
    ({"account": "other@example.test"}, [False, False]),
    ({"calendar": "primary"}, [True, True]),
    ({"calendar": "other"}, [False, False]),
    ({"sync_token": True}, [False, False]),
    ({"page_token": False}, [True, True]),
    ({"nth": 2}, [False, True]),
]


@pytest.mark.parametrize(("conditions", "fails"), CONDITIONS, ids=str)
def test_rule_fires_only_where_every_condition_holds(
    api: Any, simulator: Simulator, conditions: dict[str, Any], fails: list[bool]
) -> None:
    simulator.commands.inject(Fault(action="error", times=None, **conditions))
    body = timed("2026-08-03T10:00", "2026-08-03T11:00")
    requests = [api.events().list(calendarId="primary"), api.events().insert(calendarId="primary", body=body)]
    assert [failed(request) for request in requests] == fails
    simulator.commands.clear_faults()
    assert not any(failed(request) for request in requests)


def failed(request: Any) -> bool:
    try:
        request.execute()
    except HttpError:
        return True
    return False


def test_fault_on_the_second_page_only(api: Any, simulator: Simulator) -> None:
    fill(simulator, 3)
    fault = Fault(action="error", status=410, reason="fullSyncRequired", page_token=True)
    simulator.commands.inject(fault)
    first = api.events().list(calendarId="primary", maxResults=2).execute()
    with pytest.raises(HttpError) as error:
        api.events().list(calendarId="primary", maxResults=2, pageToken=first["nextPageToken"]).execute()
    assert reason(error) == (410, "fullSyncRequired")


def test_body_that_is_not_json(api: Any, simulator: Simulator) -> None:
    simulator.commands.inject(Fault(action="text", status=502, body="<html>Bad Gateway</html>"))
    with pytest.raises(HttpError) as error:
        list_all(api)
    assert error.value.resp.status == 502
    assert error.value.content == b"<html>Bad Gateway</html>"


def test_token_endpoint_fails_too(api: Any, simulator: Simulator) -> None:
    simulator.commands.expire_access_tokens(ADA)
    simulator.commands.inject(
        Fault(action="text", path="/token", status=400, body="<html>maintenance</html>", times=None)
    )
    with pytest.raises(RefreshError, match="maintenance"):
        list_all(api)
    simulator.commands.clear_faults()
    assert list_all(api).items == []


@pytest.mark.parametrize("action", ["cut_before", "cut_within"])
def test_connection_cut(api: Any, simulator: Simulator, action: Any) -> None:
    fill(simulator, 30)
    simulator.commands.inject(Fault(action=action, times=None))
    with pytest.raises((OSError, http.client.HTTPException, httplib2.HttpLib2Error)):
        list_all(api)
    simulator.commands.clear_faults()
    assert len(list_all(api).items) == 30


def test_delay_holds_up_one_request_and_not_the_others(api: Any, simulator: Simulator) -> None:
    simulator.commands.inject(Fault(action="delay", delay_seconds=0.3, calendar=ADA))
    began = time.perf_counter()
    list_all(api, "primary")
    quick = time.perf_counter() - began
    began = time.perf_counter()
    list_all(api, ADA)
    assert time.perf_counter() - began >= 0.3 > quick


def test_stop_ends_a_delay() -> None:
    simulator = Simulator().start()
    simulator.commands.inject(Fault(action="delay", delay_seconds=60))
    connection = http.client.HTTPConnection("127.0.0.1", int(simulator.url.rpartition(":")[2]), timeout=30)
    connection.request("GET", "/calendar/v3/colors")
    began = time.perf_counter()
    simulator.stop()
    assert time.perf_counter() - began < 5
    connection.close()


def test_listing_that_is_suddenly_empty_still_has_a_sync_token(api: Any, simulator: Simulator) -> None:
    ids = fill(simulator, 3)
    simulator.commands.inject(Fault(action="empty_listing", path="*/events"))
    lie = list_all(api)
    assert lie.items == []
    assert lie.token
    assert set(list_all(api).by_id) == set(ids)


def test_listing_that_drops_items(api: Any, simulator: Simulator) -> None:
    fill(simulator, 5)
    simulator.commands.inject(Fault(action="truncated_listing", count=2))
    assert len(list_all(api).items) == 3


def test_last_page_without_a_sync_token(api: Any, simulator: Simulator) -> None:
    simulator.commands.inject(Fault(action="drop_sync_token"))
    assert {"nextSyncToken", "nextPageToken"}.isdisjoint(list_all(api).pages[-1])


def test_event_that_arrives_again_on_the_next_page(api: Any, simulator: Simulator) -> None:
    fill(simulator, 4)
    simulator.commands.inject(Fault(action="duplicate_item", page_token=True))
    first, second = list_all(api, maxResults=2).pages
    assert second["items"][0] == first["items"][-1]
    assert len(second["items"]) == 3


GARBAGE: dict[str, Callable[[Any], bool]] = {
    "missing_end": lambda item: "end" not in item,
    "no_start": lambda item: "start" not in item,
    "year_zero": lambda item: item["start"]["dateTime"].startswith("0000-"),
    "nul": lambda item: "\x00" in item["summary"],
    "huge_text": lambda item: len(item["description"]) == 1_000_000,
    "unknown_type": lambda item: item["eventType"] == "holographicMeeting",
    "odd_zone": lambda item: item["start"]["timeZone"] == "Mars/Olympus_Mons",
    "not_an_object": lambda item: isinstance(item, str),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_event_among_good_ones(api: Any, simulator: Simulator, kind: Any) -> None:
    fill(simulator, 2)
    simulator.commands.inject(Fault(action="garbage", garbage=kind))
    page = api.events().list(calendarId="primary").execute()
    assert GARBAGE[kind](page["items"][0])
    assert page["items"][1]["summary"] == "E"


def test_request_log_tells_what_was_asked_and_no_token(api: Any, simulator: Simulator) -> None:
    simulator.commands.inject(Fault(action="error", status=500))
    with pytest.raises(HttpError):
        list_all(api, maxResults=5)
    (entry,) = simulator.observation.requests()
    assert (entry["status"], entry["account"], entry["faults"]) == (500, ADA, ["error"])
    assert entry["path"] == "/calendar/v3/calendars/primary/events"
    assert entry["params"]["maxResults"] == ["5"]
    assert "ya29." not in json.dumps(entry)
    simulator.observation.clear_requests()
    assert simulator.observation.counters()["total"] == 0


@pytest.mark.parametrize(
    "address", ["/", "/calendars/primary", "/calendar/v3/nothing", "/calendar/v3/calendars//events"]
)
def test_unknown_path_is_404(api: Any, simulator: Simulator, address: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(simulator.url.rpartition(":")[2]))
    connection.request("GET", address)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 404


def test_control_steers_a_simulator_over_http(simulator: Simulator) -> None:
    control = Control(simulator.url)
    tokens = control.add_account(ADA)
    team = control.add_calendar(ADA, "Team", time_zone="UTC")
    control.add_account("grace@example.test")
    control.set_entry(team, "grace@example.test", role="reader")
    event = control.insert_event(
        team, timed("2026-08-03T10:00", "2026-08-03T11:00", recurrence=["RRULE:FREQ=DAILY;COUNT=4"])
    )
    control.patch_event(team, f"{event['id']}_20260804T080000Z", {"summary": "Other"})
    control.delete_event(team, f"{event['id']}_20260805T080000Z")
    control.split_series(team, f"{event['id']}_20260806T080000Z", {"summary": "New"})
    truth = control.truth(team, "2026-08-01T00:00:00Z", "2026-09-01T00:00:00Z")
    assert [item.get("summary") for item in truth] == [None, "Other", "New"]
    assert control.forget_tombstones(team) == 0
    control.expire_sync_tokens(team)
    assert control.configure(user_per_minute=5)["user_per_minute"] == 5
    assert control.configure(user_per_minute=None)["user_per_minute"] is None
    control.inject(Fault(action="error", path="*/events"))
    control.clear_faults()
    control.step_clock(60)
    control.revoke_account(ADA)
    assert control.reconnect_account(ADA)["refresh_token"] != tokens["refresh_token"]
    assert control.populate(ADA, calendars=2, events=30)["meeting"] > 0
    assert control.add_flat_events(team, 10) == 10
    assert sum(control.churn(team, 5).values()) == 5
    assert control.load_ics(team, ROOT / "local/calendars/library.ics")["series"] > 50
    assert {account["email"] for account in control.accounts()} == {ADA, "grace@example.test"}
    assert control.requests() == []
    assert control.counters()["total"] == 0


def test_truth_is_a_plain_get(simulator: Simulator) -> None:
    simulator.commands.add_account(ADA)
    fill(simulator, 1)
    connection = http.client.HTTPConnection("127.0.0.1", int(simulator.url.rpartition(":")[2]))
    query = "calendar=ada%40example.test&timeMin=2026-08-01T00:00:00Z&timeMax=2026-09-01T00:00:00Z"
    connection.request("GET", f"/_simulator/truth?{query}")
    answer = json.load(connection.getresponse())
    connection.close()
    assert [item["summary"] for item in answer["result"]] == ["E"]


@pytest.mark.parametrize(
    ("command", "arguments", "words"),
    [
        ("no_such_command", {}, "No such command"),
        ("add_account", {}, "email"),
        ("add_account", {"email": "a@b.test", "unknown": 1}, "unknown"),
        ("delete_event", {"calendar": "nobody", "event_id": "x"}, "Not Found"),
        ("inject", {"fault": {"action": "explode"}}, "action"),
        ("configure", {"settings": {"no_such_setting": 1}}, "no_such_setting"),
        ("configure", {"settings": {"tombstones": "round"}}, "tombstones"),
        ("load_ics", {"calendar": ADA, "path": "/no/such/file.ics"}, "/no/such/file.ics"),
    ],
)
def test_control_refuses_what_it_cannot_do_and_says_why(
    simulator: Simulator, command: str, arguments: dict[str, Any], words: str
) -> None:
    simulator.commands.add_account(ADA)
    with pytest.raises(ControlError, match=words):
        Control(simulator.url).call(command, **arguments)


def test_control_says_that_nobody_answers() -> None:
    with Simulator() as stopped:
        address = stopped.url
    with pytest.raises(ControlError, match="no usable answer"):
        Control(address, timeout=2).counters()
