"""What a calendar provider offers. Behind this contract each keeps its own API, ids, formats and errors to itself."""

from collections.abc import Callable, Collection, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from almanac.domain.calendar.events import CalendarZones, EventPage
from almanac.domain.calendar.written import Draft, RemoteEvent
from almanac.domain.sync.window import Window

Version = tuple[str, str | None]
"""An event's id, and its etag."""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One entry of an account's calendar list; `calendar_id` is canonical, never an alias."""

    calendar_id: str
    name: str
    color: str | None
    access_role: str
    time_zone: str | None
    primary: bool
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class EventsRequest:
    """One page of a listing. Exactly one of `window` (full), `sync_token` (incremental) and `changed_since` is set.

    The last asks for what was changed or deleted from that instant on, whatever its time; its last page has no token.
    `zones` are what the page is read in, unless it names the calendar's own. `page_size` is the most events wanted.
    """

    calendar_id: str
    zones: CalendarZones
    page_size: int
    window: Window | None = None
    sync_token: str | None = None
    page_token: str | None = None
    changed_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One page of a listing: exactly one of the two tokens, how many events it lists, and the events.

    `answered_at` is the provider's own time, if it says so. `events` returns the page in neutral form, and is asked
    once: the next page is under way by then, so that translating one costs no time of the run.
    """

    next_page_token: str | None
    next_sync_token: str | None
    listed: int
    events: Callable[[], EventPage]
    answered_at: datetime | None = None
    series: Set[Version] = frozenset()
    """Of a listing by `changed_since`: series that have changed, of whose occurrences it tells nothing."""
    access_role: str | None = None
    """What the account may do with the calendar, if the listing says so."""


@dataclass(frozen=True, slots=True)
class MadeCalendar:
    """A calendar that was made for us."""

    calendar_id: str
    name: str
    time_zone: str


class Writes(Protocol):
    """Writing events. One request a call, no retry; nobody is mailed, no guest is named.

    A guard is the etag of the version whose content was merged: another version at the provider is left as it is.
    Beside what OpenAccount raises: EventVersionChanged, EventIdTaken, EventGone, PermissionMissing. After
    ProviderUnavailable nobody knows whether the request was carried out.
    """

    def read(self, calendar_id: str, event_id: str, zones: CalendarZones) -> RemoteEvent | None:
        """Return the event as it is now, cancelled ones too; None when the provider knows none of that id."""
        ...

    def insert(self, calendar_id: str, draft: Draft, zones: CalendarZones) -> RemoteEvent:
        """Add the event under an id of ours. Return it as it is there."""
        ...

    def patch(self, calendar_id: str, draft: Draft, guard: str, zones: CalendarZones) -> RemoteEvent:
        """Change the draft's fields of the guarded version. Return the event as it is then."""
        ...

    def delete(self, calendar_id: str, event_id: str, guard: str) -> None:
        """Delete the guarded version."""
        ...

    def role_on(self, calendar_id: str) -> str | None:
        """Return the account's role on a calendar; None when it is gone, or is not the account's any more."""
        ...

    def make_calendar(self, name: str, time_zone: str, nonce: str) -> MadeCalendar:
        """Make a calendar that `find_calendars` finds by its nonce. Never to be repeated: each call makes another."""
        ...

    def find_calendars(self, nonce: str) -> Sequence[MadeCalendar]:
        """Return the account's calendars that were made with that nonce."""
        ...

    def marked(self, calendar_id: str, installation: str, zones: CalendarZones) -> Sequence[RemoteEvent]:
        """Return the live events of a calendar that bear the mark of an installation, copies by people too."""
        ...


class Watch(Protocol):
    """Being told of changes. One request a call, no retry."""

    def start(self, calendar_id: str, channel_id: str, address: str, secret: str) -> tuple[str, datetime]:
        """Have changes told to `address` (https). Returns the resource's id and when the channel ends."""
        ...

    def stop(self, channel_id: str, resource_id: str) -> None:
        """Have nothing told any more."""
        ...


class OpenAccount(Protocol):
    """One account, opened. One request a call, no retry, a timeout on every wait; used by one thread at a time.

    Calls raise AccessTokenRejected, SyncTokenExpired, PageTokenExpired, ProviderUnavailable, ProviderRateLimited,
    ProviderQuotaExhausted, AccessDenied, CalendarUnreachable, ProjectRefused, ProviderRejected; AnswerTooLarge where
    fewer events would do.
    """

    writes: Writes | None
    """None: the provider, or what the account has granted, does not allow it."""
    watch: Watch | None
    """None: changes are found by asking."""

    def list_calendars(self, page_token: str | None) -> tuple[list[CalendarEntry], str | None]:
        """Return one page of the account's calendar list, and the token of the next one."""
        ...

    def list_events(self, request: EventsRequest) -> ListedPage:
        """Return one page of a listing: single events, series expanded."""
        ...

    def event_is_live(self, calendar_id: str, event_id: str, window: Window) -> bool:
        """Return whether the event exists, is not cancelled and touches the window."""
        ...


@dataclass(frozen=True, slots=True)
class FreshToken:
    """Answer of a token endpoint. `refresh_token` is None when the old one stays valid (trap 81).

    `scopes` are what the account's owner has granted; empty when the answer does not say.
    """

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ()


class TokenEndpoint(Protocol):
    """OAuth 2 token endpoint.

    Raises ReconnectRequired on invalid_grant, ProjectRefused, ProviderUnavailable and ProviderRejected.
    """

    def refresh(self, refresh_token: str) -> FreshToken:
        """Trade a refresh token for an access token."""
        ...

    def revoke(self, refresh_token: str) -> None:
        """Give the grant back: no token of it works any more. One that is gone already is no error."""

    def limit_waits(self, seconds: float) -> None:
        """From now on no request takes longer than that."""
        ...


class Provider(Protocol):
    """A calendar provider."""

    name: str
    """As rows and error codes carry it."""
    token_endpoint: TokenEndpoint | None
    """None: what an account was connected with (a password, an address) opens it, there is nothing to trade."""

    def open(self, access: str) -> OpenAccount:
        """Return the account that `access` opens: an access token, or without a token endpoint the account's secret."""
        ...

    def grants_writing(self, scopes: Collection[str], *, owned: bool, made_here: bool) -> bool:
        """Return whether consent to these scopes lets events be written to a calendar.

        `owned`: the calendar is the account's own; `made_here`: it was made for us. A provider without scopes: no.
        """
        ...

    def grants_calendars(self, scopes: Collection[str]) -> bool:
        """Return whether consent to these scopes lets a calendar be made."""

    def limit_waits(self, seconds: float) -> None:
        """From now on no request, its token endpoint's included, takes longer than that."""
        ...

    def is_same_mailbox(self, one: str, other: str) -> bool:
        """Whether two addresses, in any case, name one mailbox at this provider."""
        ...

    def fingerprint(self, page_size: int) -> str:
        """Return what the provider's sync tokens depend on beside their window: another one makes them void."""
        ...
