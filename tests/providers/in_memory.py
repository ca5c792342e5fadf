"""A calendar provider in memory: sync tokens of its own, no OAuth, and series that it expands itself.

What a second provider has to be, in its smallest form; tests drive the whole use case with it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from almanac.domain.calendar.events import EventPage, EventRow
from almanac.domain.sync.window import Window
from almanac.errors import AccessTokenRejected, CalendarUnreachable, PageTokenExpired, SyncTokenExpired
from almanac.services.sync.provider import CalendarEntry, EventsRequest, ListedPage, OpenAccount, Provider

NAME = "memory"


@dataclass
class Event:
    """A single event, or with `every` and `times` a series: that is how this provider keeps them."""

    id: str
    title: str
    start: datetime
    every: timedelta | None = None
    times: int = 1
    most: int = 1
    """Occurrences that it ever had: those that it lost are tombstones."""
    version: int = 1
    deleted: bool = False

    def tombstones(self) -> list[str]:
        """Ids that are gone: a deleted event's own, which stands for all occurrences, or those of lost occurrences."""
        return [self.id] if self.deleted else [f"{self.id}/{number}" for number in range(self.times, self.most)]

    def rows(self) -> list[EventRow]:
        """The occurrences, as rows; a series' ids are made of its own and a number."""
        if self.every is None:
            return [_row(self.id, self, self.start, None)]
        starts = (self.start + number * self.every for number in range(self.times))
        return [_row(f"{self.id}/{number}", self, start, self.id) for number, start in enumerate(starts)]


@dataclass
class Calendar:
    """A calendar: its events, and the log of changes that sync tokens are positions in."""

    id: str
    events: dict[str, Event] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    oldest: int = 0
    """Tokens before this position have expired."""
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    """When what is done to it now is done."""
    changed_at: dict[str, datetime] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    """Events that listings lack although they are there: what a broken provider does."""

    def put(
        self, event_id: str, title: str, start: datetime, *, every: timedelta | None = None, times: int = 1
    ) -> None:
        """Add the event, or replace it."""
        known = self.events.get(event_id)
        most, version = (max(known.most, times), known.version + 1) if known is not None else (times, 1)
        self.events[event_id] = Event(event_id, title, start, every, times, most, version)
        self._note(event_id)

    def delete(self, event_id: str) -> None:
        """Delete the event, or a whole series."""
        self.events[event_id].deleted = True
        self._note(event_id)

    def _note(self, event_id: str) -> None:
        self.changes.append(event_id)
        self.changed_at[event_id] = self.now

    def expire_tokens(self) -> None:
        """Make every token that was given so far void."""
        self.changes.append("")
        self.oldest = len(self.changes)


class MemoryAccount(OpenAccount):
    """One account, opened by its password."""

    writes = None
    watch = None

    def __init__(self, provider: "InMemory", password: str) -> None:
        self._provider = provider
        self._calendars = provider.accounts.get(password)

    def list_calendars(self, page_token: str | None) -> tuple[list[CalendarEntry], str | None]:
        return [CalendarEntry(c.id, c.id, None, "owner", None, primary=n == 0) for n, c in enumerate(self._all())], None

    def list_events(self, request: EventsRequest) -> ListedPage:
        self._provider.asked.append(request)
        calendar = self._calendar(request.calendar_id)
        rows, gone = self._answer(calendar, request)
        first = int(request.page_token or 0)
        if first > len(rows):
            raise PageTokenExpired("no such page")
        last = first + request.page_size
        more = last < len(rows)
        page = EventPage(tuple(rows[first:last]), () if more else tuple(gone), (), (), mapping_version=7)
        sync_token = None if more or request.changed_since is not None else str(len(calendar.changes))
        return ListedPage(str(last) if more else None, sync_token, len(page.rows), lambda: page)

    def event_is_live(self, calendar_id: str, event_id: str, window: Window) -> bool:
        rows = {row.external_event_id: row for row in _live(self._calendar(calendar_id).events.values())}
        return event_id in rows and _inside(rows[event_id], window)

    def _answer(self, calendar: Calendar, request: EventsRequest) -> tuple[list[EventRow], list[str]]:
        """Rows and tombstones: all of the window, or what has changed since a token."""
        if request.window is not None:
            shown = [event for event in calendar.events.values() if event.id not in calendar.hidden]
            return [row for row in _live(shown) if _inside(row, request.window)], []
        if request.changed_since is not None:
            times = calendar.changed_at
            late = [event for event in calendar.events.values() if times[event.id] >= request.changed_since]
            return _live(late), [gone for event in late for gone in event.tombstones()]
        since = int(request.sync_token or 0)
        if since < calendar.oldest:
            raise SyncTokenExpired("the token is too old")
        changed = [calendar.events[event_id] for event_id in dict.fromkeys(calendar.changes[since:]) if event_id]
        return _live(changed), [gone for event in changed for gone in event.tombstones()]

    def _all(self) -> Sequence[Calendar]:
        if self._calendars is None:
            raise AccessTokenRejected("a wrong password")
        return self._calendars

    def _calendar(self, calendar_id: str) -> Calendar:
        found = next((calendar for calendar in self._all() if calendar.id == calendar_id), None)
        if found is None:
            raise CalendarUnreachable("no such calendar")
        return found


@dataclass
class InMemory(Provider):
    """Calendars by the password that opens them; `asked` keeps the listings that were asked for."""

    accounts: dict[str, list[Calendar]] = field(default_factory=dict)
    asked: list[EventsRequest] = field(default_factory=list)
    name: str = NAME
    token_endpoint: None = None

    def open(self, access: str) -> OpenAccount:
        return MemoryAccount(self, access)

    def grants_writing(self, scopes: Collection[str], *, owned: bool, made_here: bool) -> bool:
        return False

    def grants_calendars(self, scopes: Collection[str]) -> bool:
        return False

    def limit_waits(self, seconds: float) -> None:
        """It answers at once."""

    def is_same_mailbox(self, one: str, other: str) -> bool:
        return one == other

    def fingerprint(self, page_size: int) -> str:
        return f"{NAME} 7 {page_size}"


def _live(events: Iterable[Event]) -> list[EventRow]:
    return [row for event in events if not event.deleted for row in event.rows()]


def _inside(row: EventRow, window: Window) -> bool:
    return row.end_at > window.start and row.start_at < window.end


def _row(event_id: str, event: Event, start: datetime, series: str | None) -> EventRow:
    values = dict.fromkeys(EventRow._fields)
    texts = {"title": event.title, "description": "", "location": "", "status": "confirmed", "color": "BLUE"}
    kinds = {"transparency": "opaque", "event_type": "default", "visibility": "default"}
    given = {"external_event_id": event_id, "start_at": start, "end_at": start + timedelta(hours=1), "sequence": 0}
    told = {"all_day": False, "own_block": False, "recurring_event_id": series, "etag": f'"{event.version}"'}
    return EventRow(**{**values, **texts, **kinds, **given, **told})  # type: ignore[arg-type] # by name
