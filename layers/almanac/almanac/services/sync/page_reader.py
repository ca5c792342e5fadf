"""Fetches a pass's pages, the next one while this one is written."""

from collections.abc import Mapping
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from time import perf_counter

from almanac.domain.calendar.events import CalendarZones
from almanac.domain.sync.passes import MOST_PASS_PAGES, Checkpoint, smaller_page
from almanac.domain.sync.report import Tally
from almanac.domain.sync.window import Window
from almanac.errors import AnswerTooLarge, OutOfTime, ProviderRejected
from almanac.services.clock import Clock
from almanac.services.sync.account_access import AccountSession
from almanac.services.sync.ports import CalendarPages, Connection, Lease
from almanac.services.sync.provider import EventsRequest, ListedPage, OpenAccount
from almanac.services.sync.retrying import Retrier


@dataclass(slots=True)
class RunContext:
    """What all calendars of one run share."""

    pages: CalendarPages
    clock: Clock
    lease: Lease
    retrier: Retrier
    window: Window
    page_size: int
    workspace_zone: str
    reserve_seconds: float
    """A page must fit in what is left of the invocation."""
    pool: Executor
    """One thread, which asks for the next page while this one is written. Nothing else uses a provider meanwhile."""
    now: datetime
    """The database's time when the run began."""
    paused: Mapping[str, datetime] = field(default_factory=dict)
    """Until when providers are left alone that refuse our project."""
    pages_read: int = 0

    @property
    def out_of_time(self) -> bool:
        """Whether the rest belongs to a continuation. Never before the first page, so that every run moves on."""
        return self.pages_read > 0 and self.retrier.deadline() < self.reserve_seconds

    @property
    def nearly_out_of_time(self) -> bool:
        """Whether a page asked for ahead might come too late."""
        return self.retrier.deadline() < 2 * self.reserve_seconds


class PageReader:
    """The pages of one connection's passes in one run."""

    def __init__(self, run: RunContext, connection: Connection, session: AccountSession, tally: Tally) -> None:
        self._run = run
        self._connection = connection
        self._session = session
        self._tally = tally
        self._ahead: Future[ListedPage] | None = None
        self._page_size = min(run.page_size, connection.page_limit or run.page_size)

    def read(self, at: Checkpoint, sync_token: str | None) -> ListedPage:
        """Return the page at a checkpoint: the one asked for ahead, if any, with every retry if that failed.

        Raises OutOfTime when the rest belongs to a continuation.
        """
        if self._run.out_of_time:
            raise OutOfTime("the run's time is used up")
        tally = self._tally
        began, token_ms = perf_counter(), tally.token_ms
        listed = self._fitting(at, sync_token)
        tally.fetch_ms += (perf_counter() - began) * 1000 - (tally.token_ms - token_ms)
        tally.pages += 1
        self._run.pages_read += 1
        return listed

    def forget_ahead(self) -> None:
        """Wait for a page nobody wants any more: the provider serves one request at a time."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            wait([ahead])

    def _fitting(self, at: Checkpoint, sync_token: str | None) -> ListedPage:
        """Return a page that fits into memory: of fewer events, if need be, from now on and for this calendar alone."""
        while True:
            try:
                asking = partial(self._ask, self._request(at, sync_token))
                return self._session.call(asking, self._run.retrier, self._tally)
            except AnswerTooLarge:
                if self._page_size == 1:
                    raise
                self._page_size = smaller_page(self._page_size)
                self._run.pages.limit_page(self._run.lease, self._connection, self._page_size)

    def _ask(self, request: EventsRequest, account: OpenAccount) -> ListedPage:
        ahead, self._ahead = self._ahead, None
        listed = ahead.result() if ahead is not None else account.list_events(request)
        if listed.next_page_token is not None and not self._run.nearly_out_of_time:
            following = replace(request, page_token=listed.next_page_token)
            self._ahead = self._run.pool.submit(account.list_events, following)
        return listed

    def _request(self, at: Checkpoint, sync_token: str | None) -> EventsRequest:
        full, recheck = at.kind == "full", at.recheck
        workspace_zone = self._run.workspace_zone
        return EventsRequest(
            self._connection.calendar_id,
            CalendarZones(self._connection.time_zone or workspace_zone, workspace_zone),
            self._page_size,
            window=at.window if full else None,
            sync_token=None if full or recheck else sync_token,
            page_token=at.page_token,
            changed_since=at.changed_since if recheck else None,
        )


def following(
    at: Checkpoint, listed: ListedPage, asked: set[tuple[int, str | None]], provider: str
) -> Checkpoint | None:
    """Return where the next page is; None after the last one. `asked` holds the pages of the pass, and gets this one.

    Raises ProviderRejected for a listing that would never end.
    """
    token = listed.next_page_token
    if token is None:
        return None
    if (at.attempt, token) in asked:
        raise ProviderRejected("a page names itself or an earlier one as the next", provider=provider)
    if at.pages >= MOST_PASS_PAGES:
        raise ProviderRejected(f"a listing of more than {MOST_PASS_PAGES} pages", provider=provider)
    asked.add((at.attempt, token))
    return replace(at, page_token=token, listed=at.listed + listed.listed, pages=at.pages + 1)
