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
        succeeded_at=row[5],
        calendar_id=row[6],
        remote_id=row[7],
        generation=row[8],
        state=row[9],
        desired=row[10],
        revision=row[11],
        base=row[12],
        ours=row[13],
        base_etag=row[14],
        base_revision=row[15],
        theirs=frozenset(row[16]),
        sent=row[17],
        sent_revision=row[18],
        bodies=row[19],
        doubt=row[20],
        attempts=row[21],
        refusals=row[22],
        insists=row[23],
        missed=row[24],
        item=row[25],
        given_up=row[26],
        gone_since=row[27],
    )


def place_from(ws_id: UUID, row: Sequence[Any], granted: Granted) -> tuple[Place, Account]:
    """A row of places."""
    account = Account(ws_id, *row[19:27])
    scopes, role, made = row[4] or (), row[2], row[8]
    allowed = granted(account.provider, scopes, role == "owner", made) if scopes else None
    place = Place(row[0], row[1], role, row[3], row[5], row[6], row[7], allowed, row[9], row[10], row[11], *row[12:19])
    return place, account


def account_key(account: Account) -> str:
    """Return what names the account in its budget: limits are the account's, in however many workspaces it is."""
    return f"{account.provider}:{account.email}"
