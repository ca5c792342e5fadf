"""What went wrong, as RFC 9457 has it: application/problem+json with our codes, and nothing of what was sent.

https://www.rfc-editor.org/rfc/rfc9457
"""

import json
import logging
from collections.abc import Mapping
from math import ceil
from typing import Any

from almanac.errors import AlmanacError, BadInput, BadSettings, PermanentError, TransientError, safe_error_fields
from almanac.web.request import Answer

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
_ROOT = "https://almanac.dev/problems/"
_NOT_FOUND = (
    "unknown_workspace",
    "unknown_job",
    "unknown_run",
    "unknown_connection",
    "unknown_calendar",
    "unknown_member",
    "unknown_meeting",
    "unknown_task",
    "unknown_habit",
    "unknown_block",
    "unknown_account",
    "unknown_conflict",
    "unknown_export",
    "unknown_feed",
    "not_found",
)
_USUAL_WAIT = 5.0
"""Seconds after which trying again makes sense where nobody knows better: the queue, the database."""
_CONFLICTS = ("already_running", "in_progress")
_TITLES = {
    "unauthenticated": "Who are you?",
    "forbidden": "Not allowed",
    "not_found": "No such page",
    "unknown_workspace": "No such workspace",
    "unknown_job": "No such job",
    "unknown_run": "No such run",
    "unknown_connection": "No such connection",
    "unknown_calendar": "No such calendar",
    "unknown_member": "No such member",
    "unknown_meeting": "No such meeting",
    "unknown_task": "No such task",
    "unknown_habit": "No such habit",
    "unknown_block": "No such block",
    "unknown_account": "No such account",
    "unknown_conflict": "No such conflict",
    "method_not_allowed": "Not with this method",
    "bad_input": "Something given is unusable",
    "idempotency_mismatch": "The key belongs to another request",
    "plan_changed": "The plan has changed",
    "undo_changed": "What would come back has changed",
    "cursor_expired": "That is too long ago",
    "unknown_export": "No such export",
    "unknown_feed": "No such feed",
    "exports_off": "There are no exports here",
    "feeds_off": "No feed can be read here",
    "files_unavailable": "The files cannot be reached",
    "webhooks_off": "There are no webhooks here",
    "workspace_paused": "The workspace is paused",
    "not_paused": "The workspace is not paused",
    "not_cancellable": "Too late to call it off",
    "precondition_failed": "It has changed meanwhile",
    "body_too_large": "The body is too large",
    "answer_too_large": "The answer would be too large",
    "daily_limit_reached": "The key's calls of today are used up",
    "previews_busy": "Others are having plans made",
    "already_running": "Another run is at work",
    "in_progress": "The same request is under way",
    "tokens_off": "There are no keys of ours here",
    "queue_unavailable": "The queue cannot be reached",
    "database_unavailable": "The database cannot be reached",
    "internal": "Something went wrong here",
}


class Problem(Exception):
    """An answer that says what is wrong. `detail` is one sentence of ours and quotes nothing that was sent."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        field: str | None = None,
        retry_after: float | None = None,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.field = status, code, detail, field
        self.retry_after, self.more, self.headers = retry_after, dict(more or {}), dict(headers or {})
        if retry_after is not None:  # never too soon
            self.headers["Retry-After"] = str(max(1, ceil(retry_after)))

    @property
    def title(self) -> str:
        """What people read first."""
        return _TITLES.get(self.code) or self.code.replace("_", " ").capitalize()

    def answer(self, path: str, request_id: str) -> Answer:
        """Return it as JSON."""
        said = {
            "type": f"{_ROOT}{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail or self.title,
            "instance": path,
            "code": self.code,
            "field": self.field,
            "request_id": request_id,
            "retry_after": self.retry_after,
        }
        headers = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store", **self.headers}
        return Answer(self.status, json.dumps(said | self.more, default=str), headers)


def problem_of(error: Exception) -> Problem:
    """Return the problem of an error: what a caller may know of it. Of a bug that is nothing, the log has its place."""
    match error:
        case Problem():
            return error
        case BadSettings():
            logger.error("a setting is unusable", extra=safe_error_fields(error))
            return Problem(500, "internal")
        case BadInput(code=code) if code in _NOT_FOUND:
            return Problem(404, code)
        case BadInput():
            return Problem(422, error.code, error.complaint, field=error.field)
        case TransientError():
            status = problem_status(error.code)
            retry_after = _USUAL_WAIT if error.retry_after is None else error.retry_after
            return Problem(status, error.code, retry_after=retry_after)
        case PermanentError(code="precondition_failed"):
            return Problem(412, error.code)
        case PermanentError():
            return Problem(409, error.code, str(error))
        case AlmanacError():
            logger.error("a request failed", extra=safe_error_fields(error))
            return Problem(500, "internal")
        case _:
            logger.error("a request met a bug", extra=safe_error_fields(error))
            return Problem(500, "internal")


_STATUSES = {
    "internal": 500,
    "unauthenticated": 401,
    "forbidden": 403,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "bad_input": 422,
    "idempotency_mismatch": 422,
    "plan_changed": 409,
    "undo_changed": 409,
    "cursor_expired": 410,
    "webhooks_off": 409,
    "tokens_off": 409,
    "permission_missing": 409,
    "reconnect_required": 409,
    "google_rejected": 409,
    "files_refused": 409,
    "answer_too_large": 422,
    "daily_limit_reached": 429,
    "previews_busy": 429,
    "exports_off": 409,
    "feeds_off": 409,
    "not_cancellable": 409,
    "timezone_missing": 409,
    "workspace_paused": 409,
    "not_paused": 409,
    "precondition_failed": 412,
}


def problem_status(code: str) -> int:
    """Return the status that a code is answered with."""
    if code in _NOT_FOUND:
        return 404
    return _STATUSES.get(code) or (409 if code in _CONFLICTS else 503)


def not_found() -> Problem:
    """Return what an unknown path answers."""
    return Problem(404, "not_found")


def unauthenticated() -> Problem:
    """Return what a caller without a key, or with one that opens nothing, is told."""
    return Problem(401, "unauthenticated", "send a key that works", headers={"WWW-Authenticate": "Bearer"})
