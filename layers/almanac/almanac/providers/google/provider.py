"""Google behind the Provider contract."""

from collections.abc import Collection, Mapping, Set
from dataclasses import replace
from functools import partial
from typing import Any

from typing_extensions import override

from almanac.domain.sync.window import Window
from almanac.providers.google import NAME
from almanac.providers.google.calendar import GoogleCalendar
from almanac.providers.google.pages import map_page
from almanac.providers.google.request import MOST_A_PAGE, ListEvents, query_fingerprint
from almanac.providers.google.scopes import grants_calendars, grants_writing
from almanac.providers.google.watch import GoogleWatch
from almanac.providers.google.write import GoogleWrites
from almanac.services.sync.provider import (
    CalendarEntry,
    EventsRequest,
    ListedPage,
    OpenAccount,
    Provider,
    TokenEndpoint,
    Version,
    Watch,
    Writes,
)


class GoogleAccount(OpenAccount):
    """One account's calendars, read and written with one access token."""

    def __init__(self, calendar: GoogleCalendar, access_token: str) -> None:
        self._calendar = calendar
        self._token = access_token
        self.writes: Writes | None = GoogleWrites(calendar, access_token)
        self.watch: Watch | None = GoogleWatch(calendar, access_token)

    @override
    def list_calendars(self, page_token: str | None) -> tuple[list[CalendarEntry], str | None]:
        return self._calendar.list_calendars(self._token, page_token)

    @override
    def list_events(self, request: EventsRequest) -> ListedPage:
        shape = ListEvents(
            request.calendar_id,
            window=request.window,
            sync_token=request.sync_token,
            page_token=request.page_token,
            page_size=min(request.page_size, MOST_A_PAGE),
            changed_since=request.changed_since,
        )
        answer = self._calendar.list_events(self._token, shape)
        zones = replace(request.zones, calendar=answer.time_zone) if answer.time_zone else request.zones
        series = [] if request.changed_since is None else [item for item in answer.items if _is_live_series(item)]
        items = [item for item in answer.items if not _is_live_series(item)] if series else answer.items
        events = partial(map_page, items, zones)
        tokens = answer.next_page_token, answer.next_sync_token
        return ListedPage(*tokens, len(answer.items), events, answer.answered_at, _versions(series), answer.access_role)

    @override
    def event_is_live(self, calendar_id: str, event_id: str, window: Window) -> bool:
        return self._calendar.event_is_live(self._token, calendar_id, event_id, window)


class GoogleProvider(Provider):
    """Google Calendar, opened by OAuth. Series come expanded by Google. One instance a thread, as its connections."""

    name = NAME

    def __init__(self, calendar: GoogleCalendar, tokens: TokenEndpoint) -> None:
        self._calendar = calendar
        self.token_endpoint: TokenEndpoint | None = tokens

    @override
    def open(self, access: str) -> OpenAccount:
        return GoogleAccount(self._calendar, access)

    @override
    def grants_writing(self, scopes: Collection[str], *, owned: bool, made_here: bool) -> bool:
        return grants_writing(scopes, owned=owned, made_here=made_here)

    @override
    def grants_calendars(self, scopes: Collection[str]) -> bool:
        return grants_calendars(scopes)

    @override
    def limit_waits(self, seconds: float) -> None:
        self._calendar.limit_waits(seconds)
        if self.token_endpoint is not None:
            self.token_endpoint.limit_waits(seconds)

    @override
    def is_same_mailbox(self, one: str, other: str) -> bool:
        return _mailbox(one) == _mailbox(other)

    @override
    def fingerprint(self, page_size: int) -> str:
        return query_fingerprint(min(page_size, MOST_A_PAGE))


def _is_live_series(item: Any) -> bool:
    """Return whether an item stands for instances. A cancelled one is a tombstone, which takes them along."""
    return isinstance(item, Mapping) and bool(item.get("recurrence")) and item.get("status") != "cancelled"


def _versions(items: Collection[Any]) -> Set[Version]:
    named = [item for item in items if isinstance(item.get("id"), str)]
    return {(item["id"], item["etag"] if isinstance(item.get("etag"), str) else None) for item in named}


def _mailbox(address: str) -> str:
    """Return what tells two mailboxes apart; Gmail has two domains and reads no dots."""
    name, _, domain = address.lower().rpartition("@")
    return f"{name.replace('.', '')}@gmail.com" if domain in ("gmail.com", "googlemail.com") else f"{name}@{domain}"
