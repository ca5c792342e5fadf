"""What a refusal of Google's means: status and reasons as neutral errors that carry Google's name."""

import json
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from almanac.domain.sync.retry import QUOTA_PAUSE
from almanac.errors import (
    AccessDenied,
    AccessTokenRejected,
    AlmanacError,
    CalendarUnreachable,
    EventGone,
    EventIdTaken,
    EventVersionChanged,
    PageTokenExpired,
    PermissionMissing,
    ProjectRefused,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
    SyncTokenExpired,
)
from almanac.providers.google import NAME

unavailable = partial(ProviderUnavailable, provider=NAME)
rate_limited = partial(ProviderRateLimited, provider=NAME)
quota_exhausted = partial(ProviderQuotaExhausted, provider=NAME)
rejected = partial(ProviderRejected, provider=NAME)
project_refused = partial(ProjectRefused, provider=NAME)

_RATE = {"ratelimitexceeded", "userratelimitexceeded"}
_QUOTA = {"quotaexceeded", "dailylimitexceeded"}
_NOT_GRANTED = {"insufficientpermissions", "accesstokenscopeinsufficient"}
_PROJECT = {"accessnotconfigured", "servicedisabled", "consumersuspended", "consumerinvalid", "projectinvalid"}
"""Our project, not the account: the Calendar API is switched off for it, or it is suspended or gone."""
_TOKEN_GONE = {"fullsyncrequired", "updatedmintoolongago"}
_TOKEN_INVALID = _TOKEN_GONE | {"invalid", "invalidparameter", "invalidsynctoken"}
_REASON = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


def classify_write(status: int, reasons: Sequence[str], *, retry_after: float | None) -> AlmanacError:
    """Return the error that a refusal of a request about one event or calendar is.

    Google's "Handle API errors"; W18, W24, W80, W96.
    """
    names = {reason.replace("_", "").lower() for reason in reasons}
    detail = f"(HTTP {status}, {reasons[0]})" if reasons else f"(HTTP {status})"
    if status == 412:
        return EventVersionChanged(f"the event was changed meanwhile {detail}")
    if status == 409 and "duplicate" in names:
        return EventIdTaken(f"the event's id is taken {detail}")
    if status == 409:
        return unavailable(f"the request met another one {detail}", retry_after)
    if status in (404, 410):
        return EventGone(f"Google does not know the event {detail}")
    if status == 403 and names & _NOT_GRANTED:
        return PermissionMissing(f"the account's owner has not granted this {detail}")
    return classify(status, reasons, retry_after=retry_after, listing_with_token=False, resumed_page=False)


def classify_read(status: int, reasons: Sequence[str], *, retry_after: float | None) -> AlmanacError:
    """Return the same of a request that only reads: nothing can be in its way but a moment (W26)."""
    if status in (409, 412):
        return unavailable(f"Google cannot tell just now (HTTP {status})", retry_after)
    return classify_write(status, reasons, retry_after=retry_after)


def classify(
    status: int, reasons: Sequence[str], *, retry_after: float | None, listing_with_token: bool, resumed_page: bool
) -> AlmanacError:
    """Return the error that an HTTP refusal of the Calendar API is; it tells the status and the first reason only.

    `reasons` as `parse_error_body` gives them, `retry_after` in seconds; the flags tell what the request was: a listing
    with a sync token, a page token from an earlier run. Google's "Handle API errors", traps 12-14, 66, 75, 78, 80.
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
        return unavailable(f"Google is unavailable {detail}", retry_after)
    return rejected(f"Google rejected the request {detail}")


def _too_much_or_denied(status: int, names: set[str], detail: str, retry_after: float | None) -> AlmanacError:
    if names & _QUOTA:
        return quota_exhausted(f"A Calendar quota is used up {detail}", max(retry_after or 0.0, QUOTA_PAUSE))
    if status == 429 or names & _RATE:
        return rate_limited(f"Google asks to slow down {detail}", retry_after)
    if names & _PROJECT:
        return project_refused(f"Google refuses our project {detail}: is the Calendar API switched on for it?")
    return AccessDenied(f"Google denies this account access {detail}")


def _stale_or_rejected(status: int, names: set[str], detail: str, with_token: bool, resumed: bool) -> AlmanacError:
    """Return which of our tokens is too old, if any (400, 410): first the page token, which is cheaper to lose."""
    if with_token and names & _TOKEN_GONE:
        return SyncTokenExpired(f"The sync token is too old {detail}")
    if resumed:
        return PageTokenExpired(f"The stored page token is no longer valid {detail}")
    if with_token and (status == 410 or names & _TOKEN_INVALID):
        return SyncTokenExpired(f"The sync token is no longer valid {detail}")
    if "deleted" in names:
        return CalendarUnreachable(f"Google has deleted this resource {detail}")
    return rejected(f"Google rejected the request {detail}")


def parse_error_body(body: bytes) -> list[str]:
    """Return the reason codes of an error body, the most telling first; empty when it is not Google's JSON (trap 82).

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
