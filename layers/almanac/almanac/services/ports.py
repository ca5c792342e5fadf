"""What the use cases need from the outside. Adapters implement these; nobody inherits from them."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from almanac.domain.calendar.events import MappedPage
from almanac.domain.sync.listing import Checkpoint, ListEvents, PassKind, SyncState, Window
from almanac.domain.sync.report import ConnectionReport, SyncReport
from almanac.jobs import CalendarSync, Job

Clock = Callable[[], datetime]
"""The current instant, aware, UTC."""
Sleep = Callable[[float], None]
"""Wait that many seconds."""
Deadline = Callable[[], float]
"""Seconds that are left for the current invocation."""


# --- the provider -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One entry of an account's calendar list; `calendar_id` is canonical, never `primary`."""

    calendar_id: str
    name: str
    color: str | None
    access_role: str
    time_zone: str | None
    primary: bool
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page of a listing: provider items as they came, the calendar's zone, exactly one of the two tokens."""

    items: Sequence[Mapping[str, Any]]
    time_zone: str | None
    next_page_token: str | None
    next_sync_token: str | None


class CalendarProvider(Protocol):
    """Google Calendar. One HTTP request a call, no retry, a timeout on every socket.

    Raises AccessTokenRejected, SyncTokenExpired, PageTokenExpired, GoogleUnavailable, GoogleRateLimited,
    GoogleQuotaExhausted, AccessDenied, CalendarUnreachable, GoogleRejected.
    """

    def list_events(self, access_token: str, request: ListEvents) -> ListingPage:
        """One page of a listing."""
        ...

    def list_calendars(self, access_token: str, page_token: str | None) -> tuple[list[CalendarEntry], str | None]:
        """One page of the account's calendar list, and the token of the next one."""
        ...

    def event_is_live(self, access_token: str, calendar_id: str, event_id: str, window: Window) -> bool:
        """Whether the event exists, is not cancelled and touches the window."""
        ...


@dataclass(frozen=True, slots=True)
class FreshToken:
    """Answer of the token endpoint. `refresh_token` is None when the old one stays valid (trap 81)."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)


class TokenEndpoint(Protocol):
    """OAuth 2 token endpoint. Raises ReconnectRequired on invalid_grant, GoogleUnavailable or GoogleRejected else."""

    def refresh(self, refresh_token: str) -> FreshToken:
        """Trade a refresh token for an access token."""
        ...


class TokenCipher(Protocol):
    """Encryption at rest; the keys rotate."""

    def encrypt(self, plain: str) -> str:
        """Ciphertext under the newest key."""
        ...

    def decrypt(self, ciphertext: str) -> str:
        """Plain text, under whichever key it was written. Raises StorageFailed when none fits."""
        ...

    def is_current(self, ciphertext: str) -> bool:
        """Whether the newest key wrote it."""
        ...


# --- the store --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """A connected account. Tokens are ciphertext; `version` is the compare-and-set counter."""

    ws_id: UUID
    id: UUID
    email: str
    access_token: str | None
    refresh_token: str
    expires_at: datetime | None
    status: str
    version: int


@dataclass(frozen=True, slots=True)
class Connection:
    """One calendar of one account, with where its reading stands."""

    id: UUID
    account_id: UUID
    calendar_id: str
    time_zone: str | None
    delete_enabled: bool
    failures: int
    retry_at: datetime | None
    last_synced_at: datetime | None
    full_synced_at: datetime | None
    state: SyncState


@dataclass(frozen=True, slots=True)
class Lease:
    """Proof that a run may write: its fence is checked by every statement that writes."""

    ws_id: UUID
    run_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a run does not take place: `superseded`, `already_running`, `cooldown`; `retry_after` in seconds."""

    outcome: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class WorkspaceCalendars:
    """What a run is about: the workspace's IANA zone (UTC while it has none), its accounts, the calendars to read.

    A calendar that several accounts can read is there once, through the account with the best access.
    """

    time_zone: str
    accounts: Mapping[UUID, Account]
    connections: Sequence[Connection]


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where the reading of a calendar stands after a page: `checkpoint` while pages follow, else `sync_token`."""

    fingerprint: str
    window: Window
    checkpoint: Checkpoint | None = None
    sync_token: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What one page changed. Rows that were equal already are `unchanged` and were not rewritten."""

    inserted: int
    updated: int
    deleted: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Absent:
    """What a full pass did not meet: `missing` of the `stored` rows of its window, with a few of their ids."""

    missing: int
    stored: int
    sample: tuple[str, ...]


class SyncStore(Protocol):
    """Runs, leases, connections, pages.

    Every method is one transaction, and those that take a Lease check its fence in it and prolong it: LeaseLost when
    another run holds it. All raise DatabaseUnavailable and StorageFailed.
    """

    def begin_run(
        self, job: CalendarSync, run_id: UUID, sent_at: datetime | None, message_id: str | None = None
    ) -> Lease | Refusal:
        """Take the lease and open the run row, or record why not. Raises UnknownWorkspace."""
        ...

    def load_calendars(self, lease: Lease, calendar_id: str | None) -> WorkspaceCalendars:
        """Accounts and enabled inbound connections; only those of `calendar_id` (`primary` is allowed) if given."""
        ...

    def store_tokens(self, account: Account, access: str, expires_at: datetime, refresh: str) -> Account:
        """Compare-and-set of (encrypted) tokens. Returns the account as stored: another writer's if it was faster."""
        ...

    def require_reconnect(self, account: Account, reason: str) -> Account:
        """Mark the account dead unless somebody stored new tokens meanwhile. Returns it as it is stored now."""
        ...

    def open_full_pass(self, lease: Lease, connection: Connection) -> datetime:
        """Forget the marks of an earlier pass. Returns the database's time: rows older than it can be swept."""
        ...

    def apply_page(
        self, lease: Lease, connection: Connection, page: MappedPage, kind: PassKind, bookmark: Bookmark | None
    ) -> Written:
        """Write one page and, with it, where the reading stands. A full pass marks the rows it meets."""
        ...

    def absent(self, lease: Lease, connection: Connection, checkpoint: Checkpoint) -> Absent:
        """What the full pass has not met among the rows that were there when it began."""
        ...

    def complete_full_pass(self, lease: Lease, connection: Connection, checkpoint: Checkpoint, sync_token: str) -> int:
        """Sweep what the pass has not met (if deletes are on), store the token, drop the marks. Returns rows swept."""
        ...

    def forget_token(self, lease: Lease, connection: Connection) -> None:
        """Drop token and checkpoint: the next pass is a full one from its first page."""
        ...

    def record_connection(self, lease: Lease, report: ConnectionReport, retry_at: datetime | None) -> None:
        """The run's child row, and the connection's own status, error and back-off."""
        ...

    def finish_run(self, lease: Lease, report: SyncReport) -> None:
        """Close the run row and release the lease."""
        ...


@dataclass(frozen=True, slots=True)
class SyncHealth:
    """Workspaces with a calendar that should have been read and was not, and connections that fail or are lost."""

    workspaces_behind: int
    connections_in_error: int


class DueStore(Protocol):
    """Which workspaces are due, from stored state. Raises DatabaseUnavailable, StorageFailed."""

    def due_for_sync(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """The next due workspaces in id order after `after`; fewer than `limit` = the end."""
        ...

    def due_for_schedule(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Workspaces with something to plan, likewise."""
        ...

    def known(self, ws_ids: Sequence[UUID]) -> Set[UUID]:
        """Those of the ids that are workspaces."""
        ...

    def mark_queued(self, ws_ids: Sequence[UUID], since: datetime) -> None:
        """A schedule's message waits for these, unless their run has begun since that instant."""
        ...

    def sync_health(self, before: datetime) -> SyncHealth:
        """How many are behind, in one cheap statement; behind is what was not read since that instant."""
        ...


@dataclass(frozen=True, slots=True)
class FailedRun:
    """How the run of a message failed; a status of `running` never said how it ended, and has no error."""

    run_id: UUID
    status: str
    error_type: str | None
    error: str | None


# --- the queue --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Envelope:
    """A job and why it is sent: the reason makes the deduplication id."""

    job: Job
    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """A job that the queue did not take, after all tries."""

    ws_id: UUID
    error: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that failed too often, body unchanged. `received` counts earlier looks at it too.

    `since` is SQS's sent timestamp; of a FIFO queue that may be the instant at which the message was given up.
    """

    message_id: str
    group: str
    body: str
    received: int
    since: datetime


class JobQueue(Protocol):
    """The FIFO queues; each job goes to the queue of its kind, in the group of its workspace."""

    def send(self, envelopes: Sequence[Envelope]) -> Sequence[NotSent]:
        """Send in batches of ten, several at a time, failed entries again. Returns those that could not be sent."""
        ...

    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        """Let a received message come back after that long. Raises QueueUnavailable."""
        ...


# --- the schema -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade of the schema did. Names of migrations in their order.

    `applied` now; `version` is the last one that the database holds; `unknown` are those that this code does not have,
    because a newer version of it was deployed before.
    """

    applied: tuple[str, ...]
    version: str
    unknown: tuple[str, ...]


class Migrations(Protocol):
    """The numbered changes of the schema."""

    def upgrade(self, deadline: Deadline) -> Upgrade:
        """Apply what is missing: all of it or, when it fails or the time is up, none.

        Raises BadSettings, SecretsUnavailable, and DatabaseUnavailable or StorageFailed, which name the migration.
        """
        ...


class DeploymentAnswers(Protocol):
    """The other end of a custom resource: CloudFormation, which waits for one JSON document at a pre-signed address."""

    def send(self, address: str, answer: Mapping[str, Any]) -> None:
        """Deliver the answer, in several tries. Raises BadInput for an unusable address, TransientError otherwise."""
        ...
