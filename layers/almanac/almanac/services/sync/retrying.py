"""Trying again inside one run: the policy of domain/sync/retry.py, with a real clock and real waiting."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from almanac.domain.sync.report import Tally
from almanac.domain.sync.retry import try_again_in_run
from almanac.errors import AlmanacError
from almanac.services.clock import Deadline, Sleep

_Returned = TypeVar("_Returned")


@dataclass(frozen=True, slots=True)
class Retrier:
    """How one run waits: `deadline` is what is left of the invocation, `chance` a random number in [0, 1)."""

    sleep: Sleep
    chance: Callable[[], float]
    deadline: Deadline

    def call(self, operation: Callable[[], _Returned], tally: Tally) -> _Returned:
        """Run the operation, again while the policy says so; calls and retries are counted. Raises its last error."""
        attempt = 0
        while True:
            attempt += 1
            tally.api_calls += 1
            try:
                return operation()
            except AlmanacError as error:
                delay = try_again_in_run(error, attempt, self.deadline(), self.chance())
                if delay is None:
                    raise
                tally.retries += 1
                self.sleep(delay)
