"""events.list and events.instances: a listing is fixed at its first page; later changes are the next delta's.

A listing is a pure function of query and sequence number, so page tokens survive everything but a command. Google does
not say that a listing is of one moment: with the setting `paging` each page is of its own, and so is the sync token.
"""

import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from local.google_simulator.api.errors import full_sync_required, invalid
from local.google_simulator.api.query import EventsQuery
from local.google_simulator.world.changes import delta
from local.google_simulator.world.event import Version
from local.google_simulator.world.state import Calendar, World
from local.google_simulator.world.tokens import PageToken, SyncToken, decode, encode
from local.google_simulator.world.views import Window, in_window, shown

_LISTINGS_KEPT = 16
_DAY = 86_400
_Key = tuple[str, str, str, int, float]


@dataclass(slots=True)
class Slice:
    """One page: its events, and the token that follows; the last page alone may have a sync token.

    `key` names the page: the same key, the same events. `before` is the last event of the page before it.
    """

    versions: list[Version]
    next_page: str | None
    next_sync: str | None
    key: str
    before: Version | None = None


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a listing covers: its query, window, and the sequence numbers it lies between."""

    query: EventsQuery
    window: Window
    since: int | None
    until: int


@dataclass(slots=True)
class Listings:
    """Lists events page by page and remembers the last listings, so that a page is a slice."""

    world: World
    _kept: OrderedDict[_Key, list[Version]] = field(default_factory=OrderedDict)
    _serial: int = 0

    def page(
        self, email: str, calendar: Calendar, query: EventsQuery, *, size: int | None = None, nothing: bool = False
    ) -> Slice:
        """One page for the account `email`; `size` below maxResults makes it short (0: empty), as Google's may be.

        `nothing` tells the lie of an empty calendar, sync token and all.

        Raises 400 for a token of another query, account or calendar, 410 for a sync token that no longer serves.
        """
        place = self._page_token(email, calendar, query)
        since = self._sync_token(email, calendar, query)
        window = self._window(query, since, place)
        pinned = self.world.settings.paging == "first_moment"
        until = place.sequence if place and pinned else self._known(calendar, since)
        cut = _Cut(query, window, since.sequence if since else None, until)
        versions = (
            []
            if nothing
            else self._versions((email, calendar.id, query.identity, until, window.horizon), calendar, cut)
        )
        start = (place.offset if pinned else _position(versions, place.after)) if place else 0
        stop = start + (query.max_results if size is None else min(size, query.max_results))
        before = versions[start - 1] if 0 < start <= len(versions) else None
        key = f"{email} {query.identity} {until} {window.horizon} {start} {stop}"
        if stop < len(versions):
            self._serial += 1 if size is not None else 0
            told = versions[stop - 1].id if stop > start else place.after if place else ""
            where = until, stop, calendar.page_generation, window.horizon, self._serial, told
            token = PageToken(email, calendar.id, query.identity, *where)
            return Slice(versions[start:stop], encode(token), None, key, before)
        return Slice(versions[start:stop], None, self._next_sync(email, calendar, cut), key, before)

    def _known(self, calendar: Calendar, since: SyncToken | None) -> int:
        """How much of the calendar's history a listing has heard of: all of it, but for deltas that lag."""
        lag = self.world.settings.delta_lag_seconds
        if since is None or not lag:
            return calendar.sequence
        return max(since.sequence, calendar.as_of(self.world.clock.now().timestamp() - lag))

    def clear(self) -> None:
        """Forget the listings: the settings or the calendar's memory have changed."""
        self._kept.clear()

    def _page_token(self, email: str, calendar: Calendar, query: EventsQuery) -> PageToken | None:
        if query.page_token is None:
            return None
        place = decode(PageToken, query.page_token, "pageToken")
        mine = (email, calendar.id, query.identity, calendar.page_generation)
        if (place.account, place.calendar, place.query, place.generation) != mine:
            raise invalid("Invalid page token value.", "pageToken")
        return place

    def _sync_token(self, email: str, calendar: Calendar, query: EventsQuery) -> SyncToken | None:
        if query.sync_token is None:
            return None
        token = decode(SyncToken, query.sync_token, "syncToken")
        if (token.account, token.calendar, token.query) != (email, calendar.id, query.standing):
            raise invalid("Invalid sync token value.", "syncToken")
        if token.generation != calendar.token_generation or token.sequence < calendar.forgotten_through:
            raise full_sync_required()
        return token

    def _window(self, query: EventsQuery, since: SyncToken | None, place: PageToken | None) -> Window:
        if since:
            return Window(since.start, since.end, since.horizon)
        today = self.world.clock.now().timestamp() // _DAY * _DAY
        horizon = place.horizon if place else today + self.world.settings.expansion_days * _DAY
        return Window(query.time_min, query.time_max, horizon if query.time_max is None else 0)

    def _versions(self, key: _Key, calendar: Calendar, cut: _Cut) -> list[Version]:
        known = self._kept.get(key)
        if known is None:
            known = self._kept[key] = self._listed(calendar, cut)
        self._kept.move_to_end(key)
        if len(self._kept) > _LISTINGS_KEPT:
            self._kept.popitem(last=False)
        return known

    def _listed(self, calendar: Calendar, cut: _Cut) -> list[Version]:
        query = cut.query
        found: Iterable[Version]
        if cut.since is None:
            found = shown(calendar, cut.window, single=query.single, at=cut.until)
            if query.show_deleted or query.updated_min is not None:
                found = (*found, *_deleted(calendar, cut))
        else:
            settings = self.world.settings
            found = delta(calendar, cut.window, cut.since, cut.until, single=query.single, settings=settings)
        return ordered({version.id: version for version in found if query.keeps(version)}.values(), query.order_by)

    def _next_sync(self, email: str, calendar: Calendar, cut: _Cut) -> str | None:
        if not cut.query.gives_sync_token:
            return None
        window = cut.window
        return encode(
            SyncToken(
                account=email,
                calendar=calendar.id,
                query=cut.query.standing,
                sequence=cut.until,
                generation=calendar.token_generation,
                start=window.start,
                end=window.end,
                horizon=window.horizon,
                padding="x" * self.world.settings.sync_token_padding,
            )
        )


def _deleted(calendar: Calendar, cut: _Cut) -> Iterable[Version]:
    """Tombstones of a full listing with showDeleted=true; with singleEvents no masters."""
    for record in calendar.records.values():
        version = record.at(cut.until)
        if version is None or version.live or record.forgotten or (cut.query.single and version.recurring):
            continue
        if in_window(calendar, version, cut.window):
            yield version


def _position(versions: list[Version], told: str) -> int:
    """Where a listing goes on after the last id that was told, which may be gone."""
    return bisect_right(versions, listing_place(told), key=lambda version: listing_place(version.id)) if told else 0


def listing_place(event_id: str) -> tuple[int, str]:
    """Return what listings are sorted by when nobody asks for an order."""
    return zlib.crc32(event_id.encode()), event_id


def ordered(versions: Iterable[Version], order_by: str | None) -> list[Version]:
    """By start, by change, or in the unspecified yet stable order that lets exceptions come before their master."""
    if order_by == "startTime":
        return sorted(versions, key=lambda version: (version.start, version.id))
    if order_by == "updated":
        return sorted(versions, key=lambda version: (version.updated, version.id))
    return sorted(versions, key=lambda version: listing_place(version.id))
