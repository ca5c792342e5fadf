"""Push channels, as JSON and as text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from almanac.domain.operations.channels import ListedChannel
from almanac.presentation.tables import instant_text, listing

_OFF = "push is off: set ALMANAC_PUBLIC_URL and ALMANAC_PUSH_KEYS; calendars are asked at every tick"
_NONE = "no channel; the next sync of a workspace watches its calendars"


def document(channels: Sequence[ListedChannel], *, on: bool) -> Mapping[str, object]:
    """Return the JSON document."""
    return {"push": "on" if on else "off", "channels": [asdict(channel) for channel in channels]}


def text(channels: Sequence[ListedChannel], *, on: bool) -> str:
    """Return the channels as a table, and why there is none."""
    if not channels:
        return _NONE if on else _OFF
    head = ("CALENDAR", "WORKSPACE", "STATE", "LAST RING", "ENDS", "MISSED")
    rows = (
        (
            (
                each.calendar or "(removed)",
                each.workspace,
                _state(each),
                instant_text(each.last_message_at),
                instant_text(each.expires_at),
                each.missed_pushes,
            ),
            [each.id, each.calendar_id, *_notes(each)],
        )
        for each in channels
    )
    table = listing(head, rows)
    return table if on else f"{_OFF}\n\n{table}"


def _state(channel: ListedChannel) -> str:
    if channel.status != "active":
        return channel.status
    if channel.healthy:
        return "healthy"
    return "active" if channel.verified_at is not None else "not verified"


def _notes(channel: ListedChannel) -> list[str]:
    said = []
    if channel.ours is False:
        said.append("of another installation")
    elif channel.here is False:
        said.append("at another address: to be replaced")
    if channel.last_error_type is not None:
        said.append(channel.last_error_type)
    if channel.retry_at is not None:
        said.append(f"asked again after {instant_text(channel.retry_at)}")
    return said
