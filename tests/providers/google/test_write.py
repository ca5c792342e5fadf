"""What a write looks like on the wire, and what its refusals mean."""

from collections.abc import Iterator
from typing import Any

import pytest

from almanac.domain.calendar.events import CalendarZones
from almanac.domain.calendar.markup import plain_text
from almanac.domain.calendar.written import Draft, Mark
from almanac.errors import (
    AccessDenied,
    AlmanacError,
    EventGone,
    EventIdTaken,
    EventVersionChanged,
    PermissionMissing,
    ProviderQuotaExhausted,
    ProviderRejected,
    ProviderUnavailable,
)
from almanac.providers.google.calendar import GoogleCalendar
from almanac.providers.google.errors import classify_read, classify_write
from almanac.providers.google.scopes import grants_calendars, grants_writing
from almanac.providers.google.write import GoogleWrites, event_body
from tests.scripted_server import ScriptedServer

ZONES = CalendarZones("Europe/Berlin", "Europe/Berlin")
MARK = Mark("here", "ws", "event", 7, "task:1")
TIMED = {"start": "2030-01-02T09:00:00Z", "end": "2030-01-02T10:00:00Z", "zone": "Europe/Berlin"}
DAY = {"first": "2030-01-02", "after": "2030-01-03"}
ANSWER = {
    "id": "alm1",
    "etag": '"1"',
    "status": "confirmed",
    "start": {"dateTime": "2030-01-02T10:00:00+01:00"},
    "end": {"dateTime": "2030-01-02T11:00:00+01:00"},
    "extendedProperties": {
        "private": {"almanac": "here", "almanac-ws": "ws", "almanac-event": "event", "almanac-rev": "7"}
    },
}


@pytest.fixture
def writes(server: ScriptedServer) -> Iterator[GoogleWrites]:
    calendar = GoogleCalendar(server.url, 5)
    yield GoogleWrites(calendar, "token")
    calendar.close()


@pytest.mark.parametrize(
    ("fields", "changes", "body"),
    [
        ({"title": "Plan", "location": "Room"}, False, {"summary": "Plan", "location": "Room"}),
        ({"description": "a < b"}, False, {"description": "a &lt; b"}),
        (
            {"when": TIMED},
            False,
            {
                "start": {"dateTime": "2030-01-02T10:00:00+01:00", "timeZone": "Europe/Berlin"},
                "end": {"dateTime": "2030-01-02T11:00:00+01:00", "timeZone": "Europe/Berlin"},
            },
        ),
        (
            {"when": DAY},
            True,
            {
                "start": {"date": "2030-01-02", "dateTime": None, "timeZone": None},
                "end": {"date": "2030-01-03", "dateTime": None, "timeZone": None},
            },
        ),
    ],
)
def test_fields_as_googles_resource(fields: Any, changes: bool, body: Any) -> None:
    assert event_body(Draft("alm1", fields, None), changes=changes) == body


def test_a_zone_that_is_unknown_here_costs_no_instant() -> None:
    body = event_body(Draft("alm1", {"when": TIMED | {"zone": "Mars/Olympus"}}, None))
    assert body["start"] == {"dateTime": "2030-01-02T09:00:00+00:00", "timeZone": "UTC"}


def test_an_edit_of_googles_own_text_is_markup_already() -> None:
    assert event_body(Draft("e", {"description": "<b>x</b>"}, None, plain=False)) == {"description": "<b>x</b>"}


def test_an_insert_mails_nobody_and_is_known_by_its_mark(writes: GoogleWrites, server: ScriptedServer) -> None:
    server.answers(ANSWER)
    event = writes.insert("c", Draft("alm1", {"title": "Plan", "when": TIMED}, MARK, quiet=True), ZONES)
    (request,) = server.requests
    assert request.query["sendUpdates"] == "none"
    assert (event.mark is not None, event.etag) == (True, '"1"')


def test_a_mark_that_is_not_kept_is_told(writes: GoogleWrites, server: ScriptedServer) -> None:
    server.answers({**ANSWER, "extendedProperties": {}})
    with pytest.raises(ProviderRejected, match="mark"):
        writes.insert("c", Draft("alm1", {"title": "Plan"}, MARK), ZONES)


def test_a_change_names_the_version_it_is_for(writes: GoogleWrites, server: ScriptedServer) -> None:
    server.answers(ANSWER)
    writes.patch("c", Draft("alm1", {"title": "Plan"}, MARK), '"0"', ZONES)
    assert server.requests[0].headers["if-match"] == '"0"'


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (412, "conditionNotMet", EventVersionChanged),
        (409, "duplicate", EventIdTaken),
        (409, "conflict", ProviderUnavailable),
        (404, "notFound", EventGone),
        (410, "deleted", EventGone),
        (403, "insufficientPermissions", PermissionMissing),
        (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", PermissionMissing),
        (403, "requiredAccessLevel", AccessDenied),
        (403, "quotaExceeded", ProviderQuotaExhausted),
        (400, "timeRangeEmpty", ProviderRejected),
        (500, "backendError", ProviderUnavailable),
    ],
)
def test_what_a_refusal_means(status: int, reason: str, error: type[AlmanacError]) -> None:
    assert type(classify_write(status, [reason], retry_after=None)) is error


MADE, OWNED, EVENTS = (
    f"https://www.googleapis.com/auth/calendar.{name}" for name in ("app.created", "events.owned", "events")
)


@pytest.mark.parametrize(
    ("scopes", "owned", "made_here", "writes", "makes"),
    [
        ([], True, True, False, False),
        ([f"{EVENTS}.readonly"], True, True, False, False),
        ([MADE], True, True, True, True),
        ([MADE], True, False, False, True),
        ([OWNED], True, False, True, False),
        ([OWNED], False, False, False, False),
        ([EVENTS], False, False, True, False),
        (["https://www.googleapis.com/auth/calendar"], False, False, True, True),
    ],
)
def test_what_scopes_let_be_written(scopes: list[str], owned: bool, made_here: bool, writes: bool, makes: bool) -> None:
    assert (grants_writing(scopes, owned=owned, made_here=made_here), grants_calendars(scopes)) == (writes, makes)


@pytest.mark.parametrize(("status", "reason"), [(412, "conditionNotMet"), (409, "conflict"), (503, "backendError")])
def test_what_is_in_the_way_of_a_read_is_a_moment(status: int, reason: str) -> None:
    assert type(classify_read(status, [reason], retry_after=None)) is ProviderUnavailable


def test_a_description_that_is_too_long_is_cut_between_two_letters() -> None:
    text = event_body(Draft("e", {"description": "<" * 3_000}, None))["description"]
    assert (len(text), text[-4:]) == (8_000, "&lt;")
    assert event_body(Draft("e", {"description": "x" + "&" * 3_000}, None))["description"].endswith("&amp;")
    assert event_body(Draft("e", {"description": "a&b"}, None, plain=False)) == {"description": "a&b"}


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("a &lt; b", "a < b"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("one<br>two <b>bold</b>", "one\ntwo bold"),
    ],
)
def test_a_description_as_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text
