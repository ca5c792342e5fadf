"""Brings one calendar up to date: page by page, each page and its progress in one transaction.

A pass ends with a sync token. A full pass also deletes what it has not met, after reading a listing that lacks most of
the calendar a second time. A pass of several pages lists once more what has changed since it began. What interrupts a
pass loses nothing: the next run goes on at the last checkpoint.
"""

from collections.abc import Sequence, Set
from dataclasses import replace
from functools import partial
from time import perf_counter

from almanac.domain.calendar.events import EventPage
from almanac.domain.sync.deletion_guard import is_suspicious
from almanac.domain.sync.passes import (
    MOST_RECHECKS,
    Checkpoint,
    Due,
    PassKind,
    SyncState,
    WantedPass,
    delta_before_recheck,
    due_pass,
    recheck_after,
    recheck_from,
)
from almanac.domain.sync.report import ConnectionReport
from almanac.domain.sync.resume import resumable
from almanac.domain.sync.window import Window
from almanac.errors import OutOfTime, PageTokenExpired, ProviderRejected, ProviderUnavailable, SyncTokenExpired
from almanac.services.sync.account_access import AccountSession
from almanac.services.sync.page_reader import PageReader, RunContext, following
from almanac.services.sync.page_writer import PageWriter
from almanac.services.sync.ports import Connection, Progress
from almanac.services.sync.provider import ListedPage, OpenAccount, Version
from almanac.services.sync.recheck import recheck, settle


class CalendarPass:
    """One connection's pass in one run."""

    def __init__(
        self, run: RunContext, connection: Connection, session: AccountSession, report: ConnectionReport
    ) -> None:
        self._run = run
        self._connection = connection
        self._session = session
        self._report = report
        self._state = connection.state
        self._role = connection.access_role
        self._provider = session.provider.name
        fingerprint = session.provider.fingerprint(run.page_size)
        # A token of a pass that deleted nothing does not know what is still to be deleted.
        self._fingerprint = fingerprint if connection.delete_enabled else f"{fingerprint}-kept"
        self._reader = PageReader(run, connection, session, report.tally)
        self._writer = PageWriter(run, connection, report)

    def read(self, mode: WantedPass, *, restart: bool) -> None:
        """Make the pass that is due; outcome, counts and problems go into the report. Raises what stopped it.

        `restart` begins it at its first page, whatever an earlier run has left unfinished.
        """
        run, connection = self._run, self._connection
        due = due_pass(mode, connection.state, run.window, self._fingerprint, connection.id)
        left = None if restart else connection.state.checkpoint
        at = resumable(left, due, run.window, self._fingerprint, run.clock(), run.now)
        if left is not None and at is None and due.kind == "incremental":
            due = Due("full", "redirected_to_full")  # rows of its pages are there: the token does not know of them
        self._report.outcome = due.outcome if at is None or at.kind == due.kind else at.kind
        try:
            self._pass(at or self._first_page(due.kind))
        except SyncTokenExpired:
            run.pages.forget_token(run.lease, connection)
            self._report.outcome = "token_expired_full"
            self._full_pass()
        except OutOfTime:
            self._leave_the_rest()
        finally:
            self._reader.forget_ahead()

    def _full_pass(self) -> None:
        try:
            self._pass(self._first_page("full"))
        except OutOfTime:
            self._leave_the_rest()

    def _leave_the_rest(self) -> None:
        self._report.outcome = "continued"
        if not self._report.tally.pages:
            self._report.status = "skipped"

    def _pass(self, at: Checkpoint) -> None:
        """Make the pass from a checkpoint on. A refused page token costs one new start, not two. Raises OutOfTime.

        A delta restarts as a full pass: its first pages are written already, and of an event that they brought and
        that has gone since, another delta from the same token need not tell.
        """
        try:
            self._whole(at)
        except PageTokenExpired as expired:
            if at.kind == "incremental":
                raise SyncTokenExpired("a delta cannot be read to its end") from expired
            try:
                self._whole(self._first_page(at.kind))
            except PageTokenExpired as error:
                refused = "the provider refuses page tokens that it has just issued"
                raise ProviderUnavailable(refused, provider=self._provider) from error

    def _first_page(self, kind: PassKind) -> Checkpoint:
        run, state = self._run, self._state
        if kind == "incremental" and state.window is not None:
            return Checkpoint(kind, None, self._fingerprint, state.window, run.clock())
        started_at = run.pages.open_full_pass(run.lease, self._connection)
        return Checkpoint("full", None, self._fingerprint, run.window, started_at)

    def _whole(self, at: Checkpoint) -> None:
        """Read a listing to its end, and what has changed under it until nothing has.

        A recheck that finds nothing proves the token: no row is younger than it, and no page older. What one finds is
        followed by a delta and the next recheck. A delta also comes before a recheck that an earlier run has left: what
        went since may have been forgotten, and then only the token tells. Of a series, and of a changed occurrence that
        has no row, only a listing tells what is there: the calendar is listed again for each version that is met. What
        that does not tell is not there, until it changes again.
        """
        untold: Set[Version] = frozenset()
        if at.recheck and at.page_token is None and at.rechecks == 0:
            at = delta_before_recheck(at)
        while True:
            left = at if at.recheck else self._pages(at)
            if left is None:
                return
            found = recheck(self._reader, self._writer, left, self._provider)
            relist = bool(found.untold - untold)
            if not (found.written or relist) or left.rechecks >= MOST_RECHECKS:
                break
            untold = found.untold
            if relist:
                rechecks = left.rechecks + 1 if left.relisted else 0  # 0: a later run asks its token before it looks
                at = replace(self._first_page("full"), relisted=True, rechecks=rechecks)
            else:
                at = delta_before_recheck(left)
        settle(self._writer, left, self._state.sync_token)

    def _pages(self, at: Checkpoint) -> Checkpoint | None:
        """Read and write page after page. Returns what is still to do after the last one. Raises OutOfTime."""
        self._reader.forget_ahead()  # of an earlier attempt: its page token is void
        asked = {(at.attempt, at.page_token)}
        if at.page_token is not None and at.changed_since is None:  # an earlier release began it
            at = replace(at, changed_since=recheck_from(at.started_at, self._run.clock()))
        while True:
            listed = self._reader.read(at, self._state.sync_token)
            self._look_at_view(at, listed)
            page = self._writer.translate(listed, at)
            if at.kind == "incremental":
                self._report.note_changes(listed.listed, (row.external_updated_at for row in page.rows))
            next_page = following(at, listed, asked, self._provider)
            if next_page is not None:
                since = at.changed_since or recheck_from(at.started_at, self._run.clock(), listed.answered_at)
                next_page = replace(next_page, changed_since=since)
                self._writer.write(page, at, Progress(at.fingerprint, at.window, checkpoint=next_page))
            elif listed.next_sync_token is not None:
                next_page = self._last_page(at, page, listed.next_sync_token)
                if next_page is None or next_page.recheck:
                    return next_page
            else:
                raise ProviderRejected("a listing ended without a sync token", provider=self._provider)
            at = next_page

    def _last_page(self, at: Checkpoint, page: EventPage, sync_token: str) -> Checkpoint | None:
        """Write the last page with the token. Returns what is still to do: a recheck, or the whole listing again."""
        self._state = SyncState(sync_token, at.fingerprint, at.window)
        recheck = recheck_after(at, self._run.clock())
        if at.kind == "incremental":
            self._writer.write(page, at, Progress(at.fingerprint, at.window, recheck, sync_token))
            return recheck
        self._writer.write(page, at, None)
        run, connection = self._run, self._connection
        found = run.pages.missing_rows(run.lease, connection, at)
        if connection.delete_enabled and is_suspicious(found.missing, found.stored):
            if at.attempt == 1:
                # With ids seen of its own: only it has a token.
                return replace(self._first_page("full"), attempt=2, relisted=at.relisted, rechecks=at.rechecks)
            self._refuse_if_any_lives(found.sample, at.window)
        began = perf_counter()
        self._report.tally.deleted += run.pages.complete_full_pass(
            run.lease, connection, at, sync_token, recheck, access_role=self._role
        )
        self._report.tally.write_ms += (perf_counter() - began) * 1000
        return recheck

    def _look_at_view(self, at: Checkpoint, listed: ListedPage) -> None:
        """See to it that rows are written anew when they were read through another account, or in another role.

        Raises SyncTokenExpired in a delta: only a full pass meets every row.
        """
        self._role = listed.access_role or self._connection.access_role
        view = self._connection.view
        if view is None:
            same = at.kind == "incremental" or self._connection.full_synced_at is not None
        else:
            same = view.shows_as(self._connection.id, self._role)
        if same or self._writer.rewrites:
            return
        if at.kind == "incremental":
            raise SyncTokenExpired("the calendar is read with other rights than before")
        self._writer.rewrites = True
        if view is not None and view.connection_id is not None:
            self._run.pages.forget_view(self._run.lease, self._connection)

    def _refuse_if_any_lives(self, sample: Sequence[str], window: Window) -> None:
        """Ask for a few of what two listings lack by name, and raise ProviderUnavailable if one of them still exists.

        What a refused listing has left, ids seen and checkpoint, is forgotten: the next pass begins at its first page.
        """
        calendar_id = self._connection.calendar_id

        def is_live(event_id: str, account: OpenAccount) -> bool:
            return account.event_is_live(calendar_id, event_id, window)

        for event_id in sample:
            if self._session.call(partial(is_live, event_id), self._run.retrier, self._report.tally):
                self._run.pages.open_full_pass(self._run.lease, self._connection)
                lives = "the listing lacks events that still exist; nothing was deleted"
                raise ProviderUnavailable(lives, provider=self._provider)
