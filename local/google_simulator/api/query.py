"""The parameters of events.list: what Google accepts, refuses, and binds a token to."""

import hashlib
import json
from dataclasses import dataclass
from typing import Literal, cast

from local.google_simulator.api.errors import invalid, updated_min_too_old
from local.google_simulator.world.event import Version
from local.google_simulator.world.times import bound, zone

Params = dict[str, list[str]]

_REFUSED_WITH_SYNC_TOKEN = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
_WITHOUT_SYNC_TOKEN = ("iCalUID", "orderBy", "privateExtendedProperty", "sharedExtendedProperty", "updatedMin")
_ANY_PAGE = {"pageToken", "maxResults", "fields", "alt", "prettyPrint", "quotaUser", "userIp", "key", "access_token"}
_EVENT_TYPES = {"birthday", "default", "focusTime", "fromGmail", "outOfOffice", "workingLocation"}
_UPDATED_MIN_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True)
class EventsQuery:
    """A checked events.list query. Times are epoch seconds.

    `identity` holds for all pages of one listing, `standing` for all syncs of one token.
    """

    identity: str
    standing: str
    max_results: int
    page_token: str | None
    sync_token: str | None
    single: bool
    show_deleted: bool
    time_min: float | None
    time_max: float | None
    updated_min: float | None
    order_by: Literal["startTime", "updated"] | None
    event_types: frozenset[str]
    ical_uid: str | None
    properties: tuple[tuple[str, str], ...]
    gives_sync_token: bool

    def keeps(self, version: Version) -> bool:
        """Whether an event passes the filters other than time and deletion."""
        if self.event_types and version.event_type not in self.event_types:
            return False
        if self.updated_min is not None and version.updated < self.updated_min:
            return False
        if self.ical_uid is None and not self.properties:
            return True
        body = version.body
        if self.ical_uid is not None and body.get("iCalUID") != self.ical_uid:
            return False
        extended = body.get("extendedProperties", {})
        pairs = ((*text.partition("="), scope) for scope, text in self.properties)
        return all(extended.get(scope, {}).get(key) == value for key, _, value, scope in pairs)


def events_query(params: Params, now: float) -> EventsQuery:
    """Check the parameters. Raises 400 for a bad or refused one and 410 for an updatedMin over 30 days ago."""
    sync_token = first(params, "syncToken")
    if sync_token is not None:
        _check_sync(params)
    if "q" in params:
        raise invalid("The simulator has no free text search.", "q")
    order_by = _order(params)
    updated_min = _time(params, "updatedMin")
    if updated_min is not None and updated_min < now - _UPDATED_MIN_SECONDS:
        raise updated_min_too_old()
    time_min, time_max = _time(params, "timeMin"), _time(params, "timeMax")
    if time_min is not None and time_max is not None and time_max <= time_min:
        raise invalid("The specified time range is empty.", "timeMax", "timeRangeEmpty")
    if name := first(params, "timeZone"):
        _check_zone(name)
    return EventsQuery(
        identity=_fingerprint(params, _ANY_PAGE),
        standing=_fingerprint(params, {*_ANY_PAGE, *_REFUSED_WITH_SYNC_TOKEN, "syncToken", "showDeleted"}),
        max_results=size(params, default=250, most=2500),
        page_token=first(params, "pageToken"),
        sync_token=sync_token,
        single=flag(params, "singleEvents"),
        show_deleted=flag(params, "showDeleted"),
        time_min=time_min,
        time_max=time_max,
        updated_min=updated_min,
        order_by=order_by,
        event_types=_event_types(params),
        ical_uid=first(params, "iCalUID"),
        properties=tuple(
            (scope, text) for scope in ("private", "shared") for text in params.get(f"{scope}ExtendedProperty", ())
        ),
        gives_sync_token=not any(name in params for name in _WITHOUT_SYNC_TOKEN),
    )


def first(params: Params, name: str) -> str | None:
    """A parameter's first value, or None."""
    return params[name][0] if params.get(name) else None


def flag(params: Params, name: str) -> bool:
    """A boolean parameter, false unless given. 400 for anything but true and false."""
    value = first(params, name) or "false"
    if value not in ("true", "false"):
        raise invalid(f"Invalid boolean value: '{value[:40]}'.", name, "invalidParameter")
    return value == "true"


def size(params: Params, *, default: int, most: int) -> int:
    """maxResults: clamped to `most` as Google does, 400 below one."""
    text = first(params, "maxResults") or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise invalid(f"Invalid integer value: '{text[:40]}'.", "maxResults", "invalidParameter")
    return min(int(text), most)


def _check_sync(params: Params) -> None:
    for name in _REFUSED_WITH_SYNC_TOKEN:
        if name in params:
            raise invalid(f"Sync token cannot be combined with {name}.", name)
    if first(params, "showDeleted") == "false":
        raise invalid("Deletions are always part of an incremental sync.", "showDeleted")


def _order(params: Params) -> Literal["startTime", "updated"] | None:
    order = first(params, "orderBy")
    if order not in (None, "startTime", "updated"):
        raise invalid("Invalid value for: orderBy", "orderBy", "invalidParameter")
    if order == "startTime" and not flag(params, "singleEvents"):
        message = "The requested ordering is not available for the particular query."
        raise invalid(message, "orderBy")
    return cast("Literal['startTime', 'updated'] | None", order)


def _event_types(params: Params) -> frozenset[str]:
    kinds = frozenset(params.get("eventTypes", ()))
    if kinds - _EVENT_TYPES:
        raise invalid("Invalid value for: eventTypes", "eventTypes", "invalidParameter")
    return kinds


def _time(params: Params, name: str) -> float | None:
    text = first(params, name)
    if text is None:
        return None
    try:
        return bound(text)
    except (ValueError, OverflowError) as error:
        raise invalid("Bad Request", name, "badRequest") from error


def _check_zone(name: str) -> None:
    try:
        zone(name)
    except ValueError as error:
        raise invalid("Invalid value for: timeZone", "timeZone") from error


def _fingerprint(params: Params, without: set[str]) -> str:
    kept = sorted((name, sorted(values)) for name, values in params.items() if name not in without)
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:16]
