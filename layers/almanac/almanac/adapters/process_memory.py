"""How much memory this process holds."""

import resource
import sys
from pathlib import Path

_STATM = Path("/proc/self/statm")
_MB = 1024 * 1024


def resident_mb() -> int:
    """Return the megabytes that are in memory now; where the system does not tell, the most that ever were."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes, on macOS bytes
        return most // (_MB if sys.platform == "darwin" else 1024)
    return pages * resource.getpagesize() // _MB
