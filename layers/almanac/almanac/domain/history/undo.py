"""What would come back if a run were undone: its sweep or its plan, event by event, and what has to stay as it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from almanac.domain.history.changes import OF_EVENTS, Change
from almanac.domain.history.fold import State, fold_back, span

UNDOABLE = frozenset({"sweep", "plan"})
"""Origins of changes that can be taken back. What a provider told would be told again."""
_NO_TIME = datetime.max.replace(tzinfo=UTC)
Deed = Literal["bring_back", "set_back", "remove"]
Hold = Literal["changed_since", "begun", "redacted", "identity_taken"]
"""Why something stays: it changed again; its time has come, or its owner began it; its texts had to be forgotten;
another event has its identity by now."""


@dataclass(frozen=True, slots=True)
class Undoing:
    """One event: what would be done with it, or why nothing is. `was` is what it was before the run."""

    event_id: UUID
    deed: Deed
    was: State | None
    now: State | None
    held: Hold | None = None

    @property
    def title(self) -> str:
        """What people know it by."""
        return str((self.was or self.now or {}).get("title", ""))


@dataclass(frozen=True, slots=True)
class Present:
    """What is stored now about the events of a run: rows, who changed again, whose work has begun, taken identities."""

    rows: Mapping[UUID, State]
    changed_since: Collection[UUID]
    begun: Collection[UUID]
    taken: Collection[tuple[str, str, str]]


def undoing(changes: Sequence[Change], present: Present, now: datetime) -> Sequence[Undoing]:
    """Return what undoing the changes of one run, oldest first, comes to; what ended as it began is not in it."""
    mine = [change for change in changes if change.kind in OF_EVENTS and change.origin in UNDOABLE]
    subjects = {change.subject for change in mine}
    redacted = {change.subject for change in mine if (change.note or {}).get("redacted")}
    settled = subjects - set(present.changed_since)
    rows = {event_id: present.rows[event_id] for event_id in settled if event_id in present.rows}
    was = fold_back(rows, [change for change in reversed(mine) if change.subject in settled])
    found = [_one(event_id, was.get(event_id), rows.get(event_id)) for event_id in sorted(settled, key=str)]
    items = [_held(each, present, redacted, now) for each in found if each.was != each.now]
    last = {change.subject: change for change in mine}
    changed = [
        Undoing(event_id, _deed(last[event_id]), last[event_id].was, present.rows.get(event_id), "changed_since")
        for event_id in sorted(subjects - settled, key=str)
    ]
    return sorted([*items, *changed], key=lambda each: (_starts(each.was or each.now), str(each.event_id)))


def fingerprint(run_id: UUID, items: Sequence[Undoing]) -> str:
    """Return what tells two previews apart: every deed, and what it does it to."""
    each_of = ((each.event_id, each.deed, each.held, _said(each.was), _said(each.now)) for each in items)
    said = [str(run_id), *map(repr, each_of)]
    return sha256("\n".join(said).encode()).hexdigest()[:40]


def _one(event_id: UUID, was: State | None, now: State | None) -> Undoing:
    deed: Deed = "remove" if was is None else "bring_back" if now is None else "set_back"
    return Undoing(event_id, deed, was, now)


def _held(each: Undoing, present: Present, redacted: Collection[UUID], now: datetime) -> Undoing:
    hold: Hold | None = None
    state = each.was or {}
    identity = tuple(str(state.get(name)) for name in ("provider", "external_calendar_id", "external_event_id"))
    if each.event_id in redacted:
        hold = "redacted"
    elif each.deed == "bring_back" and identity in present.taken:
        hold = "identity_taken"
    elif each.deed != "bring_back" and (each.event_id in present.begun or _starts(each.now) <= now):
        hold = "begun"
    return Undoing(each.event_id, each.deed, each.was, each.now, hold)


def _deed(change: Change) -> Deed:
    kinds: Mapping[str, Deed] = {"block.placed": "remove", "block.moved": "set_back"}
    return kinds.get(change.kind, "bring_back")


def _starts(state: State | None) -> datetime:
    return span(state)[0] if state and "start_at" in state else _NO_TIME


def _said(state: State | None) -> object:
    return None if state is None else sorted((name, repr(value)) for name, value in state.items())
