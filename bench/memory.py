"""Memory of a full sync: what its process takes above one that syncs an empty calendar."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bench.child import measured
from bench.figures import Figure, Target
from bench.stage import Stage

PART = "memory"
_FLAT_MB = 15
"""How much more the largest calendar may take than the smallest: less than one page of events in all its forms."""


def memory(stage: Stage, sizes: Sequence[int]) -> list[Figure]:
    """Peak resident memory of a full sync of each size, in megabytes above the empty run's."""
    stage.reset()
    empty = _peak(stage, 0)
    above = {size: _peak(stage, size) - empty for size in sizes}
    figures = [
        Figure(PART, f"full sync of {size:,} events, above an empty run", peak, "MB", Target("at most", 150))
        for size, peak in above.items()
    ]
    smallest, largest = min(sizes), max(sizes)
    growth = above[largest] - above[smallest]
    name = f"{largest:,} events above {smallest:,}"
    return [*figures, Figure(PART, name, growth, "MB", Target("at most", _FLAT_MB))]


def _peak(stage: Stage, events: int) -> float:
    ws_id = stage.workspace()
    stage.account(ws_id, f"memory{events}@example.test", [events])
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    done = measured(stage.environment, run="sync", ws_id=ws_id, mode="full", now=now)
    if (done["status"], done["inserted"]) != ("completed", events):
        raise RuntimeError(f"the sync did not do what is measured: {done}")
    return float(done["peak_mb"])
