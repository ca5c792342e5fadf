"""Writing out in one run: calendar after calendar, what is unanswered first, within time, pace and budget."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from almanac.domain.outbound.place import (
    LOOK_AGAIN,
    WHOLE_ACCOUNT,
    WRITING_ROLES,
    HoldReason,
    MassChange,
    Place,
    keeps_what_moved,
    reason_to_hold,
)
from almanac.domain.outbound.report import OutboundReport
from almanac.domain.outbound.step import LetBe, Look, Refuse, Write, next_step
from almanac.services.accounts.ports import Account
from almanac.services.clock import Clock, Deadline, Sleep
from almanac.services.outbound.calendar_reader import StopHere
from almanac.services.outbound.calendar_writer import CalendarWriter
from almanac.services.outbound.leaving import Leave
from almanac.services.outbound.ports import OutboundStore, WritingWorkspace
from almanac.services.sync.account_access import AccountSession, AccountSessions
from almanac.services.sync.ports import Lease
from almanac.services.sync.retrying import Retrier

LINKS_A_TIME = 50
"""Links read from the database at a time."""
MOST_VISITS = 8
"""Of one link in one run: more than any course of events takes that comes to an end."""
MOVED_A_RUN = 100
"""Events that a run takes to another target: so many are read and made there in its time, whatever else there is."""
_AGAIN = 60.0


@dataclass(frozen=True, slots=True)
class OutboundRules:
    """What this installation is called (None: as the database says), what is too much at once, seconds to keep free."""

    installation: str | None
    mass: MassChange
    reserve_seconds: float


@dataclass(frozen=True, slots=True)
class WriteOut:
    """The part of a run that writes, after the part that reads."""

    store: OutboundStore
    sessions: AccountSessions
    clock: Clock
    sleep: Sleep
    chance: Callable[[], float]
    rules: OutboundRules
    leave: Leave

    def __call__(self, lease: Lease, deadline: Deadline) -> OutboundReport:
        """Bring the providers to what is wanted. What cannot be written is held, with its reason, and costs no error.

        Raises DatabaseUnavailable, StorageFailed and LeaseLost.
        """
        report = OutboundReport()
        workspace = self.store.load(lease, self.rules.installation, self.clock())
        if any(place.moving for place, _ in workspace.places):
            report.more = self.store.doubt_replaced(lease, MOVED_A_RUN) == MOVED_A_RUN
        sessions = _Sessions(self)
        halted: dict[object, HoldReason] = {}
        for place, account in workspace.places:
            if account.id in halted:
                report.held[place.calendar_id] = halted[account.id]
                continue
            session = sessions(account)
            if session is None:
                continue
            before = report.writes
            stopped = _Visit(self, lease, deadline, workspace, place, account, session, sessions, report).make()
            if stopped in WHOLE_ACCOUNT:
                halted[account.id] = stopped
            if report.writes > before:
                self.store.forget_old(lease, account)
        if workspace.leaving:
            self.leave.finish(lease.ws_id)
        return report


class _Sessions:
    """Accounts of one run, each opened once; None of one whose provider is not known here."""

    def __init__(self, owner: WriteOut) -> None:
        self._owner = owner
        self._opened: dict[object, AccountSession | None] = {}

    def __call__(self, account: Account) -> AccountSession | None:
        if account.id not in self._opened:
            self._opened[account.id] = self._owner.sessions.open(account, self._owner.clock)
        return self._opened[account.id]


class _Visit:
    """One calendar in one run."""

    def __init__(
        self,
        owner: WriteOut,
        lease: Lease,
        deadline: Deadline,
        workspace: WritingWorkspace,
        place: Place,
        account: Account,
        session: AccountSession,
        sessions: _Sessions,
        report: OutboundReport,
    ) -> None:
        self._owner = owner
        self._store = owner.store
        self._lease = lease
        self._deadline = deadline
        self._place = place
        self._account = account
        self._report = report
        retrier = Retrier(owner.sleep, owner.chance, deadline)
        self._writer = CalendarWriter(
            owner.store, lease, workspace, place, account, session, sessions, retrier, owner.clock, report
        )
        self._visits: Counter[object] = Counter()

    def make(self) -> HoldReason | None:
        """Write what is due, unless the calendar is held. Return why it is held from now on."""
        reason = self._reason_to_hold()
        if reason is not None:
            self._report.held[self._place.calendar_id] = reason
            return None
        self._writer.keeps_what_moved = keeps_what_moved(self._place, self._owner.rules.mass)
        try:
            self._all()
            if self._writer.uncounted and self._count_again():
                self._all()
        except StopHere as stop:
            if stop.reason is not None:
                self._report.held[self._place.calendar_id] = stop.reason
            return stop.reason
        return None

    def _all(self) -> None:
        while self._some():
            pass

    def _count_again(self) -> bool:
        """Count what turned out to be deleted, or to be there still, with what this run has deleted already.

        False when somebody is asked before it goes on.
        """
        writer, owner, now = self._writer, self._owner, self._owner.clock()
        writer.uncounted.clear()
        places = owner.store.load(self._lease, owner.rules.installation, now).places
        for place in [each for each, _ in places if each.connection_id == self._place.connection_id]:
            gone, deletes = place.gone + writer.deleted_here, place.deletes + writer.deleted_there
            whole = replace(place, live=self._place.live, gone=gone, deletes=deletes)
            writer.keeps_what_moved = keeps_what_moved(whole, owner.rules.mass)
            reason = reason_to_hold(whole, now, owner.rules.mass)
            if reason is not None:
                self._report.held[place.calendar_id] = self._hold(reason)
                return False
        return True

    def _some(self) -> bool:
        """Write some of what is due. False when nothing is left, or no time."""
        due = self._store.due(self._lease, self._place, self._account, LINKS_A_TIME)
        links = [link for link in due if link.id not in self._writer.uncounted]
        for link in links:
            if self._deadline() < self._owner.rules.reserve_seconds:
                self._report.more = True
                return False
            self._visits[link.id] += 1
            step = next_step(link, self._owner.clock())
            told = isinstance(step, Write) and link.id in self._writer.not_found  # asked again, it would say so again
            if self._visits[link.id] > MOST_VISITS or step is None or told:
                self._store.postponed(self._lease, link, _AGAIN, "no_progress")
            elif isinstance(step, Look):
                self._writer.look(link)
            elif isinstance(step, LetBe):
                self._store.let_be(self._lease, link)
            elif isinstance(step, Refuse):
                self._writer.refuse(link, step)
            elif isinstance(step, Write):
                self._writer.write(link, step)
        return bool(links)

    def _reason_to_hold(self) -> HoldReason | None:
        """Return why nothing is written here now; a hold whose cause is gone ends, and what waited is read first."""
        place, now = self._place, self._owner.clock()
        if self._account.status != "active":
            return self._hold("reconnect_required")
        if place.still_held(now):
            return place.held
        reason = reason_to_hold(place, now, self._owner.rules.mass)
        if reason is not None:
            return self._hold(reason)
        if place.role not in WRITING_ROLES or place.held in ("role", "calendar_lost"):
            reason = self._ask_for_role()
            if reason is not None:
                return reason
        if place.held is not None:
            self._store.release(self._lease, place, self._account)
        return None

    def _ask_for_role(self) -> HoldReason | None:
        try:
            role = self._writer.role()
        except StopHere as stop:
            return stop.reason or "rate_limit"
        if role is None:
            return self._hold("calendar_lost")
        self._store.set_role(self._lease, self._place, role)
        return None if role in WRITING_ROLES else self._hold("role")

    def _hold(self, reason: HoldReason) -> HoldReason:
        again = LOOK_AGAIN.get(reason)
        until = None if again is None else self._owner.clock() + again
        self._store.hold(self._lease, self._place, reason, until)
        return reason
