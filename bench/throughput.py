"""Events a second of a full sync, against bare ways of writing the same rows."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from uuid import UUID, uuid4

from almanac.domain.calendar.events import CalendarZones, EventPage
from almanac.domain.sync.passes import Checkpoint
from almanac.domain.sync.window import Window
from almanac.jobs import CalendarSync
from almanac.services.accounts.ports import Account
from almanac.services.sync.ports import Lease, Progress
from almanac.services.sync.provider import EventsRequest
from almanac.settings import SyncSettings, load
from bench import page_writes
from bench.child import measured
from bench.figures import Figure, Target
from bench.page_writes import Write
from bench.rounds import Rounds, interleaved
from bench.stage import Stage

PART = "sync"
_SAMPLE_PAGES = 2
"""Pages that the slow ways write; their rate is taken for that of the whole."""
_PAGE_SIZE = 2500
_SINGLE_ROWS, _BATCH_ROWS = 1, 100
_STORE, _SYNC, _BATCHES = Target("at least", 0.8), Target("at least", 0.5), Target("at least", 10)


@dataclass(frozen=True, slots=True)
class Calendar:
    """One calendar of the simulator, connected, and its pages as a sync at `now` maps them."""

    ws_id: UUID
    id: str
    now: datetime
    pages: Sequence[EventPage]

    @property
    def events(self) -> int:
        """How many rows it has."""
        return sum(len(page.rows) for page in self.pages)


def throughput(stage: Stage, events: int, rounds: int) -> list[Figure]:
    """Compare the ways over `rounds` interleaved rounds, each on an empty table (`again`: on one that is in sync)."""
    calendar = connected_calendar(stage, "throughput@example.test", events)
    gc.collect()
    gc.freeze()  # the pages stay; collecting among them would be a cost of this measurement, not of the ways
    url = stage.environment["ALMANAC_DATABASE_URL"]
    bare = page_writes.bare(stage.wiring.database, calendar.ws_id, calendar.id)
    batches, stalling, single = (
        page_writes.row_values(url, calendar.ws_id, calendar.id, rows, no_delay=no_delay)
        for rows, no_delay in ((_BATCH_ROWS, True), (_BATCH_ROWS, False), (_SINGLE_ROWS, True))
    )
    sample = calendar.pages[:_SAMPLE_PAGES]
    ways = {
        "bare": lambda: _rate(stage, bare, calendar.pages),
        "sync": lambda: _full_sync(stage, calendar, []),
        "again": lambda: _full_sync(stage, calendar, [bare]),
        "store": lambda: _store_against_bare(stage, calendar),
        "single": lambda: _rate(stage, single, sample),
        "batches": lambda: _rate(stage, batches, sample),
        "stalling": lambda: _rate(stage, stalling, sample),
    }
    fresh = interleaved(rounds, ways)
    stage.reset()
    bare(calendar.pages)
    stage.wiring.database.run("ANALYZE workspace_calendar_events, calendar_sync_seen")
    known = interleaved(rounds, {name: ways[name] for name in ("bare", "sync", "again", "store")})
    return [*_against_bare(fresh, "no statistics"), *_against_bare(known, "after ANALYZE"), *_against_values(fresh)]


def _against_bare(found: Rounds, planner: str) -> list[Figure]:
    """`planner` says what it knows of the table. A new database has no statistics, one in use has: plans differ."""
    return [
        Figure(PART, f"bare write, {planner}: upsert of unnested array literals", found.median("bare"), "rows/s"),
        Figure(PART, f"the store's write, {planner}, page about with it", found.median("store"), "×", _STORE),
        Figure(PART, f"full sync with the fetch, {planner}", found.median("sync"), "events/s"),
        Figure(PART, "— against the bare write", found.ratio("sync", "bare"), "×", _SYNC),
        Figure(PART, f"full sync again, nothing changed, {planner}", found.median("again"), "events/s"),
    ]


def _against_values(found: Rounds) -> list[Figure]:
    sampled = f"({_SAMPLE_PAGES * _PAGE_SIZE:,} rows, extrapolated)"
    return [
        Figure(PART, f"batches of 100, not prepared, stock driver {sampled}", found.median("stalling"), "rows/s"),
        Figure(PART, "— the full sync against them", found.ratio("sync", "stalling"), "×", _BATCHES),
        Figure(PART, "the same, did the driver's socket not wait (Nagle)", found.median("batches"), "rows/s"),
        Figure(PART, "— the full sync against them", found.ratio("sync", "batches"), "×"),
        Figure(PART, f"one by one, not prepared {sampled}", found.median("single"), "rows/s"),
        Figure(PART, "— the full sync against them", found.ratio("sync", "single"), "×"),
    ]


def connected_calendar(stage: Stage, email: str, events: int) -> Calendar:
    """A connected calendar; reading its pages here also lets the simulator prepare them."""
    ws_id = stage.workspace()
    account = stage.account(ws_id, email, [events])
    now = datetime.now(UTC).replace(microsecond=0)
    return Calendar(ws_id, account.email, now, _pages(stage, account, now))


def _pages(stage: Stage, account: Account, now: datetime) -> list[EventPage]:
    opened = stage.wiring.google_provider.open(stage.wiring.cipher.decrypt(account.access_token or ""))
    pages, page_token = [], None
    while True:
        zones = CalendarZones("UTC", "UTC")
        request = EventsRequest(account.email, zones, _PAGE_SIZE, window=_window(now), page_token=page_token)
        listed = opened.list_events(request)
        pages.append(listed.events())
        page_token = listed.next_page_token
        if page_token is None:
            return pages


def _window(now: datetime) -> Window:
    settings = load(SyncSettings, {})
    return Window.around(now, settings.past, settings.future)


def _rate(stage: Stage, write: Write, pages: Sequence[EventPage]) -> float:
    stage.reset()
    began = perf_counter()
    write(pages)
    return sum(len(page.rows) for page in pages) / (perf_counter() - began)


def _store_against_bare(stage: Stage, calendar: Calendar) -> float:
    """The store's rate as a share of the bare one's, the two writing page about into workspaces of their own."""
    stage.reset()
    bare = page_writes.bare(stage.wiring.database, stage.workspace(), calendar.id)
    store = store_write(stage, calendar)
    seconds = {bare: 0.0, store: 0.0}
    for number, page in enumerate(calendar.pages):
        for write in (bare, store) if number % 2 else (store, bare):
            began = perf_counter()
            write([page])
            seconds[write] += perf_counter() - began
    return seconds[bare] / seconds[store]


def store_write(stage: Stage, calendar: Calendar) -> Write:
    """`apply_page` as a full pass calls it: under a lease, with marks, and with a bookmark a page."""
    runs, pages = stage.wiring.sync_runs, stage.wiring.calendar_pages
    lease = runs.begin_run(CalendarSync(ws_id=calendar.ws_id, source="schedule"), uuid4(), None)
    assert isinstance(lease, Lease), "the tables were emptied: nobody else holds the lease"
    connection = pages.load_calendars(lease, None).connections[0]
    window = _window(calendar.now)
    mark = Progress("bench", window, Checkpoint("full", "next", "bench", window, calendar.now))

    def write(written: Sequence[EventPage]) -> None:
        for page in written:
            pages.apply_page(lease, connection, page, "full", mark)

    return write


def _full_sync(stage: Stage, calendar: Calendar, before: Sequence[Write]) -> float:
    """A sync in its own process, after `before` has written the rows that it will find, if any."""
    stage.reset()
    for write in before:
        write(calendar.pages)
    done = measured(stage.environment, run="sync", ws_id=calendar.ws_id, mode="full", now=calendar.now.isoformat())
    met = "unchanged" if before else "inserted"
    if (done["status"], done[met]) != ("completed", calendar.events):
        raise RuntimeError(f"the sync did not do what is measured: {done}")
    return calendar.events / float(done["seconds"])
