"""Google's Calendar API through Google's own client. The only module that imports it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Protocol

from googleapiclient.discovery import build
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from almanac.domain.calendar.events import CalendarZones
from almanac.domain.sync.window import Window
from almanac.domain.text import clean
from almanac.errors import AccessTokenRejected, AlmanacError, CalendarUnreachable
from almanac.providers.google.connection import GoogleHttp, Refused
from almanac.providers.google.errors import classify, rejected, unavailable
from almanac.providers.google.pages import map_page
from almanac.providers.google.request import ListEvents
from almanac.services.sync.provider import CalendarEntry

# At DEBUG the client logs whole URLs: calendar ids, which are addresses, and tokens.
logging.getLogger("googleapiclient").setLevel(logging.ERROR)

ENTRY_FIELDS = "nextPageToken,items(id,summary,summaryOverride,backgroundColor,accessRole,timeZone,primary,deleted)"
ENTRIES_A_PAGE = 250
"""The most that `calendarList.list` gives (its default is 100)."""

_UTC_ONLY = CalendarZones(calendar="UTC", workspace="UTC")
_EARLIEST_ZONE, _LATEST_ZONE = timedelta(hours=14), timedelta(hours=12)
"""A date begins up to 14 hours before its UTC midnight (Kiritimati) and up to 12 hours after it."""


def _storable(text: str) -> str:
    """Refuse an identifier that the database would have to clean: it means something only as it is."""
    if clean(text) != text:
        raise ValueError("cannot be stored")
    return text


_Identifier = Annotated[str, AfterValidator(_storable)]


class _Entry(BaseModel):
    """One entry of `calendarList.list`, as Google sends it; a deleted one has little more than its id (trap 74)."""

    id: Annotated[_Identifier, Field(min_length=1)]
    summary: str = ""
    summaryOverride: str | None = None  # noqa: N815 - Google's names
    backgroundColor: _Identifier | None = None  # noqa: N815
    accessRole: _Identifier = "none"  # noqa: N815
    timeZone: _Identifier | None = None  # noqa: N815
    primary: bool = False
    deleted: bool = False

    def entry(self) -> CalendarEntry:
        """Return the entry in neutral terms; the name its owner gave it here goes before the calendar's own."""
        return CalendarEntry(
            calendar_id=self.id,
            name=self.summaryOverride or self.summary,
            color=self.backgroundColor,
            access_role=self.accessRole,
            time_zone=self.timeZone,
            primary=self.primary,
            deleted=self.deleted,
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of `events.list`: items as they came, the calendar's zone and role, exactly one of the two tokens.

    A listing by `changed_since` ends without one. `answered_at` is Google's clock.
    """

    items: Sequence[Mapping[str, Any]]
    time_zone: str | None
    next_page_token: str | None
    next_sync_token: str | None
    answered_at: datetime | None = None
    access_role: str | None = None


class Refusal(Protocol):
    """Makes an error of an answer that is not 2xx."""

    def __call__(self, status: int, reasons: Sequence[str], *, retry_after: float | None) -> AlmanacError:
        """Return the error; `reasons` as Google names them, `retry_after` in seconds."""
        ...


class GoogleCalendar:
    """The API over one connection that stays open. One instance a thread: httplib2 is not thread-safe.

    `api_url` is the root of the API without `/calendar/v3`; `timeout_seconds` bounds every wait for the socket; `pace`
    returns when one more request may go.
    """

    def __init__(self, api_url: str, timeout_seconds: float, pace: Callable[[], None] | None = None) -> None:
        self._http = GoogleHttp(timeout_seconds)
        self._pace = pace
        # The endpoint replaces the document's root and path, so the path is ours to add.
        service = build(
            "calendar",
            "v3",
            http=self._http,
            static_discovery=True,
            cache_discovery=False,
            client_options={"api_endpoint": f"{api_url.rstrip('/')}/calendar/v3/"},
        )
        self._events = service.events()
        self._calendar_list = service.calendarList()
        self._resources = {
            "events": self._events,
            "calendarList": self._calendar_list,
            "calendars": service.calendars(),
            "channels": service.channels(),
        }

    def list_events(self, access_token: str, request: ListEvents) -> Listing:
        """Return one page of a listing; it holds exactly one of the two tokens (trap 1)."""
        answer = self._answer(
            access_token,
            self._events.list(**request.parameters()),
            listing_with_token=request.window is None,
            resumed_page=request.page_token is not None,
        )
        next_page, next_sync = _token(answer, "nextPageToken"), _token(answer, "nextSyncToken")
        if next_page is None and next_sync is None and request.changed_since is None:
            raise rejected("a last page without sync token")
        if next_page is not None and next_sync is not None:
            raise rejected("a page with both a page token and a sync token")
        zone = answer.get("timeZone")
        known_zone = zone if isinstance(zone, str) and zone else None
        role = answer.get("accessRole")
        known_role = role if isinstance(role, str) and clean(role) == role else None
        return Listing(_items(answer), known_zone, next_page, next_sync, self._http.answered_at, known_role)

    def list_calendars(self, access_token: str, page_token: str | None) -> tuple[list[CalendarEntry], str | None]:
        """Return one page of the account's calendar list, hidden ones included, and the token of the next one."""
        said = {"maxResults": ENTRIES_A_PAGE, "showHidden": True, "fields": ENTRY_FIELDS}
        if page_token is not None:
            said["pageToken"] = page_token
        answer = self._answer(access_token, self._calendar_list.list(**said), resumed_page=page_token is not None)
        try:
            entries = [_Entry.model_validate(item).entry() for item in _items(answer)]
        except ValidationError as error:
            place = ".".join(map(str, error.errors(include_input=False, include_url=False)[0]["loc"]))
            raise rejected(f"a calendar list entry with an unusable field {place}") from None
        return entries, _token(answer, "nextPageToken")

    def event_is_live(self, access_token: str, calendar_id: str, event_id: str, window: Window) -> bool:
        """Return whether the event exists, is not cancelled and touches the window, all-day ones in whichever zone.

        Unknown and deleted events (404, 410 `deleted`) are not live. One whose times cannot be read exists: it is.
        """
        request = self._events.get(calendarId=calendar_id, eventId=event_id, fields="id,status,start,end")
        try:
            item = self._answer(access_token, request)
        except CalendarUnreachable:
            return False
        page = map_page([item], _UTC_ONLY)
        if not page.rows:
            return not page.tombstones
        row = page.rows[0]
        later, sooner = (_LATEST_ZONE, _EARLIEST_ZONE) if row.all_day else (timedelta(0), timedelta(0))
        return row.start_at + later < window.end and row.end_at - sooner > window.start

    def limit_waits(self, seconds: float) -> None:
        """From now on no answer takes longer than that."""
        self._http.limit_waits(seconds)

    def send(
        self,
        access_token: str,
        resource: str,
        method: str,
        said: Mapping[str, Any],
        guard: str | None,
        refusal: Refusal,
    ) -> Mapping[str, Any]:
        """Send one request of a resource's method; `guard` is the etag that If-Match names. Return its JSON object.

        Raises what `refusal` makes of an answer that is not 2xx.
        """
        request = getattr(self._resources[resource], method)(**said)
        if guard is not None:
            request.headers["If-Match"] = guard
        return self._object(access_token, request, refusal)

    def close(self) -> None:
        """Drop the kept-alive connection; the next call opens a new one."""
        self._http.close()

    def _answer(
        self, access_token: str, request: Any, *, listing_with_token: bool = False, resumed_page: bool = False
    ) -> Mapping[str, Any]:
        """Return the JSON object that Google answers. Raises what a refusal means for this kind of request."""
        refusal = partial(classify, listing_with_token=listing_with_token, resumed_page=resumed_page)
        return self._object(access_token, request, refusal)

    def _object(self, access_token: str, request: Any, refusal: Refusal) -> Mapping[str, Any]:
        if not (access_token and access_token.isascii() and access_token.isprintable()):
            raise AccessTokenRejected("the access token cannot be sent in a header")
        request.headers["authorization"] = f"Bearer {access_token}"
        if self._pace is not None:
            self._pace()
        try:
            answer = request.execute(num_retries=0)
        except Refused as refused:
            raise refusal(refused.status, refused.reasons, retry_after=refused.retry_after) from None
        except (ValueError, RecursionError):
            raise unavailable("Google's answer is not readable JSON") from None
        if answer == "" and request.method != "GET":  # of a method without an answer, as a deletion is
            return {}
        if not isinstance(answer, dict):  # the client hands text that is no JSON through as it is
            raise unavailable("Google's answer is not a JSON object")
        return answer


def _token(answer: Mapping[str, Any], name: str) -> str | None:
    token = answer.get(name)
    if token is None:
        return None
    if not isinstance(token, str) or not token or clean(token) != token:
        raise rejected(f"an unusable {name}")
    return token


def _items(answer: Mapping[str, Any]) -> list[Any]:
    """Return the items as they came: what is wrong with one of them is for its reader to say, not the others' loss."""
    items = answer.get("items", [])
    if not isinstance(items, list):
        raise rejected("`items` is not a list")
    return items
