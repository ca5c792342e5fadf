"""Programs of the local stack that listen on loopback: a free port, and a child process that does not outlive us."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

LOOPBACK = "127.0.0.1"

# The guard reads a pipe that only this process can write to. End of file means that this process is gone, however it
# died. It stands in the child's process group, so `kill 0` cannot hit a stranger that got the child's old number.
_GUARD = 'trap "" INT TERM; read -r _; kill -s "$1" 0'
_POLL_SECONDS = 0.02
_CLOCK = ("LD_PRELOAD", "MOMENT_SECONDS")


class StartError(RuntimeError):
    """A program of the local stack could not start; the message is one line for the person at the terminal."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def clock_of_ours() -> dict[str, str]:
    """Return what `make test-at` moves our clock with: a server whose environment is bare has to live when we do."""
    return {name: os.environ[name] for name in _CLOCK if "MOMENT_SECONDS" in os.environ and name in os.environ}


@dataclass(slots=True)
class Child:
    """A running program in a process group of its own (Ctrl+C at the terminal does not reach it).

    `identity` is what `subprocess` calls `user`, `group` and `extra_groups`; empty for our own account.
    Output is appended to `log`. `stop_signal` is what the program gets when we stop it or die.
    """

    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    identity: Mapping[str, Any] = field(default_factory=dict)
    folder: str = "/"
    pass_fds: Sequence[int] = ()
    _process: subprocess.Popen[bytes] = field(init=False)
    _guard: subprocess.Popen[bytes] = field(init=False)
    _log_start: int = field(init=False)
    _started: float = field(init=False, default_factory=time.monotonic)

    def __post_init__(self) -> None:
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self.environment,
                process_group=0,
                pass_fds=self.pass_fds,
                **self.identity,
            )
        signal_name = self.stop_signal.name.removeprefix("SIG")
        self._guard = subprocess.Popen(
            ["sh", "-c", _GUARD, "sh", signal_name],
            stdin=subprocess.PIPE,
            process_group=self._process.pid,
        )

    @property
    def pid(self) -> int:
        """Process id of the program."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self._process.poll() is None

    @property
    def age(self) -> float:
        """Seconds since the program was started."""
        return time.monotonic() - self._started

    def output(self) -> str:
        """Return what this run has written to its log so far."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> bool:
        """Poll `ready` until it holds (True), or the program ends or `seconds` pass (False)."""
        deadline = time.monotonic() + seconds
        while self.alive and time.monotonic() < deadline:
            if ready():
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def ask_to_stop(self) -> None:
        """Send the stop signal if the program still runs, without waiting for it."""
        if self.alive:
            self._process.send_signal(self.stop_signal)

    def stop(self, stop_signal: signal.Signals | None = None, *, seconds: float = 30) -> None:
        """Send `stop_signal` (the child's own by default) and wait; after `seconds` end the program by force.

        Safe to call again, and after the program ended by itself.
        """
        self._dismiss_guard()
        if self.alive:
            self._process.send_signal(stop_signal or self.stop_signal)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _dismiss_guard(self) -> None:
        self._guard.kill()
        self._guard.wait()
        if self._guard.stdin:
            self._guard.stdin.close()
