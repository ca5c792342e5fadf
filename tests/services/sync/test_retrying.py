from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.sync.report import Tally
from almanac.domain.sync.retry import (
    CLOSING_SECONDS,
    LONGEST_WAIT_IN_RUN,
    MAX_ATTEMPTS,
    RUN_RESERVE,
    SHORTEST_REQUEST,
)
from almanac.errors import (
    AccessDenied,
    AccessTokenRejected,
    AlmanacError,
    LeaseLost,
    OutOfTime,
    PageTokenExpired,
    ProviderUnavailable,
    ReconnectRequired,
    SyncTokenExpired,
)
from almanac.providers.google.errors import quota_exhausted, rate_limited, unavailable
from almanac.services.sync.retrying import Retrier

DOWN = unavailable("Google is unavailable (HTTP 503)")


class Invocation:
    """A clock that only waiting moves: `left` seconds of an invocation."""

    def __init__(self, left: float = 300.0) -> None:
        self.left = left
        self.waited: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.left -= seconds

    def retrier(self, chance: float = 0.5) -> Retrier:
        return Retrier(self.sleep, lambda: chance, lambda: self.left)


def raising(*errors: BaseException) -> Callable[[], str]:
    """An operation that raises these, one a call, and then answers."""
    script: Iterator[BaseException] = iter(errors)

    def operation() -> str:
        for error in script:
            raise error
        return "answer"

    return operation


def test_an_answer_needs_no_patience() -> None:
    invocation, tally = Invocation(), Tally()

    assert invocation.retrier().call(raising(), tally) == "answer"
    assert (tally.api_calls, tally.retries, invocation.waited) == (1, 0, [])


def test_what_passes_is_waited_out_and_counted() -> None:
    invocation, tally = Invocation(), Tally()

    assert invocation.retrier().call(raising(DOWN, DOWN), tally) == "answer"
    assert (tally.api_calls, tally.retries) == (3, 2)
    assert invocation.waited == [0.5, 1.0]


def test_the_last_error_is_raised_when_attempts_are_used_up() -> None:
    invocation, tally = Invocation(), Tally()
    errors = [unavailable(f"attempt {number}") for number in range(1, MAX_ATTEMPTS + 1)]

    with pytest.raises(ProviderUnavailable) as raised:
        invocation.retrier().call(raising(*errors), tally)

    assert raised.value is errors[-1]
    assert (tally.api_calls, tally.retries, len(invocation.waited)) == (4, 3, 3)


@pytest.mark.parametrize(
    "error",
    [
        AccessDenied("no"),
        ReconnectRequired("no"),
        AccessTokenRejected("401"),
        SyncTokenExpired("410"),
        PageTokenExpired("400"),
        quota_exhausted("used up"),
        LeaseLost("overtaken"),
        ValueError("a bug"),
        KeyboardInterrupt(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_waiting_cannot_heal_is_raised_at_once(error: BaseException) -> None:
    invocation, tally = Invocation(), Tally()

    with pytest.raises(type(error)):
        invocation.retrier().call(raising(error), tally)

    assert (tally.api_calls, tally.retries, invocation.waited) == (1, 0, [])


def test_retry_after_is_the_least_wait() -> None:
    invocation = Invocation()

    invocation.retrier().call(raising(rate_limited("slow down", retry_after=7)), Tally())

    assert invocation.waited[0] >= 7


@given(
    left=st.floats(0, 400),
    chance=st.floats(0, 1, exclude_max=True),
    asked=st.lists(st.none() | st.floats(0, 100), max_size=8),
)
def test_no_wait_reaches_into_the_reserve_of_the_invocation(
    left: float, chance: float, asked: list[float | None]
) -> None:
    invocation, tally = Invocation(left), Tally()
    errors = [rate_limited("slow down", retry_after) for retry_after in asked]
    try:
        invocation.retrier(chance).call(raising(*errors), tally)
    except AlmanacError:
        assert tally.api_calls >= 1

    assert invocation.left >= min(left, RUN_RESERVE) - 1e-6
    assert tally.api_calls == tally.retries + 1 <= MAX_ATTEMPTS
    assert all(wait <= LONGEST_WAIT_IN_RUN for wait in invocation.waited)


class TestTheEnd:
    def test_a_request_is_told_what_is_left_less_what_recording_needs(self) -> None:
        limits: list[float] = []

        Invocation(100.0).retrier(0.5).call(lambda: None, Tally(), limits.append)

        assert limits == [100.0 - CLOSING_SECONDS]

    def test_one_that_would_come_too_late_is_not_made(self) -> None:
        retrier, tally = Invocation(CLOSING_SECONDS).retrier(0.5), Tally()
        retrier.asked = 1

        with pytest.raises(OutOfTime):
            retrier.call(lambda: None, tally)

        assert tally.api_calls == 0

    def test_unless_it_is_the_runs_first(self) -> None:
        limits: list[float] = []

        Invocation(1.0).retrier(0.5).call(lambda: None, Tally(), limits.append)

        assert limits == [SHORTEST_REQUEST]

    def test_where_no_invocation_ends_requests_go_on_after_the_time_for_trying_again(self) -> None:
        retrier = replace(Invocation(-60.0).retrier(0.5), ends_requests=False)
        limits: list[float] = []
        for _account in range(2):
            assert retrier.call(lambda: "answer", Tally(), limits.append) == "answer"
            with pytest.raises(ProviderUnavailable):
                retrier.call(raising(DOWN), Tally(), limits.append)

        assert limits == [inf] * 4
