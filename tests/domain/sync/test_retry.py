from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.sync import retry
from almanac.domain.sync.retry import (
    Done,
    Postpone,
    backoff,
    disposition,
    next_attempt_after,
    slowdown,
    try_again_in_run,
    wait_after_bug,
    wait_for_turn,
)
from almanac.errors import (
    AccessDenied,
    AccessTokenRejected,
    AlmanacError,
    CalendarUnreachable,
    DatabaseUnavailable,
    LeaseLost,
    ReconnectRequired,
    StorageFailed,
)
from almanac.providers.google.errors import quota_exhausted, rate_limited, rejected, unavailable

NOW = datetime(2026, 10, 6, 12, 0, tzinfo=UTC)
HOUR = 3600.0
chances = st.floats(0, 1, exclude_max=True)
waits = st.none() | st.floats(0, 1e9)


@pytest.mark.parametrize(("attempt", "ceiling"), [(1, 1.0), (2, 2.0), (3, 4.0), (6, 32.0), (7, 32.0), (10_000, 32.0)])
def test_trap_78_waits_double_and_are_truncated(attempt: int, ceiling: float) -> None:
    assert backoff(attempt, None, 0.0) == 0.0
    assert backoff(attempt, None, 0.5) == ceiling / 2


@given(st.integers(1, 50), waits, chances)
def test_trap_79_nobody_comes_back_before_retry_after(attempt: int, retry_after: float | None, chance: float) -> None:
    delay = backoff(attempt, retry_after, chance)
    assert (retry_after or 0.0) <= delay <= (retry_after or 0.0) + retry.LONGEST_BACKOFF


@pytest.mark.parametrize(
    ("nth", "retry_after", "chance", "seconds"),
    [
        (1, None, 0.0, 30.0),
        (1, None, 0.5, 45.0),
        (2, None, 0.0, 60.0),
        (5, None, 0.5, 720.0),
        (10_000, None, 0.0, 480.0),
        (1, 600.0, 0.5, 615.0),
        (1, 1e9, 0.5, 24 * HOUR),
    ],
)
def test_an_account_slows_down_longer_each_time(
    nth: int, retry_after: float | None, chance: float, seconds: float
) -> None:
    assert slowdown(nth, retry_after, chance) == seconds


@given(st.integers(1, 4), chances, chances)
def test_the_next_slowdown_is_never_shorter(nth: int, one: float, other: float) -> None:
    assert 30 <= slowdown(nth, None, one) <= slowdown(nth + 1, None, other) <= retry.LONGEST_SLOWDOWN


@pytest.mark.parametrize(
    ("error", "attempt", "seconds_left", "delay"),
    [
        (unavailable("x"), 1, 600, 0.5),
        (unavailable("x"), 3, 600, 2.0),
        (unavailable("x"), 4, 600, None),
        (rate_limited("x", 10.0), 1, 600, 10.5),
        (rate_limited("x", 19.5), 1, 600, 20.0),
        (rate_limited("x", 19.6), 1, 600, None),
        (rate_limited("x", 10.0), 1, 30.5, 10.5),
        (rate_limited("x", 10.0), 1, 30.4, None),
        (unavailable("x"), 1, 5, None),
        (DatabaseUnavailable("x"), 2, 600, 1.0),
        (quota_exhausted("x"), 1, 600, None),
        (LeaseLost("x"), 1, 600, None),
        (AccessDenied("x"), 1, 600, None),
        (rejected("x"), 1, 600, None),
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
    delay = try_again_in_run(unavailable("x", retry_after), attempt, seconds_left, chance)
    assert delay is None or 0 <= delay <= min(retry.LONGEST_WAIT_IN_RUN, seconds_left - retry.RUN_RESERVE)


@pytest.mark.parametrize(
    ("error", "pauses"),
    [
        (unavailable("x"), {1: 300, 2: 600, 5: 4_800, 8: 6 * HOUR, 10_000: 6 * HOUR}),
        (StorageFailed("x"), {1: 300, 8: 6 * HOUR}),
        (rate_limited("x", 1_000.0), {1: 1_000, 3: 1_200}),
        (rate_limited("x", 1e9), {1: 24 * HOUR}),
        (quota_exhausted("x"), {1: HOUR, 8: 6 * HOUR}),
        (quota_exhausted("x", 8 * HOUR), {1: 8 * HOUR}),
        (AccessDenied("x"), {1: 6 * HOUR, 2: 12 * HOUR, 3: 24 * HOUR, 9: 24 * HOUR}),
        (CalendarUnreachable("x"), {1: 6 * HOUR, 9: 24 * HOUR}),
        (ReconnectRequired("x"), {1: 6 * HOUR, 9: 24 * HOUR}),
        (rejected("x"), {1: 6 * HOUR, 9: 24 * HOUR}),
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
        (True, 1, 600.0, 0.9, Postpone(843)),
        (True, 1, 1e9, 0.0, Postpone(900)),
    ],
)
def test_trap_83_a_message_comes_back_only_while_it_can_help(
    transient: bool, receives: int, retry_after: float | None, chance: float, fate: Done | Postpone
) -> None:
    assert disposition(transient, receives, retry_after, chance) == fate


@given(st.integers(1, 2), waits, chances, st.booleans())
def test_a_postponed_message_waits_as_long_as_asked_and_never_longer_than_a_tick(
    receives: int, retry_after: float | None, chance: float, recorded: bool
) -> None:
    fate = disposition(True, receives, retry_after, chance, recorded=recorded)
    asked, tick = max(30.0, retry_after or 0.0), 15 * 60.0
    if recorded and asked > tick:
        assert fate == Done(), "the pause is in a row, and the tick minds it"
    else:
        assert isinstance(fate, Postpone)
        assert min(asked, tick) <= fate.seconds <= tick


@given(st.integers(1, 5), chances)
def test_a_bug_comes_back_within_a_minute_while_receives_are_left(receives: int, chance: float) -> None:
    seconds = wait_after_bug(receives, chance)
    assert seconds == 0 if receives >= retry.MAX_RECEIVES else 30 <= seconds <= 60


@pytest.mark.parametrize(
    ("receives", "chance", "seconds"),
    [(1, 0.0, 5), (1, 0.5, 10), (1, 1.0, 15), (2, 0.5, 18), (2, 1.0, 30), (99, 1.0, 60)],
)
def test_who_meets_a_running_run_comes_back_in_seconds(receives: int, chance: float, seconds: int) -> None:
    assert wait_for_turn(receives, chance) == seconds
