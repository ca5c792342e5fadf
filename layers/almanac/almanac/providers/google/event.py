"""One Google event → one row. Texts are cut to their limit; identifiers are kept whole or not at all."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from json import JSONEncoder
from typing import Any

from almanac.domain.calendar.events import CalendarZones, EventRow
from almanac.domain.text import clean, clip
from almanac.providers.google.colors import FALLBACK_COLOR, WORKSPACE_COLORS
from almanac.providers.google.times import Unreadable, original_start, span

OWN_BLOCK_KEY = "almanacBlock"
"""Private extended property of the blocks that Almanac writes: they come back as events (trap 59)."""

MAX_ATTENDEES = 200
"""Entries of `attendees` that are kept, the account's own among them: beyond that it is a mailing, not a meeting."""

_TITLE = (255, 1_020)
_LOCATION = (1_000, 4_000)
_DESCRIPTION = (10_000, 40_000)
_NAME = (255, 1_020)
"""Characters and UTF-8 bytes of each text."""

_LONGEST_ID = 1_024
_LONGEST_LINK = 2_048
_LONGEST_EMAIL = 320
_LONGEST_CODE = 64
_MAX_INTEGER = 2**31 - 1

_TRANSPARENCIES = frozenset(("opaque", "transparent"))
_VISIBILITIES = frozenset(("default", "public", "private", "confidential"))
_EVENT_TYPES = frozenset(("default", "birthday", "focusTime", "fromGmail", "outOfOffice", "workingLocation"))
_RESPONSES = frozenset(("needsAction", "declined", "tentative", "accepted"))
_ATTENDEE_FLAGS = ("self", "organizer", "optional", "resource")

_to_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def event_row(
    item: Mapping[str, Any], event_id: str, updated: datetime | None, zones: CalendarZones, repairs: list[str]
) -> EventRow:
    """Return the row of a live event. What had to be changed to store it is appended to `repairs`, as fixed phrases.

    Raises Unreadable when it has no storable time, and what Python raises (TypeError, AttributeError, ValueError) when
    a value is of another type than Google documents.
    """
    when = span(item.get("start"), item.get("end"), zones, repairs)
    original_at, original_date = _original_start(item, zones, repairs)
    attendees = item.get("attendees") or ()
    color = item.get("colorId")
    return EventRow(
        event_id,
        _text(item, "summary", "title", _TITLE, repairs),
        _text(item, "description", "description", _DESCRIPTION, repairs),
        _text(item, "location", "location", _LOCATION, repairs),
        *when,
        "tentative" if item.get("status") == "tentative" else "confirmed",
        _known(item.get("transparency"), _TRANSPARENCIES, "opaque"),
        _own_response(attendees),
        _known(item.get("eventType"), _EVENT_TYPES, "default"),
        _known(item.get("visibility"), _VISIBILITIES, "default"),
        _identifier(item, "recurringEventId", _LONGEST_ID, repairs),
        original_at,
        original_date,
        _identifier(item, "iCalUID", _LONGEST_ID, repairs),
        _identifier(item, "etag", _LONGEST_ID, repairs),
        _sequence(item.get("sequence")),
        WORKSPACE_COLORS.get(color, FALLBACK_COLOR) if color else FALLBACK_COLOR,
        _identifier(item, "colorId", _LONGEST_CODE, repairs),
        _link(item, repairs),
        _guests(attendees, repairs) if attendees else None,
        _email(item, "creator", repairs),
        _email(item, "organizer", repairs),
        _is_own_block(item),
        updated,
    )


def _original_start(
    item: Mapping[str, Any], zones: CalendarZones, repairs: list[str]
) -> tuple[datetime | None, date | None]:
    """Return which occurrence it is. An unreadable one costs only the link to its series, not the event."""
    value = item.get("originalStartTime")
    if not value:
        return None, None
    try:
        return original_start(value, zones)
    except (Unreadable, TypeError, AttributeError):
        repairs.append("originalStartTime dropped")
        return None, None


def _text(item: Mapping[str, Any], key: str, name: str, limits: tuple[int, int], repairs: list[str]) -> str:
    value = item.get(key)
    if value is None:
        return ""
    text = clean(value)
    kept = clip(text, *limits)
    if len(kept) < len(text):
        repairs.append(f"{name} cut")
    return kept


def _identifier(item: Mapping[str, Any], key: str, longest: int, repairs: list[str]) -> str | None:
    """Return a value that means something only as a whole; None when absent or empty."""
    value = item.get(key)
    if value is None:
        return None
    text = clean(value)
    if len(text) > longest:
        repairs.append(f"{key} dropped")
        return None
    return text or None


def _link(item: Mapping[str, Any], repairs: list[str]) -> str | None:
    """Return only what a browser may be sent to: no `javascript:`."""
    link = _identifier(item, "htmlLink", _LONGEST_LINK, repairs)
    if link is None or link.startswith(("https://", "http://")):
        return link
    repairs.append("htmlLink dropped")
    return None


def _email(item: Mapping[str, Any], key: str, repairs: list[str]) -> str | None:
    person = item.get(key)
    if not person:
        return None
    address = _identifier(person, "email", _LONGEST_EMAIL, repairs)
    return address and address.lower()


def _known(value: Any, names: frozenset[str], otherwise: str) -> str:
    """Return the value, or the name for absent ones and for those that Google has not had yet (traps 51, 54)."""
    return value if value in names else otherwise


def _sequence(value: Any) -> int:
    if value is None:
        return 0
    if type(value) is not int:
        raise TypeError("sequence is not an integer")
    return min(max(value, 0), _MAX_INTEGER)


def _is_own_block(item: Mapping[str, Any]) -> bool:
    properties: Mapping[str, Any] = item.get("extendedProperties") or {}
    private: Mapping[str, Any] = properties.get("private") or {}
    return private.get(OWN_BLOCK_KEY) is not None


def _own_response(attendees: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the account's own answer: only the attendee entry has it, also for the organizer (trap 52)."""
    for attendee in attendees:
        if attendee.get("self") is True:
            answer = attendee.get("responseStatus")
            return answer if answer in _RESPONSES else None
    return None


def _guests(attendees: Sequence[Mapping[str, Any]], repairs: list[str]) -> str:
    kept = attendees[:MAX_ATTENDEES]
    if len(attendees) > MAX_ATTENDEES:
        repairs.append("attendees cut")
        own = next((attendee for attendee in attendees[MAX_ATTENDEES:] if attendee.get("self") is True), None)
        if own is not None:
            kept = [*kept[:-1], own]
    return _to_json([_guest(attendee, repairs) for attendee in kept])


def _guest(attendee: Mapping[str, Any], repairs: list[str]) -> dict[str, str | bool]:
    """Return only what is there: absent and false say the same."""
    guest: dict[str, str | bool] = {}
    if email := _identifier(attendee, "email", _LONGEST_EMAIL, repairs):
        guest["email"] = email.lower()
    if name := _text(attendee, "displayName", "attendee name", _NAME, repairs):
        guest["name"] = name
    answer = attendee.get("responseStatus")
    if answer in _RESPONSES:
        guest["response"] = answer
    for flag in _ATTENDEE_FLAGS:
        if attendee.get(flag) is True:
            guest[flag] = True
    return guest
