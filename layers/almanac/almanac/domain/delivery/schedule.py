"""When a delivery is tried again, and when an endpoint is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

WAITS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds after the first, second, … failure, as Standard Webhooks proposes; then the last again and again."""
JITTER = 0.2
"""Share of a wait that it may be shorter or longer: endpoints that failed together do not come back together."""
LONGEST_ASKED = 86_400.0
"""Seconds: what a Retry-After may ask for at most."""
DISABLE_AFTER, DISABLE_ATTEMPTS = timedelta(hours=72), 10
GONE = 410
SLOW_DOWN = frozenset({429, 502, 504})
"""Status codes that are about the whole endpoint: all its lanes wait."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt ended; `status_code` is None when there was no answer."""

    status_code: int | None
    error_type: str | None
    retry_after: float | None = None

    @property
    def succeeded(self) -> bool:
        """2xx, and nothing else."""
        return self.error_type is None and self.status_code is not None and 200 <= self.status_code < 300


def wait_after(failures: int, attempt: Attempt, chance: float) -> float:
    """Return the seconds until the next attempt, after so many failures in a row; `chance` is from 0 to 1."""
    wait = WAITS[min(failures, len(WAITS)) - 1] * (1 + JITTER * (2 * chance - 1))
    asked = min(attempt.retry_after or 0.0, LONGEST_ASKED)
    return max(wait, asked)


def disable_reason(attempt: Attempt, failures: int, failing_since: datetime, now: datetime) -> str | None:
    """Return why an endpoint is given up, or None: it says that it is gone, or nothing has succeeded for long."""
    if attempt.status_code == GONE:
        return "gone"
    if failures >= DISABLE_ATTEMPTS and now - failing_since >= DISABLE_AFTER:
        return "failing"
    return None
