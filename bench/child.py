"""Starting a measured run and reading its answer."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from bench.stage import ROOT


def measured(environment: Mapping[str, str], **asked: Any) -> dict[str, Any]:
    """The answer of `python -m bench.measured_run`. Raises RuntimeError with what it said when it failed."""
    command = [sys.executable, "-m", "bench.measured_run", json.dumps(asked, default=str)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"a measured run failed: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
