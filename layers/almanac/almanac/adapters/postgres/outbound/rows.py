"""Rows of `outbound.sql` as what the domain decides about. Column order is that of the statements."""

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from almanac.domain.outbound.link import Link
from almanac.domain.outbound.place import Place
from almanac.services.accounts.ports import Account

Granted = Callable[[str, Collection[str], bool, bool], bool | None]
"""Whether scopes allow writing: provider, scopes, whether the calendar is the account's own, whether we made it."""


def link_from(row: Sequence[Any]) -> Link:
    """A row of due_links."""
    return Link(
        id=row[0],
        event_id=row[1],
        kind=row[2],
        successor=row[3],
        succeeded=row[4],
        calendar_id=row[5],
        remote_id=row[6],
        generation=row[7],
        state=row[8],
        desired=row[9],
        revision=row[10],
        base=row[11],
        ours=row[12],
        base_etag=row[13],
        base_revision=row[14],
        theirs=frozenset(row[15]),
        sent=row[16],
        sent_revision=row[17],
        bodies=row[18],
        doubt=row[19],
        attempts=row[20],
        refusals=row[21],
        insists=row[22],
        missed=row[23],
        item=row[24],
        given_up=row[25],
        gone_since=row[26],
    )


def place_from(ws_id: UUID, row: Sequence[Any], granted: Granted) -> tuple[Place, Account]:
    """A row of places."""
    account = Account(ws_id, *row[18:26])
    scopes, role, made = row[4] or (), row[2], row[8]
    allowed = granted(account.provider, scopes, role == "owner", made) if scopes else None
    place = Place(row[0], row[1], role, row[3], row[5], row[6], row[7], allowed, row[9], row[10], row[11], *row[12:18])
    return place, account


def account_key(account: Account) -> str:
    """Return what names the account in its budget: limits are the account's, in however many workspaces it is."""
    return f"{account.provider}:{account.email}"
