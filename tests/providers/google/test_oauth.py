import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from almanac.errors import (
    AlmanacError,
    ProjectRefused,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
    ReconnectRequired,
)
from almanac.providers.google.oauth import GoogleTokens
from almanac.services.sync.provider import FreshToken
from tests.scripted_server import ScriptedServer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
REFRESH, SECRET = "1//refresh&token=secret", "client-secret"  # made up
GRANT = {"access_token": "ya29.fresh-secret", "expires_in": 3599, "token_type": "Bearer", "scope": "calendar"}


def endpoint(server: ScriptedServer, timeout_seconds: float = 5) -> GoogleTokens:
    return GoogleTokens(server.url + "/token", "client-id", SECRET, timeout_seconds, clock=lambda: NOW)


@pytest.fixture
def tokens(server: ScriptedServer) -> Iterator[GoogleTokens]:
    made = endpoint(server)
    yield made
    made.close()


def assert_tells_nothing(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    for text in (str(error), repr(error), caplog.text):
        assert "secret" not in text
        assert "echoed" not in text
    assert error.__suppress_context__


def test_a_refresh_is_one_form_post_and_its_life_counts_from_now(tokens: GoogleTokens, server: ScriptedServer) -> None:
    server.answers(GRANT)
    assert tokens.refresh(REFRESH) == FreshToken(
        "ya29.fresh-secret", NOW + timedelta(seconds=3599), None, ("calendar",)
    )
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.query == {
        "client_id": "client-id",
        "client_secret": SECRET,
        "refresh_token": REFRESH,
        "grant_type": "refresh_token",
    }


def test_the_life_counts_from_the_request_not_from_its_answer(server: ScriptedServer) -> None:
    instants = iter([NOW, NOW + timedelta(minutes=1)])
    tokens = GoogleTokens(server.url, "client-id", SECRET, 5, clock=lambda: next(instants))
    server.answers(GRANT)
    assert tokens.refresh(REFRESH).expires_at == NOW + timedelta(seconds=3599)
    tokens.close()


def test_trap_81_a_rotated_refresh_token_is_handed_on(tokens: GoogleTokens, server: ScriptedServer) -> None:
    server.answers({**GRANT, "refresh_token": "1//new"})
    assert tokens.refresh(REFRESH).refresh_token == "1//new"


@pytest.mark.parametrize("old_stays", [None, ""])
def test_an_answer_without_refresh_token_keeps_the_old_one(
    tokens: GoogleTokens, server: ScriptedServer, old_stays: str | None
) -> None:
    server.answers({**GRANT, "refresh_token": old_stays})
    assert tokens.refresh(REFRESH).refresh_token is None


def test_a_token_without_a_life_lives_an_hour(tokens: GoogleTokens, server: ScriptedServer) -> None:
    server.answers({"access_token": "ya29.fresh-secret"})
    assert tokens.refresh(REFRESH).expires_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "invalid_grant", ReconnectRequired),
        (401, "invalid_grant", ReconnectRequired),
        (401, "invalid_client", ProjectRefused),
        (401, "unauthorized_client", ProjectRefused),
        (401, "deleted_client", ProjectRefused),
        (400, "invalid_request", ProjectRefused),
        (404, "not_found", ProjectRefused),
        (400, "temporarily_unavailable", ProviderUnavailable),
        (403, "rate_limit_exceeded", ProviderRateLimited),
        (429, "invalid_grant", ProviderRateLimited),
        (408, "invalid_grant", ProviderUnavailable),
        (500, "internal_failure", ProviderUnavailable),
        (500, "invalid_grant", ProviderUnavailable),
        (503, "invalid_grant", ProviderUnavailable),
    ],
)
def test_trap_80_only_invalid_grant_costs_the_account_its_grant_and_never_a_5xx(
    tokens: GoogleTokens,
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    status: int,
    code: str,
    expected: type[AlmanacError],
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers({"error": code, "error_description": "echoed description"}, status)
    with pytest.raises(expected, match=f"HTTP {status}, {code}") as caught:
        tokens.refresh(REFRESH)
    assert type(caught.value) is expected
    assert_tells_nothing(caught.value, caplog)
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", ["invalid_client", "unauthorized_client"])
def test_a_refused_client_names_its_settings(tokens: GoogleTokens, server: ScriptedServer, code: str) -> None:
    server.answers({"error": code}, 401)
    with pytest.raises(ProjectRefused, match="ALMANAC_GOOGLE_CLIENT_ID and ALMANAC_GOOGLE_CLIENT_SECRET"):
        tokens.refresh(REFRESH)


@pytest.mark.parametrize("body", [b"", b"<html>echoed</html>", b"[]", b'{"error": {"message": "echoed"}}'])
def test_a_400_that_does_not_say_invalid_grant_is_rejected(
    tokens: GoogleTokens, server: ScriptedServer, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    server.answers_bytes(body, 400)
    with pytest.raises(ProjectRefused, match="HTTP 400") as caught:
        tokens.refresh(REFRESH)
    assert_tells_nothing(caught.value, caplog)


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"expires_in": 3600}, "access_token"),
        ({**GRANT, "access_token": ""}, "access_token"),
        ({**GRANT, "access_token": "secret\r\nx: y"}, "access_token"),
        ({**GRANT, "access_token": None}, "access_token"),
        ({**GRANT, "expires_in": 0}, "expires_in"),
        ({**GRANT, "expires_in": -5}, "expires_in"),
        ({**GRANT, "expires_in": 10**30}, "expires_in"),
        ({**GRANT, "refresh_token": ["secret"]}, "refresh_token"),
        ([], "JSON object"),
    ],
)
def test_an_unusable_answer_is_rejected_by_its_field_s_name(
    tokens: GoogleTokens, server: ScriptedServer, caplog: pytest.LogCaptureFixture, answer: Any, field: str
) -> None:
    server.answers(answer)
    with pytest.raises(ProviderRejected, match=f"without a usable {field}") as caught:
        tokens.refresh(REFRESH)
    assert_tells_nothing(caught.value, caplog)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff"])
def test_an_answer_that_is_not_json_is_unavailable(tokens: GoogleTokens, server: ScriptedServer, body: bytes) -> None:
    server.answers_bytes(body)
    with pytest.raises(ProviderUnavailable, match="not JSON"):
        tokens.refresh(REFRESH)


def test_retry_after_reaches_the_error(tokens: GoogleTokens, server: ScriptedServer) -> None:
    server.answers({}, 503, retry_after="30")
    with pytest.raises(ProviderUnavailable) as caught:
        tokens.refresh(REFRESH)
    assert caught.value.retry_after == 30


def test_silence_at_the_endpoint_is_unavailable(server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    tokens = endpoint(server, timeout_seconds=0.2)
    server.stays_silent()
    with pytest.raises(ProviderUnavailable, match="did not answer in time") as caught:
        tokens.refresh(REFRESH)
    assert_tells_nothing(caught.value, caplog)
    tokens.close()


def test_a_cut_connection_at_the_endpoint_is_unavailable(tokens: GoogleTokens, server: ScriptedServer) -> None:
    server.cuts()
    server.answers(GRANT)
    with pytest.raises(ProviderUnavailable):
        tokens.refresh(REFRESH)
    assert tokens.refresh(REFRESH).access_token == GRANT["access_token"]


def test_waits_are_limited_where_the_connection_was_closed_meanwhile(
    tokens: GoogleTokens, server: ScriptedServer
) -> None:
    server.answers(GRANT)
    server.answers(GRANT)
    tokens.refresh(REFRESH)
    (connection,) = tokens._http._http.connections.values()
    connection.sock.close()

    tokens.limit_waits(10)

    assert tokens.refresh(REFRESH).access_token == GRANT["access_token"]


class TestARotatedClient:
    """Google refuses the client that a process has known since it started."""

    @staticmethod
    def endpoint(server: ScriptedServer, *secrets: str) -> GoogleTokens:
        found = iter(secrets)
        return GoogleTokens(server.url, "client-id", "old", 5, lambda: NOW, lambda: ("client-id", next(found)))

    def test_is_read_again_and_used_from_then_on(self, server: ScriptedServer) -> None:
        server.answers({"error": "invalid_client"}, status=401)
        server.answers(GRANT)
        server.answers(GRANT)
        tokens = self.endpoint(server, "new")

        tokens.refresh(REFRESH)
        tokens.refresh(REFRESH)

        assert [request.query["client_secret"] for request in server.requests] == ["old", "new", "new"]
        tokens.close()

    def test_that_is_refused_as_well_is_told(self, server: ScriptedServer) -> None:
        server.answers({"error": "invalid_client"}, status=401)
        server.answers({"error": "invalid_client"}, status=401)
        tokens = self.endpoint(server, "new but wrong")

        with pytest.raises(ProjectRefused, match="OAuth client"):
            tokens.refresh(REFRESH)
        assert len(server.requests) == 2
        tokens.close()

    def test_that_has_not_changed_is_not_asked_for_twice(self, server: ScriptedServer) -> None:
        server.answers({"error": "invalid_client"}, status=401)
        tokens = self.endpoint(server, "old")

        with pytest.raises(ProjectRefused, match="OAuth client"):
            tokens.refresh(REFRESH)
        assert len(server.requests) == 1
        tokens.close()
