import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.errors import (
    AccessDenied,
    AccessTokenRejected,
    AlmanacError,
    CalendarUnreachable,
    PageTokenExpired,
    ProjectRefused,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
    SyncTokenExpired,
    TransientError,
)
from almanac.providers.google.errors import (
    classify,
    parse_error_body,
)
from tests.providers.google.recorded import ERRORS

HOUR = 3600.0
waits = st.none() | st.floats(0, 1e9)
reason_lists = st.lists(st.sampled_from(["invalid", "fullSyncRequired", "quotaExceeded", "deleted", "x"]), max_size=3)


def refused(
    status: int, *reasons: str, after: float | None = None, token: bool = False, resumed: bool = False
) -> AlmanacError:
    return classify(status, reasons, retry_after=after, listing_with_token=token, resumed_page=resumed)


def recorded(name: str, *, token: bool = False, resumed: bool = False) -> AlmanacError:
    answer = ERRORS[name]
    reasons = parse_error_body(json.dumps(answer["body"]).encode())
    return refused(answer["status"], *reasons, token=token, resumed=resumed)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("time_range_empty", ProviderRejected),
        ("invalid_token_value", ProviderRejected),
        ("invalid_credentials", AccessTokenRejected),
        ("rate_limit", ProviderRateLimited),
        ("user_rate_limit", ProviderRateLimited),
        ("quota", ProviderQuotaExhausted),
        ("not_organizer", AccessDenied),
        ("missing_scope", AccessDenied),
        ("api_not_enabled", ProjectRefused),
        ("not_found", CalendarUnreachable),
        ("duplicate", ProviderRejected),
        ("full_sync_required", ProviderRejected),
        ("updated_min_too_old", ProviderRejected),
        ("deleted", CalendarUnreachable),
        ("condition_not_met", ProviderRejected),
        ("too_many_requests", ProviderRateLimited),
        ("new_style_rate_limit", ProviderRateLimited),
        ("backend_error", ProviderUnavailable),
    ],
)
def test_traps_64_66_75_78_a_refusal_has_one_meaning(name: str, error: type[AlmanacError]) -> None:
    assert type(recorded(name)) is error


@pytest.mark.parametrize(
    ("name", "token", "resumed", "error"),
    [
        ("full_sync_required", True, False, SyncTokenExpired),
        ("full_sync_required", True, True, SyncTokenExpired),
        ("full_sync_required", False, True, PageTokenExpired),
        ("updated_min_too_old", True, False, SyncTokenExpired),
        ("deleted", True, False, SyncTokenExpired),
        ("deleted", False, True, PageTokenExpired),
        ("deleted", False, False, CalendarUnreachable),
        ("invalid_token_value", True, False, SyncTokenExpired),
        ("invalid_token_value", True, True, PageTokenExpired),
        ("time_range_empty", True, False, ProviderRejected),
        ("time_range_empty", False, True, PageTokenExpired),
        ("backend_error", True, True, ProviderUnavailable),
        ("not_found", True, True, CalendarUnreachable),
        ("quota", True, True, ProviderQuotaExhausted),
    ],
)
def test_traps_12_to_14_gone_depends_on_what_was_asked(
    name: str, token: bool, resumed: bool, error: type[AlmanacError]
) -> None:
    assert type(recorded(name, token=token, resumed=resumed)) is error


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ProviderRejected),
        (401, AccessTokenRejected),
        (403, AccessDenied),
        (404, CalendarUnreachable),
        (408, ProviderUnavailable),
        (409, ProviderRejected),
        (410, ProviderRejected),
        (418, ProviderRejected),
        (429, ProviderRateLimited),
        (500, ProviderUnavailable),
        (502, ProviderUnavailable),
        (503, ProviderUnavailable),
        (504, ProviderUnavailable),
    ],
)
def test_trap_82_without_a_reason_the_status_decides(status: int, error: type[AlmanacError]) -> None:
    assert type(refused(status)) is error


@pytest.mark.parametrize("reason", ["rateLimitExceeded", "RATE_LIMIT_EXCEEDED", "userRateLimitExceeded"])
def test_trap_82_old_and_new_spellings_of_a_reason_are_one(reason: str) -> None:
    assert type(refused(403, reason)) is ProviderRateLimited


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "quotaExceeded"), (429, "quotaExceeded"), (403, "dailyLimitExceeded")]
)
@pytest.mark.parametrize(("asked", "kept"), [(None, HOUR), (5.0, HOUR), (3 * HOUR, 3 * HOUR)])
def test_trap_78_a_used_up_quota_rests_an_hour_at_least(
    status: int, reason: str, asked: float | None, kept: float
) -> None:
    error = refused(status, reason, after=asked)
    assert isinstance(error, ProviderQuotaExhausted)
    assert error.retry_after == kept


@pytest.mark.parametrize("status", [429, 503])
def test_trap_79_what_google_asks_for_travels_with_the_error(status: int) -> None:
    error = refused(status, after=17.0)
    assert isinstance(error, TransientError)
    assert error.retry_after == 17.0


def test_a_message_holds_the_status_and_the_reason_and_nothing_google_wrote() -> None:
    for name, answer in ERRORS.items():
        body = answer["body"]["error"]
        if isinstance(body, dict):
            message = str(recorded(name))
            assert f"HTTP {answer['status']}" in message
            assert body["message"] not in message
    assert str(recorded("not_found")) == "Google does not know this calendar for this account (HTTP 404, notFound)"
    assert str(refused(503)) == "Google is unavailable (HTTP 503)"


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        (ERRORS["rate_limit"]["body"], ["rateLimitExceeded", "PERMISSION_DENIED"]),
        (ERRORS["api_not_enabled"]["body"], ["accessNotConfigured", "SERVICE_DISABLED", "PERMISSION_DENIED"]),
        (ERRORS["new_style_rate_limit"]["body"], ["RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"]),
        (ERRORS["invalid_grant"]["body"], ["invalid_grant"]),
        ({"error": {"errors": [{"reason": "same"}, {"reason": "same"}]}}, ["same"]),
        ({"error": {"errors": [{}, None, {"reason": 7}, {"reason": "mara@studio.example said no"}]}}, []),
        ({"error": {"errors": {"reason": "notAList"}, "details": "no", "status": None}}, []),
        ({"error": None}, []),
        ({"message": "other"}, []),
        (["error"], []),
    ],
)
def test_trap_82_reasons_are_found_where_google_puts_them(body: Any, reasons: list[str]) -> None:
    assert parse_error_body(json.dumps(body).encode()) == reasons


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b"\xff\xfe\x00", b"{", b"[" * 100_000, b"9" * 5_000])
def test_trap_82_a_body_that_is_not_json_has_no_reasons(body: bytes) -> None:
    assert parse_error_body(body) == []


@given(
    st.binary()
    | st.recursive(
        st.none() | st.text() | st.integers(),
        lambda s: st.lists(s) | st.dictionaries(st.sampled_from(["error", "errors", "details", "reason", "status"]), s),
    ).map(lambda d: json.dumps(d).encode())
)
def test_any_error_body_gives_identifiers_only(body: bytes) -> None:
    for reason in parse_error_body(body):
        assert reason.replace("_", "").replace(".", "").replace("-", "").isalnum()
        assert len(reason) <= 64


@given(st.integers(100, 599), reason_lists, waits, st.booleans(), st.booleans())
def test_every_refusal_is_an_error_of_the_tree(
    status: int, reasons: list[str], retry_after: float | None, token: bool, resumed: bool
) -> None:
    error = classify(status, reasons, retry_after=retry_after, listing_with_token=token, resumed_page=resumed)
    assert type(error) is not AlmanacError
    assert f"(HTTP {status}" in str(error)
    assert token or not isinstance(error, SyncTokenExpired)
    assert resumed or not isinstance(error, PageTokenExpired)
