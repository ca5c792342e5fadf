"""An event resource as a client writes it: what Google refuses, what it fills in, how a patch merges."""

import re
from datetime import datetime

from local.google_simulator.api.errors import ApiError, invalid, required
from local.google_simulator.world.event import Json
from local.google_simulator.world.recurrence import series_of
from local.google_simulator.world.state import Calendar
from local.google_simulator.world.times import EARLIEST, LATEST, epoch, wall_text, zone

_CLIENT_ID = re.compile(r"[a-v0-9]{5,1024}\Z")
_SERVER_FIELDS = ("kind", "id", "created", "creator", "organizer", "iCalUID", "eventType", "htmlLink")
_SERVER_FIELDS_OF_EXCEPTIONS = ("recurringEventId", "originalStartTime")


def check_client_id(event_id: object) -> str:
    """An id a client may choose: base32hex letters, 5 to 1024 of them. 400 otherwise."""
    if not isinstance(event_id, str) or not _CLIENT_ID.match(event_id):
        raise invalid("Invalid resource id value.")
    return event_id


def complete(calendar: Calendar, actor: str, body: Json, event_id: str) -> Json:
    """A new resource: the client's fields over Google's defaults. Times are not settled yet.

    On a secondary calendar the calendar itself is the organizer.
    """
    organizer: Json = {"email": calendar.id, "self": True}
    if not calendar.primary:
        organizer["displayName"] = calendar.summary
    defaults: Json = {
        "kind": "calendar#event",
        "id": event_id,
        "status": "confirmed",
        "htmlLink": f"https://www.google.com/calendar/event?eid={event_id}",
        "creator": {"email": actor} | ({"self": True} if actor == calendar.id else {}),
        "organizer": organizer,
        "iCalUID": f"{event_id}@google.com",
        "sequence": 0,
        "reminders": {"useDefault": True},
        "eventType": "default",
    }
    return defaults | {key: value for key, value in body.items() if value is not None} | {"id": event_id}


def replaced(stored: Json, body: Json) -> Json:
    """What events.update leaves: the new resource whole, over the fields only Google sets."""
    keep = {key: stored[key] for key in (*_SERVER_FIELDS, *_SERVER_FIELDS_OF_EXCEPTIONS) if key in stored}
    defaults: Json = {"status": "confirmed", "sequence": stored["sequence"], "reminders": {"useDefault": True}}
    return defaults | {key: value for key, value in body.items() if value is not None} | keep


def merged(stored: Json, changes: Json) -> Json:
    """What events.patch leaves: objects merge, null removes, arrays are replaced whole."""
    result = dict(stored)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def settle(calendar: Calendar, body: Json, *, zero_length: bool = True) -> Json:
    """Check the times and write them as Google does: dateTime in the calendar's zone, the event's zone beside it.

    Without `zero_length` an event that ends as it begins is refused, as Google refuses those of API clients.

    Raises 400 for missing, mixed, reversed or unreadable times and for a recurrence that cannot be expanded.
    """
    body = dict(body)
    for name in ("start", "end"):
        body[name] = _settled_point(calendar, body.get(name), name)
    if ("date" in body["start"]) != ("date" in body["end"]):
        raise invalid("Invalid start time.", "start")
    length = epoch(body["end"], calendar.zone) - epoch(body["start"], calendar.zone)
    if length < 0 or (length == 0 and not zero_length):
        raise invalid("The specified time range is empty.", "timeMax", "timeRangeEmpty")
    if not body.get("recurrence"):
        body.pop("recurrence", None)
        return body
    if "dateTime" in body["start"] and not body["start"].get("timeZone"):
        raise required("Missing time zone definition for start time.")
    try:
        series_of(body, calendar.zone)
    except (ValueError, TypeError, AttributeError) as error:
        raise invalid("Invalid recurrence rule.") from error
    return body


def _settled_point(calendar: Calendar, point: object, name: str) -> Json:
    if not isinstance(point, dict) or not (point.get("date") or point.get("dateTime")):
        raise required(f"Missing {name} time.")
    if point.get("date") and point.get("dateTime"):
        raise invalid(f"Invalid {name} time.", name)
    try:
        moment = epoch(point, calendar.zone)
        if not EARLIEST < moment < LATEST:
            raise invalid(f"Invalid value for: {name}", name)
        if point.get("date"):
            return {"date": point["date"]}
        local = datetime.fromtimestamp(moment, calendar.zone)
        settled: Json = {"dateTime": wall_text(local, calendar.zone)}
        if point.get("timeZone"):
            zone(point["timeZone"])
            settled["timeZone"] = point["timeZone"]
    except (ValueError, TypeError, OverflowError, OSError) as error:
        raise invalid(f"Invalid value for: {name}", name) from error
    return settled


def check_patchable(stored: Json, changes: Json) -> None:
    """400 when a change would turn one kind of event into another: eventType is fixed at creation."""
    kind = changes.get("eventType", stored.get("eventType"))
    if kind != stored.get("eventType"):
        raise ApiError(400, "eventTypeRestriction", "Event type cannot be changed.", domain="calendar")
