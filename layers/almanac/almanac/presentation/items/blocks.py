"""Blocks of plans: a listing for people, documents for programs."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from almanac.domain.items.blocks import ListedBlock
from almanac.domain.operations.people import ListedMember
from almanac.presentation.people import who
from almanac.presentation.tables import instant_text, listing


def blocks_document(ws_id: UUID, found: Iterable[ListedBlock]) -> Mapping[str, Any]:
    """Return the blocks for --json."""
    return {"ws_id": ws_id, "blocks": [block_document(each) for each in found]}


def block_document(block: ListedBlock) -> Mapping[str, Any]:
    """Return one of them."""
    return asdict(block)


def blocks_text(found: Iterable[ListedBlock], members: Iterable[ListedMember]) -> str:
    """Return the blocks as a listing; it says whose owner is no member any more."""
    users = {member.user_id for member in members}
    rows = [
        (
            (each.title, each.kind, instant_text(each.start), instant_text(each.end), "locked" if each.locked else ""),
            (each.event_id, f"of {', '.join(who(user, users) for user in each.user_ids)}" if each.user_ids else ""),
        )
        for each in found
    ]
    return listing(("BLOCK", "KIND", "BEGINS", "ENDS", ""), rows) if rows else "no blocks"
