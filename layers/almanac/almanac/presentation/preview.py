"""What a planning run would come to, for people and for programs: the use case's own preview, with titles."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from almanac.domain.wall_clock import minutes_of
from almanac.domain.workspace_plan.existing_blocks import is_users
from almanac.domain.workspace_plan.planning_window import instant
from almanac.domain.workspace_plan.report import COUNTS, Note, Placed, PlanReport
from almanac.domain.workspace_plan.snapshot import Block
from almanac.domain.workspace_plan.to_instance import PlanningRequest
from almanac.presentation.agenda import Agenda, Change, Entry, Remark
from almanac.presentation.instance_agenda import opened
from almanac.services.plan.run import Proposal

STATES = {
    "unscheduled": "without a place",
    "at_risk": "on time, at risk",
    "left_out": "left out of the plan",
    "nothing_to_place": "nothing to place",
}
_CALM = ("at_risk", "ignored", "nothing_to_place")
"""Statuses of notes about what is no misfit."""
"""Words for the states of notes, where the state itself is none."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would come to: its report, and the plan behind it."""

    report: PlanReport
    proposal: Proposal

    def agenda(self, name: str) -> Agenda:
        """The plan as the views draw it, under the workspace's name."""
        return _agenda(name, self.report, self.proposal)

    def document(self) -> Mapping[str, Any]:
        """The plan for --json."""
        start, end = self.proposal.prepared.window.span
        return {
            **{name: value for name, value in self.report.as_dict().items() if name != "run_id"},
            "preview": True,
            "window": {"start": start, "end": end},
            "blocks": list(_blocks(self.proposal)),
            "removed": [_removed(block) for block in _gone(self.proposal)],
            "notes": [note.as_dict() for note in self.report.notes],
        }


def _agenda(name: str, report: PlanReport, found: Proposal) -> Agenda:
    prepared, wanted = found.prepared, found.changes
    counts = asdict(report.counts)
    blocks = {"new": wanted.inserted, "moved": wanted.moved, "removed": wanted.deleted}
    return Agenda(
        name=name,
        zone=prepared.window.zone,
        now=prepared.window.now,
        end=prepared.window.end,
        entries=(*_taken(prepared), *_placed(found)),
        opened=opened(prepared.instance),
        remarks=tuple(_remark(note, prepared) for note in report.notes),
        counts={n.replace("_", " "): counts[n] for n in COUNTS} | {n: len(b) for n, b in blocks.items()},
        gone=tuple(_entry(block, "") for block in _gone(found)),
    )


def _taken(prepared: PlanningRequest) -> Iterator[Entry]:
    """What the plan goes around: other people's events, and blocks that stay. Work that lies behind is left out."""
    fixed = {str(block.event_id): block for block in prepared.standing.fixed}
    for event in (event for event in prepared.instance.locked if event.end > prepared.window.now):
        if event.id in fixed:
            yield _entry(fixed[event.id], _why_fixed(fixed[event.id], prepared))
        else:
            yield Entry("busy", prepared.names.get(event.id, ""), event.start, event.end)


def _placed(found: Proposal) -> Iterator[Entry]:
    first = not found.prepared.standing.ours  # of a first plan everything is new: that goes without saying
    for place, change in _with_change(found):
        item = found.prepared.items[place.item]
        yield Entry(item.kind, item.title, place.start, place.end, place.reason, "" if first else change)


def _with_change(found: Proposal) -> Iterator[tuple[Placed, Change]]:
    """Every placement, and what it changes on the calendar."""
    changed: dict[tuple[object, ...], Change] = {
        (b.kind, b.title, b.start, b.end): "new" for b in found.changes.inserted
    }
    changed |= {(b.kind, b.title, b.start, b.end): "moved" for b in found.changes.moved}
    for place in found.planned.blocks:
        item = found.prepared.items[place.item]
        yield place, changed.get((item.kind, item.title, instant(place.start), instant(place.end)), "")


def _blocks(found: Proposal) -> Iterator[Mapping[str, Any]]:
    for place, change in _with_change(found):
        item = found.prepared.items[place.item]
        yield {
            "kind": item.kind,
            "id": item.owner,
            "title": item.title,
            "start": instant(place.start),
            "end": instant(place.end),
            "minutes": place.minutes,
            "change": change or "none",
            "reason": place.reason,
        }


def _gone(found: Proposal) -> list[Block]:
    ids, standing = set(found.changes.deleted), found.prepared.standing
    return [block for block in (*standing.ours, *standing.orphans) if block.event_id in ids]


def _removed(block: Block) -> Mapping[str, Any]:
    return {"event_id": block.event_id, "title": block.title, "start": block.start, "end": block.end}


def _entry(block: Block, why: str) -> Entry:
    change: Change = "held" if why else ""
    return Entry(block.kind, block.title, minutes_of(block.start), block.last_minute, why, change)


def _why_fixed(block: Block, prepared: PlanningRequest) -> str:
    if block.done or block.locked:
        return "done" if block.done else "locked by its owner"
    return "begun" if is_users(block, prepared.window) else "stays: this plan cannot place it anew"


def _remark(note: Note, prepared: PlanningRequest) -> Remark:
    titles = {str(item.owner): item.title for item in prepared.items.values()}
    title = titles.get(note.id, f"{note.kind} {note.id}")
    state = STATES.get(note.status, note.status)
    return Remark(title, state, note.reason, note.hint, note.status not in _CALM)
