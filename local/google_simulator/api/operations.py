"""The operations of the Calendar API v3 that the simulator answers, by method and path."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from local.google_simulator.api import calendar_list, client_body, writes
from local.google_simulator.api.errors import invalid, required
from local.google_simulator.api.event_pages import item_view
from local.google_simulator.api.fields import parse, select
from local.google_simulator.api.instances import instances_page
from local.google_simulator.api.listing import Slice
from local.google_simulator.api.query import EventsQuery, Params, events_query, first
from local.google_simulator.api.render import View
from local.google_simulator.api.reply import Payload, Reply
from local.google_simulator.api.resource import check_client_id
from local.google_simulator.control.faults import Fault
from local.google_simulator.push import operations as push
from local.google_simulator.world.event import Json, Version
from local.google_simulator.world.state import Account, Calendar, Entry
from local.google_simulator.world.store import Store

API_PREFIX = "/calendar/v3/"
"""Where the API begins below the root."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request: `path` as sent, header names in lower case, and the faults that act on it."""

    method: str
    path: str
    params: Params
    headers: dict[str, str]
    body: bytes
    faults: list[Fault]

    @property
    def steps(self) -> list[str]:
        """The path below the prefix, unquoted."""
        return [unquote(step) for step in self.path.removeprefix(API_PREFIX).split("/")]

    def document(self) -> Json:
        """The JSON body. 400 when it is not an object."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise invalid("Parse Error", reason="parseError") from error
        if not isinstance(value, dict):
            raise invalid("Parse Error", reason="parseError")
        return value


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of the API and what answers it."""

    name: str
    run: Callable[[Store, Account, Call], Reply]


def route(call: Call) -> Operation | None:
    """The operation of a method and path, or None."""
    steps = call.steps
    for (method, pattern), operation in _OPERATIONS.items():
        shape = pattern.split("/")
        if method == call.method and len(shape) == len(steps) and all(map(_fits, shape, steps)):
            return operation
    return None


def _fits(wanted: str, step: str) -> bool:
    return bool(step) and wanted in ("*", step)


def _list_calendars(store: Store, account: Account, call: Call) -> Reply:
    return _masked(calendar_list.listing(store.world, account, call.params), call)


def _get_entry(store: Store, account: Account, call: Call) -> Reply:
    entry = store.world.entry(account, call.steps[3])
    return _masked(calendar_list.entry_body(store.world, entry), call)


def _get_calendar(store: Store, account: Account, call: Call) -> Reply:
    calendar, _ = store.world.open(account, call.steps[1], "freeBusyReader")
    return _masked(calendar_list.calendar_body(calendar), call)


def _insert_calendar(store: Store, account: Account, call: Call) -> Reply:
    return _masked(calendar_list.calendar_body(calendar_list.create(store.world, account, call.document())), call)


def _colors(store: Store, _account: Account, call: Call) -> Reply:
    return _masked(calendar_list.colors(store.world), call)


def _list_events(store: Store, account: Account, call: Call) -> Reply:
    calendar, entry = store.world.open(account, call.steps[1], "reader")
    query = events_query(call.params, store.world.clock.now().timestamp())
    part = _slice(store, account, calendar, query, call.faults)
    return _page(store, calendar, entry, part, call)


def _slice(store: Store, account: Account, calendar: Calendar, query: EventsQuery, faults: list[Fault]) -> Slice:
    size, nothing = None, False
    for fault in faults:
        if fault.action == "empty_page":
            size = 0
        elif fault.action == "short_page":
            size = fault.count
        elif fault.action == "empty_listing":
            nothing = True
    return store.listings.page(account.email, calendar, query, size=size, nothing=nothing)


def _page(store: Store, calendar: Calendar, entry: Entry, part: Slice, call: Call) -> Reply:
    fields = first(call.params, "fields") or ""
    view = item_view(_view(store, entry, call.params), fields)
    return Reply(200, store.pages.payload(calendar, entry, part, view, fields, call.faults))


def _list_instances(store: Store, account: Account, call: Call) -> Reply:
    calendar, entry = store.world.open(account, call.steps[1], "reader")
    part = instances_page(store.world, account.email, calendar, call.steps[3], call.params)
    return _page(store, calendar, entry, part, call)


def _get_event(store: Store, account: Account, call: Call) -> Reply:
    calendar, entry = store.world.open(account, call.steps[1], "reader")
    found = writes.find(calendar, call.steps[3])
    return _event(store, entry, found, call, whole=_is_organizers(found))


def _is_organizers(version: Version) -> bool:
    """Whether it is on its organizer's calendar: asked for by name it has all its details, even cancelled."""
    return bool(version.body.get("organizer", {}).get("self"))


def _insert_event(store: Store, account: Account, call: Call) -> Reply:
    calendar, entry = store.world.open(account, call.steps[1], "writer")
    body = call.document()
    chosen = check_client_id(body["id"]) if "id" in body else None
    client_body.check_identity(body)
    client_body.count_creation(store.world, account)
    kept, zero = _accepted(store, call, body), _zero_length(store)
    made = writes.insert(store.world, calendar, account.email, kept, chosen, zero_length=zero)
    return _event(store, entry, made, call)


def _patch_event(store: Store, account: Account, call: Call) -> Reply:
    calendar, entry = store.world.open(account, call.steps[1], "writer")
    body, guard = _accepted(store, call, call.document()), call.headers.get("if-match")
    changed = writes.patch(store.world, calendar, call.steps[3], body, guard, zero_length=_zero_length(store))
    return _event(store, entry, changed, call)


def _update_event(store: Store, account: Account, call: Call) -> Reply:
    calendar, entry = store.world.open(account, call.steps[1], "writer")
    stored = writes.find(calendar, call.steps[3]).body
    body, guard = _accepted(store, call, call.document(), stored), call.headers.get("if-match")
    changed = writes.update(store.world, calendar, call.steps[3], body, guard, zero_length=_zero_length(store))
    return _event(store, entry, changed, call)


def _delete_event(store: Store, account: Account, call: Call) -> Reply:
    calendar, _ = store.world.open(account, call.steps[1], "writer")
    writes.delete(store.world, calendar, call.steps[3], call.headers.get("if-match"))
    return Reply(204, Payload(b""))


def _accepted(store: Store, call: Call, body: Json, stored: Json | None = None) -> Json:
    kept = client_body.coloured(body, first(call.params, "eventLabelVersion"), stored)
    return client_body.accepted(store.world.settings, kept)


def _zero_length(store: Store) -> bool:
    return store.world.settings.zero_length == "accepted"


def _move_event(store: Store, account: Account, call: Call) -> Reply:
    source, _ = store.world.open(account, call.steps[1], "writer")
    destination = first(call.params, "destination")
    if destination is None:
        raise required("Missing required parameter: destination")
    target, entry = store.world.open(account, destination, "writer")
    return _event(store, entry, writes.move(store.world, source, call.steps[3], target), call)


def _view(store: Store, entry: Entry, params: Params) -> View:
    limit = first(params, "maxAttendees")
    if limit is not None and not (limit.isdecimal() and int(limit)):
        raise invalid("Invalid value for: maxAttendees", "maxAttendees", "invalidParameter")
    return View(
        hides_private=entry.role == "reader",
        zone_name=first(params, "timeZone"),
        max_attendees=int(limit) if limit else None,
        tombstones=store.world.settings.tombstones,
    )


def _event(store: Store, entry: Entry, version: Version, call: Call, *, whole: bool = False) -> Reply:
    view = _view(store, entry, call.params)
    body = (replace(view, tombstones="full") if whole and view.tombstones == "minimal" else view).body(version)
    if writes.gone(store.world.calendar(entry.calendar_id), version):
        body["status"] = "cancelled"
    return _masked(body, call, etag=version.etag)


def _masked(body: Json, call: Call, etag: str | None = None) -> Reply:
    fields = first(call.params, "fields")
    answer = Payload.of(select(body, parse(fields)) if fields else body)
    return Reply(200, answer, headers={"ETag": etag} if etag else {})


_OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "users/me/calendarList"): Operation("calendarList.list", _list_calendars),
    ("GET", "users/me/calendarList/*"): Operation("calendarList.get", _get_entry),
    ("GET", "calendars/*"): Operation("calendars.get", _get_calendar),
    ("POST", "calendars"): Operation("calendars.insert", _insert_calendar),
    ("GET", "colors"): Operation("colors.get", _colors),
    ("GET", "calendars/*/events"): Operation("events.list", _list_events),
    ("POST", "calendars/*/events"): Operation("events.insert", _insert_event),
    ("GET", "calendars/*/events/*"): Operation("events.get", _get_event),
    ("PATCH", "calendars/*/events/*"): Operation("events.patch", _patch_event),
    ("PUT", "calendars/*/events/*"): Operation("events.update", _update_event),
    ("DELETE", "calendars/*/events/*"): Operation("events.delete", _delete_event),
    ("POST", "calendars/*/events/*/move"): Operation("events.move", _move_event),
    ("GET", "calendars/*/events/*/instances"): Operation("events.instances", _list_instances),
    ("POST", "calendars/*/events/watch"): Operation("events.watch", push.watch_events),
    ("POST", "users/me/calendarList/watch"): Operation("calendarList.watch", push.watch_calendars),
    ("POST", "channels/stop"): Operation("channels.stop", push.stop),
}
