"""Brings one calendar up to date: page by page, each page and its bookmark in one transaction.

A pass ends with a sync token. A full pass also sweeps what it has not met, after reading a listing that lacks most of
the calendar a second time. What interrupts a pass loses nothing: the next run goes on at the last bookmark.
"""

from collections.abc import Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

from almanac.domain.calendar.events import CalendarZones, EventProblem, MappedPage
from almanac.domain.sync.deletion_guard import is_suspicious, resumable
from almanac.domain.sync.listing import (
    MOST_PAGES,
    Checkpoint,
    Due,
    ListEvents,
    Mode,
    PassKind,
    SyncState,
    Window,
    due_pass,
)
from almanac.domain.sync.report import PROBLEMS_KEPT, ConnectionReport
from almanac.errors import GoogleRejected, GoogleUnavailable, PageTokenExpired, SyncTokenExpired
from almanac.providers.google.pages import map_page
from almanac.services.clock import Clock
from almanac.services.sync.account_access import AccountSession
from almanac.services.sync.ports import CalendarPages, Connection, Lease, Progress
from almanac.services.sync.provider import CalendarProvider, ListingPage
from almanac.services.sync.retrying import Retrier


@dataclass(slots=True)
class RunContext:
    """What all calendars of one run share."""

    pages: CalendarPages
    provider: CalendarProvider
    clock: Clock
    lease: Lease
    retrier: Retrier
    window: Window
    fingerprint: str
    page_size: int
    workspace_zone: str
    reserve_seconds: float
    """A page must fit in what is left of the invocation."""
    pool: Executor
    """One thread, which asks for the next page while this one is written. Nothing else uses the provider meanwhile."""
    pages_read: int = 0

    @property
    def out_of_time(self) -> bool:
        """Whether the rest belongs to a continuation. Never before the first page, so that every run moves on."""
        return self.pages_read > 0 and self.retrier.deadline() < self.reserve_seconds

    @property
    def nearly_out_of_time(self) -> bool:
        """Whether a page asked for ahead might come too late."""
        return self.retrier.deadline() < 2 * self.reserve_seconds


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
        # A token of a reading that deleted nothing does not know what is still to be deleted.
        self._fingerprint = run.fingerprint if connection.delete_enabled else f"{run.fingerprint}-kept"
        self._ahead: Future[ListingPage] | None = None

    def read(self, mode: Mode, *, anew: bool) -> None:
        """Make the pass that is due; outcome, counts and problems go into the report. Raises what stopped it.

        `anew` begins it at its first page, whatever an earlier run has left unfinished.
        """
        run, connection = self._run, self._connection
        due = due_pass(mode, connection.state, run.window, self._fingerprint, connection.id)
        left = None if anew else connection.state.checkpoint
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
            self._forget_ahead()
        if not finished:
            self._report.outcome = "continued"

    def _pass(self, at: Checkpoint) -> bool:
        """The pass from a checkpoint on. A refused page token costs one new start, not two.

        A delta begins anew as a full pass: its first pages are written already, and of an event that they brought and
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
                raise GoogleUnavailable("Google refuses page tokens that it has just issued") from error

    def _first_page(self, kind: PassKind) -> Checkpoint:
        run, state = self._run, self._state
        if kind == "incremental" and state.window is not None:
            return Checkpoint(kind, None, self._fingerprint, state.window, run.clock())
        started_at = run.pages.open_full_pass(run.lease, self._connection)
        return Checkpoint("full", None, self._fingerprint, run.window, started_at)

    def _pages(self, at: Checkpoint) -> bool:
        """Read and write page after page; False when time ran out before the last one."""
        self._forget_ahead()  # of an earlier attempt: its page token is void
        asked = {(at.reading, at.page_token)}
        while not self._run.out_of_time:
            listing = self._fetch(at)
            page = self._map(listing)
            following = _following(at, listing, asked)
            if following is None and listing.next_sync_token is not None:
                following = self._last_page(at, page, listing.next_sync_token)
                if following is None:
                    return True
            elif following is not None:
                self._write(page, at, Progress(at.fingerprint, at.window, checkpoint=following))
            else:
                raise GoogleRejected("a listing ended without a sync token")
            at = following
        return False

    def _last_page(self, at: Checkpoint, page: MappedPage, sync_token: str) -> Checkpoint | None:
        """Write the last page with the token. Returns a checkpoint if the listing has to be read again instead."""
        self._state = SyncState(sync_token, at.fingerprint, at.window)
        if at.kind == "incremental":
            self._write(page, at, Progress(at.fingerprint, at.window, sync_token=sync_token))
            return None
        self._write(page, at, None)
        run, connection = self._run, self._connection
        absent = run.pages.absent(run.lease, connection, at)
        if connection.delete_enabled and is_suspicious(absent.missing, absent.stored):
            if at.reading == 1:
                return replace(self._first_page("full"), reading=2)  # with marks of its own: only it has a token
            self._refuse_if_any_lives(absent.sample, at.window)
        began = perf_counter()
        self._report.tally.deleted += run.pages.complete_full_pass(run.lease, connection, at, sync_token)
        self._report.tally.write_ms += (perf_counter() - began) * 1000
        return None

    def _refuse_if_any_lives(self, sample: Sequence[str], window: Window) -> None:
        """Two listings lack most of the calendar: ask for a few of the missing by name before believing them.

        What a refused listing has left, marks and checkpoint, is forgotten: the next pass begins at its first page.
        """
        is_live = self._run.provider.event_is_live
        for event_id in sample:
            ask = partial(is_live, calendar_id=self._connection.calendar_id, event_id=event_id, window=window)
            if self._session.call(ask, self._run.retrier, self._report.tally):
                self._run.pages.open_full_pass(self._run.lease, self._connection)
                raise GoogleUnavailable("the listing lacks events that still exist; nothing was deleted")

    def _fetch(self, at: Checkpoint) -> ListingPage:
        """The page at a checkpoint: the one that was asked for ahead, if any, with all patience if that failed."""
        request, tally = self._request(at), self._report.tally
        began, token_ms = perf_counter(), tally.token_ms
        listing = self._session.call(partial(self._ask, request), self._run.retrier, tally)
        tally.fetch_ms += (perf_counter() - began) * 1000 - (tally.token_ms - token_ms)
        tally.pages += 1
        self._run.pages_read += 1
        return listing

    def _ask(self, request: ListEvents, token: str) -> ListingPage:
        ahead, self._ahead = self._ahead, None
        listing = ahead.result() if ahead is not None else self._run.provider.list_events(token, request)
        if listing.next_page_token is not None and not self._run.nearly_out_of_time:
            following = replace(request, page_token=listing.next_page_token)
            self._ahead = self._run.pool.submit(self._run.provider.list_events, token, following)
        return listing

    def _forget_ahead(self) -> None:
        """Wait for a page nobody wants any more: the provider serves one request at a time."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            wait([ahead])

    def _request(self, at: Checkpoint) -> ListEvents:
        full = at.kind == "full"
        return ListEvents(
            self._connection.calendar_id,
            window=at.window if full else None,
            sync_token=None if full else self._state.sync_token,
            page_token=at.page_token,
            page_size=self._run.page_size,
        )

    def _map(self, listing: ListingPage) -> MappedPage:
        began = perf_counter()
        calendar_zone = listing.time_zone or self._connection.time_zone or self._run.workspace_zone
        page = map_page(listing.items, CalendarZones(calendar_zone, self._run.workspace_zone))
        self._report.tally.map_ms += (perf_counter() - began) * 1000
        self._note(page.problems)
        return page

    def _note(self, problems: Sequence[EventProblem]) -> None:
        report = self._report
        repaired = sum(problem.stored for problem in problems)
        report.tally.repaired += repaired
        report.tally.rejected += len(problems) - repaired
        report.problems += problems[: PROBLEMS_KEPT - len(report.problems)]

    def _write(self, page: MappedPage, at: Checkpoint, progress: Progress | None) -> None:
        tally = self._report.tally
        began = perf_counter()
        written = self._run.pages.apply_page(self._run.lease, self._connection, page, at.kind, progress)
        tally.write_ms += (perf_counter() - began) * 1000
        tally.inserted += written.inserted
        tally.updated += written.updated
        tally.deleted += written.deleted
        tally.unchanged += written.unchanged


def _following(at: Checkpoint, listing: ListingPage, asked: set[tuple[int, str | None]]) -> Checkpoint | None:
    """Where the next page is; None after the last one. A listing that would never end is refused."""
    token = listing.next_page_token
    if token is None:
        return None
    if (at.reading, token) in asked:
        raise GoogleRejected("a page names itself or an earlier one as the next")
    if at.pages >= MOST_PAGES:
        raise GoogleRejected(f"a listing of more than {MOST_PAGES} pages")
    asked.add((at.reading, token))
    return replace(at, page_token=token, listed=at.listed + len(listing.items), pages=at.pages + 1)
