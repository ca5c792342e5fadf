"""What a client that writes must survive: lost answers, late requests, cut values, limits, scopes, people's copies."""

from typing import Any

import pytest
from googleapiclient.errors import HttpError

from local.google_simulator.control.faults import Fault
from local.google_simulator.simulator import Simulator
from tests.local.conftest import ADA, list_all, reason, timed

TEN = ("2026-08-03T10:00:00", "2026-08-03T11:00:00")
KEY = "0a1b2c3d4e5f"
READ, MADE = "calendar.readonly", "calendar.app.created"


def insert(api: Any, calendar: str = "primary", **fields: Any) -> dict[str, Any]:
    body = timed(*TEN, **fields)
    event: dict[str, Any] = api.events().insert(calendarId=calendar, body=body, sendUpdates="none").execute()
    return event


@pytest.mark.parametrize("fault", [{"action": "error_after", "status": 500}, {"action": "cut_after"}])
def test_a_request_is_carried_out_although_its_answer_is_lost(
    api: Any, simulator: Simulator, fault: dict[str, Any]
) -> None:
    simulator.commands.inject(Fault(method="POST", path="*/events", times=None, **fault))
    with pytest.raises((HttpError, OSError)):
        insert(api, id=KEY)
    assert [item["id"] for item in list_all(api).items] == [KEY]


def test_a_late_request_lands_when_it_is_told_to(api: Any, simulator: Simulator) -> None:
    simulator.commands.inject(Fault(action="land_late", method="POST", path="*/events", times=None))
    with pytest.raises((HttpError, OSError)):
        insert(api, id=KEY)
    assert list_all(api).items == []
    simulator.commands.clear_faults()
    assert simulator.commands.land()
    assert [item["id"] for item in list_all(api).items] == [KEY]


def test_what_a_client_sends_is_in_the_log(api: Any, simulator: Simulator) -> None:
    event = insert(api, id=KEY, summary="Plan")
    request = api.events().patch(calendarId="primary", eventId=KEY, body={"summary": "New"}, sendUpdates="none")
    request.headers["If-Match"] = event["etag"]
    request.execute()
    made, changed = [entry for entry in simulator.observation.requests() if entry["method"] != "GET"][-2:]
    assert (made["params"]["sendUpdates"], made["body"]["summary"], made["if_match"]) == (["none"], "Plan", None)
    assert (changed["body"], changed["if_match"]) == ({"summary": "New"}, event["etag"])


def test_properties_are_cut_without_a_word(api: Any) -> None:
    private = {"k" * 45: "gone", "kept": "v" * 1025}
    event = insert(api, extendedProperties={"private": private})
    assert event["extendedProperties"]["private"] == {"kept": "v" * 1024}


@pytest.mark.parametrize("trims", [False, True])
def test_texts_may_be_stripped(api: Any, simulator: Simulator, trims: bool) -> None:
    simulator.commands.configure({"trims_texts": trims})
    assert insert(api, summary=" Plan ")["summary"] == ("Plan" if trims else " Plan ")


def test_googles_conference_block_is_taken_out_of_a_description(api: Any) -> None:
    block = "-::~:~::~:~:~::-\nJoin\n-::~:~::~:~:~::-"
    assert insert(api, description=f"before {block}after")["description"] == "before after"


def test_events_without_length_cannot_be_written_but_people_have_them(api: Any, simulator: Simulator) -> None:
    with pytest.raises(HttpError) as refused:
        api.events().insert(calendarId="primary", body=timed(TEN[0], TEN[0])).execute()
    assert reason(refused) == (400, "timeRangeEmpty")
    assert simulator.commands.insert_event(ADA, timed(TEN[0], TEN[0]))["status"] == "confirmed"
    simulator.commands.configure({"zero_length": "accepted"})
    assert api.events().insert(calendarId="primary", body=timed(TEN[0], TEN[0])).execute()["status"] == "confirmed"


def test_an_id_and_an_ical_uid_are_one_too_many(api: Any) -> None:
    with pytest.raises(HttpError) as refused:
        insert(api, id=KEY, iCalUID="x@example.test")
    assert reason(refused)[0] == 400


def test_an_account_may_make_so_many_events_a_day(api: Any, simulator: Simulator) -> None:
    simulator.commands.configure({"creates_per_user": 1})
    insert(api)
    with pytest.raises(HttpError) as refused:
        insert(api)
    assert reason(refused) == (403, "quotaExceeded")
    assert len(simulator.world.account(ADA).created) == 1


def test_a_copy_by_a_person_carries_our_private_properties(api: Any, simulator: Simulator) -> None:
    insert(api, id=KEY, extendedProperties={"private": {"almanac-event": "1"}})
    copied = simulator.commands.copy_event(ADA, KEY)
    assert copied["id"] != KEY
    assert copied["extendedProperties"]["private"] == {"almanac-event": "1"}


def test_a_deleted_calendar_is_not_there_any_more(api: Any, simulator: Simulator) -> None:
    made = api.calendars().insert(body={"summary": "Almanac", "description": "nonce"}).execute()
    entries = api.calendarList().list().execute()["items"]
    assert [entry["description"] for entry in entries if entry["id"] == made["id"]] == ["nonce"]
    simulator.commands.delete_calendar(made["id"])
    with pytest.raises(HttpError) as gone:
        insert(api, made["id"])
    assert reason(gone) == (404, "notFound")


def test_scopes_say_what_a_client_may_do(api: Any, simulator: Simulator) -> None:
    simulator.commands.grant(ADA, [READ, MADE])
    made = api.calendars().insert(body={"summary": "Almanac"}).execute()["id"]
    assert insert(api, made)["status"] == "confirmed"
    with pytest.raises(HttpError) as refused:
        insert(api)
    assert reason(refused) == (403, "insufficientPermissions")
    simulator.commands.grant(ADA, ["calendar.events.owned"])
    assert insert(api)["status"] == "confirmed"
    with pytest.raises(HttpError) as refused:
        api.calendarList().list().execute()
    assert reason(refused) == (403, "insufficientPermissions")
