"""One calendar's writes: the intent is stored, the call made once, the answer stored; what has none is read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import NoReturn, TypeVar

from almanac.domain.calendar.events import CalendarZones
from almanac.domain.calendar.written import Draft, Mark, RemoteEvent
from almanac.domain.outbound.link import Link
from almanac.domain.outbound.merge import DeletedThere, merge
from almanac.domain.outbound.place import LOOK_AGAIN, WRITING_ROLES, HoldReason, Place
from almanac.domain.outbound.report import OutboundReport
from almanac.domain.outbound.step import MOST_REFUSALS, Write
from almanac.domain.sync.report import Tally
from almanac.domain.sync.retry import backoff
from almanac.errors import (
    AccessDenied,
    AccessTokenRejected,
    AlmanacError,
    EventGone,
    EventIdTaken,
    EventVersionChanged,
    OutOfTime,
    PermissionMissing,
    ProjectRefused,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderRejected,
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

SHORTEST_PAUSE = timedelta(seconds=30)
"""Of an account that the provider asked to slow down."""
LOOK_TWICE = timedelta(seconds=60)
"""Before what is not found any more counts as deleted: a deletion is told as one (cancelled), this may be a hiccup."""
MOST_LOOKED_FOR = 10
"""Deleted blocks of one calendar that a run looks for in the account's other ones."""
_UNANSWERED_IN_A_ROW = 2
"""Writes without an answer after which the provider is left alone until the next run."""
_LONGEST_POSTPONE = 900.0


class StopHere(Exception):
    """Nothing more is written to this calendar in this run; `reason` if it is held."""

    def __init__(self, reason: HoldReason | None) -> None:
        super().__init__(reason)
        self.reason = reason


class CalendarWriter:
    """Writes to one calendar, one link at a time."""

    def __init__(
        self,
        store: OutboundStore,
        lease: Lease,
        workspace: WritingWorkspace,
        place: Place,
        account: Account,
        session: AccountSession,
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
        self._retrier = retrier
        self._once = Retrier(retrier.sleep, retrier.chance, retrier.deadline, tries=1)  # a write is not repeated unread
        self._clock = clock
        self._report = report
        self._unanswered = 0
        self._tally = Tally()
        self._looked_for = 0
        self.uncounted: set[object] = set()
        """Links whose deletion there nobody knew of when this run counted them: too many at once ask first."""

    def role(self) -> str | None:
        """Return the account's role on the calendar, None when it is not there any more. Raises StopHere."""
        return self._read(lambda writes: writes.role_on(self._place.calendar_id))

    def look(self, link: Link, *, id_taken: bool = False) -> None:
        """Read what the provider has of a link, and settle it. Raises StopHere."""
        found = self._read_in(link.calendar_id, link)
        if found is None and self.role() is None:
            self._hold("calendar_lost")
        if found is None and link.base is not None and not link.missed:
            self._store.postponed(self._lease, link, LOOK_TWICE.total_seconds(), EventGone.code)
            return
        outcome = merge(link, found, self._clock(), id_taken=id_taken)
        if isinstance(outcome, DeletedThere) and link.doubt not in ("deleted", "missing"):
            self._store.doubt_deleted(self._lease, link)
            self.uncounted.add(link.id)
            return
        if isinstance(outcome, DeletedThere) and link.kind == "block" and self._is_elsewhere(link):
            self._store.postponed(self._lease, link, LOOK_TWICE.total_seconds(), EventGone.code)
            return
        if self._store.settle(self._lease, self._place, self._account, link, outcome):
            self._report.replan = True
        if getattr(outcome, "conflicts", None):
            self._report.conflicts += 1

    def _is_elsewhere(self, link: Link) -> bool:
        """Whether a person has moved the event to a calendar of theirs that has still to be read (W57).

        Of many that are gone at once the first are looked for: a calendar that was cleared has moved nowhere.
        """
        self._looked_for += 1
        if self._looked_for > MOST_LOOKED_FOR:
            return False
        for calendar_id in self._store.other_calendars(self._lease, self._place, link):
            found = self._read_in(calendar_id, link)
            if found is not None and found.row is not None:
                return True
        return False

    def _read_in(self, calendar_id: str, link: Link) -> RemoteEvent | None:
        self._report.read += 1
        return self._read(lambda writes: writes.read(calendar_id, link.remote_id, self._zones))

    def write(self, link: Link, write: Write) -> None:
        """Make one write. Raises StopHere."""
        intent = self._store.intend(self._lease, self._account, link, write)
        if intent.why_not == "budget":
            self._hold("budget", _next_midnight(self._clock()), whole_account=True)
        if intent.why_not is not None:
            return
        if intent.wait > 0:
            self._retrier.sleep(intent.wait)
        try:
            event = self._session.call(lambda account: self._send(account, link, write), self._once, self._tally)
        except AlmanacError as error:
            self._not_done(link, write, error)
            return
        self._unanswered = 0
        self._store.answered(self._lease, link, write, event)
        self._count(write)

    def _send(self, account: OpenAccount, link: Link, write: Write) -> RemoteEvent | None:
        writes = _writes(account)
        calendar_id = self._place.calendar_id
        if write.operation == "delete":
            writes.delete(calendar_id, link.remote_id, link.base_etag or "")
            return None
        draft = self._draft(link, write)
        if write.operation == "insert":
            return writes.insert(calendar_id, draft, self._zones)
        return writes.patch(calendar_id, draft, link.base_etag or "", self._zones)

    def _draft(self, link: Link, write: Write) -> Draft:
        ours = link.kind != "edit"
        mark = (
            Mark(self._installation, str(self._lease.ws_id), str(link.event_id), link.revision, link.item)
            if ours
            else None
        )
        return Draft(link.remote_id, write.fields, mark, quiet=link.kind == "block", plain=ours)

    def _not_done(self, link: Link, write: Write, error: AlmanacError) -> None:
        """Store what became of a write that was not answered with success. Raises StopHere, and any other error."""
        if isinstance(error, EventVersionChanged):
            self._stale(link, write)
        elif isinstance(error, EventIdTaken):
            self._store.refused(self._lease, link, may_have_landed=True)
            bodies = {**link.bodies, str(link.revision): write.body}
            sent = replace(link, sent="insert", sent_revision=link.revision, bodies=bodies)
            self.look(sent, id_taken=True)
        elif isinstance(error, EventGone):
            if self.role() is None:
                self._store.refused(self._lease, link, may_have_landed=False)
                self._hold("calendar_lost")
            self._store.refused(self._lease, link, may_have_landed=True)
        elif isinstance(error, ProviderRejected) or (isinstance(error, AccessDenied) and self._may_write(error, link)):
            self._report.refused += 1
            self._store.failed(self._lease, link, error.code, str(error))
        elif isinstance(error, ProviderQuotaExhausted | ProviderRateLimited | ReconnectRequired | AccessDenied):
            self._store.refused(self._lease, link, may_have_landed=False)
            self._hold_for(error)
        elif isinstance(error, TransientError):
            self._unknown(link, error)
        elif isinstance(error, OutOfTime):
            self._store.refused(self._lease, link, may_have_landed=False)
            self._out_of_time()
        elif isinstance(error, ProjectRefused):  # whoever reads next tells its operator; nothing here goes through
            self._store.refused(self._lease, link, may_have_landed=False)
            self._store.postponed(self._lease, link, _LONGEST_POSTPONE, error.code)
            raise StopHere(None)
        else:
            raise error

    def _stale(self, link: Link, write: Write) -> None:
        """Somebody was faster. After a few times in a row they go on typing: then a person decides."""
        if link.refusals + 1 < MOST_REFUSALS:
            self._store.refused(self._lease, link, may_have_landed=False)
            return
        self._report.conflicts += 1
        self._store.conflict(self._lease, link, {name: {"ours": value} for name, value in write.fields.items()})

    def _unknown(self, link: Link, error: TransientError) -> None:
        self._report.unanswered += 1
        self._unanswered += 1
        pause = max(backoff(link.attempts + 3, error.retry_after, self._retrier.chance()), error.retry_after or 0.0)
        self._store.postponed(self._lease, link, min(pause, _LONGEST_POSTPONE), error.code)
        if self._unanswered >= _UNANSWERED_IN_A_ROW:
            raise StopHere(None)

    def _may_write(self, error: AccessDenied, link: Link) -> bool:
        """Whether a refusal is this event's own: the account may write to the calendar. Its role is stored anew."""
        if isinstance(error, PermissionMissing):
            return False
        role = self.role()
        if role is None:
            self._store.refused(self._lease, link, may_have_landed=False)
            self._hold("calendar_lost")
            return False
        self._store.set_role(self._lease, self._place, role)
        return role in WRITING_ROLES

    def _read(self, operation: Callable[[Writes], _Returned]) -> _Returned:
        try:
            return self._session.call(lambda account: operation(_writes(account)), self._retrier, self._tally)
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
            self._hold("quota", now + LOOK_AGAIN["quota"], whole_account=True)
        if isinstance(error, ProviderRateLimited):
            pause = max(timedelta(seconds=error.retry_after or 0.0), SHORTEST_PAUSE)
            self._hold("rate_limit", now + pause, whole_account=True)
        if isinstance(error, ReconnectRequired):
            self._hold("reconnect_required", whole_account=True)
        reason: HoldReason = "permission_missing" if isinstance(error, PermissionMissing) else "role"
        self._hold(reason, now + LOOK_AGAIN[reason])

    def _hold(self, reason: HoldReason, until: datetime | None = None, *, whole_account: bool = False) -> None:
        if until is None and reason in LOOK_AGAIN:
            until = self._clock() + LOOK_AGAIN[reason]
        self._store.hold(self._lease, self._place, reason, until, whole_account=whole_account)
        raise StopHere(reason)

    def _count(self, write: Write) -> None:
        if write.operation == "insert":
            self._report.created += 1
        elif write.operation == "patch":
            self._report.changed += 1
        else:
            self._report.deleted += 1


def _writes(account: OpenAccount) -> Writes:
    if account.writes is None:
        raise PermissionMissing("the provider, or what the account has granted, does not allow writing")
    return account.writes


def _next_midnight(now: datetime) -> datetime:
    return datetime.combine((now + timedelta(days=1)).date(), time(), now.tzinfo)
