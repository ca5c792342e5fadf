"""Brings one calendar up to date: page by page, each page and its progress in one transaction.

A pass ends with a sync token. A full pass also deletes what it has not met, after reading a listing that lacks most of
the calendar a second time. What interrupts a pass loses nothing: the next run goes on at the last checkpoint.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter

from almanac.domain.calendar.events import EventPage, EventProblem
from almanac.domain.sync.deletion_guard import is_suspicious
from almanac.domain.sync.passes import Checkpoint, Due, PassKind, SyncState, WantedPass, due_pass
from almanac.domain.sync.report import PROBLEMS_KEPT, ConnectionReport
from almanac.domain.sync.resume import resumable
from almanac.domain.sync.window import Window
from almanac.errors import PageTokenExpired, ProviderRejected, ProviderUnavailable, SyncTokenExpired
from almanac.services.sync.account_access import AccountSession
from almanac.services.sync.page_reader import PageReader, RunContext, following
from almanac.services.sync.ports import Connection, Progress
from almanac.services.sync.provider import ListedPage, OpenAccount


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
        self._provider = session.provider.name
        fingerprint = session.provider.fingerprint(run.page_size)
        # A token of a pass that deleted nothing does not know what is still to be deleted.
        self._fingerprint = fingerprint if connection.delete_enabled else f"{fingerprint}-kept"
        self._reader = PageReader(run, connection, session, report.tally)

    def read(self, mode: WantedPass, *, restart: bool) -> None:
        """Make the pass that is due; outcome, counts and problems go into the report. Raises what stopped it.

        `restart` begins it at its first page, whatever an earlier run has left unfinished.
        """
        run, connection = self._run, self._connection
        due = due_pass(mode, connection.state, run.window, self._fingerprint, connection.id)
        left = None if restart else connection.state.checkpoint
        at = resumable(left, due, run.window, self._fingerprint, run.clock())
        if left is not None and at is None and due.kind == "incremental":
            due = Due("full", "redirected_to_full")  # rows of its pages are there: the token does not know of them
        self._report.outcome = due.outcome if at is None or at.kind == due.kind else at.kind
        try:
            finished = self._pass(at or self._first_page(due.kind))
            if finished and at is not None and not run.out_of_time:  # its listing is as old as the run that began it
                finished = self._pass(self._first_page("incremental"))
        except SyncTokenExpired:
            run.pages.forget_token(run.lease, connection)
            self._report.outcome = "token_expired_full"
            finished = self._pass(self._first_page("full"))
        finally:
            self._reader.forget_ahead()
        if not finished:
            self._report.outcome = "continued"

    def _pass(self, at: Checkpoint) -> bool:
        """Make the pass from a checkpoint on. A refused page token costs one new start, not two.

        A delta restarts as a full pass: its first pages are written already, and of an event that they brought and
        that has gone since, another delta from the same token need not tell.
        """
        try:
            return self._pages(at)
        except PageTokenExpired as expired:
            if at.kind == "incremental":
                raise SyncTokenExpired("a delta cannot be read to its end") from expired
            try:
                return self._pages(self._first_page(at.kind))
            except PageTokenExpired as error:
                refused = "the provider refuses page tokens that it has just issued"
                raise ProviderUnavailable(refused, provider=self._provider) from error

    def _first_page(self, kind: PassKind) -> Checkpoint:
        run, state = self._run, self._state
        if kind == "incremental" and state.window is not None:
            return Checkpoint(kind, None, self._fingerprint, state.window, run.clock())
        started_at = run.pages.open_full_pass(run.lease, self._connection)
        return Checkpoint("full", None, self._fingerprint, run.window, started_at)

    def _pages(self, at: Checkpoint) -> bool:
        """Read and write page after page; False when time ran out before the last one."""
        self._reader.forget_ahead()  # of an earlier attempt: its page token is void
        asked = {(at.attempt, at.page_token)}
        while not self._run.out_of_time:
            listed = self._reader.read(at, self._state.sync_token)
            page = self._translate(listed)
            if at.kind == "incremental":
                self._report.note_changes(listed.listed, (row.external_updated_at for row in page.rows))
            next_page = following(at, listed, asked, self._provider)
            if next_page is None and listed.next_sync_token is not None:
                next_page = self._last_page(at, page, listed.next_sync_token)
                if next_page is None:
                    return True
            elif next_page is not None:
                self._write(page, at, Progress(at.fingerprint, at.window, checkpoint=next_page))
            else:
                raise ProviderRejected("a listing ended without a sync token", provider=self._provider)
            at = next_page
        return False

    def _last_page(self, at: Checkpoint, page: EventPage, sync_token: str) -> Checkpoint | None:
        """Write the last page with the token. Returns a checkpoint if the listing has to be read again instead."""
        self._state = SyncState(sync_token, at.fingerprint, at.window)
        if at.kind == "incremental":
            self._write(page, at, Progress(at.fingerprint, at.window, sync_token=sync_token))
            return None
        self._write(page, at, None)
        run, connection = self._run, self._connection
        found = run.pages.missing_rows(run.lease, connection, at)
        if connection.delete_enabled and is_suspicious(found.missing, found.stored):
            if at.attempt == 1:
                return replace(self._first_page("full"), attempt=2)  # with ids seen of its own: only it has a token
            self._refuse_if_any_lives(found.sample, at.window)
        began = perf_counter()
        self._report.tally.deleted += run.pages.complete_full_pass(run.lease, connection, at, sync_token)
        self._report.tally.write_ms += (perf_counter() - began) * 1000
        return None

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

    def _translate(self, listed: ListedPage) -> EventPage:
        began = perf_counter()
        page = listed.events()
        self._report.tally.map_ms += (perf_counter() - began) * 1000
        self._note(page.problems)
        return page

    def _note(self, problems: Sequence[EventProblem]) -> None:
        report = self._report
        repaired = sum(problem.stored for problem in problems)
        report.tally.repaired += repaired
        report.tally.rejected += len(problems) - repaired
        report.problems += problems[: PROBLEMS_KEPT - len(report.problems)]

    def _write(self, page: EventPage, at: Checkpoint, progress: Progress | None) -> None:
        tally = self._report.tally
        began = perf_counter()
        written = self._run.pages.apply_page(self._run.lease, self._connection, page, at.kind, progress)
        tally.write_ms += (perf_counter() - began) * 1000
        tally.inserted += written.inserted
        tally.updated += written.updated
        tally.deleted += written.deleted
        tally.unchanged += written.unchanged
