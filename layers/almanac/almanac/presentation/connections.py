"""Workspaces, their accounts and calendars, as JSON and as text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from almanac.domain.operations.connections import ConnectedCalendar
from almanac.domain.operations.workspaces import ListedAccount, ListedWorkspace
from almanac.presentation.tables import instant_text, listing

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


def account_text(email: str, calendars: Sequence[ConnectedCalendar], *, reconnected: bool) -> str:
    """Return what became of an account that was connected just now, and its calendars as a table."""
    done = "connected again" if reconnected else "connected"
    return f"{done}: {email} with {len(calendars)} calendar(s)\n\n{_table(calendars)}"


def workspaces_document(workspaces: Sequence[ListedWorkspace]) -> Mapping[str, object]:
    """Return the JSON document of a list of workspaces."""
    return {"workspaces": [asdict(each) for each in workspaces]}


def workspaces_text(workspaces: Sequence[ListedWorkspace]) -> str:
    """Return the workspaces as a table, and how to add one when there is none."""
    head = ("WORKSPACE", "TIME ZONE", "ACCOUNTS", "CALENDARS", "LAST SYNC")
    rows = (
        ((each.name, each.time_zone, each.accounts, each.calendars, instant_text(each.last_synced_at)), [each.ws_id])
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
            [each.account_id, f"{each.email}, user {each.user_id}", each.error],
        )
        for each in accounts
    )
    return listing(head, rows) if accounts else "no account; `almanac account add --help` tells how to connect one"


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
