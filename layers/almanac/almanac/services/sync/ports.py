"""What reading calendars needs from the outside: runs under a lease, connections, pages."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from almanac.domain.calendar.events import EventPage
from almanac.domain.operations.machine import EscalationCause
from almanac.domain.run_outcomes import RefusedOutcome
from almanac.domain.sync.passes import Checkpoint, PassKind, SyncState
from almanac.domain.sync.report import ConnectionReport, SyncReport
from almanac.domain.sync.view import View
from almanac.domain.sync.window import Window
from almanac.jobs import CalendarSync
from almanac.services.accounts.ports import Account
from almanac.services.sync.provider import CalendarEntry


@dataclass(frozen=True, slots=True)
class Connection:
    """One calendar of one account, with where its passes stand."""

    id: UUID
    account_id: UUID
    provider: str
    calendar_id: str
    time_zone: str | None
    delete_enabled: bool
    failures: int
    retry_at: datetime | None
    last_synced_at: datetime | None
    full_synced_at: datetime | None
    state: SyncState
    access_role: str = "reader"
    attempts: int = 0
    """Readings that were begun since the last one that ended: their processes have died."""
    page_limit: int | None = None
    """The most events a page, where a whole page was too much."""
    failed_at: datetime | None = None
    view: View | None = None
    """Through whom the calendar's rows were read, if it is known."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Proof that a run may write: its fence is checked by every statement that writes."""

    ws_id: UUID
    run_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a run does not take place: `superseded`, `already_running`, `cooldown`; `retry_after` in seconds.

    `escalated` says why, if the large function is to do it.
    """

    outcome: RefusedOutcome
    retry_after: float | None = None
    escalated: EscalationCause | None = None


@dataclass(frozen=True, slots=True)
class WorkspaceCalendars:
    """What a run is about: the workspace's IANA zone (UTC while it has none), its accounts, the calendars to read.

    A calendar that several accounts can read is there once, through the account with the best access.
    """

    time_zone: str
    accounts: Mapping[UUID, Account]
    connections: Sequence[Connection]
    now: datetime
    """The database's time."""
    paused: Mapping[str, datetime] = field(default_factory=dict)
    """Providers that refuse our client or project, and until when only schedules and people try it again."""
    listed_at: Mapping[UUID, datetime] = field(default_factory=dict)
    """When each account's calendar list was read last."""
    has_links: bool = False
    """Whether something exists at a provider because of us: then pages hold what is no row of its own."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a pass stands after a page: `checkpoint` while pages follow, then `sync_token`; both before a recheck."""

    fingerprint: str
    window: Window
    checkpoint: Checkpoint | None = None
    sync_token: str | None = None


@dataclass(frozen=True, slots=True)
class PageCounts:
    """What one page changed. Rows that were equal already are `unchanged` and were not rewritten."""

    inserted: int
    updated: int
    deleted: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class MissingRows:
    """What a full pass has not seen: `missing` of the `stored` rows of its window, with a few of their ids."""

    missing: int
    stored: int
    sample: tuple[str, ...]


class SyncRuns(Protocol):
    """Runs of syncs. Every method is one transaction; those that take a Lease check its fence in it and prolong it.

    LeaseLost when another run holds it. All raise DatabaseUnavailable and StorageFailed.
    """

    def begin_run(
        self, job: CalendarSync, run_id: UUID, sent_at: datetime | None, message_id: str | None = None
    ) -> Lease | Refusal:
        """Take the lease and open the run row, or record why not. Raises UnknownWorkspace."""
        ...

    def begin_reading(self, lease: Lease, connection_ids: Sequence[UUID]) -> None:
        """Note what is to be read, in order: if the process dies, the next run knows by what.

        The first one that has not been recorded is what was being read.
        """
        ...

    def record_connection(
        self, lease: Lease, report: ConnectionReport, retry_at: datetime | None, *, blamed: bool = True
    ) -> None:
        """Record the run's child row, and the connection's own status, error and back-off.

        `blamed`: a failure is the connection's own, and counts against it.
        """
        ...

    def pause_provider(self, provider: str, error_type: str, error: str) -> None:
        """Note that a provider refuses our client or project: a minute's pause at first, at most 15."""
        ...

    def resume_provider(self, provider: str) -> None:
        """Forget that: it has answered."""
        ...

    def plan_to_ask_for(self, lease: Lease, *, inserted: bool) -> str | None:
        """Return the run of the last plan, `none` without one, if what has changed asks for a plan now; else None.

        `inserted`: the run has written events that nobody else tells of.
        """
        ...

    def is_gone(self, ws_id: UUID) -> bool:
        """Return whether there is no such workspace any more."""
        ...

    def finish_run(self, lease: Lease, report: SyncReport) -> None:
        """Close the run row and release the lease."""
        ...


class CalendarPages(Protocol):
    """Calendars and their pages, under a run's lease.

    Every method is one transaction that checks the lease's fence and prolongs it: LeaseLost when another run holds it.
    All raise RemovedMeanwhile, DatabaseUnavailable and StorageFailed.
    """

    def load_calendars(
        self, lease: Lease, calendar_id: str | None, connection_id: UUID | None = None
    ) -> WorkspaceCalendars:
        """Return accounts and enabled inbound connections; only those of `calendar_id` (or `primary`) if given.

        With `connection_id` only that one, and none when its calendar is read through another one.
        """
        ...

    def open_full_pass(self, lease: Lease, connection: Connection) -> datetime:
        """Forget the ids seen by an earlier pass. Returns the database's time: the pass may delete older rows only."""
        ...

    def apply_page(
        self, lease: Lease, connection: Connection, page: EventPage, kind: PassKind, progress: Progress | None
    ) -> PageCounts:
        """Write one page and, with it, where the pass stands. A full pass notes the rows it has seen."""
        ...

    def note_calendars(self, lease: Lease, account_id: UUID, calendars: Sequence[CalendarEntry]) -> None:
        """Note what an account's whole calendar list says: calendars, names, roles, zones; and that it was read."""
        ...

    def forget_view(self, lease: Lease, connection: Connection) -> None:
        """Note that the calendar's rows are of more than one view until a full pass has come to its end."""
        ...

    def limit_page(self, lease: Lease, connection: Connection, events: int) -> None:
        """Ask for no more events a page of this connection, in later runs too."""
        ...

    def missing_rows(self, lease: Lease, connection: Connection, checkpoint: Checkpoint) -> MissingRows:
        """Return what the full pass has not seen among the rows that were there when it began."""
        ...

    def known_events(self, lease: Lease, connection: Connection, event_ids: Sequence[str]) -> Set[str]:
        """Return those of the ids that the calendar has rows of."""
        ...

    def complete_full_pass(
        self,
        lease: Lease,
        connection: Connection,
        checkpoint: Checkpoint,
        sync_token: str,
        recheck: Checkpoint | None = None,
        *,
        access_role: str | None = None,
    ) -> int:
        """Prune what the pass has not seen (if deletes are on), store the token, forget the ids. Return rows pruned.

        `recheck` is what is still to do before the pass is whole; `access_role` the one that its listing named.
        """
        ...

    def forget_token(self, lease: Lease, connection: Connection) -> None:
        """Drop token and checkpoint: the next pass is a full one from its first page."""
        ...
