"""A workspace on its way to the planner: what is whose, what can be planned at all, and which blocks stay."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.people_names import people_names
from almanac.domain.planner.model.instance import Instance, MeetingSpec, TaskSpec
from almanac.domain.planner.model.weights import Weights
from almanac.domain.workspace_plan.existing_blocks import BlockSets, is_users, stays, taken_by_owners
from almanac.domain.workspace_plan.habit_requests import Dates, MinuteLimits
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import NOBODY, Block, Workspace
from almanac.domain.workspace_plan.task_requests import Waits, WorkRequests, followers_of, open_predecessors, used_up
from almanac.domain.workspace_plan.team.assignments import AssignedTasks, assigned_tasks
from almanac.domain.workspace_plan.team.hours_faults import category_faults
from almanac.domain.workspace_plan.team.kept_blocks import KeptBlock, kept_findings
from almanac.domain.workspace_plan.team.meetings import meeting_faults, people_of, sort_meetings, taken_by
from almanac.domain.workspace_plan.team.person_plan import (
    PersonPlan,
    busy_time,
    person_plan,
    previous_blocks,
)
from almanac.domain.workspace_plan.team.request import ItemOwner, PlanningRequest
from almanac.domain.workspace_plan.team.rows import Meeting
from almanac.domain.workspace_plan.team.staying_blocks import Staying, StayingBlocks, limits
from almanac.domain.workspace_plan.team.views import views_of


class Preparation:
    """What a request is made of, worked out once; with `only` of one member, else of everybody."""

    def __init__(self, workspace: Workspace, window: PlanningWindow, only: str | None) -> None:
        self.workspace, self.window, self.only = workspace, window, only
        self.assigned = assigned_tasks(workspace, window)
        self.views = views_of(workspace, window, self.assigned)
        self.hours = {view.user: view.workspace.hours for view in self.views}
        meetings = (replace(m, optional=tuple(u for u in m.optional if u in self.hours)) for m in workspace.meetings)
        self.meetings = {meeting.id: meeting for meeting in meetings}
        self.categories = {view.user: category_faults(view.workspace) for view in self.views}
        self.work = WorkRequests.of(
            self.assigned.rows,
            tuple(self.meetings.values()),
            _waits(workspace, self.assigned),
            {**self.assigned.faults, **meeting_faults(self.meetings.values(), self.hours)},
            lambda task: self.categories[self.assigned.users[task.id]].get(task.category),
        )
        self.busy = {view.user: busy_time(view.workspace) for view in self.views}
        self.spans = {
            view.user: [
                (taken.start, taken.end)
                for taken in (*self.busy[view.user], *taken_by_owners(view.workspace.blocks, view.window))
            ]
            for view in self.views
        }
        self.windows = {view.user: view.window for view in self.views}
        self.idle = list(used_up(self.work.tasks, self.assigned.blocks, window))
        self.held = self.meeting_blocks()
        self.taken = [taken_by(block, self.meetings, self.hours) for block in self.held.fixed if not block.over]

    def meeting_blocks(self) -> BlockSets:
        """Return the blocks of meetings by what this run may do with them: nothing, when it plans one person."""
        blocks = tuple(block for block in self.assigned.blocks if block.kind == "meeting")
        if self.only is not None:
            return BlockSets(blocks, (), ())
        return self.sorted_meetings(blocks)

    def sorted_meetings(self, blocks: Sequence[Block]) -> BlockSets:
        """Return blocks of meetings by what a plan of everybody may do with them."""
        return sort_meetings(blocks, self.meetings, self.work.faults, self.spans, self.windows)

    def plans(self, dates: Dates, *, force: bool, limits: MinuteLimits) -> list[PersonPlan]:
        """Return each person's part, or the one's that is to be planned."""
        return [
            person_plan(
                view,
                dates,
                self.categories[view.user],
                self.work.faults,
                self.busy[view.user],
                [event for event in self.taken if view.user in (event.people or ())],
                force=force,
                limits=limits,
            )
            for view in self.views
            if self.only in (None, view.user)
        ]

    def request(self, ws_id: UUID, dates: Dates, *, force: bool, limits: MinuteLimits) -> PlanningRequest:
        """Return the whole request."""
        plans = self.plans(dates, force=force, limits=limits)
        existing = _joined(self.held, plans)
        tasks, meetings, waiting = self.specs(existing)
        previous = [block for plan in plans for block in plan.previous] + previous_blocks(self.held.movable, ())
        instance = Instance(
            id=str(ws_id),
            people=tuple(plan.spec for plan in plans),
            now=self.window.now,
            end=self.window.end,
            locked=(*(event for plan in plans for event in plan.locked), *self.taken),
            movable=(),
            tasks=tasks,
            habits=tuple(habit for plan in plans for habit in plan.habits),
            meetings=meetings,
            previous=() if force else tuple(previous),
            weights=Weights(),
        )
        wanted = {one.spec_id: days for plan in plans for one, days in plan.decisions.open_dates.items()}
        return PlanningRequest(
            instance=instance,
            window=self.window,
            items=_items(self.assigned, self.meetings.values(), plans),
            wanted={spec: frozenset(day.isoformat() for day in days) for spec, days in wanted.items()},
            names=_names(self.workspace),
            existing=existing,
            lengthened={key: n for plan in plans for key, n in plan.decisions.lengthened.items()},
            findings=(
                *self.findings(waiting),
                *(of(plan.view.user, each) for plan in plans for each in plan.findings),
                *self.about_kept(existing.fixed),
            ),
            windows={plan.view.user: plan.view.window for plan in plans},
            one_person=self.only is not None,
        )

    def specs(self, existing: BlockSets) -> tuple[tuple[TaskSpec, ...], tuple[MeetingSpec, ...], Sequence[ItemFinding]]:
        """Return what is to be placed, and a finding for each task of one person that waits for what is not.

        What waits for work and stays bounds it: what is pinned or cannot be planned, what is merely near, and when one
        person is planned all that is others'.
        """
        blocks = [block for block in self.assigned.blocks if block.kind == "task"]
        others = [block for block in blocks if self.only not in (None, block.user)]
        tasks, meetings = self.work.specs((*existing.fixed, *others))
        tasks = tuple(replace(task, person=self.assigned.users[UUID(task.id)]) for task in tasks)
        planned = [("task", task.id) for task in self.work.tasks if self.only in (None, self.assigned.users[task.id])]
        waiting: Sequence[ItemFinding] = ()
        if self.only is not None:
            tasks, waiting = _of_one(tasks, self.only)
            meetings = ()
        else:
            planned += [("meeting", key) for key in self.work.meetings]
        works: tuple[TaskSpec | MeetingSpec, ...] = (*tasks, *meetings)
        soonest = {UUID(each.id): self.soonest_end(each) for each in works}
        followers, broken = limits(planned, soonest, existing, self.staying((*existing.fixed, *others)))
        tasks = tuple(replace(task, follower=followers.get(task.id)) for task in tasks)
        meetings = tuple(replace(meeting, follower=followers.get(meeting.id)) for meeting in meetings)
        return tasks, meetings, (*waiting, *broken)

    def soonest_end(self, work: TaskSpec | MeetingSpec) -> int:
        """Return when work would end if all the time after the notice of its people were free and open."""
        people = (work.person,) if isinstance(work, TaskSpec) else work.people
        return max(*(self.windows[person].first for person in people), work.earliest or 0) + work.minutes

    def staying(self, blocks: Iterable[Block]) -> StayingBlocks:
        """Return which of some blocks that stay, of work and of meetings, are ahead: they bound what they wait for."""
        bound = {block.event_id for block in self.sorted_meetings(self.held.fixed).fixed}
        found = []
        for block in blocks:
            user = self.assigned.users.get(block.owner) if block.owner else None
            is_theirs = user == block.user or not self.workspace.members
            if block.kind == "task" and user is not None and is_theirs:
                stuck = block.owner in self.work.faults or stays(block, self.spans[user], self.windows[user])
                found.append(Staying(block, stuck, self.is_near(block, self.windows[user])))
            elif block.kind == "meeting" and block.owner in self.meetings:
                people = people_of(block, self.meetings[block.owner])
                windows = [self.windows[each] for each in people if each in self.windows]
                near = any(self.is_near(block, each) for each in windows)
                found.append(Staying(block, block.event_id in bound, near))
        idle = {UUID(each.id) for each in self.idle}
        return StayingBlocks.of(self.work.waits, idle, found, self.window)

    def is_near(self, block: Block, window: PlanningWindow) -> bool:
        """Return whether a block that stays would do so for nothing but the notice, and not for long therefore."""
        pinned = block.kept or is_users(block, window) or block.owner in self.work.faults
        return block.first_minute < window.first and not pinned

    def about_kept(self, fixed: Iterable[Block]) -> Iterator[ItemFinding]:
        """Yield what is wrong with blocks that stay. Of meetings a plan of one says what clashes, not what is late."""
        found = kept_findings([*self.kept(fixed)], self.busy, self.window)
        one = self.only is not None
        return (each for each in found if not (one and each.kind == "meeting" and each.status == "stays_late"))

    def kept(self, fixed: Iterable[Block]) -> Iterator[KeptBlock]:
        """Yield blocks that stay of what people know: of open work, and of habits that are not paused."""
        deadlines = {row.id: row.deadline for row in self.assigned.rows}
        habits = {habit.id for habit in self.workspace.habits}
        for block in fixed:
            owner = block.owner
            if owner is None:
                continue
            if meeting := self.meetings.get(owner):
                there = people_of(block, meeting)
                people = tuple(user for user in self.hours if user in there and self.only in (None, user))
                movable = self.only is not None and not block.locked
                yield KeptBlock(block, owner, people, meeting.deadline, movable=movable)
            elif owner in deadlines or owner in habits:
                user = block.user if self.workspace.members and block.user else NOBODY
                yield KeptBlock(block, self.assigned.tasks_of.get(owner, owner), (user,), deadlines.get(owner))

    def findings(self, waiting: Iterable[ItemFinding]) -> Iterator[ItemFinding]:
        """Yield what cannot be planned, about tasks and not about parts of them."""
        yield from self.workspace.findings
        tasks_of = {str(row): str(task) for row, task in self.assigned.tasks_of.items()}
        yield from _of_strangers(self.workspace)
        for finding in (*_left_out(self.work, self.meetings), *self.idle, *waiting):
            if finding.kind == "meeting":
                asked = self.meetings[UUID(finding.id)].required
                yield replace(finding, people=tuple(user for user in asked if user in self.hours))
            else:
                task = tasks_of.get(finding.id, finding.id)
                said = replace(finding, id=task, cause=finding.cause.renamed(tasks_of))
                strangers = self.assigned.faults.get(UUID(finding.id))
                whose = self.assigned.users.get(UUID(finding.id), NOBODY)
                yield of(whose, said) if strangers is None else replace(said, people=strangers.quotes)


def left_out(kind: str, key: UUID, fault: Explanation) -> ItemFinding:
    """Return what is said of an item that cannot be planned at all."""
    helps = (Explanation("add_member"),) if fault.code == "person_unknown" else ()
    return ItemFinding(kind, str(key), "left_out", fault, helps)


def of(user: str, finding: ItemFinding) -> ItemFinding:
    """Return the same as one about what is somebody's; where there are no members it is nobody's."""
    return replace(finding, people=(user,)) if user else finding


def _waits(workspace: Workspace, assigned: AssignedTasks) -> Waits:
    """Return what each part of a task, and each meeting, still waits for; what was ticked off is waited for no more."""
    waits = {key: set(afters) for key, afters in open_predecessors(assigned.dependencies).items()}
    for each in workspace.meeting_dependencies:
        for waiting in () if each.after_completed else assigned.parts.get(each.waiting, [each.waiting]):
            waits.setdefault(waiting, set()).update(assigned.parts.get(each.after, [each.after]))
    return {key: frozenset(afters) for key, afters in waits.items()}


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
    followers = followers_of({task.id: task.depends_on for task in mine.values()})
    findings, left = [], dict(mine)
    blocked = [task.id for task in mine.values() if not mine.keys() >= set(task.depends_on)]
    for key in blocked:  # what follows them is put behind
        if left.pop(key, None) is not None:
            lacking = tuple(name for name in mine[key].depends_on if name not in left)
            cause = Explanation("waits_for_unplaced", items=lacking)
            findings.append(ItemFinding("task", key, "left_out", cause, (Explanation("plan_everybody"),)))
            blocked += followers.get(key, ())
    return tuple(left.values()), findings


def _left_out(work: WorkRequests, meetings: Mapping[UUID, Meeting]) -> Iterator[ItemFinding]:
    for key, fault in work.faults.items():
        yield left_out("meeting" if key in meetings else "task", key, fault)


def _of_strangers(workspace: Workspace) -> Iterator[ItemFinding]:
    """Yield a finding for each habit of somebody who is no member."""
    users = {member.user for member in workspace.members}
    for habit in workspace.habits if users else ():
        if habit.user and habit.user not in users:
            fault = Explanation("person_unknown", quotes=(habit.user,))
            yield of(habit.user, left_out("habit", habit.id, fault))


def _items(assigned: AssignedTasks, meetings: Iterable[Meeting], plans: Sequence[PersonPlan]) -> dict[str, ItemOwner]:
    items = {
        str(row.id): ItemOwner("task", assigned.tasks_of[row.id], row.title, "BLUE", user=assigned.users[row.id])
        for row in assigned.rows
    }
    for each in meetings:
        user, *others = each.required or (NOBODY,)
        owner = ItemOwner("meeting", each.id, each.title, each.color, user=user, others=tuple(others))
        items[str(each.id)] = owner
    for plan in plans:
        for one in plan.decisions.occurrences:
            habit = one.habit
            items[one.spec_id] = ItemOwner("habit", habit.id, habit.name, habit.color, one.instance, plan.view.user)
    return items


def _names(workspace: Workspace) -> dict[str, str]:
    blocks: dict[str, str] = {str(block.event_id): block.title for block in workspace.blocks}
    people = people_names((member.user, member.name) for member in workspace.members)
    waited_for = {str(each.after): each.after_title for each in workspace.dependencies}
    waited_for |= {str(each.after): each.after_title for each in workspace.meeting_dependencies}
    habits = {str(habit.id): habit.name for habit in workspace.habits}
    return people | waited_for | habits | blocks | {str(event.id): event.title for event in workspace.events}
