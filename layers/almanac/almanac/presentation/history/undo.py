"""What undoing a run comes to, as JSON and as text."""

from collections.abc import Mapping

from almanac.domain.history.undo import Deed, Hold, Undoing
from almanac.presentation.history.changes import event_fields
from almanac.presentation.history.diff import instant_text_of
from almanac.presentation.tables import listing
from almanac.services.history.undo import UndoPreview

DEEDS: Mapping[Deed, str] = {"bring_back": "comes back", "set_back": "set back", "remove": "removed"}
HOLDS: Mapping[Hold, str] = {
    "changed_since": "it has changed since, or is back already",
    "begun": "its time has come, or somebody has begun it",
    "redacted": "its texts had to be forgotten",
    "identity_taken": "another event is there by now",
}


def document(found: UndoPreview) -> Mapping[str, object]:
    """Return the JSON document; `fingerprint` is what whoever applies it gives back."""
    return {
        "ws_id": str(found.ws_id),
        "run_id": str(found.run_id),
        "applied": found.applied,
        "fingerprint": found.fingerprint,
        **found.counts,
        "items": [_item(each) for each in found.items],
    }


def text(found: UndoPreview) -> str:
    """Return the deeds as a table, and what to type to have them done."""
    counts = found.counts
    names = {"restored": "back", "set_back": "set back", "removed": "removed", "held": "held"}
    said = ", ".join(f"{counts[name]} {word}" for name, word in names.items())
    rows = ((_row(each), [f"stays: {HOLDS[each.held]}"] if each.held else []) for each in found.items)
    shown = listing(("DEED", "START", "TITLE"), rows) if found.items else "nothing differs from before the run"
    last = f"done: {said}" if found.applied else f"would be: {said}; `almanac undo {found.run_id} --apply` does it"
    return f"{shown}\n{last}"


def _item(each: Undoing) -> Mapping[str, object]:
    return {
        "event_id": str(each.event_id),
        "deed": each.deed,
        "held": each.held,
        "was": None if each.was is None else event_fields(each.event_id, each.was),
        "now": None if each.now is None else event_fields(each.event_id, each.now),
    }


def _row(each: Undoing) -> tuple[object, ...]:
    return (DEEDS[each.deed], instant_text_of(each.was or each.now or {}), each.title)
