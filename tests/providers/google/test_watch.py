"""Watch and stop on the wire."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from almanac.errors import (
    AccessDenied,
    AccessTokenRejected,
    AlmanacError,
    CalendarUnreachable,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
    PushUnsupported,
)
from almanac.providers.google.calendar import GoogleCalendar
from almanac.providers.google.watch import GoogleWatch, parse_expiration
from tests.scripted_server import ScriptedServer

END = datetime(2026, 12, 6, 12, tzinfo=UTC)
MILLIS = str(int(END.timestamp() * 1000))
ANSWER = {"kind": "api#channel", "id": "c1", "resourceId": "r1", "expiration": MILLIS}


@pytest.fixture
def watch(server: ScriptedServer) -> Iterator[GoogleWatch]:
    calendar = GoogleCalendar(server.url, timeout_seconds=5)
    yield GoogleWatch(calendar, "ya29.token")
    calendar.close()


def refused(status: int, reason: str, server: ScriptedServer) -> None:
    told = {"domain": "global", "reason": reason, "message": "no"}
    server.answers({"error": {"errors": [told], "code": status, "message": "no"}}, status)


def test_a_watch_asks_for_a_week_and_nothing_that_filters(watch: GoogleWatch, server: ScriptedServer) -> None:
    server.answers(ANSWER)
    assert watch.start("ada@example.org", "c1", "https://almanac.example/google/push", "v=1&k=…") == ("r1", END)
    (request,) = server.requests
    assert request.path == "/calendar/v3/calendars/ada%40example.org/events/watch?alt=json"
    assert json.loads(request.body) == {
        "id": "c1",
        "type": "web_hook",
        "address": "https://almanac.example/google/push",
        "token": "v=1&k=…",
        "params": {"ttl": "604800"},
    }


def test_a_stop_names_both_ids(watch: GoogleWatch, server: ScriptedServer) -> None:
    server.answers_bytes(b"", 204)
    watch.stop("c1", "r1")
    (request,) = server.requests
    assert request.path.startswith("/calendar/v3/channels/stop")
    assert json.loads(request.body) == {"id": "c1", "resourceId": "r1"}


@pytest.mark.parametrize("said", [MILLIS, int(MILLIS), "Sun, 06 Dec 2026 12:00:00 GMT"])
def test_three_spellings_of_one_instant(said: object) -> None:
    assert parse_expiration(said) == END


@pytest.mark.parametrize("said", [None, "", "soon", [], 10**30, -(10**30)])
def test_an_end_that_is_none(said: object) -> None:
    with pytest.raises(ProviderRejected):
        parse_expiration(said)


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (400, "pushNotSupportedForRequestedResource", PushUnsupported),
        (403, "pushNotSupportedForRequestedResource", PushUnsupported),
        (400, "channelIdNotUnique", ProviderUnavailable),
        (400, "push.webhookUrlNotHttps", ProviderRejected),
        (401, "push.webhookUrlUnauthorized", AccessTokenRejected),
        (403, "push.webhookUrlUnauthorized", AccessDenied),
        (403, "subscriptionRateLimitExceeded", AccessDenied),
        (403, "rateLimitExceeded", ProviderRateLimited),
        (429, "rateLimitExceeded", ProviderRateLimited),
        (404, "notFound", CalendarUnreachable),
        (503, "backendError", ProviderUnavailable),
    ],
)
def test_refusals_of_a_watch(
    watch: GoogleWatch, server: ScriptedServer, status: int, reason: str, error: type[AlmanacError]
) -> None:
    refused(status, reason, server)
    with pytest.raises(error):
        watch.start("ada@example.org", "c1", "https://almanac.example/google/push", "t")


@pytest.mark.parametrize(("status", "reason"), [(404, "notFound"), (410, "gone")])
def test_what_is_gone_is_stopped(watch: GoogleWatch, server: ScriptedServer, status: int, reason: str) -> None:
    refused(status, reason, server)
    watch.stop("c1", "r1")


@pytest.mark.parametrize(
    "answer", [{}, {**ANSWER, "resourceId": ""}, {**ANSWER, "resourceId": "r" * 256}, {**ANSWER, "expiration": "x"}]
)
def test_answers_that_cannot_be_used(watch: GoogleWatch, server: ScriptedServer, answer: dict[str, str]) -> None:
    server.answers(answer)
    with pytest.raises(ProviderRejected):
        watch.start("ada@example.org", "c1", "https://almanac.example/google/push", "t")
