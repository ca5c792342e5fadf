"""events.watch, calendarList.watch and channels.stop: https://developers.google.com/workspace/calendar/api/guides/push."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from local.google_simulator.api.errors import ApiError, invalid, not_found, required
from local.google_simulator.api.reply import Payload, Reply, json_reply
from local.google_simulator.world.channels import Channel
from local.google_simulator.world.event import Json
from local.google_simulator.world.state import Account
from local.google_simulator.world.store import Store

if TYPE_CHECKING:
    from local.google_simulator.api.operations import Call

_ID = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")
_TYPES = ("web_hook", "webhook")
_LONGEST_TOKEN = 256
_UNWATCHABLE_ENDING = "@group.v.calendar.google.com"
_ROOT = "https://www.googleapis.com/calendar/v3/"


def watch_events(store: Store, account: Account, call: "Call") -> Reply:
    """A channel for one calendar. 404 and 403 as for a listing; 400 or 403 where Google has no push for it."""
    target, _ = store.world.open(account, call.steps[1], "freeBusyReader")
    refused = store.world.channels.unwatchable.get(target.id)
    if refused is None and target.id.endswith(_UNWATCHABLE_ENDING):
        refused = 400
    if refused is not None:
        message = "Push notifications are not supported by this resource."
        raise ApiError(refused, "pushNotSupportedForRequestedResource", message)
    uri = f"{_ROOT}calendars/{quote(target.id)}/events?alt=json"
    return _watch(store, account, target.id, uri, target.sequence, call.document())


def watch_calendars(store: Store, account: Account, call: "Call") -> Reply:
    """A channel for an account's calendar list."""
    return _watch(
        store, account, None, f"{_ROOT}users/me/calendarList?alt=json", account.list_sequence, call.document()
    )


def stop(store: Store, account: Account, call: "Call") -> Reply:
    """End a channel: by the user who made it, with both of its ids, else 404."""
    body = call.document()
    channel = store.world.channels.by_id.get(str(body.get("id")))
    now = store.world.clock.now()
    if channel is None or not channel.is_live(now):
        raise not_found()
    if channel.account != account.email or body.get("resourceId") != channel.resource_id:
        raise not_found()
    channel.stopped, channel.after_stop = True, store.world.settings.push_after_stop
    return Reply(204, Payload(b""))


def _watch(store: Store, account: Account, calendar_id: str | None, uri: str, told: int, body: Json) -> Reply:
    world, settings = store.world, store.world.settings
    _check(body, set(world.channels.by_id), https_only=settings.push_https_only)
    now = world.clock.now()
    ends = min(_asked_end(body, now), now + timedelta(seconds=settings.push_max_seconds))
    resource = f"{account.email if calendar_id is None else ''}{calendar_id or 'list'}"
    channel = Channel(
        id=body["id"],
        resource_id=world.resource_id(resource),
        resource_uri=uri,
        account=account.email,
        calendar_id=calendar_id,
        address=body["address"],
        token=body.get("token"),
        expires_at=ends.replace(microsecond=0),
        told=told,
    )
    world.channels.by_id[channel.id] = channel
    if settings.push_sync != "never":
        store.deliveries.announce(channel)
    if settings.push_sync == "before":
        store.deliveries.deliver()
    millis = int(channel.expires_at.timestamp() * 1000)
    answer = {
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource_id,
        "resourceUri": channel.resource_uri,
        "expiration": millis if settings.push_expiration == "number" else str(millis),
    }
    return json_reply(answer | ({"token": channel.token} if channel.token is not None else {}))


def _check(body: Json, known: set[str], *, https_only: bool) -> None:
    """400 as Google: wrong type, unusable or used id, an address that is not https, a token that is too long."""
    for name in ("id", "type", "address"):
        if not body.get(name):
            raise required(f"Missing required field: {name}")
    if body["type"] not in _TYPES:
        raise invalid("Unknown channel type.", reason="push.channelTypeUnknown")
    if not _ID.fullmatch(str(body["id"])):
        raise invalid("Invalid channel id.", reason="push.channelIdInvalid")
    if body["id"] in known:
        raise invalid(f"Channel id {body['id']} not unique", reason="channelIdNotUnique")
    if len(str(body.get("token") or "")) > _LONGEST_TOKEN:
        raise invalid("Channel token too long.", reason="push.channelTokenTooLong")
    parts = urlsplit(str(body["address"]))
    if parts.scheme != "https" and (https_only or parts.hostname != "127.0.0.1"):
        raise invalid("WebHook callback must be HTTPS", reason="push.webhookUrlNotHttps")


def _asked_end(body: Json, now: datetime) -> datetime:
    """`expiration` in epoch milliseconds, or `params.ttl` in seconds; a week unless asked otherwise."""
    params = body.get("params") or {}
    try:
        if body.get("expiration") is not None:
            return datetime.fromtimestamp(int(body["expiration"]) / 1000, UTC)
        return now + timedelta(seconds=int(params.get("ttl", 604_800)))
    except (ValueError, TypeError, OverflowError) as error:
        raise invalid("Invalid expiration.", "expiration") from error
