"""Where a job stands, told by the attempts at it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from almanac.domain.operations.job_status import RECEIVES, JobState, RecordedJob, RecordedRun, job_state, next_look

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


@pytest.mark.parametrize(
    ("runs", "minutes", "seconds"),
    [
        pytest.param([], 0.5, 1, id="just asked for"),
        pytest.param([], 2, 5, id="it waits in a long queue"),
        pytest.param([run(**FAILED | {"retry_after": 600.0})], 2, 480, id="its message comes back then"),
        pytest.param([run(**FAILED)], 2, 5, id="it should have come back"),
        pytest.param([run("running", None)], 0.5, 1, id="it has just begun"),
        pytest.param([run("running", None)], 3, 5, id="it has much to do"),
    ],
)
def test_asking_again_makes_sense_when_something_can_have_happened(
    runs: list[RecordedRun], minutes: float, seconds: float
) -> None:
    now = NOON + timedelta(minutes=minutes)
    assert next_look(ASKED, runs, job_state(ASKED, runs), now) == seconds
