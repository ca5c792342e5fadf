"""Event writes through the real client: ids, etags, merging, organizers, moves."""

from collections.abc import Callable
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from local.google_simulator.simulator import Simulator
from tests.local.conftest import ADA, list_all, reason, timed

TEN = ("2026-08-03T10:00:00", "2026-08-03T11:00:00")


def insert(api: Any, calendar: str = "primary", **fields: Any) -> dict[str, Any]:
    event: dict[str, Any] = (
        api.events().insert(calendarId=calendar, body=timed(*TEN, **fields), sendUpdates="none").execute()
    )
    return event


def guarded(request: Any, etag: str) -> Any:
    request.headers["If-Match"] = etag
    return request


def test_insert_fills_in_what_google_fills_in(api: Any) -> None:
    event = insert(api, summary="Plan")
    assert event["start"] == {"dateTime": "2026-08-03T10:00:00+02:00", "timeZone": "Europe/Berlin"}
    expected = {
        "kind": "calendar#event",
        "status": "confirmed",
        "creator": {"email": ADA, "self": True},
        "organizer": {"email": ADA, "self": True},
        "iCalUID": f"{event['id']}@google.com",
        "sequence": 0,
        "eventType": "default",
        "reminders": {"useDefault": True},
    }
    assert {key: event[key] for key in expected} == expected
    assert event["created"][:19] == event["updated"][:19]


def test_secondary_calendar_is_itself_the_organizer(api: Any, simulator: Simulator) -> None:
    team = simulator.commands.add_calendar(ADA, "Team")
    event = insert(api, team)
    assert event["organizer"] == {"email": team, "displayName": "Team", "self": True}
    assert event["creator"] == {"email": ADA}


def test_client_id_makes_insert_idempotent_and_a_deleted_id_stays_taken(api: Any) -> None:
    chosen = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    assert insert(api, id=chosen)["id"] == chosen
    for _ in range(2):
        with pytest.raises(HttpError) as error:
            insert(api, id=chosen)
        assert reason(error) == (409, "duplicate")
        if list_all(api).items:
            api.events().delete(calendarId="primary", eventId=chosen).execute()


def test_forgotten_deletion_still_holds_its_id(api: Any, simulator: Simulator) -> None:
    event = insert(api)
    simulator.commands.delete_event(ADA, event["id"])
    simulator.commands.forget_tombstones(ADA)
    with pytest.raises(HttpError) as gone:
        api.events().get(calendarId="primary", eventId=event["id"]).execute()
    assert reason(gone) == (404, "notFound")
    with pytest.raises(HttpError) as taken:
        insert(api, id=event["id"])
    assert reason(taken) == (409, "duplicate")


@pytest.mark.parametrize("bad", ["short"[:4], "has_underscore", "UPPERCASE", "wxyz-wxyz"])
def test_client_id_uses_base32hex_letters(api: Any, bad: str) -> None:
    with pytest.raises(HttpError) as error:
        insert(api, id=bad)
    assert reason(error) == (400, "invalid")


BAD_TIMES = [
    ({"start": {"dateTime": "2026-08-03T10:00:00Z"}}, "required"),
    ({"start": {"dateTime": "2026-08-03T10:00:00Z"}, "end": {"date": "2026-08-03"}}, "invalid"),
    ({"start": {"dateTime": "2026-08-03T10:00:00Z"}, "end": {"dateTime": "2026-08-03T09:00:00Z"}}, "timeRangeEmpty"),
    ({"start": {"dateTime": "0000-01-01T00:00:00Z"}, "end": {"dateTime": "0000-01-01T00:00:00Z"}}, "invalid"),
    ({"start": {"dateTime": "2026-08-03T10:00:00", "timeZone": "Nowhere"}, "end": {"date": "2026-08-03"}}, "invalid"),
    ({"start": {"date": "2026-08-03", "dateTime": "2026-08-03T10:00:00Z"}, "end": {"date": "2026-08-04"}}, "invalid"),
    (
        {
            "start": {"dateTime": "2026-08-03T10:00:00Z"},
            "end": {"dateTime": "2026-08-03T11:00:00Z"},
            "recurrence": ["RRULE:FREQ=DAILY"],
        },
        "required",
    ),
]


@pytest.mark.parametrize(("body", "expected"), BAD_TIMES)
def test_unusable_times_are_refused(api: Any, body: dict[str, Any], expected: str) -> None:
    with pytest.raises(HttpError) as error:
        api.events().insert(calendarId="primary", body=body).execute()
    assert reason(error) == (400, expected)


def test_patch_merges_objects_replaces_arrays_and_null_removes(api: Any) -> None:
    properties = {"private": {"a": "1", "b": "2"}}
    guests = [{"email": "b@example.test"}, {"email": "c@example.test"}]
    event = insert(api, location="Here", extendedProperties=properties, attendees=guests)
    changes = {"location": None, "extendedProperties": {"private": {"b": None, "c": "3"}}, "attendees": guests[:1]}
    patched = api.events().patch(calendarId="primary", eventId=event["id"], body=changes).execute()
    assert "location" not in patched
    assert patched["extendedProperties"]["private"] == {"a": "1", "c": "3"}
    assert patched["attendees"] == guests[:1]
    assert (patched["sequence"], event["sequence"]) == (0, 0)
    assert patched["etag"] != event["etag"]


def test_update_replaces_the_whole_resource(api: Any) -> None:
    event = insert(api, location="Here", summary="Old")
    updated = api.events().update(calendarId="primary", eventId=event["id"], body=timed(*TEN, summary="New")).execute()
    assert "location" not in updated
    assert (updated["id"], updated["iCalUID"], updated["created"]) == (event["id"], event["iCalUID"], event["created"])


def test_moving_in_time_raises_the_sequence_and_all_day_needs_the_other_field_nulled(api: Any) -> None:
    event = insert(api)
    day = {"start": {"date": "2026-08-03"}, "end": {"date": "2026-08-04"}}
    with pytest.raises(HttpError) as error:
        api.events().patch(calendarId="primary", eventId=event["id"], body=day).execute()
    assert reason(error) == (400, "invalid")
    nulled = {key: value | {"dateTime": None, "timeZone": None} for key, value in day.items()}
    patched = api.events().patch(calendarId="primary", eventId=event["id"], body=nulled).execute()
    assert (patched["start"], patched["sequence"]) == ({"date": "2026-08-03"}, 1)


@pytest.mark.parametrize("verb", ["patch", "update", "delete"])
def test_if_match_with_an_old_etag_is_412_and_with_the_current_one_goes_through(api: Any, verb: str) -> None:
    old = insert(api)
    current = api.events().patch(calendarId="primary", eventId=old["id"], body={"summary": "x"}).execute()
    body = {} if verb == "delete" else {"body": timed(*TEN, summary="y")}
    write = getattr(api.events(), verb)
    with pytest.raises(HttpError) as error:
        guarded(write(calendarId="primary", eventId=old["id"], **body), old["etag"]).execute()
    assert reason(error) == (412, "conditionNotMet")
    guarded(write(calendarId="primary", eventId=old["id"], **body), current["etag"]).execute()


def test_second_delete_is_410_unguarded_and_412_guarded(api: Any) -> None:
    event = insert(api)
    query = {"calendarId": "primary", "eventId": event["id"]}
    assert guarded(api.events().delete(**query), event["etag"]).execute() == ""
    with pytest.raises(HttpError) as unguarded:
        api.events().delete(**query).execute()
    assert reason(unguarded) == (410, "deleted")
    with pytest.raises(HttpError) as error:
        guarded(api.events().delete(**query), event["etag"]).execute()
    assert reason(error) == (412, "conditionNotMet")
    with pytest.raises(HttpError) as unknown:
        api.events().delete(calendarId="primary", eventId="neverexisted").execute()
    assert reason(unknown) == (404, "notFound")


def test_deleted_event_revives_with_status_confirmed_unless_forbidden(api: Any, simulator: Simulator) -> None:
    event = insert(api, summary="Back")
    query = {"calendarId": "primary", "eventId": event["id"]}
    api.events().delete(**query).execute()
    assert api.events().get(**query).execute()["status"] == "cancelled"
    with pytest.raises(HttpError) as error:
        api.events().patch(**query, body={"summary": "x"}).execute()
    assert reason(error) == (403, "forbidden")
    assert api.events().patch(**query, body={"status": "confirmed"}).execute()["summary"] == "Back"
    api.events().delete(**query).execute()
    simulator.commands.configure({"revival": False})
    with pytest.raises(HttpError) as error:
        api.events().update(**query, body=timed(*TEN, status="confirmed")).execute()
    assert reason(error) == (403, "forbidden")


def test_guest_changes_only_what_is_his_own(api: Any, simulator: Simulator) -> None:
    guests = [
        {"email": ADA, "self": True, "responseStatus": "needsAction"},
        {"email": "host@example.test", "organizer": True},
    ]
    body = timed(*TEN, summary="Theirs", attendees=guests, organizer={"email": "host@example.test"})
    event = simulator.commands.insert_event(ADA, body)
    query = {"calendarId": "primary", "eventId": event["id"]}
    with pytest.raises(HttpError) as error:
        api.events().patch(**query, body={"summary": "Mine"}).execute()
    assert reason(error) == (403, "forbiddenForNonOrganizer")
    answer = [guests[0] | {"responseStatus": "declined"}, guests[1]]
    assert api.events().patch(**query, body={"attendees": answer}).execute()["attendees"] == answer


def test_event_type_is_fixed_at_creation(api: Any) -> None:
    event = insert(api)
    with pytest.raises(HttpError) as error:
        api.events().patch(calendarId="primary", eventId=event["id"], body={"eventType": "focusTime"}).execute()
    assert reason(error) == (400, "eventTypeRestriction")


def test_moved_event_is_cancelled_in_the_old_list_and_new_in_the_other(api: Any, simulator: Simulator) -> None:
    team = simulator.commands.add_calendar(ADA, "Team")
    event = insert(api, recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])
    dropped = f"{event['id']}_20260810T080000Z"
    api.events().delete(calendarId="primary", eventId=dropped).execute()
    here, there = list_all(api).token, list_all(api, team).token
    moved = api.events().move(calendarId="primary", eventId=event["id"], destination=team).execute()
    assert (moved["id"], moved["iCalUID"], moved["organizer"]["email"]) == (event["id"], event["iCalUID"], team)
    assert list_all(api, syncToken=here).by_id[event["id"]]["status"] == "cancelled"
    arrived = list_all(api, team, syncToken=there).by_id
    assert (arrived[event["id"]]["status"], arrived[dropped]["status"]) == ("confirmed", "cancelled")
    with pytest.raises(HttpError) as error:
        api.events().move(calendarId=team, eventId=f"{event['id']}_20260817T080000Z", destination="primary").execute()
    assert reason(error) == (400, "cannotChangeOrganizer")


def test_reader_cannot_write_and_sees_only_times_of_private_events(
    api: Any, connect: Callable[[str], Any], simulator: Simulator
) -> None:
    grace = connect("grace@example.test")
    simulator.commands.set_entry(ADA, "grace@example.test", role="reader")
    insert(api, summary="Doctor", visibility="private", description="secret")
    with pytest.raises(HttpError) as error:
        insert(grace, ADA)
    assert reason(error) == (403, "requiredAccessLevel")
    (shown,) = list_all(grace, ADA).items
    assert {"summary", "description"}.isdisjoint(shown)
    assert shown["start"]["dateTime"] == "2026-08-03T10:00:00+02:00"
    assert list_all(api).items[0]["summary"] == "Doctor"


def test_answer_to_a_write_carries_the_etag_as_a_header_too(api: Any) -> None:
    event = insert(api)
    request = api.events().get(calendarId="primary", eventId=event["id"])
    answers: list[Any] = []
    request.add_response_callback(answers.append)
    request.execute()
    assert answers[0]["etag"] == event["etag"]


def test_w39_labels_and_colours_do_not_hear_of_each_other(api: Any, simulator: Simulator) -> None:
    event = insert(api, colorId="3", eventLabelId="ignored")
    assert (event["colorId"], event.get("eventLabelId")) == ("3", None)
    place = {"calendarId": "primary", "eventId": event["id"]}
    labelled = api.events().patch(**place, body={"eventLabelId": "red", "colorId": "5"}, eventLabelVersion=1).execute()
    assert (labelled["colorId"], labelled["eventLabelId"]) == ("3", "red")
    whole = api.events().update(**place, body=timed(*TEN, colorId="7")).execute()
    assert (whole["colorId"], whole["eventLabelId"]) == ("7", "red")
    cleared = api.events().update(**place, body=timed(*TEN), eventLabelVersion=1).execute()
    assert (cleared["colorId"], cleared.get("eventLabelId")) == ("7", None)
