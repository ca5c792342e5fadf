"""What a planning run would come to, for people and for programs: the use case's own preview, with titles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from operator import itemgetter
from typing import Any

from almanac.domain.explanation import Explanation
from almanac.domain.history.causes import Cause
from almanac.domain.wall_clock import minutes_of
from almanac.domain.workspace_plan.existing_blocks import is_users
from almanac.domain.workspace_plan.planning_window import utc_instant
from almanac.domain.workspace_plan.report import COUNTS, Note, Placed
from almanac.domain.workspace_plan.snapshot import Block
from almanac.domain.workspace_plan.team.request import PlanningRequest
from almanac.presentation.agenda import Agenda, Change, Entry, Remark
from almanac.presentation.history.diff import because, cause_fields
from almanac.presentation.instance_agenda import opened, people_of
from almanac.presentation.phrases import STATES
from almanac.presentation.wording import words
from almanac.services.plan.proposal import PlanPreview, Proposal

_CALM = ("at_risk", "ignored", "nothing_to_place", "out_of_order")
"""Statuses of notes about what is no misfit."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would come to: its report, and the plan behind it."""

    shown: PlanPreview

    def agenda(self) -> Agenda:
        """Return the plan as the views draw it, under the workspace's name."""
        return _agenda(self.shown)

    def document(self) -> Mapping[str, Any]:
        """Return the plan for --json."""
        report, found = self.shown.report, self.shown.proposal
        start, end = found.request.window.span
        return {
            **{name: value for name, value in report.as_dict().items() if name != "run_id"},
            "preview": True,
            "fingerprint": self.shown.fingerprint,
            "window": {"start": start, "end": end},
            "blocks": sorted((*_blocks(self.shown), *_held(found)), key=itemgetter("start", "end")),
            "removed": [_removed(block, self.shown.causes.get(block.event_id, ())) for block in _gone(found)],
            "notes": [note.as_dict() for note in report.notes],
        }


def _agenda(shown: PlanPreview) -> Agenda:
    report, found = shown.report, shown.proposal
    request, wanted = found.request, found.changes
    counts = asdict(report.counts)
    blocks = {"new": wanted.inserted, "moved": wanted.moved, "removed": wanted.deleted}
    return Agenda(
        name=shown.workspace_name,
        zone=request.window.zone,
        now=request.window.now,
        end=request.window.end,
        entries=(*_taken(request), *_placed(shown)),
        opened=opened(request.instance, request.instance.people),
        people=people_of(request.instance, request.names),
        remarks=tuple(_remark(note, request) for note in report.notes),
        counts={n.replace("_", " "): counts[n] for n in COUNTS} | {n: len(b) for n, b in blocks.items()},
        gone=tuple(
            replace(_entry(block, ""), causes=_told(shown.causes.get(block.event_id, ()))) for block in _gone(found)
        ),
        search_cut_percent=report.counts.search_cut_percent,
    )


def in_words(explanation: Explanation, request: PlanningRequest) -> str:
    """Return a reason in words with times of the workspace's zone, like the block beside it.

    What is stored with a block has those of whose time it takes, who reads it in a calendar of their own.
    """
    return words([explanation], request.titles, request.window.zone)


def _taken(request: PlanningRequest) -> Iterator[Entry]:
    """Yield what the plan goes around: events, and blocks that stay. Work that lies behind is left out."""
    fixed = {str(block.event_id): block for block in request.existing.fixed}
    for event in (event for event in request.instance.locked if event.end > request.window.now):
        if event.id in fixed:
            yield _entry(fixed[event.id], _why_fixed(fixed[event.id], request), event.people or ())
        else:
            title = request.names.get(event.id, "").strip() or "(no title)"
            yield Entry("busy", title, event.start, event.end, people=event.people or ())
    for block in _ahead(request):
        if block.over:
            yield _entry(block, _why_fixed(block, request), _people(block))


def _placed(shown: PlanPreview) -> Iterator[Entry]:
    found = shown.proposal
    first = not found.request.existing.movable  # of a first plan everything is new: that goes without saying
    for place, change, causes in _with_change(shown):
        item = found.request.items[place.item]
        told = "" if first else change
        why = in_words(place.explanation, found.request)
        yield Entry(item.kind, item.title, place.start, place.end, why, told, place.people, _told(causes))


def _told(causes: Sequence[Cause]) -> tuple[str, ...]:
    return tuple(map(because, causes))


def _with_change(shown: PlanPreview) -> Iterator[tuple[Placed, Change, Sequence[Cause]]]:
    """Yield every placement, what it changes on the calendar, and why it moves."""
    found = shown.proposal
    changed: dict[tuple[object, ...], tuple[Change, Sequence[Cause]]] = {
        (b.kind, b.title, b.start, b.end): ("new", ()) for b in found.changes.inserted
    }
    changed |= {
        (b.kind, b.title, b.start, b.end): ("moved", shown.causes.get(b.event_id, ())) for b in found.changes.moved
    }
    for place in found.planned.blocks:
        item = found.request.items[place.item]
        key = item.kind, item.title, utc_instant(place.start), utc_instant(place.end)
        yield place, *changed.get(key, ("", ()))


def _blocks(shown: PlanPreview) -> Iterator[Mapping[str, Any]]:
    for place, change, causes in _with_change(shown):
        item = shown.proposal.request.items[place.item]
        yield {
            "kind": item.kind,
            "id": item.owner,
            "title": item.title,
            "start": utc_instant(place.start),
            "end": utc_instant(place.end),
            "minutes": place.minutes,
            "change": change or "none",
            "reason": place.reason,
            "causes": [cause_fields(cause) for cause in causes],
            **_whose(place.people, place.optional),
        }


def _held(found: Proposal) -> Iterator[Mapping[str, Any]]:
    """Yield the blocks that a plan leaves where they are: locked, done, begun, or of nothing that it can place."""
    for block in _ahead(found.request):
        yield {
            "kind": block.kind,
            "id": block.owner,
            "title": block.title,
            "start": block.start,
            "end": block.end,
            "minutes": block.minutes,
            "change": "held",
            "reason": _why_fixed(block, found.request),
            "causes": [],
            **_whose(_people(block)),
        }


def _ahead(request: PlanningRequest) -> list[Block]:
    """Return the blocks that stay, those left out that lie behind."""
    return [block for block in request.existing.fixed if block.last_minute > request.window.now]


def _people(block: Block) -> tuple[str, ...]:
    return block.attending or tuple(filter(None, [block.user]))


def _whose(people: tuple[str, ...], optional: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """Return whose time a block takes, nothing where a workspace has no members."""
    named = [person for person in people if person]
    return ({"people": named} if named else {}) | ({"optional": list(optional)} if optional else {})


def _gone(found: Proposal) -> list[Block]:
    ids, existing = set(found.changes.deleted), found.request.existing
    return [block for block in (*existing.movable, *existing.unwanted) if block.event_id in ids]


def _removed(block: Block, causes: Sequence[Cause]) -> Mapping[str, Any]:
    told = [cause_fields(cause) for cause in causes]
    return {"event_id": block.event_id, "title": block.title, "start": block.start, "end": block.end, "causes": told}


def _entry(block: Block, why: str, people: tuple[str, ...] = ()) -> Entry:
    change: Change = "held" if why else ""
    return Entry(block.kind, block.title, minutes_of(block.start), block.last_minute, why, change, people)


def _why_fixed(block: Block, request: PlanningRequest) -> str:
    if block.done or block.over:
        return "done"
    if block.locked:
        return "locked by its owner"
    if is_users(block, request.window):
        return "begun"
    if block.kept:
        return "put here by an undo"
    if block.kind == "meeting" and request.one_person:
        return "stays: a plan of one person leaves meetings where they are"
    people = block.attending or (block.user,)
    first = max((each.first for user, each in request.windows.items() if user in people), default=request.window.first)
    if block.first_minute < first:
        return "stays: it begins sooner than the notice allows a change"
    return "stays: this plan cannot place it anew"


def _remark(note: Note, request: PlanningRequest) -> Remark:
    title = request.titles.get(note.id, f"{note.kind} {note.id}")
    state = STATES.get(note.status, note.status)
    return Remark(title, state, note.reason, note.hint, note.status not in _CALM, note.people)
