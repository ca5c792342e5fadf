"""The planner's plan in the terms of the workspace."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from almanac.domain.planner.model.plan import Finding, Plan, PlannedBlock
from almanac.domain.planner.model.slot_mask import ceil_to_slot
from almanac.domain.workspace_plan.report import Note, Placed
from almanac.domain.workspace_plan.to_instance import PlanningRequest

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:/[0-9/]+)?")
"""What the planner calls tasks, habits and events."""
_STATUS = {"unplaced": "unscheduled", "missed": "unscheduled"}
"""The planner's states under the names of the metadata row, where they differ."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan: its blocks, what owners of its items and of what was left out should know, and counts.

    `habits` counts occurrences, `scheduled` … `unscheduled` count both.
    """

    blocks: tuple[Placed, ...]
    notes: tuple[Note, ...]
    objective: float
    tasks: int
    habits: int
    scheduled: int
    late: int
    partial: int
    unscheduled: int
    at_risk: int


def from_plan(prepared: PlanningRequest, found: Plan) -> Planned:
    """The plan in the terms of the workspace.

    The planner knows habits by weekday, recurrences know dates (every second week, a skip, a day that is settled): what
    it says about dates that nobody wants is left out.
    """
    blocks = [block for block in found.blocks if _is_wanted(prepared, block.item, _date(prepared, block))]
    findings = [finding for finding in found.findings if _is_wanted(prepared, finding.item, finding.date)]
    states = [finding.state for finding in findings]
    habits = sum(map(len, prepared.wanted.values()))
    placed_habits = sum(block.item in prepared.wanted for block in blocks)
    tasks = len(prepared.instance.tasks)
    late, partial = states.count("late"), states.count("partial")
    unplaced = states.count("unplaced")
    return Planned(
        blocks=tuple(_placed(prepared, block) for block in blocks),
        notes=(*_named_notes(prepared), *_notes(prepared, findings)),
        objective=found.objective,
        tasks=tasks,
        habits=habits,
        scheduled=tasks - partial - unplaced + placed_habits,
        late=late,
        partial=partial,
        unscheduled=unplaced + habits - placed_habits,
        at_risk=states.count("at_risk"),
    )


def _placed(prepared: PlanningRequest, block: PlannedBlock) -> Placed:
    """The block as it will be on the calendar: its length rounded up to the grid, its work as it is."""
    minutes = block.end - block.start
    end = block.start + ceil_to_slot(minutes)
    return Placed(block.item, block.start, end, minutes, in_titles(prepared, block.reason))


def in_titles(prepared: PlanningRequest, text: str) -> str:
    """The planner's words with titles for its ids: for the workspace's eyes, never for a log."""

    def title(match: re.Match[str]) -> str:
        key = match[0]
        item = prepared.items.get(key)
        return f"'{item.title if item else prepared.names[key]}'" if item or key in prepared.names else key

    return _ID.sub(title, text)


def _is_wanted(prepared: PlanningRequest, item: str, day: str | None) -> bool:
    return item not in prepared.wanted or day in prepared.wanted[item]


def _date(prepared: PlanningRequest, block: PlannedBlock) -> str:
    """A habit's block belongs to the local date of its start."""
    return prepared.window.day(block.start).isoformat()


def _named_notes(prepared: PlanningRequest) -> Iterator[Note]:
    return (replace(note, reason=in_titles(prepared, note.reason)) for note in prepared.notes)


def _notes(prepared: PlanningRequest, findings: Iterable[Finding]) -> Iterator[Note]:
    for finding in findings:
        item = prepared.items[finding.item]
        obstacle, hint = in_titles(prepared, finding.obstacle), in_titles(prepared, finding.help)
        reason = obstacle if finding.date is None else f"{finding.date}: {obstacle}"
        yield Note(item.kind, str(item.owner), _STATUS.get(finding.state, finding.state), reason, hint)
