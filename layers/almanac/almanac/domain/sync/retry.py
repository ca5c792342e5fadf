"""Whether, when and where to try again after an error. Times are seconds."""

import math
from dataclasses import dataclass

from almanac.errors import AlmanacError, LeaseLost, PermanentError, ProviderQuotaExhausted, TransientError

_MINUTE, _HOUR = 60.0, 3600.0

QUOTA_PAUSE = _HOUR
"""A used-up quota comes back in hours: asking sooner only spends the next one (trap 78)."""

MAX_ATTEMPTS = 4
"""Requests for one page in one run: the first and three more outlast a hiccup, not an outage."""
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 32.0
"""Ceilings of the first and of any later wait: doubling from a second up to 32, as providers' guides advise."""
LONGEST_WAIT_IN_RUN = 20.0
"""Waiting costs Lambda time: what needs longer goes back to the queue."""
CLOSING_SECONDS = 8.0
"""Kept free of requests at the end of an invocation: for recording what came of its calendars."""
SHORTEST_REQUEST = 2.0
"""A request with less time than this is not begun."""
RUN_RESERVE = 20.0
"""Kept free at the end of an invocation, for one more page and for recording where the run stands."""

FIRST_PAUSE, LONGEST_PAUSE = 5 * _MINUTE, 6 * _HOUR
"""Pauses of a connection that failed for a passing reason: below one schedule tick at first, at most a quarter day."""
FIRST_REFUSAL_PAUSE, LONGEST_REFUSAL_PAUSE = 6 * _HOUR, 24 * _HOUR
"""Pauses of a refused connection: only a person heals it, yet access that was given back is noticed within a day."""

SHORTEST_SLOWDOWN, LONGEST_SLOWDOWN = 30.0, 16 * _MINUTE
"""Of an account that was asked to write more slowly: half a minute, doubled five times."""

MAX_RECEIVES = 3
"""Receives of one message; equals the queues' maxReceiveCount. An outage of a provider fills no dead-letter queue: its
runs record it; one of the database's does, for then the message is the only trace."""
SHORTEST_POSTPONE, FIRST_POSTPONE, LONGEST_POSTPONE = 30.0, 5 * _MINUTE, 15 * _MINUTE
"""A message waits longer than a run would; the ceiling doubles with its receives, up to one tick of the schedule."""
SHORTEST_TURN_WAIT, FIRST_TURN_WAIT, LONGEST_TURN_WAIT = 5.0, 15.0, 60.0
"""A job waits so long for another run of its workspace, whose lease tells when it is dead, not when it is done: most
runs take seconds, and the whole group waits along."""
SHORTEST_BUG_WAIT, LONGEST_BUG_WAIT = 30.0, 60.0
"""A message whose run met a bug: its three receives outlast a hiccup that we took for one, and end within minutes."""


def backoff(attempt: int, retry_after: float | None, chance: float) -> float:
    """Return the seconds to wait after the `attempt`-th failure (from 1): truncated exponential with full jitter.

    `chance` in [0, 1) is the jitter. Retry-After is the minimum; the jitter comes on top, for those told the same.
    """
    return (retry_after or 0.0) + chance * _doubled(FIRST_BACKOFF, attempt, LONGEST_BACKOFF)


def try_again_in_run(error: AlmanacError, attempt: int, seconds_left: float, chance: float) -> float | None:
    """Return the seconds until the next attempt in this run; None: it cannot help, or cannot be afforded.

    `attempt` counts from 1; `seconds_left` of the invocation, of which RUN_RESERVE stays free.
    """
    hopeless_now = not isinstance(error, TransientError) or isinstance(error, ProviderQuotaExhausted | LeaseLost)
    if hopeless_now or attempt >= MAX_ATTEMPTS:
        return None
    delay = backoff(attempt, _asked_for(error), chance)
    return delay if delay <= min(LONGEST_WAIT_IN_RUN, seconds_left - RUN_RESERVE) else None


def next_attempt_after(error: AlmanacError, failures: int) -> float:
    """Return the seconds until a schedule should read the connection again; `failures` in a row count this one.

    Doubles from FIRST_PAUSE to LONGEST_PAUSE, for a permanent error between the two refusal pauses. Retry-After and
    QUOTA_PAUSE are minimums, a day is the maximum whatever the other side asks for.
    """
    if isinstance(error, PermanentError):
        return _doubled(FIRST_REFUSAL_PAUSE, failures, LONGEST_REFUSAL_PAUSE)
    pause = max(_doubled(FIRST_PAUSE, failures, LONGEST_PAUSE), _asked_for(error) or 0.0)
    if isinstance(error, ProviderQuotaExhausted):
        pause = max(pause, QUOTA_PAUSE)
    return min(pause, LONGEST_REFUSAL_PAUSE)


def slowdown(nth: int, retry_after: float | None, chance: float) -> float:
    """Return the seconds that an account writes nothing after it was asked to slow down, `nth` time in a row (from 1).

    Doubles, with `chance` in [0, 1) as the jitter of the upper half: what is waited for grows each time. Retry-After is
    the minimum, a day the maximum.
    """
    half = _doubled(SHORTEST_SLOWDOWN, nth, LONGEST_SLOWDOWN / 2)
    return min(max(half, retry_after or 0.0) + chance * half, LONGEST_REFUSAL_PAUSE)


@dataclass(frozen=True, slots=True)
class Done:
    """The message is finished with: its run row says how it ended, the next schedule takes the work up again."""


@dataclass(frozen=True, slots=True)
class Postpone:
    """The message comes back after `seconds` (whole: SQS takes no fractions)."""

    seconds: int


def disposition(
    transient: bool, receive_count: int, retry_after: float | None, chance: float, *, recorded: bool = False
) -> Done | Postpone:
    """Return what happens to the message of a run that failed: again later, while it can help and receives are left.

    `receive_count` includes this receive; `chance` in [0, 1) is the jitter. A message that waits holds up its group, so
    none waits for longer than a tick: what asks for more is done if the pause is `recorded`, for a schedule minds it.
    Bugs are not asked about here: they raise, and reach the dead-letter queue after MAX_RECEIVES.
    """
    asked = retry_after or 0.0
    if not transient or receive_count >= MAX_RECEIVES or (recorded and asked > LONGEST_POSTPONE):
        return Done()
    ceiling = _doubled(FIRST_POSTPONE, receive_count, LONGEST_POSTPONE)
    delay = max(SHORTEST_POSTPONE, asked) + chance * (ceiling - SHORTEST_POSTPONE)
    return Postpone(math.ceil(min(delay, LONGEST_POSTPONE)))


def wait_after_bug(receive_count: int, chance: float) -> int:
    """Return the whole seconds until a message is received again whose run met a bug; `chance` in [0, 1) is the jitter.

    After the last receive none: nothing but the dead-letter queue is left for it.
    """
    if receive_count >= MAX_RECEIVES:
        return 0
    return math.ceil(SHORTEST_BUG_WAIT + chance * (LONGEST_BUG_WAIT - SHORTEST_BUG_WAIT))


def wait_for_turn(receive_count: int, chance: float) -> int:
    """Return the whole seconds until a job that met a running run is received again; `chance` in [0, 1) is the jitter.

    It takes no notice of the lease, so that who comes back too soon waits a little longer each time.
    """
    ceiling = _doubled(FIRST_TURN_WAIT, receive_count, LONGEST_TURN_WAIT)
    return math.ceil(SHORTEST_TURN_WAIT + chance * (ceiling - SHORTEST_TURN_WAIT))


def _doubled(first: float, nth: int, longest: float) -> float:
    """Return `first` times two to the (nth - 1), at most `longest`; the exponent is bounded: counters are not."""
    return min(longest, first * 2.0 ** min(max(nth - 1, 0), 30))


def _asked_for(error: AlmanacError) -> float | None:
    return error.retry_after if isinstance(error, TransientError) else None
