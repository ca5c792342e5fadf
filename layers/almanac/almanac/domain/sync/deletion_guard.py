"""When a full pass may delete what it did not meet, and when its listing is not to be believed yet."""

from datetime import datetime, timedelta

from almanac.domain.sync.listing import Checkpoint, Due, Window

CHECKPOINT_LIFE = timedelta(hours=6)
"""Google does not say how long a page token lives; after this long a pass starts again."""
FEW = 10
"""Fewer missing rows than this are an ordinary day, unless they are all there is."""


def is_suspicious(missing: int, stored: int) -> bool:
    """Whether a full listing lacks so much that it must be read again before anything is deleted (trap 17).

    `missing` of the `stored` rows of its window: everything, or ten and more that are over half.
    """
    return missing > 0 and (missing == stored or (missing >= FEW and missing * 2 > stored))


def resumable(
    checkpoint: Checkpoint | None, due: Due, wanted: Window, fingerprint: str, now: datetime
) -> Checkpoint | None:
    """The stored checkpoint, when the pass it belongs to can go on; None to begin at the first page.

    An unfinished full pass goes on although an older token would do: somebody asked for it.
    """
    if checkpoint is None or checkpoint.fingerprint != fingerprint or now - checkpoint.started_at > CHECKPOINT_LIFE:
        return None
    if checkpoint.kind == "incremental":
        return checkpoint if due.kind == "incremental" else None
    return checkpoint if checkpoint.window.distance(wanted) < timedelta(days=1) else None
