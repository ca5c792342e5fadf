"""Workspaces, their accounts, calendars and push channels, as JSON and as text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from almanac.domain.operations.channels import ListedChannel
from almanac.domain.operations.connections import ConnectedCalendar
from almanac.domain.operations.workspaces import ListedAccount, ListedWorkspace
from almanac.presentation.phrases import names
from almanac.presentation.tables import instant_text, listing

_PUSH_OFF = "push is off: set ALMANAC_PUBLIC_URL and ALMANAC_PUSH_KEYS; calendars are asked at every tick"
_NO_CHANNEL = "no channel; the next sync of a workspace watches its calendars"
_DIRECTIONS = {(True, True): "both", (True, False): "inbound", (False, True): "outbound", (False, False): "none"}


def document(ws_id: UUID, calendars: Sequence[ConnectedCalendar]) -> Mapping[str, object]:
    """Return the JSON document of a workspace's calendars."""
    return {"ws_id": ws_id, "connections": [asdict(calendar) for calendar in calendars]}


def text(calendars: Sequence[ConnectedCalendar]) -> str:
    """Return the calendars as a table."""
    return _table(calendars) if calendars else "no calendar is connected"


def account_document(
    account_id: UUID, ws_id: UUID, email: str, calendars: Sequence[ConnectedCalendar], *, reconnected: bool
) -> Mapping[str, object]:
    """Return the JSON document of an account that was connected just now."""
    account = {"account_id": account_id, "ws_id": ws_id, "email": email, "reconnected": reconnected}
    return {**account, "connections": [asdict(calendar) for calendar in calendars]}


def account_text(
    account_id: UUID, calendars: Sequence[ConnectedCalendar], accounts: Sequence[ListedAccount], *, reconnected: bool
) -> str:
    """Return what became of an account that was connected just now, and its calendars as a table.

    `accounts` are all of its workspace.
    """
    done = "connected again" if reconnected else "connected"
    account = next(each for each in accounts if each.account_id == account_id)
    said = [f"{done}: {account.email} with {len(calendars)} calendar(s)", *_also_of(account, accounts)]
    return "\n".join([*said, "", _table(calendars)])


def workspaces_document(workspaces: Sequence[ListedWorkspace]) -> Mapping[str, object]:
    """Return the JSON document of a list of workspaces."""
    return {"workspaces": [asdict(each) for each in workspaces]}


def workspaces_text(workspaces: Sequence[ListedWorkspace]) -> str:
    """Return the workspaces as a table, and how to add one when there is none."""
    head = ("WORKSPACE", "TIME ZONE", "ACCOUNTS", "CALENDARS", "LAST SYNC")
    rows = (
        (
            (each.name, each.time_zone, each.accounts, each.calendars, instant_text(each.last_synced_at)),
            [each.ws_id, f"paused since {instant_text(each.paused_at)}" if each.paused_at else None],
        )
        for each in workspaces
    )
    return listing(head, rows) if workspaces else "no workspace; `almanac workspace add --help` tells how to add one"


def accounts_document(accounts: Sequence[ListedAccount]) -> Mapping[str, object]:
    """Return the JSON document of a list of accounts."""
    return {"accounts": [asdict(each) for each in accounts]}


def accounts_text(accounts: Sequence[ListedAccount]) -> str:
    """Return the accounts as a table."""
    head = ("ACCOUNT", "WORKSPACE", "CALENDARS", "READ", "STATUS")
    rows = (
        (
            (each.email, each.workspace, each.calendars, each.read, each.status),
            [each.account_id, f"{each.email}, user {each.user_id}", *_also_of(each, accounts), each.error],
        )
        for each in accounts
    )
    return listing(head, rows) if accounts else "no account; `almanac account add --help` tells how to connect one"


def _also_of(account: ListedAccount, accounts: Sequence[ListedAccount]) -> list[str]:
    """Say that others of the workspace have connected the same address, which may be meant, or a slip."""
    others = [
        each.user_id
        for each in accounts
        if (each.ws_id, each.email) == (account.ws_id, account.email) and each.account_id != account.account_id
        if "disconnected" not in (each.status, account.status)
    ]
    if not others:
        return []
    return [f"the address is connected as user {names(others)} too: its own calendar takes the time of each of them"]


def _table(calendars: Sequence[ConnectedCalendar]) -> str:
    head = ("CALENDAR", "ENABLED", "DIRECTION", "LAST SYNC", "STATUS")
    rows = (
        (
            (
                each.name,
                "yes" if each.enabled else "no",
                _DIRECTIONS[each.inbound, each.outbound],
                instant_text(each.last_synced_at),
                each.status if each.account_status == "active" else each.account_status,
            ),
            (each.calendar_id, f"of {each.account_email}, {each.access_role}", each.error),
        )
        for each in calendars
    )
    return listing(head, rows)


def channels_document(channels: Sequence[ListedChannel], *, on: bool) -> Mapping[str, object]:
    """Return the JSON document of push channels."""
    return {"push": "on" if on else "off", "channels": [asdict(channel) for channel in channels]}


def channels_text(channels: Sequence[ListedChannel], *, on: bool) -> str:
    """Return the channels as a table, and why there is none."""
    if not channels:
        return _NO_CHANNEL if on else _PUSH_OFF
    head = ("CALENDAR", "WORKSPACE", "STATE", "LAST RING", "ENDS", "MISSED")
    rows = (
        (
            (
                each.calendar or "(removed)",
                each.workspace,
                _channel_state(each),
                instant_text(each.last_message_at),
                instant_text(each.expires_at),
                each.missed_pushes,
            ),
            [each.id, each.calendar_id, *_channel_notes(each)],
        )
        for each in channels
    )
    table = listing(head, rows)
    return table if on else f"{_PUSH_OFF}\n\n{table}"


def _channel_state(channel: ListedChannel) -> str:
    if channel.status != "active":
        return channel.status
    if channel.healthy:
        return "healthy"
    return "active" if channel.verified_at is not None else "not verified"


def _channel_notes(channel: ListedChannel) -> list[str]:
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
