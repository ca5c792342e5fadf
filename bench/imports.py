"""Cold starts: loading a handler and building its use case, against a bare handler with one SQS client."""

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial

from almanac.adapters.token_cipher import new_key
from bench.figures import Figure
from bench.rounds import interleaved
from bench.stage import ROOT

PART = "imports"
_TIMED = """
from time import perf_counter
began = perf_counter()
{work}
print((perf_counter() - began) * 1000)
"""
_BARE = "import boto3; boto3.client('sqs')"
USE_CASES = {"orchestrator": "dispatch", "calendar_sync": "receive_sync", "smart_scheduling": "receive_schedule"}
"""What a function's first invocation builds, by the name it has in the wiring."""


def imports(rounds: int) -> list[Figure]:
    """The middle of `rounds` fresh processes each; compiled files are there, as they are after a first start."""
    works = {"bare": _BARE}
    for function, use_case in USE_CASES.items():
        works[f"{function}: import"] = "import handler"
        works[f"{function}: import and use case"] = f"import handler; handler.container().{use_case}"
    ways = {name: partial(_milliseconds, name.partition(":")[0], work) for name, work in works.items()}
    for once in ways.values():
        once()  # compiles what has not been compiled yet
    found = interleaved(rounds, ways)
    ratios = [Figure(PART, name, found.ratio(name, "bare"), "×") for name in works if name != "bare"]
    return [Figure(PART, "bare: import boto3, make an SQS client", found.median("bare"), "ms"), *ratios]


def _milliseconds(function: str, work: str) -> float:
    command = [sys.executable, "-c", _TIMED.format(work=work)]
    paths = os.pathsep.join(map(str, (ROOT / "functions" / function, ROOT / "layers" / "almanac")))
    environment = {**os.environ, **_settings(), "PYTHONPATH": paths}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"a cold start failed: {done.stderr.strip()}")
    return float(done.stdout)


def _settings() -> Mapping[str, str]:
    """What a function needs to build its use case; nothing is connected to."""
    return {
        "ALMANAC_DATABASE_URL": "postgresql://bench@127.0.0.1/bench",
        "ALMANAC_SYNC_QUEUE_URL": "https://queue.invalid/sync.fifo",
        "ALMANAC_SCHEDULE_QUEUE_URL": "https://queue.invalid/schedule.fifo",
        "ALMANAC_GOOGLE_CLIENT_ID": "bench",
        "ALMANAC_GOOGLE_CLIENT_SECRET": "bench",
        "ALMANAC_TOKEN_KEYS": _KEY,
        "POWERTOOLS_SERVICE_NAME": "bench",
    }


_KEY = new_key()
