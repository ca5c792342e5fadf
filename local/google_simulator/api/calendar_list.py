"""calendarList, calendars and colors: which calendars an account sees, in which role, in which colours."""

from typing import cast

from local.google_simulator.api.errors import full_sync_required, invalid, required
from local.google_simulator.api.query import Params, first, flag, size
from local.google_simulator.world.event import Json
from local.google_simulator.world.state import ROLE_RANK, Account, Calendar, Entry, Role, World
from local.google_simulator.world.times import stamp_text, zone
from local.google_simulator.world.tokens import PageToken, SyncToken, decode, encode

PALETTE = {"8": "#16a765", "14": "#9fe1e7", "16": "#4986e7", "17": "#9a9cff", "22": "#f691b2", "24": "#a47ae2"}
"""Calendar colours by colorId (a part of Google's)."""
_EVENT_PALETTE = {"1": "#a4bdfc", "5": "#fbd75b", "9": "#5484ed", "10": "#51b749", "11": "#dc2127"}
_REMINDERS = [{"method": "popup", "minutes": 30}]
_EVERY = "calendarList"


def listing(world: World, account: Account, params: Params) -> Json:
    """calendarList.list: 100 entries a page, at most 250; a sync token lists what changed, removed entries too."""
    since = _since(account, params)
    wanted = [entry for entry in account.entries.values() if entry.changed > since and _asked(entry, params, since)]
    wanted.sort(key=lambda entry: (not entry.primary, entry.calendar_id))
    start = _offset(account, params)
    stop = start + size(params, default=100, most=250)
    answer: Json = {
        "kind": "calendar#calendarList",
        "etag": f'"p{account.list_sequence}"',
        "items": [entry_body(world, entry) for entry in wanted[start:stop]],
    }
    if stop < len(wanted):
        token = PageToken(account.email, _EVERY, "", account.list_sequence, stop, 0, 0)
        return answer | {"nextPageToken": encode(token)}
    return answer | {"nextSyncToken": encode(SyncToken(account.email, _EVERY, "", account.list_sequence, 0))}


def entry_body(world: World, entry: Entry) -> Json:
    """One list entry; a deleted one keeps its id only."""
    if entry.deleted:
        return {"kind": "calendar#calendarListEntry", "etag": entry.etag, "id": entry.calendar_id, "deleted": True}
    calendar = world.calendar(entry.calendar_id)
    body: Json = {
        "kind": "calendar#calendarListEntry",
        "etag": entry.etag,
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": calendar.time_zone,
        "colorId": entry.color_id,
        "backgroundColor": PALETTE[entry.color_id],
        "foregroundColor": "#000000",
        "accessRole": entry.role,
        "defaultReminders": _REMINDERS if entry.primary else [],
        "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
    }
    if calendar.description:
        body["description"] = calendar.description
    flags = {"primary": entry.primary, "hidden": entry.hidden, "selected": entry.selected}
    return body | {name: True for name, value in flags.items() if value}


def calendar_body(calendar: Calendar) -> Json:
    """The calendar itself, as calendars.get shows it."""
    return {
        "kind": "calendar#calendar",
        "etag": f'"c{calendar.sequence}"',
        "id": calendar.id,
        "summary": calendar.summary,
        "description": calendar.description,
        "timeZone": calendar.time_zone,
    }


def create(world: World, account: Account, body: Json) -> Calendar:
    """calendars.insert: a secondary calendar of the account, UTC unless it names a zone. 400 without a summary."""
    if not body.get("summary"):
        raise required("Missing summary.")
    calendar_id = f"c_{world.new_id()}@group.calendar.google.com"
    calendar = add(world, account, calendar_id, body["summary"], body.get("timeZone", "UTC"))
    calendar.description, calendar.made_by_client = body.get("description", ""), True
    return calendar


def add(world: World, owner: Account, calendar_id: str, summary: str, time_zone: str) -> Calendar:
    """A new calendar in its owner's list; primary when its id is the owner's address. 400 for an unknown zone."""
    try:
        zone(time_zone)
    except ValueError as error:
        raise invalid("Invalid value for: timeZone", "timeZone") from error
    primary = calendar_id == owner.email
    calendar = Calendar(calendar_id, summary, time_zone, owner.email, primary=primary)
    world.calendars[calendar_id] = calendar
    world.put_entry(owner, Entry(calendar_id, "owner", primary=primary))
    return calendar


def colors(world: World) -> Json:
    """colors.get: the palettes that colorId points into."""
    return {
        "kind": "calendar#colors",
        "updated": stamp_text(world.clock.now()),
        "calendar": {key: {"background": value, "foreground": "#1d1d1d"} for key, value in PALETTE.items()},
        "event": {key: {"background": value, "foreground": "#1d1d1d"} for key, value in _EVENT_PALETTE.items()},
    }


def _asked(entry: Entry, params: Params, since: int) -> bool:
    if since:
        return True
    if entry.deleted:
        return flag(params, "showDeleted")
    least = cast("Role", first(params, "minAccessRole") or "freeBusyReader")
    if least not in ROLE_RANK:
        raise invalid("Invalid value for: minAccessRole", "minAccessRole", "invalidParameter")
    return (not entry.hidden or flag(params, "showHidden")) and ROLE_RANK[entry.role] >= ROLE_RANK[least]


def _since(account: Account, params: Params) -> int:
    text = first(params, "syncToken")
    if text is None:
        return 0
    if "minAccessRole" in params:
        raise invalid("Sync token cannot be combined with minAccessRole.", "minAccessRole")
    token = decode(SyncToken, text, "syncToken")
    if (token.account, token.calendar) != (account.email, _EVERY):
        raise full_sync_required()
    return token.sequence


def _offset(account: Account, params: Params) -> int:
    text = first(params, "pageToken")
    if text is None:
        return 0
    token = decode(PageToken, text, "pageToken")
    if (token.account, token.calendar) != (account.email, _EVERY):
        raise invalid("Invalid page token value.", "pageToken")
    return token.offset
