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
        replaced=row[3],
        calendar_id=row[4],
        remote_id=row[5],
        generation=row[6],
        state=row[7],
        desired=row[8],
        revision=row[9],
        base=row[10],
        ours=row[11],
        base_etag=row[12],
        base_revision=row[13],
        theirs=frozenset(row[14]),
        sent=row[15],
        sent_revision=row[16],
        bodies=row[17],
        doubt=row[18],
        attempts=row[19],
        refusals=row[20],
        insists=row[21],
        missed=row[22],
        item=row[23],
        given_up=row[24],
        gone_since=row[25],
    )


def place_from(ws_id: UUID, row: Sequence[Any], granted: Granted) -> tuple[Place, Account]:
    """A row of places."""
    account = Account(ws_id, *row[17:25])
    scopes, role, made = row[4] or (), row[2], row[8]
    allowed = granted(account.provider, scopes, role == "owner", made) if scopes else None
    place = Place(row[0], row[1], role, row[3], row[5], row[6], row[7], allowed, row[9], row[10], row[11], *row[12:17])
    return place, account


def account_key(account: Account) -> str:
    """Return what names the account in its budget: limits are the account's, in however many workspaces it is."""
    return f"{account.provider}:{account.email}"
