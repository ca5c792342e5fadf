"""Where a job stands, told by the attempts at it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from almanac.domain.operations.job_status import RECEIVES, JobState, RecordedJob, RecordedRun, job_state

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASKED = RecordedJob("j", uuid4(), "sync", {}, "manual", None, NOON, NOON, None)
FAILED: dict[str, Any] = {"status": "failed", "outcome": "failed", "retry_after": 30.0}


def run(status: str, outcome: str | None, retry_after: float | None = None) -> RecordedRun:
    ended = None if status == "running" else NOON
    return RecordedRun(
        uuid4(), ASKED.ws_id, "sync", "j", "manual", None, "m", {}, status, outcome, NOON, NOON, ended, retry_after,
        None, None, 5, {},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("runs", "stands"),
    [
        ([], JobState("queued", waits_for="queue")),
        ([run("skipped", "already_running", 9)], JobState("queued", waits_for="another_run")),
        ([run("running", None)], JobState("running")),
        ([run("completed", "continued")], JobState("running", waits_for="continuation")),
        ([run(**FAILED)], JobState("queued", NOON + timedelta(seconds=30), "retry")),
        ([run(**FAILED)] * RECEIVES, JobState("failed")),
        ([run("failed", "failed")], JobState("failed")),
        ([run(**FAILED), run("completed", "incremental")], JobState("completed")),
        ([run("completed", "incremental"), run("skipped", "already_running")], JobState("completed")),
        ([run("skipped", "cancelled")], JobState("cancelled")),
    ],
)
def test_a_job_stands_where_its_last_attempt_left_it(runs: list[RecordedRun], stands: JobState) -> None:
    assert job_state(ASKED, runs) == stands
