"""When a job should be done next, against when it counts as behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from almanac.domain.operations.forecast import USUALLY, forecast
from almanac.domain.operations.lag import PLAN_BEHIND_AFTER, SYNC_BEHIND_AFTER, WorkspaceProgress

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FRESH = WorkspaceProgress(NOW - 5 * MINUTE, ever=True)


@pytest.mark.parametrize(
    ("known", "done_in", "late"),
    [
        ({}, 10 * MINUTE, False),  # by the next tick
        ({"fresh_at": NOW - 25 * MINUTE}, 0 * MINUTE, False),
        ({"fresh_at": NOW - 40 * MINUTE}, 0 * MINUTE, True),
        ({"running_since": NOW - MINUTE / 2}, -MINUTE / 2, False),
        ({"queued_at": NOW - MINUTE / 4}, -MINUTE / 4, False),
        ({"retry_at": NOW + 5 * MINUTE, "error_type": "rate_limited"}, 12.5 * MINUTE, False),
        ({"retry_at": NOW + 30 * MINUTE, "error_type": "rate_limited"}, 37.5 * MINUTE, True),
        ({"error_type": "google_unavailable"}, 10 * MINUTE, False),
        ({"account_lost_at": NOW - MINUTE}, None, True),
        ({"zone_missing": True}, None, True),
    ],
)
def test_a_sync(known: dict[str, Any], done_in: timedelta | None, late: bool) -> None:
    found = forecast("sync", replace(FRESH, **known), None, SYNC_BEHIND_AFTER, NOW)

    assert found.done_at == (None if done_in is None else NOW + done_in + USUALLY)
    assert found.will_be_late is late


def test_what_runs_usually_take_counts() -> None:
    assert forecast("sync", FRESH, 60_000, SYNC_BEHIND_AFTER, NOW).done_at == NOW + 11 * MINUTE


def test_a_plan_has_a_longer_period() -> None:
    found = forecast("schedule", FRESH, None, PLAN_BEHIND_AFTER, NOW)

    assert found.done_at == FRESH.fresh_at + PLAN_BEHIND_AFTER / 2 + USUALLY
    assert found.behind_at == FRESH.fresh_at + PLAN_BEHIND_AFTER


@pytest.mark.parametrize(
    ("known", "done_in", "late"),
    [
        ({}, 25 * MINUTE, False),
        ({"fresh_at": NOW - 40 * MINUTE}, 0 * MINUTE, False),
        ({"fresh_at": NOW - 61 * MINUTE}, 0 * MINUTE, True),
        ({"retry_at": NOW + 30 * MINUTE, "error_type": "rate_limited"}, 45 * MINUTE, False),
    ],
)
def test_a_slower_rule_makes_nobody_late(known: dict[str, Any], done_in: timedelta, late: bool) -> None:
    found = forecast("sync", replace(FRESH, **known), None, 60 * MINUTE, NOW)

    assert (found.done_at, found.will_be_late) == (NOW + done_in + USUALLY, late)
    assert found.behind_at == found.fresh_at + 60 * MINUTE
