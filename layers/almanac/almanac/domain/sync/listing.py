"""The two request shapes of a listing, the window, and which pass a connection is due for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

from almanac.domain.calendar.events import MAPPING_VERSION
from almanac.domain.run_outcomes import PassOutcome

PassKind = Literal["full", "incremental"]
Mode = Literal["auto", "full", "incremental"]

EVENT_FIELDS = (
    "id,status,etag,updated,sequence,summary,description,location,start,end,endTimeUnspecified,transparency,"
    "visibility,eventType,colorId,htmlLink,iCalUID,recurringEventId,originalStartTime,"
    "creator(email),organizer(email),attendees(email,displayName,responseStatus,self,organizer,optional,resource),"
    "extendedProperties(private)"
)
LISTING_FIELDS = f"nextPageToken,nextSyncToken,timeZone,items({EVENT_FIELDS})"
"""Without the two tokens in the mask, paging would end silently (traps 85)."""

WINDOW_SLACK = timedelta(days=7)
"""A token's window never slides (trap 8): once today's window is this far from it, a full pass is due."""
MOST_PAGES = 10_000
"""A pass of more pages is no calendar but a listing without end: 25 million events at Google's own page size."""
SPREAD = timedelta(days=1)
"""Full passes that fall due together are spread over this long (trap 83)."""


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open in both senses of Google: events that end after `start` and begin before `end`. UTC instants."""

    start: datetime
    end: datetime

    @staticmethod
    def around(now: datetime, past: timedelta, future: timedelta) -> "Window":
        """The window that is wanted at `now`, cut to whole seconds because Google ignores fractions."""
        second = now.astimezone(UTC).replace(microsecond=0)
        return Window(second - past, second + future)

    def distance(self, other: "Window") -> timedelta:
        """How far the further of the two edges is away."""
        return max(abs(self.start - other.start), abs(self.end - other.end))


@dataclass(frozen=True, slots=True)
class ListEvents:
    """One `events.list` request. Exactly one of `window` (full) and `sync_token` (incremental) is set (trap 4)."""

    calendar_id: str
    window: Window | None = None
    sync_token: str | None = None
    page_token: str | None = None
    page_size: int = 2500

    def __post_init__(self) -> None:
        """Refuse the shapes that Google refuses."""
        if (self.window is None) == (self.sync_token is None):
            raise ValueError("a listing has either a window or a sync token")

    def parameters(self) -> dict[str, str | int | bool]:
        """Query parameters. What is here beside token and window must stay equal for the life of a token (trap 5)."""
        shape: dict[str, str | int | bool] = {
            "calendarId": self.calendar_id,
            "singleEvents": True,
            "maxResults": self.page_size,
            "fields": LISTING_FIELDS,
        }
        if self.window is not None:
            shape |= {"timeMin": _rfc3339(self.window.start), "timeMax": _rfc3339(self.window.end)}
        if self.sync_token is not None:
            shape["syncToken"] = self.sync_token
        if self.page_token is not None:
            shape["pageToken"] = self.page_token
        return shape


def query_fingerprint(page_size: int) -> str:
    """What a sync token depends on, beside its window: a change of the request or of the mapping makes tokens void."""
    return sha256(f"{MAPPING_VERSION}|singleEvents|{page_size}|{LISTING_FIELDS}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An unfinished pass: where its next page is, and what it has promised.

    `reading` is 2 when the listing is read again because its first reading would have swept most of the calendar.
    `listed` counts the events of the pass so far, `pages` its pages.
    """

    kind: PassKind
    page_token: str | None
    fingerprint: str
    window: Window
    started_at: datetime
    reading: int = 1
    listed: int = 0
    pages: int = 0


@dataclass(frozen=True, slots=True)
class SyncState:
    """What is stored about a connection's reading. `window` is the one of `sync_token`."""

    sync_token: str | None = None
    fingerprint: str | None = None
    window: Window | None = None
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """The pass to make and the name of the reason, as run rows carry it."""

    kind: PassKind
    outcome: PassOutcome


def due_pass(mode: Mode, state: SyncState, wanted: Window, fingerprint: str, connection_id: UUID) -> Due:
    """Which pass a connection gets: what was asked for, unless no usable token makes a full one necessary.

    A moved window is renewed at a moment of its own per connection, within a day, so that full passes do not pile up.
    """
    if mode == "full":
        return Due("full", "full")
    if state.sync_token is None or state.window is None or state.fingerprint != fingerprint:
        return Due("full", "redirected_to_full")
    if state.window.distance(wanted) >= WINDOW_SLACK + spread_of(connection_id):
        return Due("full", "full")
    return Due("incremental", "incremental")


def spread_of(connection_id: UUID) -> timedelta:
    """A delay below SPREAD that is always the same for one connection."""
    return SPREAD * (connection_id.int % 10_007) / 10_007


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
