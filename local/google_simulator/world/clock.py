"""The simulator's time: the machine's or a given one, and steppable."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _machine() -> datetime:
    return datetime.now(UTC)


class Clock:
    """UTC instants from `source` plus whatever the clock was stepped by.

    A constant `source` makes a clock that stands still between steps.
    """

    def __init__(self, source: Callable[[], datetime] = _machine) -> None:
        self._source = source
        self._offset = timedelta()

    @classmethod
    def starting_at(cls, moment: datetime) -> "Clock":
        """A clock that shows `moment` now and runs on from there."""
        clock = cls()
        clock._offset = moment - _machine()
        return clock

    def now(self) -> datetime:
        """The simulated instant, aware, UTC."""
        return self._source().astimezone(UTC) + self._offset

    def step(self, seconds: float) -> None:
        """Move on by `seconds`; tokens and quota windows age with it."""
        self._offset += timedelta(seconds=seconds)
