"""Whether an unfinished pass goes on at its checkpoint."""

from datetime import datetime, timedelta

from almanac.domain.sync.passes import Checkpoint, Due
from almanac.domain.sync.window import Window

CHECKPOINT_LIFE = timedelta(hours=6)
"""Providers do not say how long a page token lives; after this long a pass starts again."""


def resumable(
    checkpoint: Checkpoint | None, due: Due, wanted: Window, fingerprint: str, now: datetime, stored_now: datetime
) -> Checkpoint | None:
    """Return the stored checkpoint when the pass it belongs to can go on; None to begin at the first page.

    An unfinished full pass goes on although an older token would do: somebody asked for it. A recheck is the end of
    whatever pass it belongs to. `stored_now` is the database's time, by which a full pass tells what was there before
    it from what it has brought. When that is earlier than its beginning, the clock was set back, as after a failover:
    what the pass brings from now on would look older than the pass, and be swept.
    """
    if checkpoint is None or checkpoint.fingerprint != fingerprint or now - checkpoint.started_at > CHECKPOINT_LIFE:
        return None
    if checkpoint.kind == "full" and checkpoint.started_at > stored_now:
        return None
    if checkpoint.recheck:
        return checkpoint
    if checkpoint.kind == "incremental":
        return checkpoint if due.kind == "incremental" else None
    return checkpoint if checkpoint.window.distance(wanted) < timedelta(days=1) else None
