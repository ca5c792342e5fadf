"""How much memory this process holds, and the most that it has held since somebody began to look."""

import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_STATM = Path("/proc/self/statm")
_STATUS = Path("/proc/self/status")
_FORGET = Path("/proc/self/clear_refs")
_PEAK_ONLY = "5"
"""What `clear_refs` takes for the peak alone: proc(5)."""
_MB = 1024 * 1024


def resident_mb() -> int:
    """Return the megabytes that are in memory now; where the system does not tell, the most that ever were."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except OSError:
        return _most_ever_mb()
    return pages * resource.getpagesize() // _MB


def forget_peak() -> None:
    """Begin to look: `peak_mb` counts from here on. Where the system does not allow that, from the process's start."""
    with suppress(OSError):
        _FORGET.write_text(_PEAK_ONLY, encoding="ascii")


def peak_mb() -> int:
    """Return the most megabytes that were in memory at once."""
    try:
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return _most_ever_mb()
    said = next((line.split() for line in lines if line.startswith("VmHWM:")), None)  # VmHWM:  12345 kB
    return _most_ever_mb() if said is None else int(said[1]) // 1024


@dataclass(frozen=True, slots=True)
class RunMemory:
    """What a run may use of its function's memory, and what tells how much it did; `large`: no function has more."""

    limit_mb: int
    large: bool = False
    begin: Callable[[], None] = forget_peak
    peak_mb: Callable[[], int] = peak_mb


def _most_ever_mb() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes, on macOS bytes
    return most // (_MB if sys.platform == "darwin" else 1024)
