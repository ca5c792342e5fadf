"""A plan that is not written yet, as history would tell of it: blocks that differ, and what had changed before."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from uuid import UUID

from almanac.domain.history.causes import InputChanges
from almanac.domain.history.diff import EventDiff
from almanac.domain.history.fold import State
from almanac.domain.history.plan_basis import Basis
from almanac.domain.workspace_plan.changes import Changes, MovedBlock, NewBlock
from almanac.domain.workspace_plan.snapshot import Block


def proposed(changes: Changes, present: Iterable[Block]) -> tuple[Sequence[EventDiff], Mapping[UUID, str]]:
    """Return what a plan would do to blocks, and the key of what each is of; nobody has touched them yet.

    `present` are the blocks that it may move or take away. One that is not there yet goes by the id of its item.
    """
    was = {block.event_id: block for block in present}
    owners = {block.event_id: f"{block.kind}:{block.owner}" for block in was.values() if block.owner is not None}
    owners |= {new.owner: f"{new.kind}:{new.owner}" for new in changes.inserted}
    found = [EventDiff(new.owner, "came", None, _state(new), ()) for new in changes.inserted]
    found += [
        EventDiff(each.event_id, "changed", _state(was[each.event_id]), _state(each), ()) for each in changes.moved
    ]
    found += [EventDiff(event_id, "went", _state(was[event_id]), None, ()) for event_id in changes.deleted]
    return found, owners


def changed_inputs(was: Basis, now: Basis) -> InputChanges:
    """Return what differs between what two plans are made from."""
    return {key: (was.get(key), now.get(key)) for key in sorted({*was, *now}) if was.get(key) != now.get(key)}


def _state(block: Block | NewBlock | MovedBlock) -> State:
    times = {"start_at": block.start, "end_at": block.end}
    return {"title": block.title, **{name: at.astimezone(UTC).isoformat() for name, at in times.items()}}
