"""Ctrl-C and SIGTERM as a question asked between two steps: no step is cut in half, no program orphaned."""

import signal
import time
from types import FrameType

_SLICE_SECONDS = 0.05


class Interrupted(Exception):
    """Somebody asked this program to end; `exit_code` is what a shell expects then (128 + the signal's number)."""

    def __init__(self, received: int) -> None:
        super().__init__(f"stopped by {signal.Signals(received).name}")
        self.exit_code = 128 + received


class StopSignals:
    """Remembers the first of SIGINT, SIGTERM and SIGHUP; nothing is raised before `check` or `sleep` is called."""

    def __init__(self) -> None:
        self._received = 0

    def install(self) -> None:
        """Take the signals over. Main thread only."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._note)

    def check(self) -> None:
        """Raises Interrupted if a signal has come."""
        if self._received:
            raise Interrupted(self._received)

    def sleep(self, seconds: float) -> None:
        """Wait that long. Raises Interrupted as soon as a signal comes."""
        deadline = time.monotonic() + seconds
        while True:
            self.check()
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _SLICE_SECONDS))

    def _note(self, received: int, _frame: FrameType | None) -> None:
        self._received = self._received or received
