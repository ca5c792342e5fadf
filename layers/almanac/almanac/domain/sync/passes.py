"""Passes over a calendar: which one a connection is due for, and where an unfinished one stands."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from almanac.domain.run_outcomes import PassOutcome
from almanac.domain.sync.window import Window

PassKind = Literal["full", "incremental"]
WantedPass = Literal["auto", "full", "incremental"]

WINDOW_SLACK = timedelta(days=7)
"""A token's window never slides (trap 8): once today's window is this far from it, a full pass is due."""
MOST_PASS_PAGES = 10_000
"""A pass of more pages is no calendar but a listing without end: 25 million events at 2,500 a page."""
MOST_RECHECKS = 4
"""Listings of what has changed since a pass began: a calendar that changes under each of them is taken as it is."""
CLOCK_MARGIN = timedelta(minutes=1)
"""Between the clocks of a provider's machines, and ours."""
SPREAD = timedelta(days=1)
"""Full passes that fall due together are spread over this long (trap 83)."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An unfinished pass: where its next page is, and which listing it belongs to.

    `attempt` is 2 when the listing is read again because its first attempt would have deleted most of the calendar.
    `listed` counts the events of the pass so far, `pages` its pages. `changed_since` is set once a listing has a second
    page: what has changed from then on must be listed once more before its token holds. `recheck`: that is the next
    thing to do, or being done; `found`: its pages so far have written something; `rechecks` counts those before it.
    `relisted`: one has had the whole calendar listed again already; from then on that counts as one.
    """

    kind: PassKind
    page_token: str | None
    fingerprint: str
    window: Window
    started_at: datetime
    attempt: int = 1
    listed: int = 0
    pages: int = 0
    changed_since: datetime | None = None
    recheck: bool = False
    found: bool = False
    rechecks: int = 0
    relisted: bool = False


@dataclass(frozen=True, slots=True)
class SyncState:
    """What is stored about a connection's passes. `window` is the one of `sync_token`."""

    sync_token: str | None = None
    fingerprint: str | None = None
    window: Window | None = None
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """The pass to make and the name of the reason, as run rows carry it."""

    kind: PassKind
    outcome: PassOutcome


def due_pass(mode: WantedPass, state: SyncState, wanted: Window, fingerprint: str, connection_id: UUID) -> Due:
    """Return the pass a connection gets: what was asked for, unless no usable token makes a full one necessary.

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
    """Return a delay below SPREAD that is always the same for one connection."""
    return SPREAD * (connection_id.int % 10_007) / 10_007


def smaller_page(events: int) -> int:
    """Return how many events to ask for where a page of so many was too much. The token does not depend on it."""
    return max(1, events // 5)


def recheck_from(*began: datetime | None) -> datetime:
    """Return since when changes are listed once more after a pass that began then by one of these clocks, UTC.

    The earliest of them counts: a listing of too much costs time, one of too little an event.
    """
    return min(moment for moment in began if moment is not None).astimezone(UTC) - CLOCK_MARGIN


def recheck_after(at: Checkpoint, now: datetime) -> Checkpoint | None:
    """Return what is still to do after the last page of a listing; None when it had one page only.

    Providers do not say whether the token of a last page is as old as the first one or as that page. If it is younger,
    it does not tell what changed on the pages before, so that is listed by itself. A listing of one page is one moment.
    """
    if at.changed_since is None:
        return None
    begun = Checkpoint("incremental", None, at.fingerprint, at.window, now, relisted=at.relisted)
    return replace(begun, changed_since=at.changed_since, recheck=True, rechecks=at.rechecks)


def delta_before_recheck(at: Checkpoint) -> Checkpoint:
    """Return the delta that follows a recheck which has brought something: its rows are younger than the token.

    Of an event that came and went since the token was given, a delta need not tell; the next recheck does.
    """
    return replace(at, page_token=None, pages=0, listed=0, recheck=False, found=False, rechecks=at.rechecks + 1)
