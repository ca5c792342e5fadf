"""The window of a listing: which part of a calendar is read."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EDGE = timedelta(days=2)
"""A date's midnights are up to 26 hours apart in two zones, so near an edge a window is not the same for everybody."""


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open in both senses: events that end after `start` and begin before `end`. UTC instants."""

    start: datetime
    end: datetime

    @staticmethod
    def around(now: datetime, past: timedelta, future: timedelta) -> "Window":
        """Return the window that is wanted at `now`, cut to whole seconds: providers ignore fractions."""
        second = now.astimezone(UTC).replace(microsecond=0)
        return Window(second - past, second + future)

    def is_far_from(self, start: datetime, end: datetime) -> bool:
        """Return whether [start, end) lies outside by more than EDGE."""
        return start > self.end + EDGE or end < self.start - EDGE

    def distance(self, other: "Window") -> timedelta:
        """Return how far the further of the two edges is away."""
        return max(abs(self.start - other.start), abs(self.end - other.end))
