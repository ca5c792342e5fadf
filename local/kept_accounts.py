"""Accounts that were added to `make dev` at an earlier start, put back into the simulated Google from their rows."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from local.stack.stack import Stack

_ACCOUNTS = """
SELECT a.id, a.account_email, a.refresh_token, coalesce(w.timezone, 'UTC')
FROM calendar_auth_tokens a JOIN workspaces w ON w.id = a.ws_id
WHERE a.provider = 'google' AND a.status <> 'disconnected' ORDER BY a.created_at
"""
_CALENDARS = """
SELECT calendar_id, calendar_name, coalesce(time_zone, 'UTC'), access_role FROM calendar_connections
WHERE auth_token_id = :id ORDER BY NOT is_primary, created_at
"""
_EVENTS = """
SELECT DISTINCT ON (external_event_id) external_event_id, title, start_at, end_at, start_date, end_date
FROM workspace_calendar_events WHERE provider = 'google' AND external_calendar_id = :calendar
"""
_REVIVE = (
    "UPDATE calendar_auth_tokens SET status = 'active', last_error = NULL, access_token = NULL WHERE id = :id",
    "UPDATE calendar_connections SET retry_at = NULL WHERE auth_token_id = :id",
)
_ROLES = ("owner", "writer", "reader", "freeBusyReader")


def restore_accounts(stack: Stack) -> Iterator[str]:
    """Put each account back that the simulated Google does not have, with its calendars and events; yield addresses.

    Events come back one by one: what was a series is its instances now.
    """
    database, google = stack.wiring.database, stack.google
    known = {account["email"] for account in google.accounts()}
    calendars = {calendar["id"] for account in google.accounts() for calendar in account["calendars"]}
    for account_id, email, token, zone in database.run(_ACCOUNTS):
        if email in known:
            continue
        google.add_account(email, time_zone=zone, refresh_token=stack.wiring.cipher.decrypt(token))
        known.add(email)
        _restore_calendars(stack, account_id, email, calendars)
        for statement in _REVIVE:
            database.run(statement, id=account_id)
        yield email


def _restore_calendars(stack: Stack, account_id: UUID, email: str, known: set[str]) -> None:
    google = stack.google
    for calendar, name, zone, role in stack.wiring.database.run(_CALENDARS, id=account_id):
        if calendar in known:
            google.set_entry(calendar, email, role=role if role in _ROLES else "reader")
            continue
        known.add(calendar)
        if calendar != email:
            google.add_calendar(email, name, calendar_id=calendar, time_zone=zone)
        for event_id, title, *times in stack.wiring.database.run(_EVENTS, calendar=calendar):
            google.insert_event(calendar, {"summary": title, **_span(*times)}, event_id=event_id)


def _span(start: datetime, end: datetime, first: Any, after: Any) -> dict[str, Any]:
    if first is not None:
        return {"start": {"date": first.isoformat()}, "end": {"date": after.isoformat()}}
    return {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}
