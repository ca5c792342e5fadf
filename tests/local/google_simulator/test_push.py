"""Channels and their messages, through the real client and real HTTP."""

import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from local.google_simulator.push.deliveries import PushFault
from local.google_simulator.simulator import Simulator
from tests.bell import Bell
from tests.local.conftest import ADA, reason, timed

TEN = ("2026-08-03T10:00:00", "2026-08-03T11:00:00")
WEEK = timedelta(days=7)


@pytest.fixture
def bell() -> Iterator[Bell]:
    with Bell() as bell:
        yield bell


def watch(api: Any, bell: Bell, channel: str = "channel-1", calendar: str = "primary", **more: Any) -> dict[str, Any]:
    body = {"id": channel, "type": "web_hook", "address": f"{bell.url}/google/push", "token": "t0", **more}
    answer: dict[str, Any] = api.events().watch(calendarId=calendar, body=body).execute()
    return answer


def change(simulator: Simulator, times: int = 1, calendar: str = ADA) -> None:
    for _ in range(times):
        simulator.commands.insert_event(calendar, timed(*TEN, summary="Review"))


def numbers(bell: Bell) -> list[int]:
    return [int(headers["x-goog-message-number"]) for headers in bell.heard]


def test_a_change_rings_with_every_header_and_no_body(api: Any, simulator: Simulator, bell: Bell) -> None:
    answer = watch(api, bell)
    change(simulator)
    simulator.push.deliver_messages()

    assert bell.states() == ["sync", "exists"]
    ring = bell.heard[1]
    assert ring["content-length"] == "0"
    assert (ring["x-goog-channel-id"], ring["x-goog-channel-token"]) == ("channel-1", "t0")
    assert ring["x-goog-resource-id"] == answer["resourceId"]
    assert ring["x-goog-resource-uri"].startswith("https://www.googleapis.com/calendar/v3/calendars/")
    ends = datetime.fromtimestamp(int(answer["expiration"]) / 1000, UTC)
    assert parsedate_to_datetime(ring["x-goog-channel-expiration"]) == ends
    assert abs(ends - datetime.now(UTC) - WEEK) < timedelta(minutes=1)
    assert [entry["status"] for entry in simulator.push.delivered()] == [204, 204]


@pytest.mark.parametrize(("switch", "heard_at_once"), [("before", ["sync"]), ("after", []), ("never", [])])
def test_the_first_message_comes_before_the_answer_or_after_it(
    api: Any, simulator: Simulator, bell: Bell, switch: str, heard_at_once: list[str]
) -> None:
    simulator.commands.configure({"push_sync": switch, "push_expiration": "number"})
    assert isinstance(watch(api, bell)["expiration"], int)
    assert bell.states() == heard_at_once
    simulator.push.deliver_messages()
    assert bell.states() == ([] if switch == "never" else ["sync"])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"id": "used"}, (400, "channelIdNotUnique")),
        ({"id": "x" * 65}, (400, "push.channelIdInvalid")),
        ({"type": "smoke"}, (400, "push.channelTypeUnknown")),
        ({"address": "http://almanac.example/google/push"}, (400, "push.webhookUrlNotHttps")),
        ({"token": "t" * 257}, (400, "push.channelTokenTooLong")),
        ({"address": ""}, (400, "required")),
        ({"expiration": "soon"}, (400, "invalid")),
    ],
)
def test_what_a_watch_is_refused_for(api: Any, bell: Bell, body: dict[str, str], expected: tuple[int, str]) -> None:
    watch(api, bell, "used")
    with pytest.raises(HttpError) as error:
        watch(api, bell, **{"channel": body.pop("id", "channel-2"), **body})
    assert reason(error) == expected


@pytest.mark.parametrize("status", [400, 403])
def test_calendars_without_push(api: Any, simulator: Simulator, bell: Bell, status: int) -> None:
    holidays = "de.german#holiday@group.v.calendar.google.com"
    simulator.commands.add_calendar(ADA, "Holidays", calendar_id=holidays)
    if status != 400:
        simulator.push.refuse_watching(holidays, status)
    with pytest.raises(HttpError) as error:
        watch(api, bell, calendar=holidays)
    assert reason(error) == (status, "pushNotSupportedForRequestedResource")
    assert simulator.push.channels() == []


def test_a_life_is_cut_to_the_longest_and_ends(api: Any, simulator: Simulator, bell: Bell) -> None:
    simulator.commands.configure({"push_max_seconds": 3600})
    ends = datetime.fromtimestamp(int(watch(api, bell, params={"ttl": "604800"})["expiration"]) / 1000, UTC)
    assert ends - datetime.now(UTC) < timedelta(hours=1)
    simulator.commands.step_clock(3601)
    change(simulator)
    simulator.push.deliver_messages()
    assert bell.states() == ["sync"]
    assert simulator.push.channels() == []


def test_stop_needs_both_ids_and_the_same_user(
    api: Any, connect: Callable[[str], Any], simulator: Simulator, bell: Bell
) -> None:
    answer = watch(api, bell)
    both = {"id": "channel-1", "resourceId": answer["resourceId"]}
    for who, body in ((api, both | {"resourceId": "another"}), (connect("bob@example.test"), both)):
        with pytest.raises(HttpError) as error:
            who.channels().stop(body=body).execute()
        assert reason(error) == (404, "notFound")
    simulator.commands.configure({"push_after_stop": 1})
    api.channels().stop(body=both).execute()
    change(simulator, times=3)
    simulator.push.deliver_messages()
    assert bell.states() == ["sync", "exists"], "one more, as messages under way do"
    with pytest.raises(HttpError):
        api.channels().stop(body=both).execute()


def test_two_accounts_on_one_calendar_ring_twice_and_two_channels_of_one_too(
    api: Any, connect: Callable[[str], Any], simulator: Simulator, bell: Bell
) -> None:
    bob = connect("bob@example.test")
    simulator.commands.set_entry(ADA, "bob@example.test", role="reader")
    resources = {watch(api, bell, "a1")["resourceId"], watch(api, bell, "a2")["resourceId"]}
    resources.add(watch(bob, bell, "b1", calendar=ADA)["resourceId"])
    change(simulator)
    simulator.push.deliver_messages()
    rang = [headers["x-goog-channel-id"] for headers in bell.heard if headers["x-goog-resource-state"] == "exists"]
    assert sorted(rang) == ["a1", "a2", "b1"]
    assert len(resources) == 1


def test_own_writes_and_a_changed_list_ring(api: Any, simulator: Simulator, bell: Bell) -> None:
    watch(api, bell)
    listed = {"id": "list-1", "type": "web_hook", "address": bell.url}
    api.calendarList().watch(body=listed).execute()
    api.events().insert(calendarId="primary", body=timed(*TEN), sendUpdates="none").execute()
    simulator.commands.add_calendar(ADA, "New")
    simulator.push.deliver_messages()
    rang = {headers["x-goog-channel-id"] for headers in bell.heard if headers["x-goog-resource-state"] == "exists"}
    assert rang == {"channel-1", "list-1"}


@pytest.mark.parametrize(
    ("fault", "rings"),
    [
        ({"action": "lose"}, 1),
        ({"action": "double"}, 3),
        ({"action": "delay", "seconds": 90}, 1),
        ({"action": "reorder", "nth": 2}, 2),
    ],
)
def test_messages_are_lost_doubled_late_and_out_of_order(
    api: Any, simulator: Simulator, bell: Bell, fault: dict[str, Any], rings: int
) -> None:
    watch(api, bell)
    simulator.push.inject_push(PushFault(state="exists", **fault))
    change(simulator, times=2)
    simulator.push.deliver_messages()
    assert bell.states().count("exists") == rings
    if fault["action"] == "delay":
        simulator.commands.step_clock(91)
        simulator.push.deliver_messages()
        assert bell.states().count("exists") == 2
    in_order = numbers(bell) == sorted(numbers(bell))
    assert in_order == (fault["action"] in ("lose", "double"))


def test_a_forged_message_carries_another_token(api: Any, simulator: Simulator, bell: Bell) -> None:
    watch(api, bell)
    simulator.push.inject_push(PushFault(action="forge"))
    change(simulator)
    simulator.push.deliver_messages()
    assert bell.heard[-1]["x-goog-channel-token"] != "t0"


@pytest.mark.parametrize(("status", "again"), [(503, True), (500, True), (404, False), (429, False), (200, False)])
def test_only_a_server_error_is_tried_again_later(
    api: Any, simulator: Simulator, bell: Bell, status: int, again: bool
) -> None:
    watch(api, bell)
    bell.answer = lambda _headers: status
    change(simulator)
    simulator.push.deliver_messages()
    bell.answer = lambda _headers: 204
    assert simulator.push.deliver_messages() == 0, "not at once"
    simulator.commands.step_clock(2)
    assert simulator.push.deliver_messages() == (1 if again else 0)
    assert len(set(numbers(bell))) == 2, "a repeat has the number it had"


def test_revoked_users_keep_ringing(api: Any, simulator: Simulator, bell: Bell) -> None:
    watch(api, bell)
    simulator.commands.revoke_account(ADA)
    change(simulator)
    simulator.push.deliver_messages()
    assert bell.states() == ["sync", "exists"]


def test_a_running_simulator_rings_by_itself(bell: Bell) -> None:
    with Simulator(seed=7, rings=True) as simulator:
        simulator.commands.configure({"push_sync": "after"})
        token = simulator.commands.add_account(ADA)["access_token"]
        body = f'{{"id": "c", "type": "web_hook", "address": "{bell.url}"}}'.encode()
        asked = urllib.request.Request(
            f"{simulator.api_endpoint}calendars/primary/events/watch",
            data=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        urllib.request.urlopen(asked).close()
        ends = time.monotonic() + 5
        while not bell.heard and time.monotonic() < ends:
            time.sleep(0.01)
    assert bell.states() == ["sync"]
