"""An event of an `.ics` file as a Google resource."""

from collections.abc import Iterator
from typing import Any

from local.google_simulator.filling.ics_times import Zones, span
from local.google_simulator.world.event import Json

_LONGEST_TEXT = 8192
_PARTSTAT = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}


def event_body(event: Any, zones: Zones, calendar_id: str) -> Json:
    """An event in Google's shape, as the owner of `calendar_id` has it. Raises Unreadable."""
    texts = {"summary": "SUMMARY", "description": "DESCRIPTION", "location": "LOCATION"}
    body: Json = {name: _text(event, key) for name, key in texts.items() if event.get(key)}
    body |= span(event, zones)
    if str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        body["transparency"] = "transparent"
    if str(event.get("CLASS", "")).upper() in ("PRIVATE", "CONFIDENTIAL"):
        body["visibility"] = "private"
    if str(event.get("STATUS", "")).upper() == "TENTATIVE":
        body["status"] = "tentative"
    if guests := list(_guests(event, calendar_id)):
        body["attendees"] = guests
    if event.get("ORGANIZER") and _address(event["ORGANIZER"]) != calendar_id:
        body["organizer"] = {"email": _address(event["ORGANIZER"])}
    return body


def _guests(event: Any, calendar_id: str) -> Iterator[Json]:
    listed = event.get("ATTENDEE", [])
    for guest in listed if isinstance(listed, list) else [listed]:
        answer = _PARTSTAT.get(str(guest.params.get("PARTSTAT", "")).upper(), "needsAction")
        email = _address(guest)
        yield {"email": email, "responseStatus": answer} | ({"self": True} if email == calendar_id else {})


def inherit_nothing(changes: Json) -> Json:
    """An exception of a file replaces the whole occurrence: what it lacks is not inherited."""
    inherited = ("summary", "description", "location", "transparency", "visibility", "attendees")
    absent = {name: None for name in inherited if name not in changes}
    for point in ("start", "end"):
        other = "dateTime" if "date" in changes[point] else "date"
        changes[point] = changes[point] | {other: None}
    return absent


def _text(event: Any, key: str) -> str:
    value = event[key]
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.replace("\x00", "")[:_LONGEST_TEXT]


def _address(value: Any) -> str:
    address = str(value[0] if isinstance(value, list) else value)
    return address[7:].lower() if address.lower().startswith("mailto:") else address.lower()
