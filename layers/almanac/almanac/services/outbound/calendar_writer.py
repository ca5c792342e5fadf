"""One calendar's writes: the intent is stored, the call made once, the answer stored; what has none is read."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from almanac.domain.calendar.written import Draft, Mark, RemoteEvent
from almanac.domain.outbound.link import Link
from almanac.domain.outbound.merge import Detached
from almanac.domain.outbound.place import WRITING_ROLES
from almanac.domain.outbound.step import MOST_REFUSALS, Refuse, Write
from almanac.domain.sync.retry import backoff
from almanac.errors import (
    AccessDenied,
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
from almanac.services.outbound.calendar_reader import (
    LONGEST_POSTPONE,
    UNANSWERED_IN_A_ROW,
    CalendarReader,
    StopHere,
    writes_of,
)
from almanac.services.sync.provider import OpenAccount
from almanac.services.sync.retrying import Retrier


class CalendarWriter(CalendarReader):
    """Writes to one calendar, one link at a time."""

    def write(self, link: Link, write: Write) -> None:
        """Make one write. Raises StopHere."""
        asked_at = self._clock()  # before the store's answer: a day that ends meanwhile must not cost the next one
        intent = self._store.intend(self._lease, self._account, link, write)
        if intent.why_not == "budget":
            self._hold("budget", _next_midnight(asked_at))
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
        self.went_through()
        self._count(link, write)

    def refuse(self, link: Link, step: Refuse) -> None:
        """Send nothing: it cannot be written as it is."""
        self._report.refused += 1
        self._store.failed(self._lease, link, step.reason, step.reason)

    def _send(self, account: OpenAccount, link: Link, write: Write) -> RemoteEvent | None:
        writes = writes_of(account)
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
            self.not_found.add(link.id)
            if self.role() is None:
                self._store.refused(self._lease, link, may_have_landed=False)
                self._hold("calendar_lost")
            self._store.refused(self._lease, link, may_have_landed=True)
        elif isinstance(error, ProviderRejected) or (isinstance(error, AccessDenied) and self._may_write(error, link)):
            self._refused_for_good(link, write, error)
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
            self._store.postponed(self._lease, link, LONGEST_POSTPONE, error.code)
            raise StopHere(None)
        else:
            raise error

    def _stale(self, link: Link, write: Write) -> None:
        """Somebody was faster. After a few times in a row they go on typing: then a person decides."""
        if link.refusals + 1 < MOST_REFUSALS:
            self._store.refused(self._lease, link, may_have_landed=False, stale=True)
            return
        self._report.conflicts += 1
        self._store.conflict(self._lease, link, {name: {"ours": value} for name, value in write.fields.items()})

    def _refused_for_good(self, link: Link, write: Write, error: AlmanacError) -> None:
        """What may not be deleted lives, so it is seen here again, as what it is there; else its link has failed."""
        self._report.refused += 1
        found = self._read_in(link.calendar_id, link) if write.operation == "delete" else None
        if found is None or found.row is None:
            self._store.failed(self._lease, link, error.code, str(error))
        elif self._store.settle(self._lease, self._place, self._account, link, Detached(found, "delete_refused")):
            self._report.replan = True

    def _unknown(self, link: Link, error: TransientError) -> None:
        self._report.unanswered += 1
        self._unanswered += 1
        pause = max(backoff(link.attempts + 3, error.retry_after, self._retrier.chance()), error.retry_after or 0.0)
        self._store.postponed(self._lease, link, min(pause, LONGEST_POSTPONE), error.code)
        if self._unanswered >= UNANSWERED_IN_A_ROW:
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

    def _count(self, link: Link, write: Write) -> None:
        if write.operation == "insert":
            self._report.created += 1
        elif write.operation == "patch":
            self._report.changed += 1
        else:
            self._report.deleted += 1
            self.deleted_there += link.successor is None

    @property
    def _once(self) -> Retrier:
        """A write is not repeated unread."""
        return Retrier(self._retrier.sleep, self._retrier.chance, self._retrier.deadline, tries=1)


def _next_midnight(now: datetime) -> datetime:
    return datetime.combine((now + timedelta(days=1)).date(), time(), now.tzinfo)
