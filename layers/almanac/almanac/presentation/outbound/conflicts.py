"""What was changed on both sides: as a document and in words."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from almanac.domain.outbound.waiting import WaitingLink
from almanac.presentation.tables import one_line

REASONS = {
    "empty_range": "an event without length cannot be written: give it one",
    "edited_beats_deleted": "deleted here, changed there since: it lives, as the provider's",
    "delete_refused": "deleted here, and the provider will not delete it: it lives, as the provider's",
    "deleted_there": "changed here, deleted there since",
    "repeats": "changed here, made a series there since: nothing of it is written to the series",
    "both_sides": "somebody goes on changing it there",
}
"""Why somebody has to decide, or to know."""
_CHOICES = {
    "edited_beats_deleted": ("delete it after all", "leave it"),
    "delete_refused": ("try again to delete it", "leave it"),
    "repeats": ("make it so of the first occurrence", "leave the series as it is"),
    "deleted_there": ("make it anew there", "delete it here too"),
}
"""What `--mine` and `--theirs` do, where it is not the field alone that is in question."""


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
        about = REASONS.get(link.reason or "", "changed on both sides: theirs stands, ours is kept")
        lines += [f"{link.link_id}  {one_line(link.title) or '(no title)'}  {link.calendar_id}", f"  {about}"]
        for name, sides in (link.conflict or {}).items():
            ours, theirs = side_text(sides.get("ours")), side_text(sides.get("theirs"))
            lines.append(f"  {name}: wanted here {ours}, stands there {theirs}")
        mine, theirs = _CHOICES.get(link.reason or "", ("what was wanted here", "what stands there"))
        lines.append(f"  `almanac resolve {link.link_id} --mine`: {mine}; `--theirs`: {theirs}")
    return "\n".join(lines)


def side_text(value: Any) -> str:
    """Return the value of a field as one of two sides."""
    if isinstance(value, Mapping):
        value = value.get("when", value)  # of an event's existence all of its fields are told
        return " to ".join(str(value[name]) for name in ("start", "end", "first", "after") if name in value) or "gone"
    return "nothing" if value in (None, "") else one_line(f"'{value}'")
