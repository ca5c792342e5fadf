"""What was changed on both sides: as a document and in words."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from almanac.domain.outbound.waiting import WaitingLink

REASONS = {
    "empty_range": "an event without length cannot be written: give it one",
    "edited_beats_deleted": "deleted here, changed there since: it lives, as the provider's",
    "delete_refused": "deleted here, and the provider will not delete it: it lives, as the provider's",
    "deleted_there": "changed here, deleted there since",
    "both_sides": "somebody goes on changing it there",
}
"""Why somebody has to decide, or to know."""


def named(link: WaitingLink) -> dict[str, Any]:
    """Return what a link is known by, here and at the provider, as every document says it."""
    return {
        "link_id": link.link_id,
        "event_id": link.event_id,
        "external_event_id": link.remote_id,
        "title": link.title,
        "calendar_id": link.calendar_id,
    }


def conflict_document(link: WaitingLink) -> dict[str, Any]:
    """Return a conflict with both sides of each field."""
    fields: Mapping[str, Any] = link.conflict or {}
    return named(link) | {
        "reason": link.reason,
        "fields": {name: {"ours": sides.get("ours"), "theirs": sides.get("theirs")} for name, sides in fields.items()},
    }


def conflicts_document(ws_id: UUID, found: Sequence[WaitingLink]) -> dict[str, Any]:
    """Return the conflicts of a workspace."""
    return {"conflicts": [conflict_document(link) for link in found], "ws_id": ws_id}


def conflicts_text(found: Sequence[WaitingLink]) -> str:
    """Return them side by side."""
    if not found:
        return "no conflicts"
    lines = []
    for link in found:
        lines.append(f"{link.link_id}  {link.title or '(no title)'}  {REASONS.get(link.reason or '', '')}".rstrip())
        for name, sides in (link.conflict or {}).items():
            lines.append(
                f"  {name}: wanted here {_shown(sides.get('ours'))}, stands there {_shown(sides.get('theirs'))}"
            )
    lines.append("`almanac resolve LINK --mine` or `--theirs` decides one")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return " to ".join(str(value[name]) for name in ("start", "end", "first", "after") if name in value) or "gone"
    return "nothing" if value is None else f"'{value}'"
