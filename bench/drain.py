"""One tick over very many workspaces: through the orchestrator into the queue, through handler processes to rows."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import uuid4

from bench.crowd import Crowd, Ran, crowd, until
from bench.figures import Figure
from bench.rounds import progress

PART = "drain"
WORKERS = 4
"""Twice the cores: while one waits, another works."""
_EVENTS = 20
_PATIENCE_SECONDS = 300


def drain(workspaces: int) -> list[Figure]:
    """The first tick reads everything, the second finds nothing new: it is the second that is measured."""
    with tempfile.TemporaryDirectory(prefix="almanac-bench-") as folder, crowd(Path(folder)) as around:
        progress(f"connecting {workspaces:,} workspaces")
        for _ in range(workspaces):
            ws_id = uuid4()
            around.connect(ws_id, f"{ws_id}@example.test", [_EVENTS])
        with around.workers(WORKERS):
            progress("the first tick reads everything, the second is measured")
            _tick(around, workspaces)
            sent_seconds, done = _tick(around, workspaces)
    if {ran.outcome for ran in done} != {"incremental"}:
        raise RuntimeError("the second tick found something to do")
    return _figures(workspaces, sent_seconds, done)


def _tick(around: Crowd, workspaces: int) -> tuple[float, Sequence[Ran]]:
    """Seconds until the orchestrator was done, and every run of the tick."""
    since, began = around.now(), perf_counter()
    answer = around.orchestrate({"job": "calendar.sync"})
    sent_seconds = perf_counter() - began
    if answer["enqueued"] != workspaces:
        raise RuntimeError(f"the tick enqueued {answer['enqueued']} of {workspaces}")
    until(lambda: around.ended(since) >= workspaces, seconds=_PATIENCE_SECONDS, what="a tick")
    return sent_seconds, around.runs(since)


def _figures(workspaces: int, sent_seconds: float, done: Sequence[Ran]) -> list[Figure]:
    begun, ended = min(ran.sent_at for ran in done), max(ran.finished_at for ran in done)
    seconds = (ended - begun).total_seconds()
    each = median((ran.finished_at - ran.started_at).total_seconds() for ran in done)
    return [
        Figure(PART, f"one tick, {workspaces:,} workspaces: the orchestrator, its start included", sent_seconds, "s"),
        Figure(PART, f"— from the first message to the last row, {WORKERS} processes", seconds, "s"),
        Figure(PART, "— through the local queue, its handlers and Postgres", workspaces / seconds, "workspaces/s"),
        Figure(PART, "— one run, in the middle", each * 1000, "ms"),
    ]
