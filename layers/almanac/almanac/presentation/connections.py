"""A workspace's calendars, as JSON and as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from almanac.domain.operations.connections import ConnectedCalendar
from almanac.presentation.tables import instant_text, table

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


def _table(calendars: Sequence[ConnectedCalendar]) -> str:
    head = ("CALENDAR", "ID", "ACCOUNT", "ROLE", "ENABLED", "DIRECTION", "LAST SYNC", "STATUS", "ERROR")
    rows = (
        (
            each.name,
            each.calendar_id,
            each.account_email,
            each.access_role,
            "yes" if each.enabled else "no",
            _DIRECTIONS[each.inbound, each.outbound],
            instant_text(each.last_synced_at),
            each.status if each.account_status == "active" else each.account_status,
            each.error,
        )
        for each in calendars
    )
    return table(head, rows)
