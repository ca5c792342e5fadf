"""events.list over HTTP: paging, sync tokens, windows, refusals. Numbers in names are those of the traps."""

import gzip
import http.client
from collections.abc import Callable
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from local.google_simulator.control.faults import Fault
from local.google_simulator.simulator import Simulator
from tests.local.conftest import ADA, list_all, reason, timed

WINDOW = {"timeMin": "2026-08-01T00:00:00Z", "timeMax": "2026-09-01T00:00:00Z"}


def fill(simulator: Simulator, count: int) -> list[str]:
    made = []
    for number in range(count):
        body = timed(
            f"2026-08-{number % 28 + 1:02}T10:00:00", f"2026-08-{number % 28 + 1:02}T11:00:00", summary=f"E{number}"
        )
        made.append(simulator.commands.insert_event(ADA, body)["id"])
    return made


def test_sync_token_is_on_the_last_page_only(api: Any, simulator: Simulator) -> None:
    ids = fill(simulator, 25)
    listed = list_all(api, maxResults=10)
    assert [len(page["items"]) for page in listed.pages] == [10, 10, 5]
    assert ["nextSyncToken" in page for page in listed.pages] == [False, False, True]
    assert ["nextPageToken" in page for page in listed.pages] == [True, True, False]
    assert set(listed.by_id) == set(ids)


def test_pages_hold_250_events_unless_told_and_2500_at_most(api: Any, simulator: Simulator) -> None:
    simulator.loading.add_flat_events(ADA, 2600)
    page = api.events().list(calendarId="primary").execute()
    assert len(page["items"]) == 250
    assert len(api.events().list(calendarId="primary", maxResults=9999).execute()["items"]) == 2500


def test_an_empty_page_and_a_short_page_may_come_with_more_to_follow(api: Any, simulator: Simulator) -> None:
    ids = fill(simulator, 12)
    simulator.commands.inject(Fault(action="empty_page", path="*/events"))
    simulator.commands.inject(Fault(action="short_page", path="*/events", nth=2, count=1))
    listed = list_all(api, maxResults=10)
    assert [len(page["items"]) for page in listed.pages] == [0, 1, 10, 1]
    assert set(listed.by_id) == set(ids)


def test_delta_holds_changes_and_tombstones_and_then_nothing(api: Any, simulator: Simulator) -> None:
    first, second, third = fill(simulator, 3)
    token = list_all(api).token
    simulator.commands.patch_event(ADA, first, {"summary": "changed"})
    simulator.commands.delete_event(ADA, second)
    delta = list_all(api, syncToken=token)
    assert delta.by_id[first]["summary"] == "changed"
    assert set(delta.by_id[second]) == {"kind", "etag", "id", "status"}
    assert third not in delta.by_id
    assert list_all(api, syncToken=delta.token).items == []


def test_change_made_while_paging_is_in_the_next_delta(api: Any, simulator: Simulator) -> None:
    ids = fill(simulator, 20)
    first = api.events().list(calendarId="primary", maxResults=10).execute()
    simulator.commands.patch_event(ADA, ids[0], {"summary": "meanwhile"})
    simulator.commands.delete_event(ADA, ids[1])
    second = api.events().list(calendarId="primary", maxResults=10, pageToken=first["nextPageToken"]).execute()
    assert {item["id"] for item in first["items"] + second["items"]} == set(ids)
    delta = list_all(api, syncToken=second["nextSyncToken"])
    assert {item["id"]: item["status"] for item in delta.items} == {ids[0]: "confirmed", ids[1]: "cancelled"}


REFUSED_WITH_A_TOKEN = [
    {"iCalUID": "x"},
    {"orderBy": "updated"},
    {"privateExtendedProperty": "a=b"},
    {"q": "x"},
    {"sharedExtendedProperty": "a=b"},
    {"timeMin": "2026-08-01T00:00:00Z"},
    {"timeMax": "2026-08-01T00:00:00Z"},
    {"updatedMin": "2026-08-01T00:00:00Z"},
    {"showDeleted": False},
]


@pytest.mark.parametrize("parameter", REFUSED_WITH_A_TOKEN, ids=lambda parameter: next(iter(parameter)))
def test_parameters_that_a_sync_token_excludes_are_refused(api: Any, parameter: dict[str, Any]) -> None:
    token = list_all(api).token
    with pytest.raises(HttpError) as error:
        api.events().list(calendarId="primary", syncToken=token, **parameter).execute()
    assert reason(error) == (400, "invalid")


def test_sync_token_serves_only_the_query_account_and_calendar_it_came_from(
    api: Any, connect: Callable[[str], Any], simulator: Simulator
) -> None:
    token = list_all(api, singleEvents=True).token
    other = simulator.commands.add_calendar(ADA, "Other")
    grace = connect("grace@example.test")
    simulator.commands.set_entry(ADA, "grace@example.test", role="reader")
    for client, calendar, query in (
        (api, ADA, {}),
        (api, other, {"singleEvents": True}),
        (grace, ADA, {"singleEvents": True}),
    ):
        with pytest.raises(HttpError) as error:
            client.events().list(calendarId=calendar, syncToken=token, **query).execute()
        assert reason(error) == (400, "invalid")
    assert list_all(api, singleEvents=True, syncToken=token, maxResults=1, showDeleted=True).items == []


def test_next_page_needs_the_same_query_with_the_same_sync_token(api: Any, simulator: Simulator) -> None:
    token = list_all(api).token
    fill(simulator, 3)
    page = api.events().list(calendarId="primary", syncToken=token, maxResults=2).execute()
    with pytest.raises(HttpError) as error:
        api.events().list(calendarId="primary", maxResults=2, pageToken=page["nextPageToken"]).execute()
    assert reason(error) == (400, "invalid")
    rest = api.events().list(calendarId="primary", syncToken=token, pageToken=page["nextPageToken"]).execute()
    assert len(page["items"] + rest["items"]) == 3


def test_expired_sync_token_is_410_full_sync_required(api: Any, simulator: Simulator) -> None:
    token = list_all(api).token
    simulator.commands.expire_sync_tokens(ADA)
    with pytest.raises(HttpError) as error:
        api.events().list(calendarId="primary", syncToken=token).execute()
    assert reason(error) == (410, "fullSyncRequired")
    detail = error.value.error_details[0]
    assert (detail["domain"], detail["location"], detail["locationType"]) == ("calendar", "syncToken", "parameter")


def test_token_from_before_a_forgotten_deletion_is_410_a_later_one_serves(api: Any, simulator: Simulator) -> None:
    first, second = fill(simulator, 2)
    before = list_all(api).token
    simulator.commands.delete_event(ADA, first)
    after = list_all(api).token
    assert simulator.commands.forget_tombstones(ADA) == 1
    with pytest.raises(HttpError) as error:
        api.events().list(calendarId="primary", syncToken=before).execute()
    assert reason(error) == (410, "fullSyncRequired")
    assert list_all(api, syncToken=after).items == []
    assert set(list_all(api, showDeleted=True).by_id) == {second}


def test_role_change_voids_sync_tokens(api: Any, connect: Callable[[str], Any], simulator: Simulator) -> None:
    grace = connect("grace@example.test")
    simulator.commands.set_entry(ADA, "grace@example.test", role="writer")
    token = list_all(grace, ADA).token
    simulator.commands.set_entry(ADA, "grace@example.test", role="reader")
    with pytest.raises(HttpError) as error:
        grace.events().list(calendarId=ADA, syncToken=token).execute()
    assert reason(error) == (410, "fullSyncRequired")


def test_expired_page_token_is_refused(api: Any, simulator: Simulator) -> None:
    fill(simulator, 3)
    page = api.events().list(calendarId="primary", maxResults=2).execute()
    simulator.commands.expire_page_tokens(ADA)
    with pytest.raises(HttpError) as error:
        api.events().list(calendarId="primary", maxResults=2, pageToken=page["nextPageToken"]).execute()
    assert reason(error) == (400, "invalid")


@pytest.mark.parametrize(
    ("start", "end", "listed"),
    [
        ("2026-08-03T08:00:00", "2026-08-03T09:00:00", False),  # ends when the window starts
        ("2026-08-03T08:00:00", "2026-08-03T09:00:01", True),
        ("2026-08-03T09:59:59", "2026-08-03T12:00:00", True),
        ("2026-08-03T10:00:00", "2026-08-03T11:00:00", False),  # starts when the window ends
        ("2026-08-03T07:00:00", "2026-08-03T12:00:00", True),
    ],
)
def test_time_min_bounds_the_end_and_time_max_the_start_both_exclusive(
    api: Any, simulator: Simulator, start: str, end: str, listed: bool
) -> None:
    simulator.commands.insert_event(ADA, timed(start, end))
    window = {"timeMin": "2026-08-03T09:00:00+02:00", "timeMax": "2026-08-03T10:00:00+02:00"}
    assert bool(list_all(api, **window).items) is listed


def test_window_of_a_token_never_slides(api: Any, simulator: Simulator) -> None:
    inside, outside = (
        fill(simulator, 1)[0],
        simulator.commands.insert_event(ADA, timed("2026-10-05T10:00:00", "2026-10-05T11:00:00"))["id"],
    )
    token = list_all(api, **WINDOW).token
    for event_id in (inside, outside):
        simulator.commands.patch_event(ADA, event_id, {"summary": "new"})
    assert set(list_all(api, syncToken=token).by_id) == {inside}


@pytest.mark.parametrize(("setting", "status"), [("event", "confirmed"), ("tombstone", "cancelled")])
def test_event_that_leaves_the_window_is_told(api: Any, simulator: Simulator, setting: str, status: str) -> None:
    event_id = fill(simulator, 1)[0]
    token = list_all(api, **WINDOW).token
    simulator.commands.configure({"left_window": setting})
    away = {key: {"dateTime": f"2027-01-05T1{hour}:00:00+01:00"} for hour, key in enumerate(("start", "end"))}
    simulator.commands.patch_event(ADA, event_id, away)
    assert list_all(api, syncToken=token).by_id[event_id]["status"] == status


def test_event_that_enters_the_window_is_told(api: Any, simulator: Simulator) -> None:
    event_id = simulator.commands.insert_event(ADA, timed("2026-10-05T10:00:00", "2026-10-05T11:00:00"))["id"]
    token = list_all(api, **WINDOW).token
    near = {key: {"dateTime": f"2026-08-05T1{hour}:00:00+02:00"} for hour, key in enumerate(("start", "end"))}
    simulator.commands.patch_event(ADA, event_id, near)
    assert set(list_all(api, syncToken=token).by_id) == {event_id}


def test_full_listing_has_tombstones_only_with_show_deleted(api: Any, simulator: Simulator) -> None:
    kept, gone = fill(simulator, 2)
    simulator.commands.delete_event(ADA, gone)
    assert set(list_all(api).by_id) == {kept}
    assert list_all(api, showDeleted=True).by_id[gone]["status"] == "cancelled"


@pytest.mark.parametrize(
    ("shape", "has"), [("minimal", set()), ("full", {"summary", "start", "end", "updated", "organizer"})]
)
def test_tombstone_is_bare_or_carries_details_as_an_organizers_does(
    api: Any, simulator: Simulator, shape: str, has: set[str]
) -> None:
    simulator.commands.configure({"tombstones": shape})
    event_id = fill(simulator, 1)[0]
    token = list_all(api).token
    simulator.commands.delete_event(ADA, event_id)
    assert has <= list_all(api, syncToken=token).by_id[event_id].keys()
    assert ("start" in list_all(api, syncToken=token).by_id[event_id]) is bool(has)


def test_updated_min_over_thirty_days_ago_is_410_and_a_later_one_tells_deletions(
    api: Any, simulator: Simulator
) -> None:
    event_id = fill(simulator, 1)[0]
    recent = simulator.world.clock.now().replace(microsecond=0).isoformat()
    simulator.commands.delete_event(ADA, event_id)
    with pytest.raises(HttpError) as error:
        api.events().list(calendarId="primary", updatedMin="2020-01-01T00:00:00Z").execute()
    assert reason(error) == (410, "updatedMinTooLongAgo")
    page = api.events().list(calendarId="primary", updatedMin=recent).execute()
    assert [item["status"] for item in page["items"]] == ["cancelled"]
    assert "nextSyncToken" not in page


def test_order_by_start_needs_single_events_and_gives_no_sync_token(api: Any, simulator: Simulator) -> None:
    fill(simulator, 10)
    with pytest.raises(HttpError) as error:
        api.events().list(calendarId="primary", orderBy="startTime").execute()
    assert reason(error) == (400, "invalid")
    page = api.events().list(calendarId="primary", orderBy="startTime", singleEvents=True).execute()
    starts = [item["start"]["dateTime"] for item in page["items"]]
    assert starts == sorted(starts)
    assert "nextSyncToken" not in page
    unordered = [item["start"]["dateTime"] for item in list_all(api).items]
    assert unordered != starts
    assert unordered == [item["start"]["dateTime"] for item in list_all(api, maxResults=3).items]


@pytest.mark.parametrize(
    "query",
    [{"q": "x"}, {"timeMin": "2026-08-01T00:00:00"}, {"maxResults": 0}, {"timeZone": "Mars/Base"}, {"pageToken": "?"},
     {"timeMin": "2026-08-02T00:00:00Z", "timeMax": "2026-08-01T00:00:00Z"}, {"syncToken": "rubbish"}],
    ids=str,
)  # fmt: skip
def test_unusable_parameters_are_400(api: Any, query: dict[str, Any]) -> None:
    with pytest.raises(HttpError) as error:
        api.events().list(calendarId="primary", **query).execute()
    assert error.value.resp.status == 400


def test_fields_mask_selects_and_without_next_page_token_paging_silently_ends(api: Any, simulator: Simulator) -> None:
    fill(simulator, 12)
    fields = "items(id,start/dateTime,organizer(email)),nextPageToken,nextSyncToken"
    listed = list_all(api, maxResults=10, fields=fields)
    assert len(listed.items) == 12
    assert set(listed.pages[0]) == {"items", "nextPageToken"}
    assert set(listed.items[0]) == {"id", "start", "organizer"}
    assert set(listed.items[0]["start"]) == {"dateTime"}
    assert len(list_all(api, maxResults=10, fields="items/id").items) == 10
    with pytest.raises(HttpError) as error:
        api.events().list(calendarId="primary", fields="items(id").execute()
    assert reason(error) == (400, "invalidParameter")


def test_event_types_and_property_filters(api: Any, simulator: Simulator) -> None:
    plain = fill(simulator, 1)[0]
    mark = {"extendedProperties": {"private": {"almanac": "1"}}}
    marked = simulator.commands.insert_event(ADA, timed("2026-08-01T10:00:00", "2026-08-01T11:00:00", **mark))
    away = timed("2026-08-01T10:00:00", "2026-08-01T11:00:00", eventType="outOfOffice")
    absent = simulator.commands.insert_event(ADA, away)["id"]
    assert set(list_all(api, eventTypes=["outOfOffice"]).by_id) == {absent}
    assert set(list_all(api, eventTypes=["default", "outOfOffice"]).by_id) == {plain, marked["id"], absent}
    assert set(list_all(api, privateExtendedProperty=["almanac=1"]).by_id) == {marked["id"]}
    assert set(list_all(api, iCalUID=marked["iCalUID"]).by_id) == {marked["id"]}


def test_response_zone_is_the_parameters_or_the_calendars(api: Any, simulator: Simulator) -> None:
    body = timed("2026-08-03T10:00:00", "2026-08-03T11:00:00")
    body["start"]["timeZone"] = body["end"]["timeZone"] = "Asia/Tokyo"
    simulator.commands.insert_event(ADA, body)
    assert list_all(api).items[0]["start"] == {"dateTime": "2026-08-03T03:00:00+02:00", "timeZone": "Asia/Tokyo"}
    shown = list_all(api, timeZone="America/New_York").items[0]["start"]
    assert shown == {"dateTime": "2026-08-02T21:00:00-04:00", "timeZone": "Asia/Tokyo"}


def test_long_sync_token_turns_the_get_into_a_post_with_override(api: Any, simulator: Simulator) -> None:
    simulator.commands.configure({"sync_token_padding": 3000})
    token = list_all(api).token
    event_id = fill(simulator, 1)[0]
    assert len(token) > 2048
    assert set(list_all(api, syncToken=token).by_id) == {event_id}
    assert [request["method"] for request in simulator.observation.requests()] == ["GET", "POST"]
    assert simulator.observation.counters()["by_operation"]["events.list"] == 2


@pytest.mark.parametrize(
    ("agent", "packed"), [("almanac (gzip)", True), ("almanac", False)], ids=["agent says gzip", "agent does not"]
)
def test_gzip_needs_accept_encoding_and_the_word_in_user_agent(
    api: Any, simulator: Simulator, agent: str, packed: bool
) -> None:
    fill(simulator, 20)
    token = simulator.commands.reconnect_account(ADA)["access_token"]
    connection = http.client.HTTPConnection("127.0.0.1", int(simulator.url.rpartition(":")[2]))
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip", "User-Agent": agent}
    connection.request("GET", "/calendar/v3/calendars/primary/events", headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert (answer.headers["Content-Encoding"] == "gzip") is packed
    assert b'"calendar#events"' in (gzip.decompress(body) if packed else body)


def test_max_attendees_leaves_only_self(api: Any, simulator: Simulator) -> None:
    guests = [{"email": ADA, "self": True}, {"email": "b@example.test"}, {"email": "c@example.test"}]
    simulator.commands.insert_event(ADA, timed("2026-08-03T10:00:00", "2026-08-03T11:00:00", attendees=guests))
    shown = list_all(api, maxAttendees=1).items[0]
    assert shown["attendeesOmitted"] is True
    assert [guest["email"] for guest in shown["attendees"]] == [ADA]


def test_w27_a_delta_may_lag_behind_what_reads_show_and_makes_up_for_it(api: Any, simulator: Simulator) -> None:
    event = fill(simulator, 1)[0]
    simulator.commands.step_clock(60)
    token = list_all(api).pages[-1]["nextSyncToken"]
    simulator.commands.configure({"delta_lag_seconds": 10})
    api.events().patch(calendarId="primary", eventId=event, body={"summary": "New"}).execute()
    early = list_all(api, syncToken=token)
    assert early.items == []
    assert api.events().get(calendarId="primary", eventId=event).execute()["summary"] == "New"
    simulator.commands.step_clock(11)
    late = list_all(api, syncToken=early.pages[-1]["nextSyncToken"])
    assert [item["summary"] for item in late.items] == ["New"]
