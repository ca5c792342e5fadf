"""A workspace into the planner's instance, with everything that is needed to read the plan back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from almanac.domain.planner.model.instance import Instance, PreviousBlock
from almanac.domain.planner.model.weights import Weights
from almanac.domain.workspace_plan.block_decisions import decide_blocks
from almanac.domain.workspace_plan.busy_time import as_locked, busy_events, with_buffers
from almanac.domain.workspace_plan.existing_blocks import BlockSets, as_taken, is_users, worked_minutes
from almanac.domain.workspace_plan.habit_requests import (
    UNLIMITED,
    Dates,
    MinuteLimits,
    OccurrenceKey,
    OccurrenceRequest,
    habit_faults,
)
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.report import Note
from almanac.domain.workspace_plan.snapshot import Block, Habit, Kind, Workspace
from almanac.domain.workspace_plan.task_requests import open_predecessors, task_faults, task_specs


@dataclass(frozen=True, slots=True)
class ItemOwner:
    """Whose blocks an id of the planner's stands for."""

    kind: Kind
    owner: UUID
    title: str
    color: str
    instance: int = 1


@dataclass(frozen=True, slots=True)
class PlanningRequest:
    """One planning request: the instance, whose each id is, and the blocks the plan is compared with.

    `wanted` holds the ISO dates per habit id of the instance; the planner's weekdays can only say "every Monday".
    `stretched` are the minutes that owners have made occurrences of habits long.
    `names` are titles of events and blocks, for explanations: they are for the workspace's eyes, never for a log.
    """

    instance: Instance
    window: PlanningWindow
    items: Mapping[str, ItemOwner]
    wanted: Mapping[str, frozenset[str]]
    names: Mapping[str, str]
    standing: BlockSets
    notes: tuple[Note, ...]
    stretched: Mapping[OccurrenceKey, int]


def to_instance(
    ws_id: UUID,
    workspace: Workspace,
    window: PlanningWindow,
    dates: Dates,
    *,
    force: bool,
    room: MinuteLimits = UNLIMITED,
) -> PlanningRequest:
    """The planning request of a workspace.

    `dates` are those of every habit's recurrence, inside the horizon and as far as its blocks reach. `force` plans
    without regard to the plan that stands. `room` shortens what owners made longer than there is room for (`settled`).
    Whatever cannot be planned is a note and costs nothing else.
    """
    due = {habit.id: frozenset(_due(workspace, habit, dates[habit.id])) for habit in workspace.habits}
    waits = open_predecessors(workspace.dependencies)
    categories = _category_faults(workspace)
    faulty_tasks = task_faults(workspace.tasks, waits, categories)
    faulty_habits = habit_faults(workspace.habits, workspace.hours, categories)
    busy = [as_locked(event, workspace.preferences) for event in busy_events(workspace.events)]
    spans = [(event.start, event.end) for event in busy]
    held = [block for block in workspace.blocks if is_users(block, window)]
    taken = [with_buffers(event) for event in (*busy, *map(as_taken, held))]
    sound = [habit for habit in workspace.habits if habit.id not in faulty_habits]
    decisions = decide_blocks(workspace, due, sound, faulty_tasks, taken, spans, window, force=force, room=room)
    standing, wishes = decisions.standing, decisions.wishes
    wanted = {wish: days for wish in wishes if (days := _open_dates(wish, standing, window))}
    tasks = [task for task in workspace.tasks if task.id not in faulty_tasks]
    return PlanningRequest(
        instance=replace(
            _frame(ws_id, workspace, window),
            locked=(*busy, *(as_taken(block) for block in standing.fixed)),
            tasks=tuple(task_specs(tasks, waits, standing.fixed)),
            habits=tuple(wish.spec(days) for wish, days in wanted.items()),
            previous=() if force else _previous(standing.ours, wishes),
        ),
        window=window,
        items=_items(workspace, wishes),
        wanted={wish.spec_id: frozenset(day.isoformat() for day in days) for wish, days in wanted.items()},
        names=_names(workspace),
        standing=standing,
        stretched=decisions.stretched,
        notes=(
            *workspace.notes,
            *_left_out("task", faulty_tasks),
            *_left_out("habit", faulty_habits),
            *decisions.notes,
        ),
    )


def _frame(ws_id: UUID, workspace: Workspace, window: PlanningWindow) -> Instance:
    """An instance with nothing to place yet."""
    preferences = workspace.preferences
    return Instance(
        id=str(ws_id),
        zone=window.zone,
        now=window.now,
        end=window.end,
        break_minutes=preferences.break_minutes,
        notice_minutes=preferences.notice_minutes,
        daily_caps=preferences.daily_caps,
        hours=workspace.hours,
        locked=(),
        movable=(),
        tasks=(),
        habits=(),
        previous=(),
        weights=Weights(),
    )


def _due(workspace: Workspace, habit: Habit, days: Iterable[date]) -> Iterator[date]:
    """The dates that are not skipped and on which the habit's hours open at all: a work habit has its weekend off."""
    week = workspace.hours.get(habit.category)
    for day in days:
        if (habit.id, day) not in workspace.skipped and (week is None or week[day.weekday()] or not any(week)):
            yield day


def _left_out(kind: str, faults: Mapping[UUID, str]) -> list[Note]:
    return [Note(kind, str(key), "left_out", reason) for key, reason in faults.items()]


def _category_faults(workspace: Workspace) -> dict[str, str]:
    """What is wrong with each category of hours that a task or habit names and that cannot be used."""
    named = {task.category for task in workspace.tasks} | {habit.category for habit in workspace.habits}
    known = ", ".join(sorted(workspace.hours))
    unknown = {c: f"calendar_hours '{c}' is unknown, known are {known}" for c in named - set(workspace.hours)}
    return unknown | dict(workspace.unreadable_hours)


def _open_dates(wish: OccurrenceRequest, standing: BlockSets, window: PlanningWindow) -> frozenset[date]:
    """The dates the planner is to place: still ahead, and not settled by a block that stays."""
    mine = (b for b in standing.fixed if b.kind == "habit" and b.owner == wish.habit.id and b.instance == wish.instance)
    return wish.ahead(window) - {block.day for block in mine if block.day is not None}


def _previous(ours: Iterable[Block], wishes: Iterable[OccurrenceRequest]) -> tuple[PreviousBlock, ...]:
    """The standing plan as the planner settled it: with real lengths, which on the calendar are rounded up."""
    spec_of: dict[object, str] = {
        (wish.habit.id, wish.instance, day): wish.spec_id for wish in wishes for day in wish.dates
    }
    return tuple(
        PreviousBlock(
            str(block.owner) if block.kind == "task" else spec_of[block.owner, block.instance, block.day],
            block.first_minute,
            block.first_minute + worked_minutes(block),
        )
        for block in ours
    )


def _items(workspace: Workspace, wishes: Sequence[OccurrenceRequest]) -> dict[str, ItemOwner]:
    items = {str(task.id): ItemOwner("task", task.id, task.title, "BLUE") for task in workspace.tasks}
    for wish in wishes:
        items[wish.spec_id] = ItemOwner("habit", wish.habit.id, wish.habit.name, wish.habit.color, wish.instance)
    return items


def _names(workspace: Workspace) -> dict[str, str]:
    blocks = {str(block.event_id): block.title for block in workspace.blocks}
    return blocks | {str(event.id): event.title for event in workspace.events}
