"""What becomes of a link once the provider has told what it has: three-way, field by field; a person's hand wins."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from almanac.domain.calendar.written import FIELD_NAMES, Fields, RemoteEvent
from almanac.domain.outbound.link import Link, alike, is_past, same

DetachReason = Literal["all_day", "repeats", "guests", "edited_beats_deleted", "delete_refused", "edits_off"]
KEPT_ALIVE: tuple[DetachReason, ...] = ("edited_beats_deleted", "delete_refused")
"""Why something lives that was deleted here: somebody is told, and may have it deleted after all."""
_THEIRS_ONCE_TOUCHED = ("transparency", "visibility")
"""Also of events made here; of a plan's blocks every field is, but the times, which pin."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """Both sides have one version again. `taken` goes into the row; a block whose time was taken is pinned.

    `ours` is the version as we have it, without what is taken. `conflicts` holds per field what was wanted here and
    what stands there.
    """

    remote: RemoteEvent
    ours: Fields
    revision: int
    taken: Mapping[str, Any] = field(default_factory=dict)
    theirs: frozenset[str] = frozenset()
    conflicts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def pins(self) -> bool:
        """Whether a person has said when it is to be."""
        return "when" in self.taken


@dataclass(frozen=True, slots=True)
class Detached:
    """The event is a person's now: never written again, foreign and busy.

    `conflicts`: what was wanted of it here and is not written for that, for somebody to decide.
    """

    remote: RemoteEvent
    reason: DetachReason
    conflicts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotThere:
    """It is not there, and we did that or it never arrived.

    `id_is_dead`: it takes another id to make it. Otherwise an insert without an answer may still arrive.
    """

    id_is_dead: bool


@dataclass(frozen=True, slots=True)
class DeletedThere:
    """A person has deleted it there. `over`: it was over by then; `wanted`: it was changed here since, which wins."""

    over: bool
    wanted: bool


Outcome = Agreed | Detached | NotThere | DeletedThere


def merge(
    link: Link, found: RemoteEvent | None, now: datetime, *, id_taken: bool = False, given_up: bool = False
) -> Outcome:
    """Return what becomes of a link; `found` is what the provider has under its id, None when it knows none.

    `id_taken`: an insert was refused because the id is taken; with nothing found, a forgotten deletion holds it.
    `given_up`: nothing is wanted there any more, whatever is stored as such; the provider's version stands.
    """
    if found is not None and link.kind == "edit":
        found = replace(found, mark=None)  # what was ours once still bears one, of another link's revisions
    if found is None or found.row is None:
        outcome = _merge_absent(link, found, now, id_taken=id_taken)
        return replace(outcome, wanted=False) if given_up and isinstance(outcome, DeletedThere) else outcome
    reason = _taken_over(link, found)
    if reason is not None:
        return Detached(found, reason, _unwritten(link, found) if link.kind == "edit" and not given_up else {})
    if given_up:
        whole = Agreed(found, found.fields, link.base_revision, taken=found.fields)
        return Detached(found, "edits_off") if link.desired is None else whole
    return _merge_alive(link, found)


def _merge_absent(link: Link, found: RemoteEvent | None, now: datetime, *, id_taken: bool) -> Outcome:
    if link.base is None and found is None:
        return NotThere(id_is_dead=id_taken)
    wanted, deletes = link.desired, link.sent == "delete"
    if wanted is None and _was_the_only_one(link, found):
        wanted, deletes = link.successor, deletes and not link.succeeded  # we delete it once the other is there
    if wanted is None or deletes or link.deletion_may_land:
        return NotThere(id_is_dead=True)
    if link.base is None and link.sent_revision is None:
        return NotThere(id_is_dead=True)
    changed = bool(replace(link, desired=wanted).changed_here)
    return DeletedThere(over=is_past(link.base or wanted, now), wanted=link.kind != "block" and changed)


def _was_the_only_one(link: Link, found: RemoteEvent | None) -> bool:
    """Whether an event that goes to another target was nowhere else when it was deleted: then that was meant."""
    if not link.succeeded:
        return True
    gone_at = None if found is None else found.updated_at
    return gone_at is not None and link.succeeded_at is not None and gone_at < link.succeeded_at


def _taken_over(link: Link, found: RemoteEvent) -> DetachReason | None:
    if found.repeats:  # an edit was of one event, and would be one of every occurrence
        return "repeats"
    if link.kind == "edit":
        return None
    if found.guests:
        return "guests"
    if link.kind == "block" and "first" in found.fields.get("when", {}):
        return "all_day"
    return None


def _unwritten(link: Link, found: RemoteEvent) -> Mapping[str, Mapping[str, Any]]:
    there = found.fields
    if link.desired is None:
        return {"existence": {"ours": None, "theirs": there.get("when")}}
    wanted = {name: value for name, value in link.changed_here.items() if not alike(name, value, there.get(name))}
    return {name: {"ours": value, "theirs": there.get(name)} for name, value in wanted.items()}


def _merge_alive(link: Link, found: RemoteEvent) -> Outcome:
    remote = found.fields
    base, ours, revision = _agreed_before(link, found)
    changed_there = [name for name in FIELD_NAMES if not _unchanged_there(name, remote, base, ours)]
    wanted = link.desired if link.desired is not None else link.successor
    if wanted is None:
        return Detached(found, "edited_beats_deleted") if changed_there else Agreed(found, ours, revision)
    changed_here = {name for name in wanted if not same(name, wanted[name], ours.get(name))}
    if not _is_known(link, found):  # as after a restore: nobody can say which side has changed what
        changed_here = set(wanted)
    taken: dict[str, Any] = {}
    conflicts: dict[str, dict[str, Any]] = {}
    for name in changed_there:
        if name in wanted and alike(name, wanted[name], remote[name]):
            ours = {**ours, name: wanted[name]}  # both sides say the same
            continue
        if link.insists and name in changed_here:
            ours = {**ours, name: remote[name]}
            continue
        taken[name] = remote[name]
        if name in changed_here and link.kind != "block":
            conflicts[name] = {"ours": wanted[name], "theirs": remote[name]}
    theirs = {name for name in taken if _becomes_theirs(link, name)}
    if link.desired is not None and found.etag == link.base_etag and (link.sent == "delete" or link.deletion_may_land):
        ours = {}  # so that all of it is written once more, and the deletion meets another version
    return Agreed(found, ours, revision, taken, link.theirs | theirs, conflicts)


def _agreed_before(link: Link, found: RemoteEvent) -> tuple[Fields, Fields, int]:
    """Return the version that a person started from, as the provider and as we have it, and its revision.

    The mark tells it: a late write of ours may have landed since the last agreement (D6). Without one, what was sent
    last counts beside the base.
    """
    if found.mark is not None and link.base is not None and found.mark.revision == link.base_revision:
        return link.base, link.ours or link.base, link.base_revision
    body = link.bodies.get(str(found.mark.revision)) if found.mark is not None else None
    if body is not None and found.mark is not None:
        return body, body, found.mark.revision
    if link.base is not None:
        sent = link.bodies.get(str(link.sent_revision)) if link.sent_revision is not None else None
        return _landed(link.base, sent, found), _landed(link.ours or link.base, sent, found), link.base_revision
    sent = link.bodies.get(str(link.sent_revision)) or link.desired or found.fields
    return sent, sent, link.sent_revision or link.revision


def _is_known(link: Link, found: RemoteEvent) -> bool:
    """Whether the version that the provider's goes back to is remembered here."""
    return link.base is not None or found.mark is None or str(found.mark.revision) in link.bodies


def _landed(base: Fields, sent: Fields | None, found: RemoteEvent) -> Fields:
    """Return the base with those fields of an unanswered write that the provider has now."""
    if sent is None:
        return base
    there = found.fields
    return {**base, **{name: sent[name] for name in sent if alike(name, sent[name], there.get(name))}}


def _unchanged_there(name: str, remote: Fields, base: Fields, ours: Fields) -> bool:
    return alike(name, remote.get(name), base.get(name)) or alike(name, remote.get(name), ours.get(name))


def _becomes_theirs(link: Link, name: str) -> bool:
    if link.kind == "edit" or name == "when":
        return False
    return link.kind == "block" or name in _THEIRS_ONCE_TOUCHED
