"""A project's limit a minute, as Google counts it, and real handler processes: with a pace of their own and without."""

import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from bench.crowd import Crowd, crowd, until
from bench.figures import Figure, Target

PART = "quota"
WORKSPACES, WORKERS, PACE = 160, 4, 30
"""More requests than a minute of all processes together holds."""
LIMIT = round(WORKERS * PACE / 0.9)
"""Processes and pace may use nine tenths of it, as docs/scale.md advises."""
_MINUTE = timedelta(minutes=1)
_PATIENCE_SECONDS = 300
_NONE = Target("at most", 0)


def quota() -> list[Figure]:
    """So many workspaces without a pace; then Google's clock moves on by a minute, and as many others come with one."""
    with tempfile.TemporaryDirectory(prefix="almanac-bench-") as folder, crowd(Path(folder)) as around:
        some, others = ([_connected(around) for _ in range(WORKSPACES)] for _ in range(2))
        around.google.configure(project_per_minute=LIMIT)
        without = _requests(around, some)
        around.sqs.purge_queue(QueueUrl=around.queues.sync_url)  # what was refused would come back later
        around.google.step_clock(61)
        paced = _requests(around, others, ALMANAC_GOOGLE_REQUESTS_PER_MINUTE=str(PACE))
    said = f"{WORKSPACES} workspaces, {WORKERS} processes, a limit of {LIMIT} a minute"
    return [
        Figure(PART, f"{said}: refused without a pace", _refused(without), "requests"),
        Figure(PART, f"— refused with a pace of {PACE} each", _refused(paced), "requests", _NONE),
        Figure(PART, "— most in any minute", _most(paced), "requests", Target("at most", LIMIT)),
    ]


def _connected(around: Crowd) -> UUID:
    ws_id = uuid4()
    around.connect(ws_id, f"{ws_id}@example.test", [1])
    return ws_id


def _requests(around: Crowd, ws_ids: Sequence[UUID], **settings: str) -> list[dict[str, Any]]:
    """What Google was asked for while every workspace had one run."""
    before, since = int(around.google.counters()["total"]), around.now()
    with around.workers(WORKERS, **settings):
        around.ask(ws_ids)
        until(lambda: around.ended(since) >= len(ws_ids), seconds=_PATIENCE_SECONDS, what="every workspace's run")
    return [each for each in around.google.requests(before) if each["path"].endswith("/events")]


def _refused(requests: Sequence[dict[str, Any]]) -> int:
    return sum(each["status"] == 403 for each in requests)


def _most(requests: Sequence[dict[str, Any]]) -> int:
    at = [datetime.fromisoformat(each["at"]) for each in requests]
    return max(sum(start <= other < start + _MINUTE for other in at) for start in at)
