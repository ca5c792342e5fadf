"""Trying again inside one run: the policy of domain/sync/retry.py, with a real clock and real waiting."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TypeVar

from almanac.domain.sync.report import Tally
from almanac.domain.sync.retry import CLOSING_SECONDS, MAX_ATTEMPTS, SHORTEST_REQUEST, try_again_in_run
from almanac.errors import AlmanacError, OutOfTime
from almanac.services.clock import Deadline, Sleep

_Returned = TypeVar("_Returned")


def _no_limit(_seconds: float) -> None:
    """Let a request take as long as it does."""


@dataclass(slots=True)
class Retrier:
    """How one run waits: `deadline` is what is left of the invocation, `chance` a random number in [0, 1).

    `tries` is how often a request is made at most: a write is made once, and read before it is repeated.
    `ends_requests`: no request is made after the deadline, which else only ends the trying again.
    """

    sleep: Sleep
    chance: Callable[[], float]
    deadline: Deadline
    tries: int = MAX_ATTEMPTS
    ends_requests: bool = True
    asked: int = 0
    """Requests so far: the first one is made whatever the time, so that every run moves on."""

    def call(
        self, operation: Callable[[], _Returned], tally: Tally, limit: Callable[[float], None] = _no_limit
    ) -> _Returned:
        """Run the operation, again while the policy says so; calls and retries are counted. Raises its last error.

        `limit` is told, before each attempt, how many seconds it may take. Raises OutOfTime instead of an attempt that
        would come too late, unless it is the run's first.
        """
        attempt = 0
        while True:
            self._begin(limit)
            attempt += 1
            tally.api_calls += 1
            try:
                return operation()
            except AlmanacError as error:
                delay = try_again_in_run(error, attempt, self.deadline(), self.chance())
                if delay is None or attempt >= self.tries:
                    raise
                tally.retries += 1
                self.sleep(delay)

    def _begin(self, limit: Callable[[float], None]) -> None:
        if not self.ends_requests:
            limit(inf)
            return
        left = self.deadline() - CLOSING_SECONDS
        if left < SHORTEST_REQUEST and self.asked:
            raise OutOfTime("the run's time is used up")
        self.asked += 1
        limit(max(left, SHORTEST_REQUEST))
