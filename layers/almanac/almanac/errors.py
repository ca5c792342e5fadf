"""Every error Almanac raises, as one tree.

AlmanacError
├── BadInput                  somebody gave us something unusable; names the field; exit code 2
│   ├── BadSettings           an environment variable
│   │   └── DatabaseRefused     the login that it leads to
│   ├── BadJob                a message body or a direct invocation
│   ├── UnknownWorkspace
│   ├── UnknownCalendar
│   └── CursorExpired         a version of history that retention has taken
├── TransientError            trying again later can help
│   ├── ProviderUnavailable     5xx, cut connections, timeouts
│   ├── ProviderRateLimited     too many requests; seconds to minutes
│   ├── ProviderQuotaExhausted  a calendar usage limit; hours
│   ├── DatabaseUnavailable
│   ├── QueueUnavailable
│   ├── SecretsUnavailable
│   ├── FilesUnavailable      where exports are kept
│   ├── MailUnavailable       nothing was sent; MailUncertain: nobody can say
│   └── LeaseLost             another run overtook this one; it wrote nothing more
├── PermanentError            trying again cannot help until somebody acts
│   ├── ReconnectRequired     the account's grant is gone
│   ├── AccessDenied          the account may not read this calendar, or not write to it
│   │   └── PermissionMissing   its owner has not granted what it takes
│   ├── CalendarUnreachable   404 for a calendar we know: no proof that it is deleted
│   ├── ProjectRefused        the provider refuses our client or project: nobody's account is to blame
│   ├── WorkspacePaused       somebody wants the workspace to be let alone
│   ├── FilesRefused          where exports are kept refuses us
│   ├── MailRefused           the mail, its sender or whom it is to
│   ├── PushUnsupported       the provider tells of no changes of this calendar
│   └── ProviderRejected      an answer or a refusal we have no better name for
│       └── AnswerTooLarge    more bytes than a function can hold: ask for fewer events
├── EventVersionChanged       somebody changed the event since: read it and decide again
├── EventIdTaken              the id of a new event is taken: read what is there
├── EventGone                 the event is not there, or not any more
├── SyncTokenExpired          410 fullSyncRequired: a branch of the sync, not a failure
├── PageTokenExpired          a resumed page token is too old: read from the first page again
├── AccessTokenRejected       401: refresh once
├── OutOfMemory               a run needs more memory than its function has
├── NoProgress                a continuation that moved nothing on: its chain ends here
├── RemovedMeanwhile          what the run was about is gone: its calendar, account or workspace
├── OutOfTime                 the rest belongs to the next run
├── StorageFailed             the database refused a statement: a bug of ours
└── Postponed                 a message was put back, it will be received again
"""

from traceback import extract_tb
from typing import Any, ClassVar


class AlmanacError(Exception):
    """Root of the tree. `code` is the stable name that run rows and metrics carry; a provider's begin with its name."""

    code = "internal"


def safe_error_fields(error: Exception) -> dict[str, Any]:
    """Return what a log may say of an error: ours in full; of a bug type and place, for its text can quote an event."""
    if isinstance(error, AlmanacError):
        return {"error_type": error.code, "error": str(error)}
    frames = extract_tb(error.__traceback__)[-5:]
    where = [f"{frame.name}:{frame.lineno}" for frame in frames]
    return {"error_type": AlmanacError.code, "error": f"unexpected {type(error).__name__}", "where": where}


class BadInput(AlmanacError):
    """Unusable input; `field` names the place, `complaint` says what is wrong with it in one line."""

    code = "bad_input"

    def __init__(self, field: str, complaint: str) -> None:
        super().__init__(f"{field}: {complaint}")
        self.field = field
        self.complaint = complaint


class BadSettings(BadInput):
    """An environment variable is missing or unusable."""

    code = "bad_settings"


class DatabaseRefused(BadSettings):
    """The database refuses the login, or does not exist: a setting is wrong, or somebody is about to make it right."""


class BadJob(BadInput):
    """A job body does not follow the contract (docs/jobs.md)."""

    code = "bad_job"


class UnknownWorkspace(BadInput):
    """No workspace with that id."""

    code = "unknown_workspace"

    def __init__(self, ws_id: object) -> None:
        super().__init__("ws_id", f"no workspace {ws_id}")


class UnknownCalendar(BadInput):
    """The workspace has no enabled calendar with that id."""

    code = "unknown_calendar"


class CursorExpired(BadInput):
    """Changes after that version have gone by their age, from `oldest` on they are kept: read a snapshot instead."""

    code = "cursor_expired"

    def __init__(self, field: str, oldest: int) -> None:
        super().__init__(field, f"history before version {oldest} is no longer kept; begin with the calendar as it is")
        self.oldest = oldest


class TransientError(AlmanacError):
    """Trying again can help, not before `retry_after` seconds when the other side said so."""

    code = "transient"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _PassingTrouble(TransientError):
    """Passing trouble at a calendar provider; `ending` makes the code, which carries the provider's name."""

    ending: ClassVar[str]

    def __init__(self, message: str, retry_after: float | None = None, *, provider: str) -> None:
        super().__init__(message, retry_after)
        self.provider = provider
        self.code = f"{provider}_{self.ending}"


class ProviderUnavailable(_PassingTrouble):
    """The provider answered 5xx, cut the connection or did not answer in time."""

    ending = "unavailable"


class ProviderRateLimited(_PassingTrouble):
    """The provider asks to slow down: too many requests in too short a time."""

    ending = "rate_limited"


class ProviderQuotaExhausted(_PassingTrouble):
    """A usage limit of the calendar or of our registration with the provider is used up; hours, not seconds."""

    ending = "quota_exhausted"


class DatabaseUnavailable(TransientError):
    """Postgres cannot be reached, the connection broke, or it asks to try a transaction again (`sqlstate`)."""

    code = "database_unavailable"

    def __init__(self, message: str, retry_after: float | None = None, sqlstate: str | None = None) -> None:
        super().__init__(message, retry_after)
        self.sqlstate = sqlstate


class QueueUnavailable(TransientError):
    """SQS cannot be reached or refused the call."""

    code = "queue_unavailable"


class SecretsUnavailable(TransientError):
    """Secrets Manager cannot be reached or refused the call."""

    code = "secrets_unavailable"


class FilesUnavailable(TransientError):
    """Where exports are kept cannot be reached, or asks to try again."""

    code = "files_unavailable"


class MailUnavailable(TransientError):
    """Who sends mail cannot be reached or asks to try again; nothing was sent."""

    code = "mail_unavailable"


class MailUncertain(AlmanacError):
    """Who sends mail gave no answer: it was sent, or not. Sending it again could double it."""

    code = "mail_uncertain"


class LeaseLost(TransientError):
    """Another run holds the workspace's lease now; nothing was written after it was lost."""

    code = "lease_lost"


class PermanentError(AlmanacError):
    """Trying again cannot help until somebody acts."""

    code = "permanent"


class ReconnectRequired(PermanentError):
    """What opened the account is no longer valid (OAuth: `invalid_grant`); its owner must connect again."""

    code = "reconnect_required"


class AccessDenied(PermanentError):
    """The provider refuses this calendar to this account (403 of a kind that never heals by waiting)."""

    code = "access_denied"


class PermissionMissing(AccessDenied):
    """The account's owner has not consented to what the request needs: ask for it, do not disconnect."""

    code = "permission_missing"


class CalendarUnreachable(PermanentError):
    """404 for a known calendar. Can mean lost access: rows are kept."""

    code = "calendar_unreachable"


class WorkspacePaused(PermanentError):
    """Somebody wants the workspace to be let alone: let it go on first."""

    code = "workspace_paused"

    def __init__(self) -> None:
        super().__init__("the workspace is paused: nothing is read, planned or written until it is resumed")


class FilesRefused(PermanentError):
    """Where exports are kept refuses what we ask: a setting or a permission is wrong."""

    code = "files_refused"


class MailRefused(PermanentError):
    """Who sends mail takes this one not: its sender is not verified, or whom it is to does not exist."""

    code = "mail_refused"


class PushUnsupported(PermanentError):
    """The provider has no push for this calendar: it is read by asking."""

    code = "push_unsupported"


class ProviderRejected(PermanentError):
    """The provider refused the request, or answered something that the protocol does not allow."""

    ending = "rejected"

    def __init__(self, message: str, *, provider: str) -> None:
        super().__init__(message)
        self.provider = provider
        self.code = f"{provider}_{self.ending}"


class EventVersionChanged(AlmanacError):
    """The guard of a write named another version than the provider has: read it and decide again."""

    code = "event_version_changed"


class EventIdTaken(AlmanacError):
    """The id of a new event is taken, perhaps by an earlier attempt: read what is there."""

    code = "event_id_taken"


class EventGone(AlmanacError):
    """The provider does not know the event, or it was deleted; of a calendar that is gone, every event is."""

    code = "event_gone"


class AnswerTooLarge(ProviderRejected):
    """The answer has more bytes than a function can hold."""


class ProjectRefused(PermanentError):
    """The provider refuses our client or our project, whoever's account we ask for: only its operator can mend that."""

    ending = "project_refused"

    def __init__(self, message: str, *, provider: str) -> None:
        super().__init__(message)
        self.provider = provider
        self.code = f"{provider}_{self.ending}"


class RemovedMeanwhile(AlmanacError):
    """The calendar, account or workspace that a run was about has been removed: ordinary life, not a failure."""

    code = "removed"


class SyncTokenExpired(AlmanacError):
    """410 on a listing with a sync token: continue with a full pass."""

    code = "sync_token_expired"


class PageTokenExpired(AlmanacError):
    """A stored page token was refused: start the pass again at its first page."""

    code = "page_token_expired"


class AccessTokenRejected(AlmanacError):
    """401: the access token is expired or revoked; refresh it once."""

    code = "access_token_rejected"


class OutOfMemory(AlmanacError):
    """A run could not get the memory that it needs; a larger function can."""

    code = "out_of_memory"


class NoProgress(AlmanacError):
    """A run that was a continuation has come no further; another one would be a loop."""

    code = "no_progress"


class OutOfTime(AlmanacError):
    """What is left of the invocation does not suffice for one more request: a branch of the run, not a failure."""

    code = "out_of_time"


class StorageFailed(AlmanacError):
    """The database refused a statement. The message holds the SQLSTATE and the constraint, never a value."""

    code = "storage_failed"

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class Postponed(AlmanacError):
    """The message was put back into its queue and will be received again after `seconds`."""

    code = "postponed"

    def __init__(self, outcome: str, seconds: int, error_type: str | None = None, report: object = None) -> None:
        """`error_type` is the code of what went wrong, `report` that of the run, if one has ended."""
        super().__init__(f"{error_type or outcome}: comes back in {seconds} s")
        self.seconds = seconds
        self.error_type = error_type
        self.report = report
