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
from almanac.providers.google.errors import classify_write
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
