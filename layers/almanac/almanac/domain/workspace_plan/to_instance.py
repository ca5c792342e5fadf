"""A workspace into the planner's instance, with everything that is needed to read the plan back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.planner.model.instance import NOBODY, Instance, LockedEvent, PersonSpec, PreviousBlock
from almanac.domain.planner.model.weights import Weights
from almanac.domain.workspace_plan.block_decisions import decide_blocks
from almanac.domain.workspace_plan.busy_time import as_locked, busy_events
from almanac.domain.workspace_plan.existing_blocks import BlockSets, as_taken, worked_minutes
from almanac.domain.workspace_plan.free_time import due_dates, without_open_dates
from almanac.domain.workspace_plan.habit_requests import (
    UNLIMITED,
    Dates,
    MinuteLimits,
    OccurrenceKey,
    OccurrenceRequest,
    habit_faults,
)
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Block, ItemKind, Workspace
from almanac.domain.workspace_plan.task_requests import TaskRequests, used_up


@dataclass(frozen=True, slots=True)
class ItemOwner:
    """The task, or the occurrence of a habit, that an id of the planner's means."""

    kind: ItemKind
    owner: UUID
    title: str
    color: str
    instance: int = 1


@dataclass(frozen=True, slots=True)
class PlanningRequest:
    """One planning request: the instance, what each id means, and the blocks the plan is compared with.

    `wanted` holds the ISO dates per habit id of the instance; the planner's weekdays can only say "every Monday".
    `lengthened` are the minutes that owners have made occurrences of habits long.
    `names` are titles of events and blocks, for explanations; they are never logged.
    """

    instance: Instance
    window: PlanningWindow
    items: Mapping[str, ItemOwner]
    wanted: Mapping[str, frozenset[str]]
    names: Mapping[str, str]
    existing: BlockSets
    findings: tuple[ItemFinding, ...]
    lengthened: Mapping[OccurrenceKey, int]

    @property
    def titles(self) -> dict[str, str]:
        """The titles of items, events and blocks by the ids of their rows."""
        return {**self.names, **{str(item.owner): item.title for item in self.items.values()}}


def to_instance(
    ws_id: UUID,
    workspace: Workspace,
    window: PlanningWindow,
    dates: Dates,
    *,
    force: bool,
    limits: MinuteLimits = UNLIMITED,
) -> PlanningRequest:
    """Return the planning request of a workspace.

    `dates` are those of every habit's recurrence, inside the horizon and as far as its blocks reach. `force` plans
    without regard to the existing plan. `limits` bound what owners made longer. What cannot be planned is a finding.
    """
    categories = _category_faults(workspace)
    tasks = TaskRequests.of(workspace, categories)
    faulty_habits = habit_faults(workspace.habits, workspace.hours, categories)
    habits = [habit for habit in workspace.habits if habit.id not in faulty_habits]
    due, busy = due_dates(workspace, dates, window.zone), _locked_events(workspace)
    decisions = decide_blocks(workspace, due, habits, tasks.faults, busy, window, force=force, limits=limits)
    existing, open_dates = decisions.existing, decisions.open_dates
    instance = replace(
        _frame(ws_id, workspace, window),
        locked=(*busy, *map(as_taken, existing.fixed)),
        tasks=tasks.specs(existing.fixed),
        habits=tuple(occurrence.spec(days) for occurrence, days in open_dates.items()),
        previous=() if force else _previous(existing.movable, decisions.occurrences),
    )
    faults = (*_left_out("task", tasks.faults), *_left_out("habit", faulty_habits))
    idle = (*used_up(tasks.tasks, workspace.blocks, window), *without_open_dates(workspace, habits, dates, due, window))
    return PlanningRequest(
        instance=instance,
        window=window,
        items=_items(workspace, decisions.occurrences),
        wanted={one.spec_id: frozenset(day.isoformat() for day in days) for one, days in open_dates.items()},
        names=_names(workspace),
        existing=existing,
        lengthened=decisions.lengthened,
        findings=(*workspace.findings, *faults, *idle, *decisions.findings),
    )


def _frame(ws_id: UUID, workspace: Workspace, window: PlanningWindow) -> Instance:
    """Return an instance with nothing to place yet."""
    preferences = workspace.preferences
    return Instance(
        id=str(ws_id),
        people=(
            PersonSpec(
                NOBODY,
                window.zone,
                workspace.hours,
                preferences.break_minutes,
                preferences.notice_minutes,
                preferences.daily_caps,
            ),
        ),
        now=window.now,
        end=window.end,
        locked=(),
        movable=(),
        tasks=(),
        habits=(),
        previous=(),
        weights=Weights(),
    )


def _locked_events(workspace: Workspace) -> list[LockedEvent]:
    return [as_locked(event, workspace.preferences) for event in busy_events(workspace.events)]


def _left_out(kind: str, faults: Mapping[UUID, Explanation]) -> list[ItemFinding]:
    return [ItemFinding(kind, str(key), "left_out", fault) for key, fault in faults.items()]


def _category_faults(workspace: Workspace) -> dict[str, Explanation]:
    """Return what is wrong with each category of hours that a task or habit names and that cannot be used."""
    named = {task.category for task in workspace.tasks} | {habit.category for habit in workspace.habits}
    known = tuple(sorted(workspace.hours))
    unknown = {c: Explanation("hours_unknown", category=c, quotes=known) for c in named - set(workspace.hours)}
    unreadable = workspace.unreadable_hours.items()
    return unknown | {c: Explanation("hours_unreadable", category=c, quotes=(fault,)) for c, fault in unreadable}


def _previous(movable: Iterable[Block], occurrences: Iterable[OccurrenceRequest]) -> tuple[PreviousBlock, ...]:
    """Return the existing plan as the planner made it: with real lengths, which on the calendar are rounded up."""
    spec_of: dict[object, str] = {
        (one.habit.id, one.instance, day): one.spec_id for one in occurrences for day in one.dates
    }
    return tuple(
        PreviousBlock(
            str(block.owner) if block.kind == "task" else spec_of[block.owner, block.instance, block.day],
            block.first_minute,
            block.first_minute + worked_minutes(block),
        )
        for block in movable
    )


def _items(workspace: Workspace, occurrences: Sequence[OccurrenceRequest]) -> dict[str, ItemOwner]:
    items = {str(task.id): ItemOwner("task", task.id, task.title, "BLUE") for task in workspace.tasks}
    for one in occurrences:
        habit = one.habit
        items[one.spec_id] = ItemOwner("habit", habit.id, habit.name, habit.color, one.instance)
    return items


def _names(workspace: Workspace) -> dict[str, str]:
    blocks = {str(block.event_id): block.title for block in workspace.blocks}
    return blocks | {str(event.id): event.title for event in workspace.events}
