"""Writing to Google Calendar: own ids, our mark, a guard on every change, and nobody is ever mailed.

Every rule of the wire stands here: `sendUpdates=none`, no attendees, conferences, attachments, sequence or iCalUID.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from typing_extensions import override

from almanac.domain.calendar.events import CalendarZones
from almanac.domain.calendar.written import Draft, Mark, RemoteEvent
from almanac.domain.text import clip
from almanac.errors import EventGone
from almanac.providers.google.calendar import GoogleCalendar
from almanac.providers.google.errors import classify_read, classify_write, rejected
from almanac.providers.google.pages import map_page, moment_of
from almanac.providers.google.request import EVENT_FIELDS, MOST_A_PAGE
from almanac.services.sync.provider import MadeCalendar, Writes

INSTALLATION, WORKSPACE, EVENT, REVISION = "almanac", "almanac-ws", "almanac-event", "almanac-rev"
ITEM = "almanac-item"
"""Keys of our private extended properties; Google drops longer ones than 44 characters without a word (W12)."""
_ITEM = f"{EVENT_FIELDS},recurrence,created"
_MAILS_NOBODY = {"sendUpdates": "none"}
_DESCRIPTION = (8_000, 32_000)
"""Characters and bytes that are sent at most; Google's own limit is not written down anywhere (W37)."""
_HALF_ENTITY = re.compile(r"&[a-z]{0,4}\Z")
"""What a cut has left of a character that had to be escaped."""
_NAMES = {"title": "summary", "location": "location", "transparency": "transparency", "visibility": "visibility"}
_NO_REMINDERS = {"useDefault": False, "overrides": []}
_ENTRIES_A_PAGE = 250


class GoogleWrites(Writes):
    """Writes of one account. One request a call, no retry: whoever calls finds out by reading what became of it."""

    def __init__(self, calendar: GoogleCalendar, access_token: str) -> None:
        self._calendar = calendar
        self._token = access_token

    @override
    def read(self, calendar_id: str, event_id: str, zones: CalendarZones) -> RemoteEvent | None:
        try:
            item = self._send("events", "get", calendarId=calendar_id, eventId=event_id, fields=_ITEM)
        except EventGone:
            return None
        return _event(item, zones)

    @override
    def insert(self, calendar_id: str, draft: Draft, zones: CalendarZones) -> RemoteEvent:
        body = {"id": draft.event_id, **event_body(draft)}
        if draft.quiet:
            body["reminders"] = _NO_REMINDERS
        item = self._send("events", "insert", calendarId=calendar_id, body=body, fields=_ITEM, **_MAILS_NOBODY)
        return _written(item, draft, zones)

    @override
    def patch(self, calendar_id: str, draft: Draft, guard: str, zones: CalendarZones) -> RemoteEvent:
        place = {"calendarId": calendar_id, "eventId": draft.event_id}
        body = event_body(draft, changes=True)
        item = self._send("events", "patch", guard=guard, body=body, fields=_ITEM, **place, **_MAILS_NOBODY)
        return _written(item, draft, zones)

    @override
    def delete(self, calendar_id: str, event_id: str, guard: str) -> None:
        self._send("events", "delete", guard=guard, calendarId=calendar_id, eventId=event_id, **_MAILS_NOBODY)

    @override
    def role_on(self, calendar_id: str) -> str | None:
        try:
            entry = self._send("calendarList", "get", calendarId=calendar_id, fields="id,accessRole,deleted")
        except EventGone:
            return None
        return None if entry.get("deleted") else str(entry.get("accessRole", "none"))

    @override
    def make_calendar(self, name: str, time_zone: str, nonce: str) -> MadeCalendar:
        body = {"summary": name, "timeZone": time_zone, "description": _described(nonce)}
        made = self._send("calendars", "insert", body=body)
        if not isinstance(made.get("id"), str):
            raise rejected("a new calendar without an id")
        return MadeCalendar(made["id"], name, time_zone)

    @override
    def find_calendars(self, nonce: str) -> Sequence[MadeCalendar]:
        listed = {"maxResults": _ENTRIES_A_PAGE, "showHidden": True}
        entries = self._pages("calendarList", listed)
        return [
            MadeCalendar(str(entry["id"]), str(entry.get("summary", "")), str(entry.get("timeZone") or "UTC"))
            for entry in entries
            if nonce in str(entry.get("description", "")) and not entry.get("deleted")
        ]

    @override
    def marked(self, calendar_id: str, installation: str, zones: CalendarZones) -> Sequence[RemoteEvent]:
        listed = {
            "calendarId": calendar_id,
            "privateExtendedProperty": f"{INSTALLATION}={installation}",
            "maxResults": MOST_A_PAGE,
            "fields": f"nextPageToken,items({_ITEM})",
        }
        return [_event(item, zones) for item in self._pages("events", listed)]

    def _pages(self, resource: str, said: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        page_token: str | None = None
        while True:
            more: dict[str, Any] = {**said, "pageToken": page_token} if page_token else {**said}
            page = self._calendar.send(self._token, resource, "list", more, None, classify_read)
            yield from page.get("items", ())
            page_token = page.get("nextPageToken")
            if not page_token:
                return

    def _send(self, resource: str, method: str, *, guard: str | None = None, **said: Any) -> Mapping[str, Any]:
        classify = classify_read if method == "get" else classify_write
        return self._calendar.send(self._token, resource, method, said, guard, classify)


def event_body(draft: Draft, *, changes: bool = False) -> dict[str, Any]:
    """Return a draft as Google's resource. With `changes` both forms of the times are named, one of them as null."""
    fields = draft.fields
    body: dict[str, Any] = {_NAMES[name]: fields[name] for name in _NAMES if name in fields}
    if "description" in fields:
        body["description"] = (
            _markup(fields["description"]) if draft.plain else clip(fields["description"], *_DESCRIPTION)
        )
    if "when" in fields:
        body |= _times(fields["when"], changes=changes)
    if draft.mark is not None:
        mark = draft.mark
        said = {INSTALLATION: mark.installation, WORKSPACE: mark.ws_id, EVENT: mark.event_id}
        said |= {REVISION: str(mark.revision)} | ({ITEM: mark.item} if mark.item else {})
        body["extendedProperties"] = {"private": said}
    return body


def _markup(text: str) -> str:
    """Return plain text as markup, cut to what is sent at most, but never within what stands for one letter."""
    return _HALF_ENTITY.sub("", clip(html.escape(text, quote=False), *_DESCRIPTION))


def _times(when: Mapping[str, str], *, changes: bool) -> dict[str, Any]:
    if "first" in when:
        other = {"dateTime": None, "timeZone": None} if changes else {}
        return {"start": {"date": when["first"], **other}, "end": {"date": when["after"], **other}}
    zone = _zone(when.get("zone", "UTC"))
    other = {"date": None} if changes else {}
    return {end: {"dateTime": _local(when[end], zone), "timeZone": zone.key, **other} for end in ("start", "end")}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")  # of an event that was read: Google knows zones that we do not


def _local(text: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(text).astimezone(zone).isoformat()


def _event(item: Mapping[str, Any], zones: CalendarZones) -> RemoteEvent:
    event_id, etag = item.get("id"), item.get("etag")
    if not isinstance(event_id, str) or not isinstance(etag, str):
        raise rejected("an event without id or etag")
    page = map_page([item], zones)
    row = page.rows[0] if page.rows else None
    if row is None and not page.tombstones:
        raise rejected("an event that cannot be read")
    others = [guest for guest in item.get("attendees") or () if guest.get("self") is not True]
    made_at, updated_at = (moment_of(item, name) for name in ("created", "updated"))
    repeats = bool(item.get("recurrence"))
    return RemoteEvent(event_id, etag, row, mark_of(item), repeats, bool(others), made_at, updated_at)


def mark_of(item: Mapping[str, Any]) -> Mark | None:
    """Return our mark on an event, None when it bears none that is whole."""
    properties: Mapping[str, Any] = item.get("extendedProperties") or {}
    private: Mapping[str, Any] = properties.get("private") or {}
    installation, ws_id, event_id = (private.get(key) for key in (INSTALLATION, WORKSPACE, EVENT))
    revision, about = private.get(REVISION), private.get(ITEM)
    if not (isinstance(installation, str) and isinstance(ws_id, str) and isinstance(event_id, str)):
        return None
    counted = int(revision) if isinstance(revision, str) and revision.isdecimal() and len(revision) < 16 else -1
    return Mark(installation, ws_id, event_id, counted, about if isinstance(about, str) else None)


def _written(item: Mapping[str, Any], draft: Draft, zones: CalendarZones) -> RemoteEvent:
    """Return the answer to a write. Raises ProviderRejected when the mark is not in it: then nobody would know it."""
    event = _event(item, zones)
    if draft.mark is not None and (event.mark is None or replace(event.mark, item=draft.mark.item) != draft.mark):
        raise rejected("Google did not keep the mark of an event")
    return event


def _described(nonce: str) -> str:
    return f"Planned by Almanac. Please leave this line: it tells the calendar from others. {nonce}"
