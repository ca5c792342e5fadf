"""Changes to events: insert, patch, update, delete, and move."""

from local.google_simulator.api import errors
from local.google_simulator.api.resource import check_patchable, complete, merged, replaced, settle
from local.google_simulator.world.event import Json, Version, version_of
from local.google_simulator.world.state import Calendar, World
from local.google_simulator.world.times import epoch
from local.google_simulator.world.views import LATEST, exceptions, instance, masters_live

_GUEST_FIELDS = {"attendees", "reminders", "colorId", "transparency", "visibility", "extendedProperties", "status"}


def find(calendar: Calendar, event_id: str) -> Version:
    """The event, the stored exception or the generated instance with this id, or 404."""
    record = calendar.records.get(event_id)
    if record and not record.forgotten:
        return record.current
    version = instance(calendar, event_id)
    if version is None:
        raise errors.not_found()
    return version


def gone(calendar: Calendar, version: Version) -> bool:
    """Whether the event is deleted, itself or with its series."""
    return not version.live or (version.series is not None and not masters_live(calendar, version, LATEST))


def insert(
    world: World,
    calendar: Calendar,
    actor: str,
    body: Json,
    event_id: str | None = None,
    *,
    zero_length: bool = True,
) -> Version:
    """A new event. 409 when the id was ever used on this calendar, 400 for unusable times."""
    event_id = event_id or world.new_id()
    if event_id in calendar.records:
        raise errors.duplicate()
    settled = settle(calendar, complete(calendar, actor, body, event_id), zero_length=zero_length)
    updated, etag = world.stamp()
    return _store(calendar, settled | {"created": updated[:-4] + "000Z"}, updated, etag)


def patch(
    world: World,
    calendar: Calendar,
    event_id: str,
    changes: Json,
    if_match: str | None = None,
    *,
    as_organizer: bool = False,
    zero_length: bool = True,
) -> Version:
    """Merge changes into an event; a change to a generated instance makes it an exception.

    404 when unknown, 412 for another etag, 400 for bad values, 403 for what only the organizer may change.
    """
    current = find(calendar, event_id)
    _check(world, calendar, current, changes, if_match)
    if not as_organizer:
        _check_organizer(current.body, changes)
    return _save(world, calendar, current.body, merged(current.body, changes), zero_length=zero_length)


def update(
    world: World,
    calendar: Calendar,
    event_id: str,
    body: Json,
    if_match: str | None = None,
    *,
    zero_length: bool = True,
) -> Version:
    """Replace an event whole, also to bring a deleted one back with status confirmed."""
    current = find(calendar, event_id)
    _check(world, calendar, current, body, if_match)
    _check_organizer(current.body, body)
    return _save(world, calendar, current.body, replaced(current.body, body), zero_length=zero_length)


def delete(world: World, calendar: Calendar, event_id: str, if_match: str | None = None) -> None:
    """Cancel an event, a whole series, or one instance. 410 when it is gone already, 412 first if guarded."""
    current = find(calendar, event_id)
    _check_match(current, if_match)
    if gone(calendar, current):
        raise errors.deleted()
    _cancel(world, calendar, current.body)


def move(world: World, source: Calendar, event_id: str, target: Calendar) -> Version:
    """Move an event with its exceptions: cancelled on the source, under the same id on the target.

    Only plain events move, and whole series, never one instance (400).
    """
    current = find(source, event_id)
    if gone(source, current):
        raise errors.not_found()
    if current.event_type != "default" or current.series:
        raise errors.invalid("This event cannot be moved.", reason="cannotChangeOrganizer")
    organizer = complete(target, target.owner, {}, event_id)["organizer"]
    parts = [current, *exceptions(source, event_id, LATEST)]
    _cancel(world, source, current.body)
    updated, etag = world.stamp()
    moved = [_store(target, settle(target, part.body | {"organizer": organizer}), updated, etag) for part in parts]
    return moved[0]


def _check(world: World, calendar: Calendar, current: Version, changes: Json, if_match: str | None) -> None:
    _check_match(current, if_match)
    check_patchable(current.body, changes)
    if gone(calendar, current) and (not world.settings.revival or changes.get("status") != "confirmed"):
        raise errors.ApiError(403, "forbidden", "Forbidden")


def _check_organizer(stored: Json, changes: Json) -> None:
    guest = not stored.get("organizer", {}).get("self") and not stored.get("guestsCanModify")
    altered = {key for key, value in changes.items() if value != stored.get(key)}
    if guest and altered - _GUEST_FIELDS - {"sequence", "etag", "updated", "kind"}:
        raise errors.not_organizer()


def _check_match(current: Version, if_match: str | None) -> None:
    if if_match not in (None, "*", current.etag):
        raise errors.condition_not_met()


def _save(world: World, calendar: Calendar, before: Json, body: Json, *, zero_length: bool) -> Version:
    if body["status"] == "cancelled":
        return _cancel(world, calendar, before)
    settled = settle(calendar, body, zero_length=zero_length)
    if _when(calendar, settled) != _when(calendar, before):
        settled["sequence"] = before["sequence"] + 1
    return _store(calendar, settled, *world.stamp())


def _when(calendar: Calendar, body: Json) -> tuple[object, ...]:
    """What raises the sequence number when it changes: the instants, not the zone they are written in."""
    times = (epoch(body[name], calendar.zone) for name in ("start", "end"))
    return (*times, "date" in body["start"], body.get("recurrence"))


def _cancel(world: World, calendar: Calendar, body: Json) -> Version:
    """Cancelling an instance also changes its master's etag, though no other instance (seen in real deltas)."""
    stamp = world.stamp()
    series = calendar.records.get(body.get("recurringEventId", ""))
    if series and series.current.live:
        master = series.current
        touched = master.body | {"updated": stamp[0], "etag": stamp[1]}
        calendar.store(version_of(touched, calendar.zone, content_etag=master.content_etag), stamp[0])
    return _store(calendar, body | {"status": "cancelled"}, *stamp)


def _store(calendar: Calendar, body: Json, updated: str, etag: str) -> Version:
    return calendar.store(version_of(body | {"updated": updated, "etag": etag}, calendar.zone), updated)
