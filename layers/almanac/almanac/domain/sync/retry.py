"""What an error of Google's means, and whether, when and where to try again. Times are seconds."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from almanac.errors import (
    AccessDenied,
    AccessTokenRejected,
    AlmanacError,
    CalendarUnreachable,
    GoogleQuotaExhausted,
    GoogleRateLimited,
    GoogleRejected,
    GoogleUnavailable,
    LeaseLost,
    PageTokenExpired,
    PermanentError,
    SyncTokenExpired,
    TransientError,
)

_MINUTE, _HOUR = 60.0, 3600.0

QUOTA_PAUSE = _HOUR
"""A used-up quota comes back in hours: asking sooner only spends the next one (trap 78)."""

MAX_ATTEMPTS = 4
"""Requests for one page in one run: the first and three more outlast a hiccup, not an outage."""
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 32.0
"""Ceilings of the first and of any later wait: doubling from a second up to 32, as Google's guide advises."""
LONGEST_WAIT_IN_RUN = 20.0
"""Waiting costs Lambda time: what needs longer goes back to the queue."""
RUN_RESERVE = 20.0
"""Kept free at the end of an invocation, for one more page and for recording where the run stands."""

FIRST_PAUSE, LONGEST_PAUSE = 5 * _MINUTE, 6 * _HOUR
"""Pauses of a connection that failed for a passing reason: below one schedule tick at first, at most a quarter day."""
FIRST_REFUSAL_PAUSE, LONGEST_REFUSAL_PAUSE = 6 * _HOUR, 24 * _HOUR
"""Pauses of a refused connection: only a person heals it, yet access that was given back is noticed within a day."""

MAX_RECEIVES = 3
"""Receives of one message; equals the queues' maxReceiveCount. An outage of Google's fills no dead-letter queue: its
runs record it; one of the database's does, for then the message is the only trace."""
SHORTEST_POSTPONE, FIRST_POSTPONE, LONGEST_POSTPONE = 30.0, 5 * _MINUTE, 15 * _MINUTE
"""A message waits longer than a run would; the ceiling doubles with its receives, up to one tick of the schedule."""
LONGEST_VISIBILITY = 12 * _HOUR - 20 * _MINUTE
"""SQS allows 12 hours from the receive on; the margin covers the time that the run has used up since."""

_RATE = {"ratelimitexceeded", "userratelimitexceeded"}
_QUOTA = {"quotaexceeded", "dailylimitexceeded"}
_TOKEN_GONE = {"fullsyncrequired", "updatedmintoolongago"}
_TOKEN_INVALID = _TOKEN_GONE | {"invalid", "invalidparameter", "invalidsynctoken"}
_REASON = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_SECONDS = re.compile(r"[0-9]{1,9}")


def classify(
    status: int, reasons: Sequence[str], *, retry_after: float | None, listing_with_token: bool, resumed_page: bool
) -> AlmanacError:
    """The error that an HTTP refusal of the Calendar API is; its message holds the status and the first reason only.

    `reasons` as `parse_error_body` gives them, `retry_after` as `parse_retry_after`; the flags tell what the request
    was: a listing with a sync token, a page token from an earlier run. Google's guide "Handle API errors", traps 12-14,
    66, 75, 78, 80.
    """
    names = {reason.replace("_", "").lower() for reason in reasons}
    detail = f"(HTTP {status}, {reasons[0]})" if reasons else f"(HTTP {status})"
    if status == 401:
        return AccessTokenRejected(f"Google rejected the access token {detail}")
    if status in (403, 429):
        return _too_much_or_denied(status, names, detail, retry_after)
    if status in (400, 410):
        return _stale_or_rejected(status, names, detail, listing_with_token, resumed_page)
    if status == 404:
        return CalendarUnreachable(f"Google does not know this calendar for this account {detail}")
    if status == 408 or status >= 500:
        return GoogleUnavailable(f"Google is unavailable {detail}", retry_after)
    return GoogleRejected(f"Google rejected the request {detail}")


def _too_much_or_denied(status: int, names: set[str], detail: str, retry_after: float | None) -> AlmanacError:
    if names & _QUOTA:
        return GoogleQuotaExhausted(f"A Calendar quota is used up {detail}", max(retry_after or 0.0, QUOTA_PAUSE))
    if status == 429 or names & _RATE:
        return GoogleRateLimited(f"Google asks to slow down {detail}", retry_after)
    return AccessDenied(f"Google denies this account access {detail}")


def _stale_or_rejected(status: int, names: set[str], detail: str, with_token: bool, resumed: bool) -> AlmanacError:
    """400 and 410: which of our tokens, if any, is too old. The page token is doubted first: it is cheaper to lose."""
    if with_token and names & _TOKEN_GONE:
        return SyncTokenExpired(f"The sync token is too old {detail}")
    if resumed:
        return PageTokenExpired(f"The stored page token is no longer valid {detail}")
    if with_token and (status == 410 or names & _TOKEN_INVALID):
        return SyncTokenExpired(f"The sync token is no longer valid {detail}")
    if "deleted" in names:
        return CalendarUnreachable(f"Google has deleted this resource {detail}")
    return GoogleRejected(f"Google rejected the request {detail}")


def parse_error_body(body: bytes) -> list[str]:
    """Reason codes of an error body, the most telling first; empty when it is not Google's JSON (trap 82).

    Reads `errors[].reason`, `details[].reason` and `status` of the API's bodies and `error` of OAuth's. Whatever is not
    a bare identifier is left out, so that no free text of the other side gets any further.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return []
    error = document.get("error") if isinstance(document, dict) else None
    found = [error]
    if isinstance(error, dict):
        found = [*_listed_reasons(error.get("errors")), *_listed_reasons(error.get("details")), error.get("status")]
    return list(dict.fromkeys(name for name in found if isinstance(name, str) and _REASON.fullmatch(name)))


def _listed_reasons(entries: Any) -> list[Any]:
    return [entry.get("reason") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from `now` that a Retry-After header asks for (RFC 9110: seconds or a date); None when unreadable."""
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def backoff(attempt: int, retry_after: float | None, chance: float) -> float:
    """Seconds to wait after the `attempt`-th failure (from 1): truncated exponential with full jitter.

    `chance` in [0, 1) is the jitter. Retry-After is the minimum; the jitter comes on top, for those told the same.
    """
    return (retry_after or 0.0) + chance * _doubled(FIRST_BACKOFF, attempt, LONGEST_BACKOFF)


def try_again_in_run(error: AlmanacError, attempt: int, seconds_left: float, chance: float) -> float | None:
    """Seconds until the next attempt in this run, or None: it cannot help, or the run cannot afford the wait.

    `attempt` counts from 1; `seconds_left` of the invocation, of which RUN_RESERVE stays free.
    """
    hopeless_now = not isinstance(error, TransientError) or isinstance(error, GoogleQuotaExhausted | LeaseLost)
    if hopeless_now or attempt >= MAX_ATTEMPTS:
        return None
    delay = backoff(attempt, _asked_for(error), chance)
    return delay if delay <= min(LONGEST_WAIT_IN_RUN, seconds_left - RUN_RESERVE) else None


def next_attempt_after(error: AlmanacError, failures: int) -> float:
    """Seconds until a schedule should touch the connection again; `failures` in a row, this one included (from 1).

    Doubles from FIRST_PAUSE to LONGEST_PAUSE, for a permanent error between the two refusal pauses. Retry-After and
    QUOTA_PAUSE are minimums, a day is the maximum whatever the other side asks for.
    """
    if isinstance(error, PermanentError):
        return _doubled(FIRST_REFUSAL_PAUSE, failures, LONGEST_REFUSAL_PAUSE)
    pause = max(_doubled(FIRST_PAUSE, failures, LONGEST_PAUSE), _asked_for(error) or 0.0)
    if isinstance(error, GoogleQuotaExhausted):
        pause = max(pause, QUOTA_PAUSE)
    return min(pause, LONGEST_REFUSAL_PAUSE)


@dataclass(frozen=True, slots=True)
class Done:
    """The message is finished with: its run row says how it ended, the next schedule takes the work up again."""


@dataclass(frozen=True, slots=True)
class Postpone:
    """The message comes back after `seconds` (whole: SQS takes no fractions)."""

    seconds: int


def disposition(transient: bool, receive_count: int, retry_after: float | None, chance: float) -> Done | Postpone:
    """What happens to the message of a run that failed: once more later, while it can help and receives are left.

    `receive_count` includes this receive; `chance` in [0, 1) is the jitter. Bugs are not asked about here: they raise,
    and reach the dead-letter queue after MAX_RECEIVES.
    """
    if not transient or receive_count >= MAX_RECEIVES:
        return Done()
    ceiling = _doubled(FIRST_POSTPONE, receive_count, LONGEST_POSTPONE)
    delay = max(SHORTEST_POSTPONE, retry_after or 0.0) + chance * (ceiling - SHORTEST_POSTPONE)
    return Postpone(math.ceil(min(delay, LONGEST_VISIBILITY)))


def _doubled(first: float, nth: int, longest: float) -> float:
    """`first` times two to the (nth - 1), at most `longest`; the exponent is bounded because counters are not."""
    return min(longest, first * 2.0 ** min(max(nth - 1, 0), 30))


def _asked_for(error: AlmanacError) -> float | None:
    return error.retry_after if isinstance(error, TransientError) else None
