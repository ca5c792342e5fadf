"""Handlers as processes: a pool of workers on a queue, and one invocation by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from local.lambda_runtime.worker import TIMED_OUT
from local.stack.ports import Child

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROOT = Path(__file__).parents[2]
_WATCH_SECONDS = 0.5
_RESTART_SECONDS = 1  # a worker that cannot even import its handler is not started in a tight loop
_STOP_MARGIN_SECONDS = 5


class InvocationError(RuntimeError):
    """The function failed or timed out; the message is `ErrorType: text` as Lambda reports it."""


class WorkerPool:
    """N worker processes on one queue, as Lambda's maximum concurrency; one that ends by itself is started again.

    `env` is added to our own environment. Each worker appends to `<function>-<n>.log` in `logs`.
    """

    def __init__(
        self,
        handler_file: Path,
        queue_url: str,
        *,
        workers: int,
        logs: Path,
        env: Mapping[str, str],
        batch_size: int = 1,
        timeout_seconds: float = 60,
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._environment = os.environ | dict(env)
        self._timeout_seconds = timeout_seconds
        self._command = _command(handler_file, timeout_seconds, "--queue", queue_url, "--batch-size", str(batch_size))
        self._stopping = threading.Event()
        self.restarts = 0
        names = [logs / f"{handler_file.resolve().parent.name}-{n}.log" for n in range(1, workers + 1)]
        self._children = [self._start(log) for log in names]
        self._watch = threading.Thread(target=self._restart_ended, name="worker-pool", daemon=True)
        self._watch.start()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [child.pid for child in self._children]

    def stop(self) -> None:
        """Ask every worker to stop and wait for its current batch, which its time limit bounds. Safe to call twice."""
        self._stopping.set()
        self._watch.join()
        for child in self._children:
            child.ask_to_stop()
        for child in self._children:
            child.stop(seconds=self._timeout_seconds + _STOP_MARGIN_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self, log: Path) -> Child:
        return Child(self._command, log=log, environment=self._environment, folder=str(_ROOT))

    def _restart_ended(self) -> None:
        while not self._stopping.wait(_WATCH_SECONDS):
            for n, child in enumerate(self._children):
                if not child.alive and child.age >= _RESTART_SECONDS:
                    child.stop()
                    self._children[n] = self._start(child.log)
                    self.restarts += 1


def invoke(
    handler_file: Path,
    event: Any,
    *,
    timeout_seconds: float,
    env: Mapping[str, str],
    log: Path | None = None,
) -> Any:
    """Run a handler once in a fresh process and return what it returned.

    `env` is added to our own environment. What the function prints goes to `log`, or to our stderr.
    Raises InvocationError with the function's error, or that it timed out.
    """
    command = _command(handler_file, timeout_seconds, "--once")
    stderr = log.open("ab") if log else None
    try:
        # The child ends itself at its time limit; the margin is for its start, and for one that is stuck in C code.
        done = subprocess.run(
            command,
            input=json.dumps(event).encode(),
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=_ROOT,
            env=os.environ | dict(env),
            timeout=timeout_seconds + 10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _timed_out(timeout_seconds) from None
    finally:
        if stderr:
            stderr.close()
    if done.returncode == TIMED_OUT:
        raise _timed_out(timeout_seconds)
    return _result(done)


def _timed_out(seconds: float) -> InvocationError:
    return InvocationError(f"Task timed out after {seconds:.2f} seconds")


def _result(done: subprocess.CompletedProcess[bytes]) -> Any:
    if not done.stdout:
        raise InvocationError(f"the function ended with exit code {done.returncode} and no result")
    result = json.loads(done.stdout)
    if done.returncode:
        raise InvocationError(f"{result['errorType']}: {result['errorMessage']}")
    return result


def _command(handler_file: Path, timeout_seconds: float, *options: str) -> list[str]:
    function = ["--function", str(handler_file.resolve()), "--timeout", str(timeout_seconds)]
    return [sys.executable, "-m", "local.lambda_runtime.worker", *function, *options]
