"""Cold starts: from nothing to the first answer, against a bare handler that imports boto3 and makes an SQS client.

The first event is one that needs no network: a job that does not parse, or a tick while no database listens. Everything
a function works with has been built by then, but for connections. CPU time, because a cold start at 512 MB is bound by
it, and because it does not count what else the machine does.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from almanac.adapters.crypto import new_key
from bench.figures import Figure, Target
from bench.rounds import interleaved
from bench.stage import ROOT

PART = "cold start"
_BARE = """
import boto3
queue = boto3.client("sqs")

def lambda_handler(event, context):
    return {"batchItemFailures": []}
"""
_CHILD = """
import contextlib, json, pathlib, re, resource, sys, time, types
event, context = json.loads(sys.argv[1]), types.SimpleNamespace(
    function_name="bench", memory_limit_in_mb=512, aws_request_id="bench", get_remaining_time_in_millis=lambda: 100_000,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:bench")
began = time.process_time()
import handler
imported = time.process_time()
with contextlib.suppress(Exception):
    handler.lambda_handler(event, context)
answered = time.process_time()
status = pathlib.Path("/proc/self/status")
if status.exists():  # getrusage would tell the parent's peak, if that was larger
    memory = int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]) / 2**10
else:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"import": 1000 * (imported - began), "answer": 1000 * (answered - began), "memory": memory}))
"""
_EVENTS = {
    "orchestrator": "tick-sync",
    "calendar_sync": "sync-malformed",
    "smart_scheduling": "sync-malformed",
    "upkeep": "tick-upkeep",
    "migrate": "migrate-by-hand",
    "api": "http-no-key",
    "connect": "http-callback-unknown",
}
"""A first event for each function."""
_TARGETS = {"calendar_sync": Target("at most", 2.5)}
_KEY = new_key()


def cold_start(rounds: int) -> list[Figure]:
    """The middle of `rounds` fresh processes each; compiled files are there, as they are in the layers."""
    with tempfile.TemporaryDirectory(prefix="almanac-bench-") as folder:
        (Path(folder) / "handler.py").write_text(_BARE, encoding="utf-8")
        ways: dict[str, Callable[[], Mapping[str, float]]] = {"bare": partial(_start, Path(folder), {})}
        for function, event in _EVENTS.items():
            ways[function] = partial(_start, ROOT / "functions" / function, _event(event))
        seen: dict[str, list[Mapping[str, float]]] = {name: [] for name in ways}
        times = {name: partial(_noted, once, seen[name]) for name, once in ways.items()}
        for once in ways.values():
            once()  # compiles what has not been compiled yet
        found = interleaved(rounds, times)

    def middle(name: str, what: str) -> float:
        return median(each[what] for each in seen[name])

    figures = [Figure(PART, "bare handler with an SQS client: import and first answer", found.median("bare"), "ms CPU")]
    for name in _EVENTS:
        figures.append(
            Figure(PART, f"{name}: import and first answer", found.ratio(name, "bare"), "×", _TARGETS.get(name))
        )
        figures.append(
            Figure(
                PART,
                "— of it import, which a snapshot would save",
                middle(name, "import") / middle(name, "answer"),
                "×",
            )
        )
    figures.append(Figure(PART, "bare handler: memory, interpreter included", middle("bare", "memory"), "MB"))
    figures += [Figure(PART, f"{name}: memory", middle(name, "memory"), "MB") for name in _EVENTS]
    return figures


def _noted(once: Callable[[], Mapping[str, float]], seen: list[Mapping[str, float]]) -> float:
    seen.append(once())
    return seen[-1]["answer"]


def _start(folder: Path, event: Mapping[str, Any]) -> Mapping[str, float]:
    """One fresh process: milliseconds to the end of the import and to the first answer, and its largest size in MB."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (folder, ROOT / "layers" / "almanac"))),
        "ALMANAC_DATABASE_URL": "postgresql://bench@127.0.0.1:1/bench",  # nobody listens there
        "ALMANAC_SYNC_QUEUE_URL": "https://queue.invalid/sync.fifo",
        "ALMANAC_SCHEDULE_QUEUE_URL": "https://queue.invalid/schedule.fifo",
        "ALMANAC_GOOGLE_CLIENT_ID": "bench",
        "ALMANAC_GOOGLE_CLIENT_SECRET": "bench",
        "ALMANAC_TOKEN_KEYS": _KEY,
        "POWERTOOLS_SERVICE_NAME": "bench",
    }
    command = [sys.executable, "-c", _CHILD, json.dumps(event)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"a cold start failed: {done.stderr.strip()}")
    figures: Mapping[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _event(name: str) -> Mapping[str, Any]:
    event: Mapping[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8"))
    return event
