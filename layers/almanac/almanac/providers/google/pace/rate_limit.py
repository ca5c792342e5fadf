"""How fast requests may follow each other, so that a project stays under Google's limits by arithmetic."""

from collections.abc import Callable

_MINUTE = 60.0
_BURST_PART = 10
"""One request in ten may come at once: a run over a dozen calendars does not wait, one over thousands of pages does."""


class RateLimiter:
    """Holds a request back until it fits: no minute ever sees more than `per_minute` of them.

    Many small runs go at once, long ones at an even pace (a leaky bucket, told by the instant at which the next request
    is due). `clock` counts seconds and never goes back, `sleep` waits for seconds. For one process and one thread at a
    time, as the provider that it paces.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        burst = max(1, per_minute // _BURST_PART)
        # A minute holds one burst and what the interval lets through besides.
        self._interval = _MINUTE / max(1, per_minute - burst)
        self._ahead = (burst - 1) * self._interval
        self._clock = clock
        self._sleep = sleep
        self._due = clock() - self._ahead

    def __call__(self) -> None:
        """Wait until one more request may go."""
        now = self._clock()
        due = max(self._due, now - self._ahead)
        if due > now:
            self._sleep(due - now)
        self._due = due + self._interval
