"""Why a plan moved a block: all that had changed since the plan before and has to do with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from almanac.domain.history.diff import EventDiff, What
from almanac.domain.history.fold import State, span
from almanac.domain.history.plan_basis import DEFAULT_MEMBER, WEEKDAYS, Facts

CauseKind = Literal["event", "pinned", "task", "habit", "meeting", "dependency", "hours", "preferences", "block"]
"""What made the plan decide anew: an event or something pinned that took the place, the item itself, what it waits for,
opening hours, preferences, another block that was put there."""
InputChanges = Mapping[str, tuple[Facts | None, Facts | None]]
"""What plans are made from, by its key, as it was and is (None: not there)."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause. `subject` is the id of the event or item, of hours their category, of preferences whose they are.

    Of a block that a plan only proposes, and that has no event yet, it is the item's.
    `changed` are the fields that differ, each from what to what; `version` is of an event.
    """

    kind: CauseKind
    subject: str
    title: str
    what: What
    version: int | None = None
    changed: Sequence[tuple[str, Any, Any]] = ()


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened between two plans, and in the later one: events that others changed, inputs, blocks of the plan.

    `owners` names the key of what each block is of, `facts` what the later plan was made from, of those and of
    `DEFAULT_MEMBER`.
    """

    events: Sequence[EventDiff] = ()
    inputs: InputChanges = field(default_factory=dict)
    blocks: Sequence[EventDiff] = ()
    owners: Mapping[UUID, str] = field(default_factory=dict)
    facts: Mapping[str, Facts] = field(default_factory=dict)


def causes_of(block: EventDiff, happened: Happened) -> Sequence[Cause]:
    """Return the causes of one block's move, the nearest first: what took its place, then the item, then the rest."""
    return [
        *_taken(block, happened),
        *_item(block, happened),
        *_waited_for(block, happened),
        *_surroundings(block, happened),
        *_displaced(block, happened),
    ]


def _taken(block: EventDiff, happened: Happened) -> Iterator[Cause]:
    """Events that came onto its place, by their versions."""
    if block.before is None:
        return
    place = span(block.before)
    for each in sorted(happened.events, key=lambda each: each.by[-1].version):
        if each.after is not None and each.event_id != block.event_id and _takes(each.after, place):
            pinned = bool(each.after.get("locked")) and "locked" in (*each.columns, *_new_columns(each))
            yield Cause(
                "pinned" if pinned else "event",
                str(each.event_id),
                str(each.after.get("title", "")),
                each.what,
                each.by[-1].version,
            )


def _item(block: EventDiff, happened: Happened) -> Iterator[Cause]:
    key = happened.owners.get(block.event_id)
    if key is not None and key in happened.inputs:
        kind, _, subject = key.partition(":")
        yield _changed(kind, subject, *happened.inputs[key])  # type: ignore[arg-type]


def _waited_for(block: EventDiff, happened: Happened) -> Iterator[Cause]:
    """What it waits for has another place, or is another."""
    waits = happened.facts.get(happened.owners.get(block.event_id, ""), {}).get("waits_for") or ()
    for subject in waits:
        for other in happened.blocks:
            if happened.owners.get(other.event_id, "").partition(":")[2] == subject:
                yield Cause("dependency", subject, other.title, other.what, _version(other))
                break


def _surroundings(block: EventDiff, happened: Happened) -> Iterator[Cause]:
    """Hours of its category, and preferences: everybody's, and those of whose it is; of a new member, that they are."""
    facts = happened.facts.get(happened.owners.get(block.event_id, ""), {})
    default = happened.facts.get(DEFAULT_MEMBER, {}).get("user", "")
    category, whose = facts.get("hours"), {"", *(tuple(_people(facts)) or (default,))}
    for key, (was, now) in sorted(happened.inputs.items()):
        kind, _, rest = key.partition(":")
        person, _, named = rest.partition(":")
        if len(whose) > 1 and person not in whose:
            continue
        if kind == "hours" and named == category and not _comes_or_goes(person, happened.inputs):
            yield _changed("hours", f"{person}:{named}".strip(":"), was, now)
        elif kind == "preferences":
            yield _changed("preferences", person, was, now)


def _comes_or_goes(person: str, inputs: InputChanges) -> bool:
    """Return whether somebody is a member now, or no more: only members have preferences of their own, empty or not."""
    return bool(person) and None in inputs.get(f"preferences:{person}", ())


def _people(facts: Facts) -> Iterator[str]:
    """Whose an item is, as far as it says: a note stands behind some names."""
    yield from (str(who).partition(" (")[0] for who in facts.get("assignees") or ())
    if facts.get("owner"):
        yield str(facts["owner"])


def _displaced(block: EventDiff, happened: Happened) -> Iterator[Cause]:
    """Blocks of others that the same plan has put there."""
    if block.before is None:
        return
    place, mine = span(block.before), happened.owners.get(block.event_id)
    for other in happened.blocks:
        came = other.after is not None and _takes(other.after, place)
        was_there = other.before is not None and _takes(other.before, place)
        if came and not was_there and other.event_id != block.event_id and happened.owners.get(other.event_id) != mine:
            yield Cause("block", str(other.event_id), other.title, other.what, _version(other))


def _changed(kind: CauseKind, subject: str, was: Facts | None, now: Facts | None) -> Cause:
    what: What = "came" if was is None else "went" if now is None else "changed"
    before, after = was or {}, now or {}
    names = sorted((name for name in {*before, *after} if before.get(name) != after.get(name)), key=_place)
    changed = [(name, before.get(name), after.get(name)) for name in names] if what == "changed" else []
    return Cause(kind, subject, str((now or was or {}).get("title", "")), what, None, changed)


def _place(name: str) -> tuple[int, str]:
    """Days stand as a week has them, for the database keeps no order."""
    return (WEEKDAYS.index(name) if name in WEEKDAYS else 0, name)


def _version(each: EventDiff) -> int | None:
    """The version that made it so; None of a plan that is only shown."""
    return each.by[-1].version if each.by else None


def _new_columns(each: EventDiff) -> Iterable[str]:
    return each.after or {} if each.before is None else ()


def _takes(state: State, place: tuple[datetime, datetime]) -> bool:
    begins, ends = span(state)
    return state.get("transparency") != "transparent" and begins < place[1] and ends > place[0]
