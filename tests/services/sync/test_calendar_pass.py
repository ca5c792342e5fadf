"""One calendar's pass over stores in memory: which pages are asked for, what is written with them, what is pruned."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, groupby
from uuid import UUID

import pytest

from almanac.domain.calendar.events import EventPage
from almanac.domain.sync.passes import (
    CLOCK_MARGIN,
    MOST_RECHECKS,
    Checkpoint,
    PassKind,
    SyncState,
    WantedPass,
)
from almanac.domain.sync.report import ConnectionReport
from almanac.domain.sync.resume import CHECKPOINT_LIFE
from almanac.domain.sync.window import Window
from almanac.errors import PageTokenExpired, ProviderRejected, ProviderUnavailable
from almanac.services.accounts.ports import Account
from almanac.services.sync.account_access import AccountSession
from almanac.services.sync.calendar_pass import CalendarPass
from almanac.services.sync.page_reader import RunContext
from almanac.services.sync.ports import CalendarPages, Connection, Lease, MissingRows, PageCounts, Progress
from almanac.services.sync.provider import EventsRequest, ListedPage, OpenAccount
from almanac.services.sync.retrying import Retrier
from tests.providers.in_memory import Calendar, InMemory, MemoryAccount

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADA, PASSWORD, PAGE_SIZE = "ada@example.test", "open sesame", 2
WINDOW = Window.around(NOW, timedelta(days=90), timedelta(days=180))


@dataclass
class Pages(CalendarPages):
    """CalendarPages of one calendar: rows and state in dictionaries."""

    rows: dict[str, str] = field(default_factory=dict)
    state: SyncState = field(default_factory=SyncState)
    seen: set[str] = field(default_factory=set)
    written: list[tuple[PassKind, Sequence[str]]] = field(default_factory=list)

    def open_full_pass(self, lease: Lease, connection: Connection) -> datetime:
        self.seen, self.state = set(), SyncState()
        return NOW

    def apply_page(
        self, lease: Lease, connection: Connection, page: EventPage, kind: PassKind, progress: Progress | None
    ) -> PageCounts:
        ids = [row.external_event_id for row in page.rows]
        inserted = len(set(ids) - set(self.rows))
        deleted = len(set(page.tombstones) & set(self.rows)) if connection.delete_enabled else 0
        self.written.append((kind, ids))
        self.seen |= set(ids)
        self.rows |= {row.external_event_id: row.title for row in page.rows}
        for event_id in page.tombstones if connection.delete_enabled else ():
            self.rows.pop(event_id, None)
        if progress is not None and progress.sync_token is not None:
            self.state = SyncState(progress.sync_token, progress.fingerprint, progress.window, progress.checkpoint)
        elif progress is not None:
            self.state = replace(self.state, checkpoint=progress.checkpoint)
        return PageCounts(inserted, 0, deleted, len(ids) - inserted)

    def missing_rows(self, lease: Lease, connection: Connection, checkpoint: Checkpoint) -> MissingRows:
        missing = sorted(set(self.rows) - self.seen)
        return MissingRows(len(missing), len(self.rows), tuple(missing[:3]))

    def known_events(self, lease: Lease, connection: Connection, event_ids: Sequence[str]) -> set[str]:
        return set(event_ids) & set(self.rows)

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
        pruned = set(self.rows) - self.seen if connection.delete_enabled else set()
        self.rows = {event_id: title for event_id, title in self.rows.items() if event_id not in pruned}
        self.state = SyncState(sync_token, checkpoint.fingerprint, checkpoint.window, recheck)
        return len(pruned)

    def forget_token(self, lease: Lease, connection: Connection) -> None:
        self.state = replace(self.state, sync_token=None, checkpoint=None)


class PlainText:
    """TokenCipher without a cipher."""

    def encrypt(self, plain: str) -> str:
        return plain

    decrypt = encrypt

    def is_current(self, ciphertext: str) -> bool:
        return True


class Bench:
    """A calendar in memory and what a pass over it needs; `left` is what is left of the invocation, in seconds."""

    def __init__(self, pool: ThreadPoolExecutor, patch: pytest.MonkeyPatch) -> None:
        self.calendar, self.pages = Calendar(ADA), Pages()
        self.provider = InMemory({PASSWORD: [self.calendar]})
        self.deletes = True
        self.patch, self.now = patch, NOW
        self.left: Callable[[], float] = lambda: 300.0
        self._pool = pool

    def put(self, *event_ids: str) -> None:
        for event_id in event_ids:
            self.calendar.put(event_id, event_id, NOW)

    def read(self, mode: WantedPass = "auto", *, restart: bool = False, window: Window = WINDOW) -> ConnectionReport:
        """One run's pass."""
        account = Account(UUID(int=1), UUID(int=2), self.provider.name, ADA, None, PASSWORD, None, "active", 1)
        session = AccountSession(account, self.provider, None, PlainText(), lambda: NOW)  # type: ignore[arg-type] # unused
        connection = Connection(
            id=UUID(int=3),
            account_id=account.id,
            provider=self.provider.name,
            calendar_id=ADA,
            time_zone=None,
            delete_enabled=self.deletes,
            failures=0,
            retry_at=None,
            last_synced_at=None,
            full_synced_at=None,
            state=self.pages.state,
        )
        run = RunContext(
            pages=self.pages,
            clock=lambda: self.now,
            lease=Lease(account.ws_id, UUID(int=4), 1),
            retrier=Retrier(lambda _: None, lambda: 0.5, self.left),
            window=window,
            page_size=PAGE_SIZE,
            workspace_zone="Europe/Berlin",
            reserve_seconds=20.0,
            pool=self._pool,
            now=NOW,
        )
        report = ConnectionReport(connection.id)
        self.asked.clear()
        self.pages.written.clear()
        CalendarPass(run, connection, session, report).read(mode, restart=restart)
        return report

    @property
    def asked(self) -> list[EventsRequest]:
        """Listings of the last pass."""
        return self.provider.asked

    def run_out_after(self, pages: int) -> None:
        """The time is enough for so many pages."""
        self.left = lambda: 300.0 if len(self.pages.written) < pages else 0.0


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    with ThreadPoolExecutor(1) as pool:
        yield Bench(pool, monkeypatch)


class TestAFullPass:
    def test_it_writes_page_after_page_and_ends_with_a_token(self, bench: Bench) -> None:
        bench.put("a", "b", "c", "d", "e")

        report = bench.read()

        assert (report.outcome, report.tally.pages, report.tally.inserted) == ("redirected_to_full", 4, 5)
        pages: list[tuple[PassKind, Sequence[str]]] = [("full", ["a", "b"]), ("full", ["c", "d"]), ("full", ["e"])]
        assert bench.pages.written == [*pages, ("incremental", [])], "the last one lets the token hold"
        assert bench.pages.state == SyncState("5", bench.provider.fingerprint(PAGE_SIZE), WINDOW)

    def test_pages_are_read_in_the_workspaces_zone_where_the_calendar_has_none(self, bench: Bench) -> None:
        bench.read()

        assert (bench.asked[0].zones.calendar, bench.asked[0].zones.workspace) == ("Europe/Berlin", "Europe/Berlin")

    def test_what_it_has_not_seen_is_pruned(self, bench: Bench) -> None:
        bench.put("kept", "too", "gone")
        bench.read()
        bench.calendar.delete("gone")

        assert bench.read("full").tally.deleted == 1
        assert set(bench.pages.rows) == {"kept", "too"}

    def test_unless_deletes_are_switched_off_and_then_the_token_is_of_no_use_to_a_pass_that_deletes(
        self, bench: Bench
    ) -> None:
        bench.put("kept", "gone")
        bench.deletes = False
        bench.read()
        bench.calendar.delete("gone")

        assert bench.read("full").tally.deleted == 0
        assert bench.read().outcome == "incremental"
        bench.deletes = True
        assert (bench.read().outcome, set(bench.pages.rows)) == ("redirected_to_full", {"kept"})


class TestADelta:
    @pytest.fixture(autouse=True)
    def synced(self, bench: Bench) -> None:
        bench.put("kept", "gone")
        bench.read()

    def test_it_asks_with_the_token_and_writes_what_has_changed(self, bench: Bench) -> None:
        bench.put("new")
        bench.calendar.delete("gone")

        report = bench.read()

        assert (report.outcome, report.tally.inserted, report.tally.deleted) == ("incremental", 1, 1)
        assert [(request.sync_token, request.window) for request in bench.asked] == [("2", None)]
        assert bench.pages.state.sync_token == "4"

    def test_its_token_keeps_the_window_that_it_was_given_for(self, bench: Bench) -> None:
        moved = Window(WINDOW.start + timedelta(days=1), WINDOW.end + timedelta(days=1))

        assert bench.read(window=moved).outcome == "incremental"
        assert bench.pages.state.window == WINDOW

    def test_an_expired_token_is_a_full_pass_in_the_same_run(self, bench: Bench) -> None:
        bench.calendar.delete("gone")
        bench.put("new", "other")
        bench.calendar.expire_tokens()

        report = bench.read()

        assert (report.outcome, report.tally.deleted) == ("token_expired_full", 1)
        assert set(bench.pages.rows) == {"kept", "new", "other"}

    def test_another_fingerprint_is_a_full_pass(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(InMemory, "fingerprint", lambda _self, page_size: "other")

        assert bench.read().outcome == "redirected_to_full"


class TestTheDeletionGuard:
    @pytest.fixture(autouse=True)
    def synced(self, bench: Bench) -> None:
        bench.put("a", "b", "c")
        bench.read()

    def test_a_listing_that_lacks_everything_is_read_a_second_time_and_then_believed(self, bench: Bench) -> None:
        for event_id in ("a", "b", "c"):
            bench.calendar.delete(event_id)

        assert bench.read("full").tally.deleted == 3
        assert [request.window for request in bench.asked] == [WINDOW, WINDOW]

    def test_not_while_one_of_the_missing_still_lives(self, bench: Bench) -> None:
        bench.calendar.hidden = {"a", "b", "c"}

        with pytest.raises(ProviderUnavailable, match="nothing was deleted") as raised:
            bench.read("full")

        assert raised.value.code == "memory_unavailable"
        assert set(bench.pages.rows) == {"a", "b", "c"}
        assert bench.pages.state == SyncState(), "the next pass begins at its first page"


class TestARecheck:
    """The provider's clock is at NOW, so that the pass finds whatever is done from now on."""

    @pytest.fixture(autouse=True)
    def two_pages(self, bench: Bench) -> None:
        bench.put("a", "b", "c")
        bench.calendar.now = NOW

    def during(self, bench: Bench, nth: int, act: Callable[[], None]) -> None:
        """Do something before the nth request is answered, or with 0 before each listing."""
        answer = MemoryAccount._answer

        def answered(account: MemoryAccount, calendar: Calendar, request: EventsRequest) -> object:
            if nth == len(bench.asked) or (nth == 0 and request.page_token is None):
                act()
            return answer(account, calendar, request)

        bench.patch.setattr(MemoryAccount, "_answer", answered)

    def shapes(self, bench: Bench) -> str:
        """The listings that were asked for: a window, a delta, changes."""
        return "".join("w" if r.window else "d" if r.sync_token else "c" for r in bench.asked)

    def test_one_that_finds_nothing_is_one_request(self, bench: Bench) -> None:
        bench.read()

        assert self.shapes(bench) == "wwc"
        assert bench.pages.state.checkpoint is None

    def test_one_that_finds_something_is_followed_by_a_delta_and_another(self, bench: Bench) -> None:
        self.during(bench, 3, lambda: bench.put("d"))

        bench.read()

        assert self.shapes(bench) == "wwcdc"

    def test_it_ends_although_the_calendar_never_rests(self, bench: Bench) -> None:
        names = map(str, count())
        self.during(bench, 0, lambda: bench.put(next(names)))

        bench.read()

        listings = "".join(shape for shape, _ in groupby(self.shapes(bench)))
        assert listings == "w" + "cd" * MOST_RECHECKS + "c"
        assert bench.pages.state.checkpoint is None

    def test_time_that_ends_before_it_leaves_it_to_the_next_run(self, bench: Bench) -> None:
        bench.run_out_after(2)
        assert bench.read().outcome == "continued"
        left = bench.pages.state.checkpoint
        assert left is not None
        assert left.recheck
        bench.left = lambda: 300.0

        bench.read()

        assert self.shapes(bench) == "dc"
        assert bench.pages.state.checkpoint is None

    def test_runs_of_a_page_each_come_to_its_end(self, bench: Bench) -> None:
        listings = ""
        for _run in range(9):
            bench.run_out_after(1)
            bench.read()
            listings += self.shapes(bench)
            if bench.pages.state.checkpoint is None:
                break

        assert listings.lstrip("w") == "dc"  # a page asked for ahead is asked for again

    def test_after_one_that_has_found_something_a_delta_comes_first(self, bench: Bench) -> None:
        """Its rows are younger than the token: of one that goes before the next run, only a recheck tells."""
        self.during(bench, 3, lambda: bench.put("d"))
        bench.run_out_after(3)
        assert bench.read().outcome == "continued"
        bench.calendar.delete("d")
        bench.left = lambda: 300.0

        bench.read()

        assert self.shapes(bench)[:2] == "dc"
        assert set(bench.pages.rows) == {"a", "b", "c"}


class TestInterruption:
    @pytest.fixture(autouse=True)
    def five_pages(self, bench: Bench) -> None:
        bench.put(*"abcdefghij")

    def test_a_run_without_time_ends_at_a_checkpoint_and_the_next_goes_on_there(self, bench: Bench) -> None:
        bench.run_out_after(2)
        assert bench.read().outcome == "continued"
        left = bench.pages.state.checkpoint
        bench.left = lambda: 300.0

        report = bench.read()

        assert left is not None
        assert (left.page_token, left.listed, left.pages, left.attempt) == ("4", 4, 2, 1)
        assert (bench.asked[0].page_token, report.outcome) == ("4", "redirected_to_full")
        assert len(bench.pages.rows) == 10
        assert bench.asked[-1].changed_since == NOW - CLOCK_MARGIN, "what has changed since the run that began it"

    def test_a_restart_begins_at_the_first_page(self, bench: Bench) -> None:
        bench.run_out_after(2)
        bench.read()
        bench.left = lambda: 300.0

        bench.read("full", restart=True)

        assert bench.asked[0].page_token is None

    def test_a_page_token_that_has_become_void_costs_one_new_start(self, bench: Bench) -> None:
        bench.run_out_after(2)
        bench.read()
        bench.left = lambda: 300.0
        for event_id in "defghij":
            bench.calendar.delete(event_id)  # the stored token points behind the last page

        bench.read()

        assert [request.page_token for request in bench.asked[:2]] == ["4", None]
        assert set(bench.pages.rows) == set("abc")

    def interrupted_delta(self, bench: Bench) -> None:
        """A delta of two pages whose first one is written."""
        bench.read()
        bench.put("a", "b", "c")
        bench.run_out_after(1)
        assert bench.read().outcome == "continued"
        assert bench.pages.state.checkpoint is not None
        bench.left = lambda: 300.0

    def test_a_delta_that_is_left_for_too_long_becomes_a_full_pass(self, bench: Bench) -> None:
        """Its first page is there, and of an event of it that went since, another delta need not tell."""
        self.interrupted_delta(bench)
        bench.now = NOW + CHECKPOINT_LIFE + timedelta(seconds=1)

        assert bench.read().outcome == "redirected_to_full"
        assert bench.asked[0].window is not None

    def test_a_delta_whose_page_token_is_refused_becomes_a_full_pass(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.interrupted_delta(bench)
        listed = MemoryAccount.list_events

        def refused(account: MemoryAccount, request: EventsRequest) -> ListedPage:
            if request.page_token is not None and request.sync_token is not None:
                raise PageTokenExpired("no such page")
            return listed(account, request)

        monkeypatch.setattr(MemoryAccount, "list_events", refused)

        assert bench.read().outcome == "token_expired_full"

    @pytest.mark.parametrize(("seconds", "asked"), [(300.0, 2), (30.0, 1)])
    def test_a_page_is_asked_for_ahead_unless_it_might_come_too_late(
        self, bench: Bench, seconds: float, asked: int
    ) -> None:
        """The reserve is 20 seconds a page; after the first one the time is over."""
        bench.left = lambda: 0.0 if bench.pages.written else seconds

        assert bench.read().outcome == "continued"
        assert (len(bench.asked), len(bench.pages.written)) == (asked, 1)


class Endless(MemoryAccount):
    """Names the first page as the next one, for ever."""

    def list_events(self, request: EventsRequest) -> ListedPage:
        page = super().list_events(replace(request, page_token=None))
        return replace(page, next_page_token="2", next_sync_token=None)


class Tokenless(MemoryAccount):
    """Ends without a sync token."""

    def list_events(self, request: EventsRequest) -> ListedPage:
        return replace(super().list_events(request), next_page_token=None, next_sync_token=None)


@pytest.mark.parametrize(
    ("kind", "complaint"), [(Endless, "names itself or an earlier one"), (Tokenless, "without a sync token")]
)
def test_a_listing_that_breaks_the_protocol_is_rejected(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, kind: type[MemoryAccount], complaint: str
) -> None:
    bench.put("a", "b", "c")

    def opened(provider: InMemory, access: str) -> OpenAccount:
        return kind(provider, access)

    monkeypatch.setattr(InMemory, "open", opened)

    with pytest.raises(ProviderRejected, match=complaint):
        bench.read()
