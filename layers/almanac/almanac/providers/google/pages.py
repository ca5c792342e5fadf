"""A page of Google events → rows, tombstones and problems, one entry an event id, whatever the items hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from almanac.domain.calendar.events import CalendarZones, EventPage, EventProblem, EventRow
from almanac.domain.text import clean
from almanac.providers.google.event import event_row
from almanac.providers.google.times import Unreadable, instant

MAPPING_VERSION = 1
"""Raise it when the mapping gives other rows for equal input: stored rows are then rewritten by the next full pass."""

_LONGEST_ID = 1024
"""Google's limit for event ids (trap 62)."""
_SHOWN_OF_BAD_ID = 64


@dataclass(frozen=True, slots=True)
class _Tombstone:
    external_updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Unstorable:
    reason: str
    external_updated_at: datetime | None


_Version = EventRow | _Tombstone | _Unstorable


def map_page(items: Sequence[Mapping[str, Any]], zones: CalendarZones) -> EventPage:
    """Map the items of one listing page; nothing an item holds makes it raise.

    Of several versions of an event the latest counts (trap 19). The reason of an EventProblem is made of fixed phrases
    and field names, never of event text; an event with several repairs is one EventProblem.
    """
    versions: dict[str, _Version] = {}
    repaired: dict[str, str] = {}
    nameless: list[EventProblem] = []
    for item in items:
        event_id = _usable_id(item)
        if event_id is None:
            nameless.append(EventProblem(_shown_id(item), "no usable id", stored=False))
            continue
        repairs: list[str] = []
        version = _version(item, event_id, zones, repairs)
        if event_id in versions:
            if not _replaces(version, versions[event_id]):
                continue
            repaired.pop(event_id, None)
        versions[event_id] = version
        if repairs and isinstance(version, EventRow):
            repaired[event_id] = ", ".join(dict.fromkeys(repairs))
    return _page(versions, repaired, nameless)


def _page(versions: Mapping[str, _Version], repaired: Mapping[str, str], nameless: Sequence[EventProblem]) -> EventPage:
    unstorable = {event_id: version for event_id, version in versions.items() if isinstance(version, _Unstorable)}
    return EventPage(
        rows=tuple(version for version in versions.values() if isinstance(version, EventRow)),
        tombstones=tuple(event_id for event_id, version in versions.items() if isinstance(version, _Tombstone)),
        problems=(
            *nameless,
            *(EventProblem(event_id, version.reason, stored=False) for event_id, version in unstorable.items()),
            *(EventProblem(event_id, reason, stored=True) for event_id, reason in repaired.items()),
        ),
        unreadable=tuple(unstorable),
        mapping_version=MAPPING_VERSION,
    )


def _version(item: Mapping[str, Any], event_id: str, zones: CalendarZones, repairs: list[str]) -> _Version:
    """Return what one item says about its event; the one place where an unexpected shape is met."""
    updated = moment_of(item, "updated")
    try:
        # The status decides, not missing fields: a cancelled event may have all of them or none (traps 26-29).
        if item.get("status") == "cancelled":
            return _Tombstone(updated)
        return event_row(item, event_id, updated, zones, repairs)
    except Unreadable as problem:
        return _Unstorable(str(problem), updated)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        return _Unstorable("unexpected shape", updated)


def _replaces(new: _Version, old: _Version) -> bool:
    """Return whether `new`, which stands later in the list, is the later version; cancelled ones may lack `updated`."""
    if new.external_updated_at is None or old.external_updated_at is None:
        return True
    if new.external_updated_at != old.external_updated_at:
        return new.external_updated_at > old.external_updated_at
    return not (isinstance(new, EventRow) and isinstance(old, EventRow)) or new.sequence >= old.sequence


def moment_of(item: Mapping[str, Any], name: str) -> datetime | None:
    """Return when the event was made, or changed. It only orders, so a year 0 in it is no reason for a problem."""
    text = item.get(name)
    try:
        return instant(text) if isinstance(text, str) else None
    except Unreadable:
        return None


def _usable_id(item: Any) -> str | None:
    event_id = item.get("id") if isinstance(item, Mapping) else None
    if isinstance(event_id, str) and 0 < len(event_id) <= _LONGEST_ID and clean(event_id) == event_id:
        return event_id
    return None


def _shown_id(item: Any) -> str:
    """Return what is left of an unusable id, for the person who looks for the event."""
    event_id = item.get("id") if isinstance(item, Mapping) else None
    return clean(event_id)[:_SHOWN_OF_BAD_ID] if isinstance(event_id, str) else ""
