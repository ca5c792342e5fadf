"""Channels during a run: missing ones are started, needless ones stopped, healthy calendars left alone.

Nothing here may cost a calendar its turn: what goes wrong is stored on the channel's row and waits there.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from almanac.domain.push.channels import (
    MISSED_BEFORE_REPLACING,
    TOKEN_LIFE,
    UNSUPPORTED_FOR,
    Channel,
    Status,
    is_explained,
    is_missed,
    may_wait,
    pause_after,
    reconcile,
)
from almanac.domain.push.token import PushKeys
from almanac.domain.sync.report import ConnectionReport, SyncReport, Tally
from almanac.domain.sync.retry import RUN_RESERVE
from almanac.errors import (
    AlmanacError,
    DatabaseUnavailable,
    LeaseLost,
    PushUnsupported,
    ReconnectRequired,
    TransientError,
)
from almanac.jobs import CalendarSync
from almanac.services.accounts.ports import Account
from almanac.services.push.ports import ChannelStore, PushHome, StoredChannels
from almanac.services.queues.ports import JobQueue, OutgoingJob
from almanac.services.sync.account_access import AccountSession
from almanac.services.sync.ports import Connection, Lease
from almanac.services.sync.provider import OpenAccount
from almanac.services.sync.retrying import Retrier

logger = logging.getLogger(__name__)

MOST_A_RUN = 50
"""Channels that one run starts: a large workspace gets the others with its next runs."""

_LEAST_SECONDS = 30.0
"""Of an invocation, below which no channel is started."""

OpenSession = Callable[[Account], AccountSession | None]
"""Opens an account that the run has not opened; None when its provider is not known here."""


class RunChannels:
    """One workspace's channels in one run."""

    def __init__(
        self,
        store: ChannelStore,
        home: PushHome,
        keys: Callable[[], PushKeys],
        queue: JobQueue,
        lease: Lease,
        retrier: Retrier,
        open_session: OpenSession,
        stored: StoredChannels,
    ) -> None:
        self._store = store
        self._home = home
        self._keys = keys
        self._queue = queue
        self._lease = lease
        self._retrier = retrier
        self._open_session = open_session
        self._stored = stored
        self._sessions: dict[UUID, AccountSession | None] = {}
        self._active = {c.connection_id: c for c in stored.channels if c.status == "active" and c.connection_id}

    def reconcile(
        self, connections: Sequence[Connection], sessions: Mapping[UUID, AccountSession], report: SyncReport
    ) -> None:
        """Start and stop what is to be: before anything is read, so that no change falls between look and watch.

        `connections` are all that the workspace reads. Raises DatabaseUnavailable and LeaseLost only.
        """
        self._sessions |= sessions
        readers = {c.id: c for c in connections if self._may_watch(c, sessions)}
        wanted = {c.id for c in connections}
        self._abandon()
        todo = reconcile(wanted, self._stored.channels, self._home.fingerprint, self._stored.now)
        for channel in todo.stop:
            self._stop(channel, report.tally)
        for connection_id in [each for each in todo.start if each in readers][:MOST_A_RUN]:
            if not self._may_start(readers[connection_id]):
                break
            self._start(readers[connection_id], report.tally)

    def may_wait(self, connection: Connection) -> bool:
        """Whether a schedule may leave the calendar alone for now: its channel is healthy, and it was read lately."""
        if connection.state.checkpoint is not None:
            return False
        return may_wait(self._stored.pauses, connection.id, connection.last_synced_at, self._stored.now)

    def after(self, job: CalendarSync, connection: Connection, report: ConnectionReport, now: datetime) -> None:
        """Note what a look has found, and ask for another one when a ring was followed by nothing."""
        channel = self._active.get(connection.id)
        if report.status != "completed" or report.outcome != "incremental":
            return
        if report.listed and channel is not None:
            missed = job.source != "push" and report.oldest_change is not None
            missed = missed and is_missed(channel, report.oldest_change or now, now)
            self._store.found(self._lease, connection.id, self._home, missed=missed)
            if missed:
                self._active[connection.id] = replace(channel, missed_pushes=channel.missed_pushes + 1)
        elif not report.listed and job.source == "push" and not is_explained(channel, job.requested_at):
            self._look_again(job)

    def end(self, connections: Sequence[Connection], report: SyncReport) -> None:
        """Replace at once what has missed too much in this run."""
        dead = {c.connection_id for c in self._active.values() if c.missed_pushes >= MISSED_BEFORE_REPLACING}
        for connection in [c for c in connections if c.id in dead]:
            if self._may_start(connection):
                self._start(connection, report.tally)

    def _may_start(self, connection: Connection) -> bool:
        """Wait for the installation's turn to ask for a channel; False when the run has no time for it."""
        if self._retrier.deadline() <= _LEAST_SECONDS:
            return False
        wait = self._store.next_start(connection.provider)
        if wait:
            self._retrier.sleep(wait)
        return wait is not None

    def _may_watch(self, connection: Connection, sessions: Mapping[UUID, AccountSession]) -> bool:
        session = sessions.get(connection.account_id)
        return session is not None and not session.dead and connection.failures == 0

    def _abandon(self) -> None:
        """Attempts whose outcome nobody knows: whoever holds the lease knows that nobody is waiting for them."""
        for channel in self._stored.channels:
            if channel.status == "pending":
                self._store.close(self._lease, channel.id, "failed", None, "outcome_unknown")

    def _start(self, connection: Connection, tally: Tally) -> None:
        """A new channel under a new id; stored before it is asked for, and active before the old one is stopped."""
        channel_id = uuid4()
        session = self._sessions.get(connection.account_id)
        if session is None:
            return
        self._store.open(self._lease, connection.id, channel_id, self._home)
        until = self._stored.now + TOKEN_LIFE
        secret = self._keys().sign(self._lease.ws_id, connection.id, str(channel_id), until)
        ask = partial(_watch, connection.calendar_id, str(channel_id), self._home.address, secret)
        try:
            resource_id, expires_at = session.call(ask, self._once, tally, own_limit=True)
        except (DatabaseUnavailable, LeaseLost):
            raise
        except AlmanacError as error:
            self._note_refusal(channel_id, connection, error)
            return
        self._store.activate(self._lease, channel_id, resource_id, expires_at)
        old = self._active.pop(connection.id, None)
        if old is not None:
            self._stop(old, tally)

    def _note_refusal(self, channel_id: UUID, connection: Connection, error: AlmanacError) -> None:
        now = self._stored.now
        known = [c.failures for c in self._stored.channels if c.connection_id == connection.id]
        status: Status = "failed"
        retry_at: datetime | None = None  # a dead grant is the connection's business: reconnecting is followed by a run
        if isinstance(error, PushUnsupported):
            status, retry_at = "unsupported", now + UNSUPPORTED_FOR + _jitter(connection.id)
        elif not isinstance(error, ReconnectRequired):
            asked = error.retry_after if isinstance(error, TransientError) else None
            retry_at = now + pause_after(max(known, default=0) + 1, asked)
        logger.info("a calendar cannot be watched", extra={"error_type": error.code, "connection": str(connection.id)})
        self._store.close(self._lease, channel_id, status, retry_at, error.code)

    def _stop(self, channel: Channel, tally: Tally) -> None:
        """Stop it, if it can be: without a grant or the resource's id it rings on until it ends, which is no error."""
        session = self._session_of(channel.account_id)
        if session is not None and not session.dead and channel.resource_id is not None:
            try:
                session.call(partial(unwatch, str(channel.id), channel.resource_id), self._once, tally, own_limit=True)
            except (DatabaseUnavailable, LeaseLost):
                raise
            except TransientError as error:
                logger.info("a channel is to be stopped later", extra={"error_type": error.code})
                return
            except AlmanacError as error:
                logger.info("a channel rings until it ends", extra={"error_type": error.code})
        self._store.close(self._lease, channel.id, "stopped", None, None)

    def _session_of(self, account_id: UUID) -> AccountSession | None:
        if account_id not in self._sessions:
            account = self._stored.accounts.get(account_id)
            self._sessions[account_id] = None if account is None else self._open_session(account)
        return self._sessions[account_id]

    @property
    def _once(self) -> Retrier:
        """One try a run, in what a run keeps free: no watch may keep calendars waiting."""
        return Retrier(self._retrier.sleep, lambda: 1.0, lambda: min(self._retrier.deadline(), RUN_RESERVE))

    def _look_again(self, job: CalendarSync) -> None:
        """A ring may overtake the change it tells of (P21). Sent without the channel: it is no ring."""
        if not job.look_again:
            return
        again = job.model_copy(update={"look_again": False, "channel_id": None, "resource_id": None})
        for lost in self._queue.send([OutgoingJob(again, reason=f"second look {job.request_id}")]):
            logger.warning("the second look after a push could not be sent", extra={"error_type": lost.error})


def _watch(calendar_id: str, channel_id: str, address: str, secret: str, account: OpenAccount) -> tuple[str, datetime]:
    if account.watch is None:
        raise PushUnsupported("this provider has no push")
    return account.watch.start(calendar_id, channel_id, address, secret)


def unwatch(channel_id: str, resource_id: str, account: OpenAccount) -> None:
    """Stop a channel, at a provider that has any."""
    if account.watch is not None:
        account.watch.stop(channel_id, resource_id)


def _jitter(connection_id: UUID) -> timedelta:
    """Up to twelve hours, always the same for one connection."""
    return timedelta(hours=12) * (connection_id.int % 1009) / 1009
