"""The simulated Google Calendar as a process of its own."""

import os
import sys
from pathlib import Path

from local.stack.ports import LOOPBACK, Child, StartError

_ROOT = Path(__file__).parents[2]
_START_SECONDS = 30


def start_simulator(folder: Path) -> tuple[Child, str]:
    """Start the simulator, empty; returns it and its root URL. It logs to `simulator.log` in `folder`.

    Its ids are the same at every start. Raises StartError.
    """
    port_file = folder / "simulator.port"
    command = [sys.executable, "-m", "local.google_simulator", "--seed", "7", "--port-file", str(port_file)]
    child = Child(command, log=folder / "simulator.log", environment=os.environ.copy(), folder=str(_ROOT))
    if not child.wait_until(port_file.exists, seconds=_START_SECONDS):
        child.stop()
        raise StartError("the Google Calendar simulator did not start, see simulator.log")
    return child, f"http://{LOOPBACK}:{port_file.read_text()}"
