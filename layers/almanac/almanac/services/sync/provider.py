"""What a calendar provider offers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from almanac.domain.sync.listing import ListEvents, Window


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One entry of an account's calendar list; `calendar_id` is canonical, never `primary`."""

    calendar_id: str
    name: str
    color: str | None
    access_role: str
    time_zone: str | None
    primary: bool
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page of a listing: provider items as they came, the calendar's zone, exactly one of the two tokens."""

    items: Sequence[Mapping[str, Any]]
    time_zone: str | None
    next_page_token: str | None
    next_sync_token: str | None


class CalendarProvider(Protocol):
    """Google Calendar. One HTTP request a call, no retry, a timeout on every socket.

    Raises AccessTokenRejected, SyncTokenExpired, PageTokenExpired, GoogleUnavailable, GoogleRateLimited,
    GoogleQuotaExhausted, AccessDenied, CalendarUnreachable, GoogleRejected.
    """

    def list_events(self, access_token: str, request: ListEvents) -> ListingPage:
        """One page of a listing."""
        ...

    def list_calendars(self, access_token: str, page_token: str | None) -> tuple[list[CalendarEntry], str | None]:
        """One page of the account's calendar list, and the token of the next one."""
        ...

    def event_is_live(self, access_token: str, calendar_id: str, event_id: str, window: Window) -> bool:
        """Whether the event exists, is not cancelled and touches the window."""
        ...
