"""Tasks by who works on them: a task of several people is planned as a part for each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from almanac.domain.explanation import Explanation
from almanac.domain.workspace_plan.existing_blocks import is_users
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Block, Dependency, TaskRow, Workspace
from almanac.domain.workspace_plan.team.rows import Assignment


@dataclass(frozen=True, slots=True)
class AssignedTasks:
    """The parts of tasks, each of one person; the only part of a task has the task's own id.

    `users` says whose a part is, `tasks_of` of which task; `parts` has the parts of each task. `blocks` are those of
    the workspace with the part that they belong to as `owner`, and with their `user`. `faults` are tasks of nobody.
    """

    rows: Sequence[TaskRow]
    dependencies: Sequence[Dependency]
    blocks: Sequence[Block]
    users: Mapping[UUID, str]
    tasks_of: Mapping[UUID, UUID]
    parts: Mapping[UUID, Sequence[UUID]]
    faults: Mapping[UUID, Explanation]


def assigned_tasks(workspace: Workspace, window: PlanningWindow) -> AssignedTasks:
    """Return the tasks of a workspace as parts. Without members every task is one, of the nameless person."""
    by_task: dict[UUID, list[Assignment]] = defaultdict(list)
    for assignment in workspace.assignments:
        by_task[assignment.task].append(assignment)
    known = {member.user for member in workspace.members}
    rows: list[TaskRow] = []
    users: dict[UUID, str] = {}
    parts: dict[UUID, list[UUID]] = {}
    faults: dict[UUID, Explanation] = {}
    for task in workspace.tasks:
        asked = by_task[task.id] if workspace.members else []
        mine = [assignment for assignment in asked if assignment.user in known]
        if asked and not mine:
            faults[task.id] = Explanation("person_unknown", quotes=tuple(a.user for a in asked))
        found = [part(task, assignment, sole=len(mine) == 1) for assignment in mine] or [task]
        owners = [assignment.user for assignment in mine] or [workspace.default_user]
        rows += found
        users |= {row.id: user for row, user in zip(found, owners, strict=True)}
        parts[task.id] = [row.id for row in found]
    return AssignedTasks(
        rows=rows,
        dependencies=[
            replace(each, task=waiting, after=after)
            for each in workspace.dependencies
            for waiting in parts.get(each.task, [each.task])
            for after in parts.get(each.after, [each.after])
        ],
        blocks=[
            left_by_stranger(block, workspace, window)
            if is_strangers(block, known) and (not is_users(block, window) or is_asked(block, workspace))
            else with_owner(block, workspace, parts, users, known)
            for block in workspace.blocks
        ],
        users=users,
        tasks_of={row: task for task, mine in parts.items() for row in mine},
        parts=parts,
        faults=faults,
    )


def part(task: TaskRow, assignment: Assignment, *, sole: bool) -> TaskRow:
    """Return what one person does of a task; whoever does it alone has what was done without saying by whom."""
    return replace(
        task,
        id=task.id if sole else uuid5(task.id, assignment.user),
        total_minutes=assignment.total_minutes or task.total_minutes,
        done_minutes=assignment.done_minutes + (task.done_minutes if sole else 0),
    )


def is_strangers(block: Block, known: set[str]) -> bool:
    """Return whether a block of a task or habit is of somebody who is no member any more: none of `known`."""
    return bool(known and block.user) and block.kind != "meeting" and block.user not in known


def is_asked(block: Block, workspace: Workspace) -> bool:
    """Return whether what a block is of is still that of whoever's time it is in."""
    whose = (block.owner, block.user)
    return block.kind == "habit" or any((each.task, each.user) == whose for each in workspace.assignments)


def left_by_stranger(block: Block, workspace: Workspace, window: PlanningWindow) -> Block:
    """Return a block of somebody who is no member as one of no task: it counts as nobody's work.

    What they have locked or begun stays and takes nobody's time; what is to come is the default member's to give up.
    """
    user = block.user if is_users(block, window) else workspace.default_user
    return replace(block, owner=None, user=user)


def with_owner(
    block: Block,
    workspace: Workspace,
    parts: Mapping[UUID, Sequence[UUID]],
    users: Mapping[UUID, str],
    known: set[str],
) -> Block:
    """Return a block of a part and of somebody: where nobody is said, of the sole assignee or the default member."""
    if not workspace.members:
        return block
    default = workspace.default_user
    if block.kind == "habit":
        return replace(block, user=block.user or default)
    mine = parts.get(block.owner, ()) if block.owner else ()
    user = block.user if block.user in known else users[mine[0]] if len(mine) == 1 else default
    if len(mine) > 1:
        return replace(block, user=user, owner=next((each for each in mine if users[each] == user), block.owner))
    return replace(block, user=user)
