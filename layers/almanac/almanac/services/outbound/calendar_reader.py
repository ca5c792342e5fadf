"""One calendar that is written to, read: what became of a link, whose role it is, and what to wait for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn, TypeVar

from almanac.domain.calendar.events import CalendarZones
from almanac.domain.calendar.written import RemoteEvent
from almanac.domain.outbound.link import Link
from almanac.domain.outbound.merge import Agreed, DeletedThere, Detached, Outcome, merge
from almanac.domain.outbound.place import LOOK_AGAIN, WHOLE_ACCOUNT, WRITING_ROLES, HoldReason, Place
from almanac.domain.outbound.report import OutboundReport
from almanac.domain.sync.report import Tally
from almanac.domain.sync.retry import slowdown
from almanac.errors import (
    AccessDenied,
    AccessTokenRejected,
    AlmanacError,
    EventGone,
    OutOfTime,
    PermissionMissing,
    ProjectRefused,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
    ReconnectRequired,
    TransientError,
)
from almanac.services.accounts.ports import Account
from almanac.services.clock import Clock
from almanac.services.outbound.ports import OutboundStore, WritingWorkspace
from almanac.services.sync.account_access import AccountSession
from almanac.services.sync.ports import Lease
from almanac.services.sync.provider import OpenAccount, Writes
from almanac.services.sync.retrying import Retrier

_Returned = TypeVar("_Returned")

LOOK_TWICE = timedelta(seconds=60)
"""Before what is not found any more counts as deleted: a deletion is told as one (cancelled), this may be a hiccup."""
MOST_LOOKED_FOR = 10
"""Deleted blocks of one calendar that a run looks for in other ones."""
UNANSWERED_IN_A_ROW = 2
"""Requests about events without an answer after which the provider is left alone until the next run."""
LONGEST_POSTPONE = 900.0
_OF_ITS_OWN = (ProviderUnavailable, ProviderRejected, AccessDenied)
"""What may be in the way of one event alone."""


class StopHere(Exception):
    """Nothing more is written to this calendar in this run; `reason` if it is held."""

    def __init__(self, reason: HoldReason | None) -> None:
        super().__init__(reason)
        self.reason = reason


class _NotNow(Exception):
    """Another account's calendar could not be looked into; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CalendarReader:
    """Finds out about one calendar and its links, and holds it where nothing can be written."""

    _unanswered = 0

    def __init__(
        self,
        store: OutboundStore,
        lease: Lease,
        workspace: WritingWorkspace,
        place: Place,
        account: Account,
        session: AccountSession,
        sessions: Callable[[Account], AccountSession | None],
        retrier: Retrier,
        clock: Clock,
        report: OutboundReport,
    ) -> None:
        self._store = store
        self._lease = lease
        self._installation = workspace.installation
        self._zones = CalendarZones(place.time_zone, workspace.time_zone)
        self._place = place
        self._account = account
        self._session = session
        self._session_of = sessions
        self._retrier = retrier
        self._clock = clock
        self._report = report
        self._tally = Tally()
        self._slowed = place.slowed
        self._looked_for = 0
        self.uncounted: set[object] = set()
        """Links whose deletion, here or there, nobody knew of when this run counted: too many at once ask first."""
        self.not_found: set[object] = set()
        """Links whose write was refused because nothing is there: if a look finds it all the same, that is no news."""
        self.keeps_what_moved = False
        """Whether what another target has stays there, although it may have been deleted here before it was made."""
        self.deleted_here = self.deleted_there = 0
        """Rows that this run has deleted because a person deleted them there, and events that it has deleted there."""

    def role(self) -> str | None:
        """Return the account's role on the calendar, None when it is not there any more. Raises StopHere."""
        return self._read(lambda writes: writes.role_on(self._place.calendar_id))

    def look(self, link: Link, *, id_taken: bool = False) -> None:
        """Read what the provider has of a link, and settle it; one that cannot be read waits alone. Raises StopHere."""
        try:
            self._look(link, id_taken=id_taken)
        except _OF_ITS_OWN as error:
            self._unread(link, error)
        else:
            self._unanswered = 0

    def _unread(self, link: Link, error: AlmanacError) -> None:
        """Let a link wait, so that it holds up no other; two in a row, and it is the provider. Raises StopHere."""
        if isinstance(error, AccessDenied):
            role = None if isinstance(error, PermissionMissing) else self.role()
            if role not in WRITING_ROLES:
                self._hold_for(error)
        retry_after = error.retry_after if isinstance(error, TransientError) else LONGEST_POSTPONE
        wait = max(LOOK_TWICE.total_seconds(), retry_after or 0.0)
        self._unanswered += 1
        self._store.postponed(self._lease, link, min(wait, LONGEST_POSTPONE), error.code)
        if self._unanswered >= UNANSWERED_IN_A_ROW:
            raise StopHere(None)

    def _look(self, link: Link, *, id_taken: bool) -> None:
        found = self._read_in(link.calendar_id, link, passing=_OF_ITS_OWN)
        if found is not None and _lost_by_its_series(link, found):
            found = None
        if found is None and self.role() is None:
            self._hold("calendar_lost")
        if found is None and link.base is not None and not link.missed:
            self._store.postponed(self._lease, link, LOOK_TWICE.total_seconds(), EventGone.code)
            return
        if self.keeps_what_moved:
            link = replace(link, succeeded_at=None)
        given_up = link.given_up or (link.kind == "edit" and not self._place.edits_on)
        outcome = merge(link, found, self._clock(), id_taken=id_taken, given_up=given_up)
        if isinstance(outcome, DeletedThere) and link.doubt not in ("deleted", "missing"):
            self._store.doubt_deleted(self._lease, link)
            self.uncounted.add(link.id)
            return
        if isinstance(outcome, DeletedThere) and link.kind == "block":
            try:
                moved = self._elsewhere(link)
            except _NotNow as error:
                self._store.postponed(self._lease, link, LOOK_TWICE.total_seconds(), error.code)
                return
            if moved is not None and not moved.repeats:
                self._store.postponed(self._lease, link, LOOK_TWICE.total_seconds(), EventGone.code)
                return
            if moved is not None:  # no row comes under its id: only its occurrences are listed
                self._settle(link, Detached(moved, "repeats"))
                return
        self._settle(link, outcome)

    def _settle(self, link: Link, outcome: Outcome) -> None:
        replan = self._store.settle(self._lease, self._place, self._account, link, outcome)
        if replan is None:
            return
        self._report.replan |= replan
        self._note(link, outcome)

    def _note(self, link: Link, outcome: Outcome) -> None:
        if isinstance(outcome, Agreed | Detached):
            self._report.conflicts += bool(outcome.conflicts)
        if isinstance(outcome, Agreed):
            if link.desired is None and link.base is None:
                self.uncounted.add(link.id)
        elif isinstance(outcome, DeletedThere):
            self.deleted_here += not outcome.wanted

    def _elsewhere(self, link: Link) -> RemoteEvent | None:
        """Return the event if a person has moved it to a calendar that has still to be read (W57). Raises _NotNow.

        Of many that are gone at once the first are looked for: a calendar that was cleared has moved nowhere. Where the
        account may not look, nobody reads what is there; that is no matter of the calendar which is written to.
        """
        self._looked_for += 1
        if self._looked_for > MOST_LOOKED_FOR:
            return None
        for calendar_id, account in self._store.other_calendars(self._lease, self._place, link):
            self._report.read += 1
            operation = partial(_read_if_allowed, calendar_id, link.remote_id, self._zones)
            if account.id == self._account.id:
                found = self._read(operation, passing=_OF_ITS_OWN)
            else:
                found = self._read_through(account, operation)
            if found is not None and found.row is not None:
                return found
        return None

    def _read_through(self, account: Account, operation: Callable[[Writes], RemoteEvent | None]) -> RemoteEvent | None:
        """Read through another account, whose trouble holds up the one link alone: None where it may not look.

        Raises _NotNow and StopHere.
        """
        session = self._session_of(account)
        if session is None:
            return None
        try:
            return session.call(lambda opened: operation(writes_of(opened)), self._retrier, self._tally)
        except OutOfTime:
            self._out_of_time()
        except (ReconnectRequired, AccessDenied, ProviderRejected):
            return None
        except (TransientError, ProjectRefused, AccessTokenRejected) as error:
            raise _NotNow(error.code) from None

    def went_through(self) -> None:
        """The account may write again: what it was asked before does not count any more."""
        if self._slowed:
            self._store.forget_slowed(self._lease, self._place)
            self._slowed = 0

    def _read_in(
        self, calendar_id: str, link: Link, *, passing: tuple[type[AlmanacError], ...] = ()
    ) -> RemoteEvent | None:
        self._report.read += 1
        return self._read(lambda writes: writes.read(calendar_id, link.remote_id, self._zones), passing=passing)

    def _read(
        self, operation: Callable[[Writes], _Returned], *, passing: tuple[type[AlmanacError], ...] = ()
    ) -> _Returned:
        """Read something. Raises StopHere, and errors of the kinds `passing` as they are."""
        try:
            return self._session.call(lambda account: operation(writes_of(account)), self._retrier, self._tally)
        except passing:
            raise
        except (ProviderQuotaExhausted, ProviderRateLimited, ReconnectRequired, AccessDenied) as error:
            self._hold_for(error)
            raise
        except OutOfTime:
            self._out_of_time()
        except (TransientError, ProviderRejected, ProjectRefused, AccessTokenRejected):
            raise StopHere(None) from None

    def _out_of_time(self) -> NoReturn:
        self._report.more = True
        raise StopHere(None)

    def _hold_for(self, error: AlmanacError) -> None:
        """Raise StopHere, after what the error says is stored: the account, or the calendar, waits."""
        now = self._clock()
        if isinstance(error, ProviderQuotaExhausted):
            self._hold("quota", now + LOOK_AGAIN["quota"])
        if isinstance(error, ProviderRateLimited):
            pause = slowdown(self._slowed + 1, error.retry_after, self._retrier.chance())
            self._hold("rate_limit", now + timedelta(seconds=pause))
        if isinstance(error, ReconnectRequired):
            self._hold("reconnect_required")
        reason: HoldReason = "permission_missing" if isinstance(error, PermissionMissing) else "role"
        self._hold(reason, now + LOOK_AGAIN[reason])

    def _hold(self, reason: HoldReason, until: datetime | None = None) -> None:
        if until is None and reason in LOOK_AGAIN:
            until = self._clock() + LOOK_AGAIN[reason]
        self._store.hold(self._lease, self._place, reason, until, whole_account=reason in WHOLE_ACCOUNT)
        raise StopHere(reason)


def _lost_by_its_series(link: Link, found: RemoteEvent) -> bool:
    """Return whether it is an occurrence that its series, moved by a person, has no more: it is still found by name.

    A listing has told its end, or lacked it, and yet it is as it was, or as a write without an answer made it, or of
    a time before the listing, moved by the same person say: whatever was brought back is a later version.
    """
    if found.row is None or found.row.recurring_event_id is None or link.doubt not in ("deleted", "missing"):
        return False
    changed, gone = found.row.external_updated_at, link.gone_since
    stood = changed is not None and gone is not None and changed < gone
    return stood or found.etag == link.base_etag or link.has_landed(found.fields)


def _read_if_allowed(calendar_id: str, event_id: str, zones: CalendarZones, writes: Writes) -> RemoteEvent | None:
    try:
        return writes.read(calendar_id, event_id, zones)
    except AccessDenied:
        return None


def writes_of(account: OpenAccount) -> Writes:
    """Return the part of an open account that writes. Raises PermissionMissing."""
    if account.writes is None:
        raise PermissionMissing("the provider, or what the account has granted, does not allow writing")
    return account.writes
