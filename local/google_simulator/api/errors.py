"""Google's refusals, with the bodies its guide "Handle API errors" prints."""

from typing import Any


class ApiError(Exception):
    """A refusal that reaches the client as an HTTP status and Google's JSON error body.

    `location` names the offending parameter or header; `retry_after` is in seconds and becomes a header.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: str | None = None,
        location_type: str = "parameter",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.domain = domain
        self.location = location
        self.location_type = location_type
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """The JSON document Google sends with this refusal."""
        detail = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.location:
            detail |= {"locationType": self.location_type, "location": self.location}
        return {"error": {"errors": [detail], "code": self.status, "message": self.message}}


def invalid(message: str, location: str | None = None, reason: str = "invalid") -> ApiError:
    """400: a value Google cannot use; `location` is the parameter or field."""
    return ApiError(400, reason, message, location=location)


def required(message: str) -> ApiError:
    """400: something is missing."""
    return invalid(message, reason="required")


def unauthorized() -> ApiError:
    """401: no access token, an unknown one, or one that has expired."""
    return ApiError(401, "authError", "Invalid Credentials", location="Authorization", location_type="header")


def not_found() -> ApiError:
    """404: unknown here, or not shared with this account; Google does not tell which."""
    return ApiError(404, "notFound", "Not Found")


def access_level(needed: str) -> ApiError:
    """403: the account's role on the calendar is too low."""
    message = f"You need to have {needed} access to this calendar."
    return ApiError(403, "requiredAccessLevel", message, domain="calendar")


def not_organizer() -> ApiError:
    """403: a guest tried to change what belongs to the organizer. Permanent, not a rate limit."""
    message = "Shared properties can only be changed by the organizer of the event."
    return ApiError(403, "forbiddenForNonOrganizer", message, domain="calendar")


def duplicate() -> ApiError:
    """409: the id is taken, also by an event that was deleted."""
    return ApiError(409, "duplicate", "The requested identifier already exists.")


def deleted() -> ApiError:
    """410 of a delete: the event is gone already."""
    return ApiError(410, "deleted", "Resource has been deleted")


def full_sync_required() -> ApiError:
    """410 of a listing: the sync token is too old, or what it would have to tell is forgotten."""
    message = "Sync token is no longer valid, a full sync is required."
    return ApiError(410, "fullSyncRequired", message, domain="calendar", location="syncToken")


def updated_min_too_old() -> ApiError:
    """410 of a listing: updatedMin reaches back further than Google remembers deletions."""
    message = "The requested minimum modification time lies too far in the past."
    return ApiError(410, "updatedMinTooLongAgo", message, domain="calendar", location="updatedMin")


def condition_not_met() -> ApiError:
    """412: If-Match named another etag than the stored one."""
    return ApiError(412, "conditionNotMet", "Precondition Failed", location="If-Match", location_type="header")


_QUOTA_MESSAGES = {"rateLimitExceeded": "Rate Limit Exceeded", "userRateLimitExceeded": "User Rate Limit Exceeded"}


def rate_limited(reason: str, status: int, retry_after: int | None) -> ApiError:
    """403 or 429: too many requests a minute, by the project (`rateLimitExceeded`) or by one user of it."""
    return ApiError(status, reason, _QUOTA_MESSAGES[reason], domain="usageLimits", retry_after=retry_after)
