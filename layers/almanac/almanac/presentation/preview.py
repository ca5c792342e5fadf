"""What a planning run would come to, for people and for programs: the use case's own preview, with titles."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from operator import itemgetter
from typing import Any

from almanac.domain.wall_clock import minutes_of
from almanac.domain.workspace_plan.existing_blocks import is_users
from almanac.domain.workspace_plan.planning_window import utc_instant
from almanac.domain.workspace_plan.report import COUNTS, Note, Placed, PlanReport
from almanac.domain.workspace_plan.snapshot import Block
from almanac.domain.workspace_plan.team.request import PlanningRequest
from almanac.presentation.agenda import Agenda, Change, Entry, Remark
from almanac.presentation.instance_agenda import opened, people_of
from almanac.presentation.phrases import STATES
from almanac.services.plan.proposal import PlanPreview, Proposal

_CALM = ("at_risk", "ignored", "nothing_to_place")
"""Statuses of notes about what is no misfit."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would come to: its report, and the plan behind it."""

    shown: PlanPreview

    def agenda(self) -> Agenda:
        """Return the plan as the views draw it, under the workspace's name."""
        return _agenda(self.shown.workspace_name, self.shown.report, self.shown.proposal)

    def document(self) -> Mapping[str, Any]:
        """Return the plan for --json."""
        report, found = self.shown.report, self.shown.proposal
        start, end = found.request.window.span
        return {
            **{name: value for name, value in report.as_dict().items() if name != "run_id"},
            "preview": True,
            "fingerprint": self.shown.fingerprint,
            "window": {"start": start, "end": end},
            "blocks": sorted((*_blocks(found), *_held(found)), key=itemgetter("start", "end")),
            "removed": [_removed(block) for block in _gone(found)],
            "notes": [note.as_dict() for note in report.notes],
        }


def _agenda(name: str, report: PlanReport, found: Proposal) -> Agenda:
    request, wanted = found.request, found.changes
    counts = asdict(report.counts)
    blocks = {"new": wanted.inserted, "moved": wanted.moved, "removed": wanted.deleted}
    return Agenda(
        name=name,
        zone=request.window.zone,
        now=request.window.now,
        end=request.window.end,
        entries=(*_taken(request), *_placed(found)),
        opened=opened(request.instance, request.instance.people),
        people=people_of(request.instance, request.names) if len(request.instance.people) > 1 else (),
        remarks=tuple(_remark(note, request) for note in report.notes),
        counts={n.replace("_", " "): counts[n] for n in COUNTS} | {n: len(b) for n, b in blocks.items()},
        gone=tuple(_entry(block, "") for block in _gone(found)),
        search_cut_percent=report.counts.search_cut_percent,
    )


def _taken(request: PlanningRequest) -> Iterator[Entry]:
    """Yield what the plan goes around: events, and blocks that stay. Work that lies behind is left out."""
    fixed = {str(block.event_id): block for block in request.existing.fixed}
    for event in (event for event in request.instance.locked if event.end > request.window.now):
        if event.id in fixed:
            yield _entry(fixed[event.id], _why_fixed(fixed[event.id], request), event.people or ())
        else:
            title = request.names.get(event.id, "")
            yield Entry("busy", title, event.start, event.end, people=event.people or ())


def _placed(found: Proposal) -> Iterator[Entry]:
    first = not found.request.existing.movable  # of a first plan everything is new: that goes without saying
    for place, change in _with_change(found):
        item = found.request.items[place.item]
        told = "" if first else change
        yield Entry(item.kind, item.title, place.start, place.end, place.reason, told, place.people)


def _with_change(found: Proposal) -> Iterator[tuple[Placed, Change]]:
    """Yield every placement, and what it changes on the calendar."""
    changed: dict[tuple[object, ...], Change] = {
        (b.kind, b.title, b.start, b.end): "new" for b in found.changes.inserted
    }
    changed |= {(b.kind, b.title, b.start, b.end): "moved" for b in found.changes.moved}
    for place in found.planned.blocks:
        item = found.request.items[place.item]
        yield place, changed.get((item.kind, item.title, utc_instant(place.start), utc_instant(place.end)), "")


def _blocks(found: Proposal) -> Iterator[Mapping[str, Any]]:
    for place, change in _with_change(found):
        item = found.request.items[place.item]
        yield {
            "kind": item.kind,
            "id": item.owner,
            "title": item.title,
            "start": utc_instant(place.start),
            "end": utc_instant(place.end),
            "minutes": place.minutes,
            "change": change or "none",
            "reason": place.reason,
            **_whose(place.people, place.optional),
        }


def _held(found: Proposal) -> Iterator[Mapping[str, Any]]:
    """Yield the blocks that a plan leaves where they are: locked, done, begun, or of nothing that it can place."""
    request = found.request
    ahead = {event.id for event in request.instance.locked if event.end > request.window.now}
    for block in request.existing.fixed:
        if str(block.event_id) in ahead:
            yield {
                "kind": block.kind,
                "id": block.owner,
                "title": block.title,
                "start": block.start,
                "end": block.end,
                "minutes": block.minutes,
                "change": "held",
                "reason": _why_fixed(block, request),
                **_whose(block.attending or tuple(filter(None, [block.user]))),
            }


def _whose(people: tuple[str, ...], optional: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """Return whose time a block takes, nothing where a workspace has no members."""
    named = [person for person in people if person]
    return ({"people": named} if named else {}) | ({"optional": list(optional)} if optional else {})


def _gone(found: Proposal) -> list[Block]:
    ids, existing = set(found.changes.deleted), found.request.existing
    return [block for block in (*existing.movable, *existing.unwanted) if block.event_id in ids]


def _removed(block: Block) -> Mapping[str, Any]:
    return {"event_id": block.event_id, "title": block.title, "start": block.start, "end": block.end}


def _entry(block: Block, why: str, people: tuple[str, ...] = ()) -> Entry:
    change: Change = "held" if why else ""
    return Entry(block.kind, block.title, minutes_of(block.start), block.last_minute, why, change, people)


def _why_fixed(block: Block, request: PlanningRequest) -> str:
    if block.done or block.locked:
        return "done" if block.done else "locked by its owner"
    if is_users(block, request.window):
        return "begun"
    return "put here by an undo" if block.kept else "stays: this plan cannot place it anew"


def _remark(note: Note, request: PlanningRequest) -> Remark:
    titles = {str(item.owner): item.title for item in request.items.values()}
    title = titles.get(note.id, f"{note.kind} {note.id}")
    state = STATES.get(note.status, note.status)
    return Remark(title, state, note.reason, note.hint, note.status not in _CALM)
