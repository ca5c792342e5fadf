"""A workspace into the planner's instance, with everything that is needed to read the plan back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.planner.model.instance import Instance, LockedEvent, TaskSpec
from almanac.domain.planner.model.weights import Weights
from almanac.domain.wall_clock import local_time
from almanac.domain.workspace_plan.existing_blocks import BlockSets
from almanac.domain.workspace_plan.habit_requests import UNLIMITED, Dates, MinuteLimits, OccurrenceKey
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import NOBODY, ItemKind, Workspace
from almanac.domain.workspace_plan.task_requests import Waits, WorkRequests, open_predecessors, used_up
from almanac.domain.workspace_plan.team.assignments import AssignedTasks, assigned_tasks
from almanac.domain.workspace_plan.team.meetings import meeting_faults, sort_meetings, taken_by
from almanac.domain.workspace_plan.team.person_plan import (
    PersonPlan,
    busy_time,
    category_faults,
    person_plan,
    previous_blocks,
)
from almanac.domain.workspace_plan.team.rows import Meeting
from almanac.domain.workspace_plan.team.views import views_of


@dataclass(frozen=True, slots=True)
class ItemOwner:
    """The task, the meeting, or the occurrence of a habit, that an id of the planner's means.

    `user` is whose time it takes, of a meeting the first of those who must come.
    """

    kind: ItemKind
    owner: UUID
    title: str
    color: str
    instance: int = 1
    user: str = NOBODY


@dataclass(frozen=True, slots=True)
class PlanningRequest:
    """One planning request: the instance, what each id means, and the blocks the plan is compared with.

    `wanted` holds the ISO dates per habit id of the instance; the planner's weekdays can only say "every Monday".
    `lengthened` are the minutes that owners have made occurrences of habits long. `windows` are those of each person.
    `names` are titles of events and blocks, and what people are called, for explanations; they are never logged.
    """

    instance: Instance
    window: PlanningWindow
    items: Mapping[str, ItemOwner]
    wanted: Mapping[str, frozenset[str]]
    names: Mapping[str, str]
    existing: BlockSets
    findings: tuple[ItemFinding, ...]
    lengthened: Mapping[OccurrenceKey, int]
    windows: Mapping[str, PlanningWindow]

    @property
    def titles(self) -> dict[str, str]:
        """The titles of items, events and blocks by the ids of their rows."""
        return {**self.names, **{str(item.owner): item.title for item in self.items.values()}}

    def window_of(self, item: str) -> PlanningWindow:
        """Return the window of whose time an item takes."""
        return self.windows.get(self.items[item].user, self.window)

    def day(self, item: str, minute: int) -> date:
        """Return the local date of an instant, in the zone of whose time an item takes."""
        return local_time(minute, self.window_of(item).zone).date()


def to_instance(
    ws_id: UUID,
    workspace: Workspace,
    window: PlanningWindow,
    dates: Dates,
    *,
    force: bool,
    limits: MinuteLimits = UNLIMITED,
    only: str | None = None,
) -> PlanningRequest:
    """Return the planning request of a workspace.

    `dates` are those of every habit's recurrence, inside the horizon and as far as its blocks reach. `force` plans
    without regard to the existing plan. `limits` bound what owners made longer. `only` plans one member, around
    everybody else's blocks and all meetings; of somebody who is no member it says nothing. What cannot be planned is a
    finding.
    """
    if all(member.user != only for member in workspace.members):
        only = None
    assigned = assigned_tasks(workspace)
    views = views_of(workspace, window, assigned)
    hours = {view.user: view.workspace.hours for view in views}
    meetings = [replace(each, optional=tuple(u for u in each.optional if u in hours)) for each in workspace.meetings]
    categories = {view.user: category_faults(view.workspace) for view in views}
    work = WorkRequests.of(
        assigned.rows,
        meetings,
        _waits(workspace, assigned),
        {**assigned.faults, **meeting_faults(meetings, hours)},
        lambda task: categories[assigned.users[task.id]].get(task.category),
    )
    busy = {view.user: busy_time(view.workspace) for view in views}
    by_id = {meeting.id: meeting for meeting in meetings}
    windows = {view.user: view.window for view in views}
    held = _meeting_blocks(assigned, by_id, work, busy, windows, movable=only is None)
    taken = [taken_by(block, by_id, hours) for block in held.fixed]
    plans = [
        person_plan(
            view,
            dates,
            categories[view.user],
            work.faults,
            busy[view.user],
            [event for event in taken if view.user in (event.people or ())],
            force=force,
            limits=limits,
        )
        for view in views
        if only in (None, view.user)
    ]
    existing = _joined(held, plans)
    others = [block for block in assigned.blocks if only not in (None, block.user) and block.kind == "task"]
    tasks, wanted_meetings = work.specs((*existing.fixed, *others))
    tasks = tuple(replace(task, person=assigned.users[UUID(task.id)]) for task in tasks)
    waiting: list[ItemFinding] = []
    if only is not None:
        tasks, waiting = _of_one(tasks, only)
        wanted_meetings = ()
    previous = [block for plan in plans for block in plan.previous] + previous_blocks(held.movable, ())
    instance = Instance(
        id=str(ws_id),
        people=tuple(plan.spec for plan in plans),
        now=window.now,
        end=window.end,
        locked=(*(event for plan in plans for event in plan.locked), *taken),
        movable=(),
        tasks=tasks,
        habits=tuple(habit for plan in plans for habit in plan.habits),
        meetings=wanted_meetings,
        previous=() if force else tuple(previous),
        weights=Weights(),
    )
    idle = used_up(work.tasks, [block for block in assigned.blocks if block.kind == "task"], window)
    own = (*_left_out(work, by_id), *idle, *waiting)
    tasks_of = {str(row): str(task) for row, task in assigned.tasks_of.items()}
    return PlanningRequest(
        instance=instance,
        window=window,
        items=_items(assigned, meetings, plans),
        wanted={
            one.spec_id: frozenset(day.isoformat() for day in days)
            for plan in plans
            for one, days in plan.decisions.open_dates.items()
        },
        names=_names(workspace),
        existing=existing,
        lengthened={key: n for plan in plans for key, n in plan.decisions.lengthened.items()},
        findings=(
            *workspace.findings,
            *(replace(finding, id=tasks_of.get(finding.id, finding.id)) for finding in own),
            *(finding for plan in plans for finding in plan.findings),
        ),
        windows={plan.view.user: plan.view.window for plan in plans},
    )


def _waits(workspace: Workspace, assigned: AssignedTasks) -> Waits:
    """Return what each part of a task, and each meeting, still waits for; what was ticked off is waited for no more."""
    waits = {key: set(afters) for key, afters in open_predecessors(assigned.dependencies).items()}
    for each in workspace.meeting_dependencies:
        for waiting in () if each.after_completed else assigned.parts.get(each.waiting, [each.waiting]):
            waits.setdefault(waiting, set()).update(assigned.parts.get(each.after, [each.after]))
    return {key: frozenset(afters) for key, afters in waits.items()}


def _meeting_blocks(
    assigned: AssignedTasks,
    meetings: Mapping[UUID, Meeting],
    work: WorkRequests,
    busy: Mapping[str, Sequence[LockedEvent]],
    windows: Mapping[str, PlanningWindow],
    *,
    movable: bool,
) -> BlockSets:
    """Return the blocks of meetings by what this run may do with them: nothing, unless they are `movable`."""
    blocks = tuple(block for block in assigned.blocks if block.kind == "meeting")
    if not movable:
        return BlockSets(blocks, (), ())
    spans = {user: [(event.start, event.end) for event in events] for user, events in busy.items()}
    return sort_meetings(blocks, meetings, work.faults, spans, windows)


def _joined(held: BlockSets, plans: Sequence[PersonPlan]) -> BlockSets:
    sets = [plan.decisions.existing for plan in plans] + [held]
    return BlockSets(
        tuple(block for each in sets for block in each.fixed),
        tuple(block for each in sets for block in each.movable),
        tuple(block for each in sets for block in each.unwanted),
    )


def _of_one(tasks: Sequence[TaskSpec], only: str) -> tuple[tuple[TaskSpec, ...], list[ItemFinding]]:
    """Return one person's tasks, and a finding for each that waits for work that this run does not place."""
    mine = {task.id: task for task in tasks if task.person == only}
    findings = []
    while blocked := [task for task in mine.values() if not mine.keys() >= set(task.depends_on)]:
        for task in blocked:
            del mine[task.id]
            lacking = tuple(name for name in task.depends_on if name not in mine)
            findings.append(ItemFinding("task", task.id, "left_out", Explanation("waits_for_unplaced", items=lacking)))
    return tuple(mine.values()), findings


def _left_out(work: WorkRequests, meetings: Mapping[UUID, Meeting]) -> Iterator[ItemFinding]:
    for key, fault in work.faults.items():
        yield ItemFinding("meeting" if key in meetings else "task", str(key), "left_out", fault)


def _items(assigned: AssignedTasks, meetings: Sequence[Meeting], plans: Sequence[PersonPlan]) -> dict[str, ItemOwner]:
    items = {
        str(row.id): ItemOwner("task", assigned.tasks_of[row.id], row.title, "BLUE", user=assigned.users[row.id])
        for row in assigned.rows
    }
    for each in meetings:
        user = next(iter(each.required), NOBODY)
        items[str(each.id)] = ItemOwner("meeting", each.id, each.title, each.color, user=user)
    for plan in plans:
        for one in plan.decisions.occurrences:
            habit = one.habit
            items[one.spec_id] = ItemOwner("habit", habit.id, habit.name, habit.color, one.instance, plan.view.user)
    return items


def _names(workspace: Workspace) -> dict[str, str]:
    blocks: dict[str, str] = {str(block.event_id): block.title for block in workspace.blocks}
    people = {member.user: member.name or member.user for member in workspace.members}
    return people | blocks | {str(event.id): event.title for event in workspace.events}
