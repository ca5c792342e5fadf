import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from almanac.domain.sync.window import Window
from almanac.errors import (
    AccessDenied,
    AccessTokenRejected,
    AlmanacError,
    CalendarUnreachable,
    PageTokenExpired,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
    SyncTokenExpired,
)
from almanac.providers.google import connection
from almanac.providers.google.calendar import GoogleCalendar
from almanac.providers.google.request import LISTING_FIELDS, ListEvents
from almanac.services.sync.provider import CalendarEntry
from tests.scripted_server import ScriptedServer

TOKEN = "ya29.secret-access-token"
CALENDAR = "ada#private@example.org"
WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
FULL = ListEvents(CALENDAR, window=WINDOW)
DELTA = ListEvents(CALENDAR, sync_token="sync-1")
LAST_PAGE = {"items": [], "nextSyncToken": "sync-2"}


@pytest.fixture
def google(server: ScriptedServer) -> Iterator[GoogleCalendar]:
    calendar = GoogleCalendar(server.url, timeout_seconds=5)
    yield calendar
    calendar.close()


def refusal(status: int, reason: str) -> dict[str, Any]:
    told = {"domain": "global", "reason": reason, "message": f"about {CALENDAR}"}
    return {"error": {"errors": [told], "code": status, "message": f"about {CALENDAR}"}}


def assert_tells_nothing(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """No token, no calendar id, and no chained error that a traceback would print."""
    for text in (str(error), repr(error), caplog.text):
        assert TOKEN not in text
        assert "example.org" not in text
        assert "sync-1" not in text
    assert error.__suppress_context__


def test_a_full_listing_sends_its_window_and_keeps_items_as_they_came(
    google: GoogleCalendar, server: ScriptedServer
) -> None:
    item = {"id": "e1", "status": "confirmed", "summary": "Ünïcode"}
    server.answers({"items": [item], "timeZone": "Europe/Berlin", "nextPageToken": "page-2"})
    page = google.list_events(TOKEN, FULL)
    assert (page.items, page.time_zone) == ([item], "Europe/Berlin")
    assert (page.next_page_token, page.next_sync_token) == ("page-2", None)
    (request,) = server.requests
    assert request.method == "GET"
    assert request.path.startswith("/calendar/v3/calendars/ada%23private%40example.org/events?")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.query == {
        "alt": "json",
        "singleEvents": "true",
        "maxResults": "2500",
        "fields": LISTING_FIELDS,
        "timeMin": "2026-01-01T00:00:00Z",
        "timeMax": "2026-07-01T00:00:00Z",
    }


def test_a_delta_sends_its_token_and_no_window(google: GoogleCalendar, server: ScriptedServer) -> None:
    server.answers(LAST_PAGE)
    page = google.list_events(TOKEN, ListEvents(CALENDAR, sync_token="sync-1", page_token="page-2", page_size=50))
    assert (page.next_page_token, page.next_sync_token, page.time_zone) == (None, "sync-2", None)
    query = server.requests[0].query
    assert (query["syncToken"], query["pageToken"], query["maxResults"]) == ("sync-1", "page-2", "50")
    assert not {"timeMin", "timeMax"} & query.keys()


def test_an_empty_page_in_the_middle_is_a_page(google: GoogleCalendar, server: ScriptedServer) -> None:
    server.answers({"nextPageToken": "page-3"})
    page = google.list_events(TOKEN, FULL)
    assert (page.items, page.next_page_token) == ([], "page-3")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ({"items": []}, "a last page without sync token"),
        ({"items": [], "nextPageToken": "p", "nextSyncToken": "s"}, "both a page token and a sync token"),
        ({"items": [], "nextSyncToken": ""}, "an unusable nextSyncToken"),
        ({"items": [], "nextPageToken": 7}, "an unusable nextPageToken"),
        ({"items": {}, "nextSyncToken": "s"}, "`items` is not a list"),
        ({"items": None, "nextSyncToken": "s"}, "`items` is not a list"),
    ],
)
def test_trap_1_a_page_that_the_protocol_does_not_allow_is_rejected(
    google: GoogleCalendar, server: ScriptedServer, answer: dict[str, Any], complaint: str
) -> None:
    server.answers(answer)
    with pytest.raises(ProviderRejected, match=complaint):
        google.list_events(TOKEN, FULL)


def test_trap_25_a_long_sync_token_travels_as_a_post_that_means_get(
    google: GoogleCalendar, server: ScriptedServer
) -> None:
    long_token = "s" * 3000
    server.answers(LAST_PAGE)
    assert google.list_events(TOKEN, ListEvents(CALENDAR, sync_token=long_token)).next_sync_token == "sync-2"
    (request,) = server.requests
    assert (request.method, request.headers["x-http-method-override"]) == ("POST", "GET")
    assert "?" not in request.path
    assert request.query["syncToken"] == long_token
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


def test_trap_86_answers_are_asked_for_and_read_packed(google: GoogleCalendar, server: ScriptedServer) -> None:
    server.answers_gzip(LAST_PAGE)
    assert google.list_events(TOKEN, FULL).next_sync_token == "sync-2"
    headers = server.requests[0].headers
    assert "gzip" in headers["accept-encoding"]
    assert "gzip" in headers["user-agent"]


def test_a_page_of_one_repeated_description_is_no_bomb(google: GoogleCalendar, server: ScriptedServer) -> None:
    """httplib2 refuses what unpacks to more than a hundred times its size beyond 10 MB, unless told otherwise."""
    item = {"id": "e", "description": "x" * 8000}
    server.answers_gzip({"items": [item] * 1500, "nextSyncToken": "s"})
    assert len(google.list_events(TOKEN, FULL).items) == 1500


def test_an_answer_beyond_every_page_is_rejected(
    google: GoogleCalendar, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LARGEST_ANSWER", 1000)
    small = GoogleCalendar(server.url, timeout_seconds=5)
    server.answers_gzip({"items": [], "nextSyncToken": "s" * 2000})
    with pytest.raises(ProviderRejected, match="larger than 1000 bytes"):
        small.list_events(TOKEN, FULL)
    small.close()


def test_requests_share_one_connection(google: GoogleCalendar, server: ScriptedServer) -> None:
    for _ in range(3):
        server.answers(LAST_PAGE)
        google.list_events(TOKEN, FULL)
    assert {request.connection for request in server.requests} == {1}


def test_every_request_carries_only_the_token_it_was_given(google: GoogleCalendar, server: ScriptedServer) -> None:
    server.answers(LAST_PAGE)
    server.answers(LAST_PAGE)
    google.list_events("first", FULL)
    google.list_events("second", FULL)
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("token", ["", "two\nlines", "ключ", "nul\0"])
def test_a_token_that_fits_no_header_is_refreshed_and_not_sent(
    google: GoogleCalendar, server: ScriptedServer, token: str
) -> None:
    with pytest.raises(AccessTokenRejected):
        google.list_events(token, FULL)
    assert server.requests == []


@pytest.mark.parametrize(
    ("request_made", "status", "reason", "expected"),
    [
        (FULL, 401, "authError", AccessTokenRejected),
        (FULL, 403, "rateLimitExceeded", ProviderRateLimited),
        (FULL, 403, "userRateLimitExceeded", ProviderRateLimited),
        (FULL, 429, "rateLimitExceeded", ProviderRateLimited),
        (FULL, 403, "quotaExceeded", ProviderQuotaExhausted),
        (FULL, 403, "insufficientPermissions", AccessDenied),
        (FULL, 404, "notFound", CalendarUnreachable),
        (FULL, 400, "badRequest", ProviderRejected),
        (FULL, 500, "backendError", ProviderUnavailable),
        (FULL, 503, "backendError", ProviderUnavailable),
        (DELTA, 410, "fullSyncRequired", SyncTokenExpired),
        (DELTA, 410, "updatedMinTooLongAgo", SyncTokenExpired),
        (ListEvents(CALENDAR, window=WINDOW, page_token="p"), 400, "invalid", PageTokenExpired),
    ],
)
def test_a_refusal_becomes_the_error_it_means_for_that_request(
    google: GoogleCalendar,
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    request_made: ListEvents,
    status: int,
    reason: str,
    expected: type[AlmanacError],
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers(refusal(status, reason), status)
    with pytest.raises(expected, match=f"{status}, {reason}") as caught:
        google.list_events(TOKEN, request_made)
    assert type(caught.value) is expected
    assert_tells_nothing(caught.value, caplog)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>ada#private@example.org</html>", b"[]", b'{"error": null}', b'{"error": "rate"}', b"\xff\xfe", b"7"],
)
@pytest.mark.parametrize(
    ("status", "expected"), [(403, AccessDenied), (502, ProviderUnavailable), (302, ProviderRejected)]
)
def test_trap_82_a_refusal_need_not_be_google_s_json(
    google: GoogleCalendar,
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    status: int,
    expected: type[AlmanacError],
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers_bytes(body, status, location="http://127.0.0.1:1/elsewhere")
    with pytest.raises(expected) as caught:
        google.list_events(TOKEN, FULL)
    assert_tells_nothing(caught.value, caplog)


def test_a_401_challenge_is_not_answered_by_the_transport(google: GoogleCalendar, server: ScriptedServer) -> None:
    challenge = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    server.answers(refusal(401, "authError"), 401, www_authenticate=challenge)
    with pytest.raises(AccessTokenRejected):
        google.list_events(TOKEN, FULL)
    assert len(server.requests) == 1


def test_retry_after_reaches_the_error_in_seconds(google: GoogleCalendar, server: ScriptedServer) -> None:
    server.answers(refusal(429, "rateLimitExceeded"), 429, retry_after="17")
    with pytest.raises(ProviderRateLimited) as caught:
        google.list_events(TOKEN, FULL)
    assert caught.value.retry_after == 17


def test_retry_after_may_be_a_date(google: GoogleCalendar, server: ScriptedServer) -> None:
    past = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    server.answers(refusal(503, "backendError"), 503, retry_after=past)
    with pytest.raises(ProviderUnavailable) as caught:
        google.list_events(TOKEN, FULL)
    assert caught.value.retry_after == 0


def test_silence_is_unavailable_and_the_next_request_has_a_new_connection(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    google = GoogleCalendar(server.url, timeout_seconds=0.2)
    server.stays_silent()
    server.answers(LAST_PAGE)
    with pytest.raises(ProviderUnavailable, match="did not answer in time") as caught:
        google.list_events(TOKEN, DELTA)
    assert_tells_nothing(caught.value, caplog)
    assert google.list_events(TOKEN, FULL).next_sync_token == "sync-2"
    assert [request.connection for request in server.requests] == [1, 2]
    google.close()


def test_a_cut_connection_is_unavailable_and_dropped(
    google: GoogleCalendar, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.cuts()
    server.answers(LAST_PAGE)
    with pytest.raises(ProviderUnavailable, match="RemoteDisconnected") as caught:
        google.list_events(TOKEN, DELTA)
    assert_tells_nothing(caught.value, caplog)
    assert google.list_events(TOKEN, FULL).next_sync_token == "sync-2"


def test_half_an_answer_is_unavailable_and_its_connection_is_not_used_again(
    google: GoogleCalendar, server: ScriptedServer
) -> None:
    server.answers(LAST_PAGE)
    server.cuts_inside(LAST_PAGE)
    server.answers(LAST_PAGE)
    google.list_events(TOKEN, FULL)
    with pytest.raises(ProviderUnavailable, match="connection to Google failed"):
        google.list_events(TOKEN, FULL)
    assert google.list_events(TOKEN, FULL).next_sync_token == "sync-2"
    assert [request.connection for request in server.requests] == [1, 1, 2]


def test_nobody_listening_is_unavailable() -> None:
    stopped = ScriptedServer()
    stopped.stop()
    google = GoogleCalendar(stopped.url, timeout_seconds=5)
    with pytest.raises(ProviderUnavailable, match="ConnectionRefusedError"):
        google.list_events(TOKEN, FULL)


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"items": [', b"\xff", b"[]", b'"text"', b"[" * 100_000])
def test_a_200_that_is_no_json_object_is_unavailable(
    google: GoogleCalendar, server: ScriptedServer, body: bytes
) -> None:
    server.answers_bytes(body)
    with pytest.raises(ProviderUnavailable, match=r"not readable JSON|not a JSON object"):
        google.list_events(TOKEN, FULL)


def test_spoiled_gzip_is_unavailable(google: GoogleCalendar, server: ScriptedServer) -> None:
    server.answers_gzip(LAST_PAGE, broken=True)
    with pytest.raises(ProviderUnavailable, match="FailedToDecompressContent"):
        google.list_events(TOKEN, FULL)


def test_a_root_with_a_slash_at_its_end_is_the_same_root(server: ScriptedServer) -> None:
    google = GoogleCalendar(server.url + "/", timeout_seconds=5)
    server.answers(LAST_PAGE)
    google.list_events(TOKEN, FULL)
    assert server.requests[0].path.startswith("/calendar/v3/calendars/")
    google.close()


def test_success_logs_no_address_even_at_debug(
    google: GoogleCalendar, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers(LAST_PAGE)
    google.list_events(TOKEN, FULL)
    assert "private" not in caplog.text


def test_the_calendar_list_holds_canonical_ids_names_colours_and_roles(
    google: GoogleCalendar, server: ScriptedServer
) -> None:
    own = {"id": "ada@example.org", "summary": "ada@example.org", "accessRole": "owner", "primary": True}
    shared = {
        "id": "team@group.calendar.google.com",
        "summary": "Team",
        "summaryOverride": "My team",
        "backgroundColor": "#16a765",
        "accessRole": "reader",
        "timeZone": "Asia/Tokyo",
        "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
    }
    server.answers({"items": [own, shared], "nextPageToken": "page-2"})
    entries, next_page = google.list_calendars(TOKEN, None)
    assert entries == [
        CalendarEntry("ada@example.org", "ada@example.org", None, "owner", None, primary=True),
        CalendarEntry("team@group.calendar.google.com", "My team", "#16a765", "reader", "Asia/Tokyo", primary=False),
    ]
    assert next_page == "page-2"
    query = server.requests[0].query
    assert (query["maxResults"], query["showHidden"], query.get("pageToken")) == ("250", "true", None)
    assert server.requests[0].path.startswith("/calendar/v3/users/me/calendarList?")


def test_the_next_page_of_the_calendar_list_is_asked_for_by_its_token(
    google: GoogleCalendar, server: ScriptedServer
) -> None:
    server.answers({"items": [], "nextSyncToken": "unused"})
    assert google.list_calendars(TOKEN, "page-2") == ([], None)
    assert server.requests[0].query["pageToken"] == "page-2"


def test_trap_74_a_deleted_entry_has_only_its_id(google: GoogleCalendar, server: ScriptedServer) -> None:
    server.answers({"items": [{"id": "gone@example.org", "deleted": True}]})
    (entry,), _ = google.list_calendars(TOKEN, None)
    assert entry == CalendarEntry("gone@example.org", "", None, "none", None, primary=False, deleted=True)


@pytest.mark.parametrize("item", [{}, {"id": ""}, {"id": ["private"]}])
def test_a_calendar_without_a_usable_id_is_rejected_by_the_field_s_name(
    google: GoogleCalendar, server: ScriptedServer, item: dict[str, Any]
) -> None:
    server.answers({"items": [item]})
    with pytest.raises(ProviderRejected, match="unusable field id") as caught:
        google.list_calendars(TOKEN, None)
    assert "private" not in str(caught.value)


def timed(start: str, end: str, **more: str) -> dict[str, Any]:
    return {"id": "e1", "status": "confirmed", "start": {"dateTime": start}, "end": {"dateTime": end}, **more}


def all_day(start: str, end: str) -> dict[str, Any]:
    return {"id": "e1", "status": "confirmed", "start": {"date": start}, "end": {"date": end}}


@pytest.mark.parametrize(
    ("item", "live"),
    [
        (timed("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"), True),
        (timed("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", status="cancelled"), False),
        ({"id": "e1", "status": "cancelled"}, False),
        (timed("2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z"), False),
        (timed("2025-12-31T23:00:00Z", "2026-01-01T00:00:01Z"), True),
        (timed("2026-07-01T00:00:00Z", "2026-07-01T01:00:00Z"), False),
        (timed("2026-07-01T01:30:00+02:00", "2026-07-01T03:00:00+02:00"), True),
        (all_day("2026-03-01", "2026-03-02"), True),
        (all_day("2025-12-31", "2026-01-01"), False),
        (all_day("2026-01-01", "2026-01-02"), True),
        (all_day("2026-07-01", "2026-07-02"), False),
        ({"id": "e1", "status": "confirmed"}, True),
    ],
)
def test_an_event_is_live_when_it_is_not_cancelled_and_touches_the_window(
    google: GoogleCalendar, server: ScriptedServer, item: dict[str, Any], live: bool
) -> None:
    server.answers(item)
    assert google.event_is_live(TOKEN, CALENDAR, "e1", WINDOW) is live
    assert server.requests[0].path.startswith("/calendar/v3/calendars/ada%23private%40example.org/events/e1?")


@pytest.mark.parametrize(("status", "reason"), [(404, "notFound"), (410, "deleted")])
def test_an_event_that_google_does_not_know_is_not_live(
    google: GoogleCalendar, server: ScriptedServer, status: int, reason: str
) -> None:
    server.answers(refusal(status, reason), status)
    assert google.event_is_live(TOKEN, CALENDAR, "e1", WINDOW) is False


def test_trouble_is_no_proof_that_an_event_is_gone(google: GoogleCalendar, server: ScriptedServer) -> None:
    server.answers(refusal(503, "backendError"), 503)
    with pytest.raises(ProviderUnavailable):
        google.event_is_live(TOKEN, CALENDAR, "e1", WINDOW)
