"""events.instances: the occurrences of one series, exceptions in their place."""

from local.google_simulator.api.errors import invalid, not_found
from local.google_simulator.api.listing import Slice, ordered
from local.google_simulator.api.query import Params, events_query, first
from local.google_simulator.world.event import Version
from local.google_simulator.world.state import Calendar, World
from local.google_simulator.world.tokens import PageToken, decode, encode
from local.google_simulator.world.views import Window, exceptions, series_view

_MOMENT = 0.001
_DAY = 86_400


def instances_page(world: World, email: str, calendar: Calendar, series_id: str, params: Params) -> Slice:
    """One page, by start. timeMin includes the instance that ends at it, unlike in events.list. 404 for no series."""
    now = world.clock.now().timestamp()
    query = events_query(params, now)
    if calendar.records.get(series_id) is None:
        raise not_found()
    place = decode(PageToken, query.page_token, "pageToken") if query.page_token else None
    if place and (place.account, place.calendar, place.query) != (email, calendar.id, series_id + query.identity):
        raise invalid("Invalid page token value.", "pageToken")
    until = place.sequence if place else calendar.sequence
    horizon = place.horizon if place else now // _DAY * _DAY + world.settings.expansion_days * _DAY
    start_bound = None if query.time_min is None else query.time_min - _MOMENT
    window = Window(start_bound, query.time_max, horizon)
    found = list(series_view(calendar, series_id, window, until).values())
    if query.show_deleted:
        found += [version for version in exceptions(calendar, series_id, until) if not version.live]
    wanted = ordered([version for version in found if _starts_at(version, first(params, "originalStart"))], "startTime")
    start = place.offset if place else 0
    stop = start + query.max_results
    key = f"{email} {series_id} {query.identity} {until} {horizon} {start} {stop}"
    if stop >= len(wanted):
        return Slice(wanted[start:stop], None, None, key)
    token = PageToken(email, calendar.id, series_id + query.identity, until, stop, 0, horizon)
    return Slice(wanted[start:stop], encode(token), None, key)


def _starts_at(version: Version, original: str | None) -> bool:
    if original is None:
        return True
    slot = version.body.get("originalStartTime", {})
    return original in (slot.get("dateTime"), slot.get("date"))
