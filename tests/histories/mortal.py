"""Processes that are killed: a warm one that forks, and whose children die by SIGKILL where they are told to.

`python -m tests.histories.mortal` reads a JSON line a run and answers with one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from almanac.errors import AlmanacError
from almanac.jobs import message_body, parse_sync
from almanac.services.queues.ports import FailedSend, OutgoingJob
from tests.histories.processes import Clock, Process, die

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Fate:
    """What a mortal's run came to: whether it was killed, and which messages it had sent until then."""

    killed: bool
    sent: tuple[str, ...]


class Mortals:
    """Runs jobs in children of a process of its own. A context manager's worth of one process: `close` ends it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        paths = f"{ROOT}{os.pathsep}{ROOT / 'layers' / 'almanac'}"
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.histories.mortal"],
            cwd=ROOT,
            env=os.environ | environment | {"PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the soak, which ends this process itself
        )

    def run(self, body: str, sent_at: datetime, clock: Clock, *, where: str, nth: int) -> Fate:
        """Run the job of a message, killed at the nth passage of `where`: before, after (a statement), or request."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        order = {"body": body, "sent_at": sent_at.isoformat(), "off_by": clock.off_by.total_seconds()}
        print(json.dumps(order | {"where": where, "nth": nth}), file=self._parent.stdin, flush=True)
        answer = json.loads(self._parent.stdout.readline())
        return Fate(answer["killed"], tuple(answer["sent"]))

    def close(self) -> None:
        """End the process."""
        if self._parent.stdin is not None:
            self._parent.stdin.close()
        self._parent.wait(60)
        if self._parent.stdout is not None:
            self._parent.stdout.close()


@dataclass(frozen=True, slots=True)
class _Pipe:
    """JobQueue of a child: what it sends outlives it."""

    to: int

    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        for envelope in envelopes:
            os.write(self.to, message_body(envelope.job).encode() + b"\n")
        return []

    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        """Not a use case's business."""


def _serve() -> None:
    sent, to = os.pipe()
    clock = Clock()
    process = Process(os.environ, _Pipe(to), clock)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _run_and_leave(process, clock, order)
        _, status = os.waitpid(child, 0)
        os.write(to, b"\0")
        bodies = b""
        while not bodies.endswith(b"\0"):
            bodies += os.read(sent, 1 << 16)
        lines = bodies[:-1].decode().splitlines()
        print(json.dumps({"killed": os.WIFSIGNALED(status), "sent": lines}), flush=True)


def _run_and_leave(process: Process, clock: Clock, order: Mapping[str, Any]) -> None:
    """The child: run, and end without a trace of the parent's buffers."""
    clock.off_by = timedelta(seconds=order["off_by"])
    database = process.database
    trap = {"before": database.before, "after": database.after, "request": process.requests.before}[order["where"]]
    trap.set(order["nth"], die)
    try:
        sent_at = datetime.fromisoformat(order["sent_at"])
        process.wiring.sync_workspace(parse_sync(order["body"]), sent_at, lambda: 300.0)
    except AlmanacError:
        os._exit(1)  # the run tells its row why; the message comes back
    os._exit(0)


if __name__ == "__main__":
    _serve()
