"""How full a queue is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Approximate counts of a queue's messages, and of its dead letters.

    `oldest_age_seconds` is None when no metric tells it: without CloudWatch, or on an idle queue.
    """

    waiting: int
    in_flight: int
    oldest_age_seconds: float | None
    dead: int
