import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.sync import retry
from almanac.domain.sync.retry import (
    Done,
    Postpone,
    backoff,
    classify,
    disposition,
    next_attempt_after,
    parse_error_body,
    parse_retry_after,
    try_again_in_run,
)
from almanac.errors import (
    AccessDenied,
    AccessTokenRejected,
    AlmanacError,
    CalendarUnreachable,
    DatabaseUnavailable,
    GoogleQuotaExhausted,
    GoogleRateLimited,
    GoogleRejected,
    GoogleUnavailable,
    LeaseLost,
    PageTokenExpired,
    ReconnectRequired,
    StorageFailed,
    SyncTokenExpired,
    TransientError,
)
from tests.providers.google.recorded import ERRORS

NOW = datetime(2026, 10, 6, 12, 0, tzinfo=UTC)
HOUR = 3600.0
chances = st.floats(0, 1, exclude_max=True)
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
        ("time_range_empty", GoogleRejected),
        ("invalid_token_value", GoogleRejected),
        ("invalid_credentials", AccessTokenRejected),
        ("rate_limit", GoogleRateLimited),
        ("user_rate_limit", GoogleRateLimited),
        ("quota", GoogleQuotaExhausted),
        ("not_organizer", AccessDenied),
        ("missing_scope", AccessDenied),
        ("api_not_enabled", AccessDenied),
        ("not_found", CalendarUnreachable),
        ("duplicate", GoogleRejected),
        ("full_sync_required", GoogleRejected),
        ("updated_min_too_old", GoogleRejected),
        ("deleted", CalendarUnreachable),
        ("condition_not_met", GoogleRejected),
        ("too_many_requests", GoogleRateLimited),
        ("new_style_rate_limit", GoogleRateLimited),
        ("backend_error", GoogleUnavailable),
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
        ("time_range_empty", True, False, GoogleRejected),
        ("time_range_empty", False, True, PageTokenExpired),
        ("backend_error", True, True, GoogleUnavailable),
        ("not_found", True, True, CalendarUnreachable),
        ("quota", True, True, GoogleQuotaExhausted),
    ],
)
def test_traps_12_to_14_gone_depends_on_what_was_asked(
    name: str, token: bool, resumed: bool, error: type[AlmanacError]
) -> None:
    assert type(recorded(name, token=token, resumed=resumed)) is error


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, GoogleRejected),
        (401, AccessTokenRejected),
        (403, AccessDenied),
        (404, CalendarUnreachable),
        (408, GoogleUnavailable),
        (409, GoogleRejected),
        (410, GoogleRejected),
        (418, GoogleRejected),
        (429, GoogleRateLimited),
        (500, GoogleUnavailable),
        (502, GoogleUnavailable),
        (503, GoogleUnavailable),
        (504, GoogleUnavailable),
    ],
)
def test_trap_82_without_a_reason_the_status_decides(status: int, error: type[AlmanacError]) -> None:
    assert type(refused(status)) is error


@pytest.mark.parametrize("reason", ["rateLimitExceeded", "RATE_LIMIT_EXCEEDED", "userRateLimitExceeded"])
def test_trap_82_old_and_new_spellings_of_a_reason_are_one(reason: str) -> None:
    assert type(refused(403, reason)) is GoogleRateLimited


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "quotaExceeded"), (429, "quotaExceeded"), (403, "dailyLimitExceeded")]
)
@pytest.mark.parametrize(("asked", "kept"), [(None, HOUR), (5.0, HOUR), (3 * HOUR, 3 * HOUR)])
def test_trap_78_a_used_up_quota_rests_an_hour_at_least(
    status: int, reason: str, asked: float | None, kept: float
) -> None:
    error = refused(status, reason, after=asked)
    assert isinstance(error, GoogleQuotaExhausted)
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


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Tue, 06 Oct 2026 12:00:30 GMT", 30.0),
        ("Tue, 06 Oct 2026 14:00:30 +0200", 30.0),
        ("Tue, 06 Oct 2026 12:00:30 -0000", 30.0),
        ("Tue, 06 Oct 2026 11:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("9" * 400, None),
        ("Tue, 99 Oct 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.text())
def test_any_retry_after_header_gives_a_wait_or_nothing(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(("attempt", "ceiling"), [(1, 1.0), (2, 2.0), (3, 4.0), (6, 32.0), (7, 32.0), (10_000, 32.0)])
def test_trap_78_waits_double_and_are_truncated(attempt: int, ceiling: float) -> None:
    assert backoff(attempt, None, 0.0) == 0.0
    assert backoff(attempt, None, 0.5) == ceiling / 2


@given(st.integers(1, 50), waits, chances)
def test_trap_79_nobody_comes_back_before_retry_after(attempt: int, retry_after: float | None, chance: float) -> None:
    delay = backoff(attempt, retry_after, chance)
    assert (retry_after or 0.0) <= delay <= (retry_after or 0.0) + retry.LONGEST_BACKOFF


@pytest.mark.parametrize(
    ("error", "attempt", "seconds_left", "delay"),
    [
        (GoogleUnavailable("x"), 1, 600, 0.5),
        (GoogleUnavailable("x"), 3, 600, 2.0),
        (GoogleUnavailable("x"), 4, 600, None),
        (GoogleRateLimited("x", 10.0), 1, 600, 10.5),
        (GoogleRateLimited("x", 19.5), 1, 600, 20.0),
        (GoogleRateLimited("x", 19.6), 1, 600, None),
        (GoogleRateLimited("x", 10.0), 1, 30.5, 10.5),
        (GoogleRateLimited("x", 10.0), 1, 30.4, None),
        (GoogleUnavailable("x"), 1, 5, None),
        (DatabaseUnavailable("x"), 2, 600, 1.0),
        (GoogleQuotaExhausted("x"), 1, 600, None),
        (LeaseLost("x"), 1, 600, None),
        (AccessDenied("x"), 1, 600, None),
        (GoogleRejected("x"), 1, 600, None),
        (AccessTokenRejected("x"), 1, 600, None),
        (StorageFailed("x"), 1, 600, None),
    ],
)
def test_a_run_tries_again_only_when_it_can_help_and_be_afforded(
    error: AlmanacError, attempt: int, seconds_left: float, delay: float | None
) -> None:
    assert try_again_in_run(error, attempt, seconds_left, 0.5) == delay


@given(st.integers(1, 6), st.floats(-10, 900), waits, chances)
def test_a_wait_never_eats_the_end_of_the_invocation(
    attempt: int, seconds_left: float, retry_after: float | None, chance: float
) -> None:
    delay = try_again_in_run(GoogleUnavailable("x", retry_after), attempt, seconds_left, chance)
    assert delay is None or 0 <= delay <= min(retry.LONGEST_WAIT_IN_RUN, seconds_left - retry.RUN_RESERVE)


@pytest.mark.parametrize(
    ("error", "pauses"),
    [
        (GoogleUnavailable("x"), {1: 300, 2: 600, 5: 4_800, 8: 6 * HOUR, 10_000: 6 * HOUR}),
        (StorageFailed("x"), {1: 300, 8: 6 * HOUR}),
        (GoogleRateLimited("x", 1_000.0), {1: 1_000, 3: 1_200}),
        (GoogleRateLimited("x", 1e9), {1: 24 * HOUR}),
        (GoogleQuotaExhausted("x"), {1: HOUR, 8: 6 * HOUR}),
        (GoogleQuotaExhausted("x", 8 * HOUR), {1: 8 * HOUR}),
        (AccessDenied("x"), {1: 6 * HOUR, 2: 12 * HOUR, 3: 24 * HOUR, 9: 24 * HOUR}),
        (CalendarUnreachable("x"), {1: 6 * HOUR, 9: 24 * HOUR}),
        (ReconnectRequired("x"), {1: 6 * HOUR, 9: 24 * HOUR}),
        (GoogleRejected("x"), {1: 6 * HOUR, 9: 24 * HOUR}),
    ],
)
def test_traps_75_78_80_a_connection_that_keeps_failing_is_left_alone_for_longer(
    error: AlmanacError, pauses: dict[int, float]
) -> None:
    assert {failures: next_attempt_after(error, failures) for failures in pauses} == pauses


@pytest.mark.parametrize(
    ("transient", "receives", "retry_after", "chance", "fate"),
    [
        (True, 1, None, 0.0, Postpone(30)),
        (True, 1, None, 0.5, Postpone(165)),
        (True, 2, None, 0.5, Postpone(315)),
        (True, 3, None, 0.5, Done()),
        (True, 9, None, 0.5, Done()),
        (False, 1, None, 0.5, Done()),
        (False, 1, 60.0, 0.5, Done()),
        (True, 1, 600.0, 0.0, Postpone(600)),
        (True, 1, 0.2, 0.0, Postpone(30)),
        (True, 1, 600.5, 0.0, Postpone(601)),
        (True, 1, 1e9, 0.0, Postpone(42_000)),
    ],
)
def test_trap_83_a_message_comes_back_only_while_it_can_help(
    transient: bool, receives: int, retry_after: float | None, chance: float, fate: Done | Postpone
) -> None:
    assert disposition(transient, receives, retry_after, chance) == fate


@given(st.integers(1, 2), waits, chances)
def test_a_postponed_message_waits_as_long_as_asked_and_sqs_allows(
    receives: int, retry_after: float | None, chance: float
) -> None:
    fate = disposition(True, receives, retry_after, chance)
    assert isinstance(fate, Postpone)
    assert min(max(30.0, retry_after or 0.0), retry.LONGEST_VISIBILITY) <= fate.seconds <= 12 * HOUR
    if retry_after is None:
        assert timedelta(seconds=fate.seconds) <= timedelta(minutes=15)


@given(st.integers(100, 599), reason_lists, waits, st.booleans(), st.booleans())
def test_every_refusal_is_an_error_of_the_tree(
    status: int, reasons: list[str], retry_after: float | None, token: bool, resumed: bool
) -> None:
    error = classify(status, reasons, retry_after=retry_after, listing_with_token=token, resumed_page=resumed)
    assert type(error) is not AlmanacError
    assert f"(HTTP {status}" in str(error)
    assert token or not isinstance(error, SyncTokenExpired)
    assert resumed or not isinstance(error, PageTokenExpired)
