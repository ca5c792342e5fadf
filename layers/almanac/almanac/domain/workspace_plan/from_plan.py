"""The planner's plan, read back in the terms of a workspace."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from almanac.domain.explanation import Explanation, ItemFinding, Wording
from almanac.domain.planner.model.plan import Finding, Plan, PlannedBlock
from almanac.domain.planner.model.slot_mask import ceil_to_slot
from almanac.domain.workspace_plan.report import Note, Placed
from almanac.domain.workspace_plan.team.request import PlanningRequest

_STATUS = {"unplaced": "unscheduled", "missed": "unscheduled"}
"""The planner's states under the names of the metadata row, where they differ."""


class Words(Protocol):
    """Explanations in words, in the zone of whose time an item takes."""

    def __call__(self, explanations: Iterable[Explanation], item: str | None = None) -> str:
        """Return alternatives in words."""
        ...


@dataclass(frozen=True, slots=True)
class WorkspacePlan:
    """A plan: its blocks, notes about items that are not simply in their place or were left out, and counts.

    `habits` counts occurrences, `tasks` meetings too, `scheduled` … `unscheduled` all of them.
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
    search_cut_percent: int = 0


def from_plan(request: PlanningRequest, found: Plan, wording: Wording) -> WorkspacePlan:
    """Return the plan in the terms of the workspace, explanations about the ids of its rows, `wording` beside them.

    The planner knows habits by weekday, recurrences know dates (every second week, a skip, a date with a fixed block):
    what it says about dates that are not wanted is left out.
    """
    titles, rows = request.titles, {key: str(item.owner) for key, item in request.items.items()}

    def words(explanations: Iterable[Explanation], item: str | None = None) -> str:
        window = request.window if item is None else request.window_of(item)
        return wording(explanations, titles, window.zone)

    blocks = [block for block in found.blocks if _is_wanted(request, block.item, _date(request, block))]
    findings = [finding for finding in found.findings if _is_wanted(request, finding.item, finding.date)]
    states = [finding.state for finding in findings]
    habits = sum(map(len, request.wanted.values()))
    placed_habits = sum(block.item in request.wanted for block in blocks)
    tasks = len(request.instance.tasks) + len(request.instance.meetings)
    late, partial = states.count("late"), states.count("partial")
    unplaced = states.count("unplaced")
    return WorkspacePlan(
        blocks=tuple(_placed(block, block.reason.renamed(rows), words) for block in blocks),
        notes=tuple(Note.of(one, words) for one in (*request.findings, *_item_findings(request, findings, rows))),
        objective=found.objective,
        tasks=tasks,
        habits=habits,
        scheduled=tasks - partial - unplaced + placed_habits,
        late=late,
        partial=partial,
        unscheduled=unplaced + habits - placed_habits,
        at_risk=states.count("at_risk"),
        search_cut_percent=found.search_cut_percent,
    )


def _placed(block: PlannedBlock, explanation: Explanation, words: Words) -> Placed:
    """Return the block as it will be on the calendar: its length rounded up to the grid, its work as it is."""
    minutes = block.end - block.start
    end = block.start + ceil_to_slot(minutes)
    why = words([explanation], block.item)
    return Placed(block.item, block.start, end, minutes, why, explanation, block.people, block.optional)


def _is_wanted(request: PlanningRequest, item: str, day: str | None) -> bool:
    return item not in request.wanted or day in request.wanted[item]


def _date(request: PlanningRequest, block: PlannedBlock) -> str:
    """Return the local date of a block's start, to which a habit's block belongs."""
    return request.day(block.item, block.start).isoformat()


def _item_findings(
    request: PlanningRequest, findings: Iterable[Finding], rows: dict[str, str]
) -> Iterator[ItemFinding]:
    for finding in findings:
        item = request.items[finding.item]
        yield ItemFinding(
            item.kind,
            str(item.owner),
            _STATUS.get(finding.state, finding.state),
            finding.cause.renamed(rows),
            tuple(suggestion.renamed(rows) for suggestion in finding.suggestions),
            finding.date,
            item.people,
        )
