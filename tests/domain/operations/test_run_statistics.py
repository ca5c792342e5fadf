"""From counts to what an operator reads."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.operations.lag import WorkspaceProgress
from almanac.domain.operations.run_statistics import (
    LaggingWorkspace,
    Latency,
    OutcomeCount,
    ProviderCalls,
    RunStatistics,
    summarize,
)
from almanac.presentation.run_summary import document

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WS = UUID(int=1)
OUTCOMES = (
    OutcomeCount("sync", "completed", "incremental", None, 80),
    OutcomeCount("sync", "completed", "full", None, 10),
    OutcomeCount("sync", "partial", "partial", "access_denied", 4),
    OutcomeCount("sync", "failed", "failed", "google_unavailable", 5),
    OutcomeCount("sync", "failed", "continued", "google_unavailable", 1),
    OutcomeCount("sync", "skipped", "superseded", None, 900),
    OutcomeCount("sync", "running", None, None, 2),
    OutcomeCount("schedule", "failed", "timezone_missing", "timezone_missing", 1),
)


def statistics(**given: object) -> RunStatistics:
    nothing = {"outcomes": (), "latencies": (), "calls": ProviderCalls(), "behind": (), "all_behind": {}}
    return RunStatistics(**{**nothing, **given})  # type: ignore[arg-type] # by name


def summary(found: RunStatistics, now: datetime) -> Any:
    """What an operator reads, as JSON."""
    return document(summarize(found, None, now - timedelta(hours=24), now, quota_per_minute=10_000))


def test_errors_are_counted_by_class_and_as_a_share_of_the_runs_that_were_tried() -> None:
    sync = summary(statistics(outcomes=OUTCOMES), NOW)["jobs"]["sync"]

    assert (sync["runs"], sync["tried"], sync["error_share"]) == (1002, 100, 0.1)
    assert sync["errors"] == [
        {"error_type": "google_unavailable", "runs": 6, "share": 0.06},
        {"error_type": "access_denied", "runs": 4, "share": 0.04},
    ]


def test_outcomes_come_with_the_most_frequent_first() -> None:
    outcomes = summary(statistics(outcomes=OUTCOMES), NOW)["jobs"]["sync"]["outcomes"]

    assert outcomes[0] == {"status": "skipped", "outcome": "superseded", "runs": 900}
    assert [each["runs"] for each in outcomes] == [900, 80, 10, 5, 4, 2, 1]


def test_the_jobs_do_not_mix() -> None:
    jobs = summary(statistics(outcomes=OUTCOMES, latencies=[Latency("sync", [1, 2, 3], [4, 5, 6])]), NOW)["jobs"]

    assert jobs["schedule"]["errors"] == [{"error_type": "timezone_missing", "runs": 1, "share": 1.0}]
    assert jobs["sync"]["message_to_done_ms"] == {"p50": 1, "p95": 2, "p99": 3}
    assert jobs["sync"]["run_ms"] == {"p50": 4, "p95": 5, "p99": 6}
    assert (jobs["schedule"]["message_to_done_ms"], jobs["schedule"]["run_ms"]) == (None, None)


def test_google_calls_are_set_against_the_quota_of_a_minute() -> None:
    google = summary(statistics(calls=ProviderCalls(50_000, 2_500, NOW)), NOW)["google"]

    assert google == {
        "calls": 50_000,
        "peak_per_minute": 2_500,
        "peak_minute": NOW,
        "quota_per_minute": 10_000,
        "peak_share": 0.25,
    }


@pytest.mark.parametrize("ever", [True, False])
def test_who_is_behind_is_named_with_its_reason(ever: bool) -> None:
    last = NOW - timedelta(hours=2)
    found = statistics(behind=[LaggingWorkspace("sync", WS, WorkspaceProgress(last, ever))], all_behind={"sync": 7})

    behind = summary(found, NOW)["behind"]

    assert (behind["sync"], behind["schedule"]) == (7, 0)
    assert behind["workspaces"] == [
        {
            "ws_id": WS,
            "job": "sync",
            "last_done_at": last if ever else None,
            "reason": "overdue" if ever else "never",
            "since": last,
            "until": None,
            "error_type": None,
            "workspace": None,
        }
    ]


statuses = st.sampled_from(["running", "completed", "partial", "failed", "skipped"])
errors = st.sampled_from([None, "internal", "stale"])
outcomes = st.builds(
    OutcomeCount, st.sampled_from(["sync", "schedule"]), statuses, st.none(), errors, st.integers(1, 999)
)


@given(st.lists(outcomes))
def test_nothing_is_lost_or_counted_twice(found: list[OutcomeCount]) -> None:
    jobs = summary(statistics(outcomes=found), NOW)["jobs"]

    for name, job in jobs.items():
        own = [each for each in found if each.job == name]
        assert job["runs"] == sum(each.runs for each in own) == sum(each["runs"] for each in job["outcomes"])
        assert sum(each["runs"] for each in job["errors"]) == sum(each.runs for each in own if each.error_type)
