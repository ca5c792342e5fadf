"""What becomes of existing blocks and which occurrences are wanted: the answers depend on each other."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from almanac.domain.explanation import ItemFinding
from almanac.domain.planner.model.instance import LockedEvent
from almanac.domain.workspace_plan.busy_time import with_buffers
from almanac.domain.workspace_plan.existing_blocks import BlockSets, sort_blocks, stays, taken_by_owners
from almanac.domain.workspace_plan.free_time import FreeTime
from almanac.domain.workspace_plan.habit_requests import (
    CalendarConstraints,
    Dates,
    MinuteLimits,
    OccurrenceKey,
    OccurrenceRequest,
    occurrence_requests,
)
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Block, Habit, Workspace


@dataclass(frozen=True, slots=True)
class BlockDecisions:
    """What a plan may do with the blocks, the occurrences with their windows, and a finding for each without room.

    `open_dates` are the dates that the planner is to place, `lengthened` the minutes that owners have made occurrences
    long, as far as these windows take them up.
    """

    existing: BlockSets
    occurrences: Sequence[OccurrenceRequest]
    open_dates: Mapping[OccurrenceRequest, frozenset[date]]
    findings: Sequence[ItemFinding]
    lengthened: Mapping[OccurrenceKey, int]


def decide_blocks(
    workspace: Workspace,
    due: Dates,
    habits: Sequence[Habit],
    faulty_tasks: Collection[UUID],
    busy: Sequence[LockedEvent],
    window: PlanningWindow,
    *,
    force: bool,
    limits: MinuteLimits,
) -> BlockDecisions:
    """Return both decisions. `habits` are those without a fault, `due` their dates; `busy` are the events that take
    time, `limits` the minutes that an earlier plan of this run found for occurrences that their owners had made longer.

    The block of an occurrence without a window (its ideal time is over, or its order leaves it no room) stays where it
    is. The other habits of its order then have to go around it, which may leave one of them without a window: this goes
    on until no block is added.
    """
    owned = taken_by_owners(workspace.blocks, window)
    spans = [(event.start, event.end) for event in (*busy, *owned)]
    free = FreeTime.of(workspace.hours, map(with_buffers, (*busy, *owned)), window)
    wanted = _is_wanted(workspace, due)
    staying = {block.event_id for block in workspace.blocks if stays(block, spans, window)}
    while True:
        bound = [block for block in workspace.blocks if block.event_id in staying]
        others = [block for block in workspace.blocks if block.event_id not in staying]
        constraints = CalendarConstraints.of(habits, bound, () if force else others, window, limits)
        occurrences, findings = occurrence_requests(habits, workspace.hours, due, free, constraints)
        plannable = _is_plannable(faulty_tasks, occurrences, window, frozenset(staying))
        existing = sort_blocks(workspace.blocks, spans, window, wanted, plannable)
        more = {block.event_id for block in existing.fixed if block.kind == "habit"} - staying
        if not more:
            open_dates = {one: days for one in occurrences if (days := _open_dates(one, existing, window))}
            return BlockDecisions(existing, occurrences, open_dates, findings, constraints.lengthened)
        staying |= more


def _open_dates(occurrence: OccurrenceRequest, existing: BlockSets, window: PlanningWindow) -> frozenset[date]:
    """Return the dates that the planner is to place: still ahead, and without a block that stays."""
    key = occurrence.habit.id, occurrence.instance
    mine = (block for block in existing.fixed if block.kind == "habit" and (block.owner, block.instance) == key)
    return occurrence.ahead(window) - {block.day for block in mine if block.day is not None}


def _is_wanted(workspace: Workspace, due: Mapping[UUID, Collection[date]]) -> Callable[[Block], bool]:
    """Return whether a block is still wanted: its task is open, its habit falls on its date that often."""
    tasks = {task.id for task in workspace.tasks}
    instances = {habit.id: habit.instances for habit in workspace.habits}

    def wanted(block: Block) -> bool:
        if block.owner is None or block.kind == "task":
            return block.owner in tasks
        return block.day in due.get(block.owner, ()) and block.instance <= instances[block.owner]

    return wanted


def _is_plannable(
    faulty_tasks: Collection[UUID],
    occurrences: Iterable[OccurrenceRequest],
    window: PlanningWindow,
    staying: Collection[UUID],
) -> Callable[[Block], bool]:
    """Return whether this run can place a block's item anew: a habit's ideal time may have passed for today."""
    open_now = {(one.habit.id, one.instance, day) for one in occurrences for day in one.ahead(window)}

    def plannable(block: Block) -> bool:
        if block.kind == "task":
            return block.owner not in faulty_tasks
        return block.event_id not in staying and (block.owner, block.instance, block.day) in open_now

    return plannable
