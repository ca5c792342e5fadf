"""Which of several reasons an operator hears."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.operations.lag import Lag, WorkspaceProgress, why_behind

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LAST, EARLIER, SOON = NOW - timedelta(hours=3), NOW - timedelta(minutes=20), NOW + timedelta(minutes=5)
LONG_AGO = NOW - timedelta(hours=2)


@pytest.mark.parametrize(
    ("stored", "lag"),
    [
        pytest.param({}, Lag("overdue", LAST), id="nothing in its way"),
        pytest.param({"ever": False}, Lag("never", LAST), id="never done"),
        pytest.param({"error_type": "stale"}, Lag("error", LAST, None, "stale"), id="failed last time"),
        pytest.param({"queued_at": EARLIER}, Lag("waiting", EARLIER), id="its message waits"),
        pytest.param({"queued_at": LONG_AGO}, Lag("overdue", LAST), id="its message was given up"),
        pytest.param(
            {"queued_at": EARLIER, "error_type": "stale"}, Lag("waiting", EARLIER, None, "stale"), id="waits again"
        ),
        pytest.param(
            {"retry_at": SOON, "error_type": "google_unavailable", "queued_at": EARLIER},
            Lag("backing_off", LAST, SOON, "google_unavailable"),
            id="in its pause, whatever waits",
        ),
        pytest.param({"retry_at": EARLIER, "error_type": "stale"}, Lag("error", LAST, None, "stale"), id="pause over"),
        pytest.param({"running_since": EARLIER, "retry_at": SOON}, Lag("running", EARLIER), id="at work"),
        pytest.param({"zone_missing": True, "running_since": EARLIER}, Lag("timezone_missing", LAST), id="no zone"),
        pytest.param(
            {"account_lost_at": LONG_AGO, "running_since": EARLIER, "retry_at": SOON, "error_type": "x"},
            Lag("reconnect_required", LONG_AGO),
            id="only its owner can help",
        ),
    ],
)
def test_the_reason_is_what_somebody_would_act_on_first(stored: dict[str, Any], lag: Lag) -> None:
    assert why_behind(WorkspaceProgress(**{"fresh_at": LAST, "ever": True, **stored}), NOW) == lag


moments = st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2026, 4, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


@given(running=moments, lost=moments, retry=moments, queued=moments, error=st.none() | st.just("stale"))
def test_a_pause_ends_in_the_future_and_an_error_is_never_forgotten_but_for_what_explains_it(
    running: datetime | None,
    lost: datetime | None,
    retry: datetime | None,
    queued: datetime | None,
    error: str | None,
) -> None:
    lag = why_behind(WorkspaceProgress(LAST, True, running, lost, retry, queued, False, error), NOW)

    assert (lag.until is not None) == (lag.reason == "backing_off")
    assert lag.until is None or lag.until > NOW
    assert lag.error_type == (None if lag.reason == "reconnect_required" else error)
