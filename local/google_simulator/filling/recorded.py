"""Events in Google's recorded JSON, taken over as they are: their ids, etags, zones and oddities."""

from typing import Any

from local.google_simulator.api.errors import invalid
from local.google_simulator.world.event import Json, version_of
from local.google_simulator.world.recurrence import series_of
from local.google_simulator.world.state import Calendar, World
from local.google_simulator.world.times import epoch


def load_events(world: World, calendar: Calendar, document: Any) -> int:
    """Store every event of an events.list answer, of a list, or one event. Returns how many.

    Raises 400 when one is not an event; then none is stored.
    """
    items = document.get("items", [document]) if isinstance(document, dict) else document
    if not isinstance(items, list):
        raise invalid("Neither an event nor a list of events.")
    versions = []
    for number, item in enumerate(items, start=1):
        try:
            body = _whole(world, calendar, item)
            if "recurrence" in body and body["status"] != "cancelled":
                series_of(body, calendar.zone)
            version = version_of(body, calendar.zone)
            if not version.live and version.series is None:
                version.series = _series_of(version.id)
            versions.append(version)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise invalid(f"Item {number} is not a storable event ({type(error).__name__}).") from error
    calendar.expansions.clear()  # a recorded etag may come again with other content
    for version in versions:
        calendar.store(version, version.body["updated"])
    return len(versions)


def _whole(world: World, calendar: Calendar, item: Json) -> Json:
    """A recorded event with what a tombstone may lack: times, from its slot or from its id, and a stamp."""
    updated, etag = world.stamp()
    body: Json = {"kind": "calendar#event", "updated": updated, "etag": etag, "status": "confirmed", **item}
    if "start" not in body:
        slot = body.get("originalStartTime") or _slot_of(body["id"]) or {"dateTime": updated}
        body |= {"start": slot, "end": slot}
    body.setdefault("end", body["start"])
    epoch(body["start"], calendar.zone)
    return body


def _series_of(event_id: str) -> str | None:
    """The series of a cancelled instance that does not name it."""
    return event_id.rpartition("_")[0] if _slot_of(event_id) else None


def _slot_of(event_id: str) -> Json | None:
    """The slot an instance id names: `<series>_20260803T070000Z` or `<series>_20260803`."""
    _, _, suffix = event_id.rpartition("_")
    day, _, clock = suffix.partition("T")
    if len(day) != 8 or not day.isdecimal():
        return None
    date = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    return {"dateTime": f"{date}T{clock[:2]}:{clock[2:4]}:{clock[4:6]}Z"} if clock else {"date": date}
