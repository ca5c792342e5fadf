"""The state of everything in numbers, by the hour: what an overview shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HourlyRuns:
    """Runs of one kind that began in one hour: those that did what they should, in part, and not."""

    kind: str
    hour: datetime
    completed: int
    partial: int
    failed: int
    skipped: int
    p95_ms: int | None


@dataclass(frozen=True, slots=True)
class KindTotals:
    """Runs of one kind in the span. `ok_share` is of those that were tried; times from message to done, and of runs."""

    kind: str
    runs: int
    tried: int
    completed: int
    partial: int
    failed: int
    p50_ms: int | None
    p95_ms: int | None
    done_p50_ms: int | None
    done_p95_ms: int | None

    @property
    def ok_share(self) -> float | None:
        """Completed runs as a share of those that were tried; None when none was."""
        return self.completed / self.tried if self.tried else None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything an overview counts. `errors` by kind and type; `calls` of the provider, with its fullest minute."""

    since: datetime
    until: datetime
    totals: Mapping[str, KindTotals]
    hours: Sequence[HourlyRuns]
    errors: Sequence[tuple[str, str, int]]
    calls: int
    peak: int
    peak_minute: datetime | None
    oldest_queued_at: datetime | None
    reconnect_required: int
    paused: int = 0


GROWTH = 1.1
"""A bucket of times is a tenth longer than the one before it."""


def at_share(buckets: Mapping[int, int], share: float) -> int | None:
    """Return the milliseconds at a share of counted times, in the middle of their bucket: within 5 %. None of none."""
    total, seen = sum(buckets.values()), 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if total and seen >= share * total:
            middle: float = GROWTH ** (bucket + 0.5)
            return round(middle)
    return None
