"""Tasks as people set them up: how long they take, who works on them, by when, and what they wait for."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from almanac.domain.items.tasks import ListedTask, NewTask, TaskChange
from almanac.errors import BadInput
from almanac.services.items.ports import TaskStore
from almanac.services.items.requirements import (
    hours_of,
    require_as_seen,
    require_dates,
    require_hours,
    require_members,
)
from almanac.services.operations.people import require_member
from almanac.services.operations.ports import PeopleStore, WorkspaceStore


class UnknownTask(BadInput):
    """The workspace has no task of that id."""

    code = "unknown_task"

    def __init__(self) -> None:
        super().__init__("task_id", "the workspace has no such task; `almanac task list` shows the open ones")


@dataclass(frozen=True, slots=True)
class Tasks:
    """The use case of `almanac task …`."""

    workspaces: WorkspaceStore
    people: PeopleStore
    store: TaskStore

    def add(self, ws_id: UUID, task: NewTask, task_id: UUID | None = None) -> UUID:
        """Add a task that the next plan places, and return its id: a new one, or the given one, under which it is
        added once however often. Raises BadInput of a field, UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        self._require_people(ws_id, task)
        require_dates(task)
        _require_pieces(task, task)
        self._require_hours(ws_id, task)
        self._require_order(ws_id, None, task)
        added = task_id or uuid4()
        self.store.add(ws_id, added, task)
        return added

    def change(self, ws_id: UUID, task_id: UUID, change: TaskChange, seen: ListedTask | None = None) -> ListedTask:
        """Change what is given of a task, ticking it off and opening it again among that; return it as it is then.

        Raises UnknownTask, BadInput of a field, ChangedMeanwhile where it is not any more as it was `seen`,
        UnknownWorkspace.
        """
        was = self.one(ws_id, task_id)
        self._require_possible(ws_id, task_id, change, change.applied_to(was))

        def changed(now: ListedTask) -> NewTask:
            require_as_seen(seen, now)
            wanted = change.applied_to(now)
            _require_bounds(change, wanted)
            return wanted

        if not self.store.change(ws_id, task_id, changed):
            raise UnknownTask
        return self.one(ws_id, task_id)

    def remove(self, ws_id: UUID, task_id: UUID) -> None:
        """Delete a task: the next plan takes its blocks to come away. Raises UnknownTask, UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        if not self.store.remove(ws_id, task_id):
            raise UnknownTask

    def one(self, ws_id: UUID, task_id: UUID) -> ListedTask:
        """Return one task, open or done. Raises UnknownTask, UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        found = self.store.one(ws_id, task_id)
        if found is None:
            raise UnknownTask
        return found

    def all(
        self, ws_id: UUID, user: str | None = None, *, done: bool = False, begin: int = 0, most: int | None = None
    ) -> Sequence[ListedTask]:
        """Return the open tasks or those that are done, of everybody or of one member; all, or a part of the list.

        Raises BadInput for somebody who is no member, UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        if user is not None:
            require_member(self.people, ws_id, user, "user_id")
        return self.store.all(ws_id, user, done=done, begin=begin, most=most)

    def _require_possible(self, ws_id: UUID, task_id: UUID, change: TaskChange, task: NewTask) -> None:
        """Raise BadInput for what a change makes impossible: what it does not touch may have become so since."""
        _require_bounds(change, task)
        if change.assignees is not None:
            self._require_people(ws_id, task)
        if change.assignees is not None or change.hours is not None:
            self._require_hours(ws_id, task)
        if change.after is not None or change.after_meetings is not None:
            self._require_order(ws_id, task_id, task)

    def _require_people(self, ws_id: UUID, task: NewTask) -> None:
        users = [each.user_id for each in task.assignees]
        require_members("assignees", users, [member.user_id for member in self.people.members(ws_id)])
        if len(set(users)) < len(users):
            raise BadInput("assignees", "names somebody a second time")

    def _require_hours(self, ws_id: UUID, task: NewTask) -> None:
        members = {member.user_id for member in self.people.members(ws_id)}
        users = [each.user_id for each in task.assignees if each.user_id in members]
        require_hours(task.hours, hours_of(self.people, ws_id, users), "all who work on it")

    def _require_order(self, ws_id: UUID, task_id: UUID | None, task: NewTask) -> None:
        order = self.store.order(ws_id, task.after, task.after_meetings)
        if task_id in task.after:
            raise BadInput("after", "names the task itself")
        for field, named, there in (
            ("after", task.after, order.tasks),
            ("after_meetings", task.after_meetings, order.meetings),
        ):
            if not set(named) <= there:
                raise BadInput(field, "names what the workspace does not have; a list shows the ids there are")
            if task_id is not None and order.leads_back(task_id, named):
                raise BadInput(field, "makes a circle: what it names waits for this task")


def _require_bounds(change: TaskChange, task: NewTask) -> None:
    if change.earliest is not None or change.deadline is not None:
        require_dates(task)
    _require_pieces(change, task)
    if change.done_minutes and len(task.assignees) > 1:
        raise BadInput("done_minutes", "goes for a task of one; of several, give each the minutes that are left")


def _require_pieces(given: NewTask | TaskChange, task: NewTask) -> None:
    """Raise BadInput for lengths of pieces that are given and do not go with the task as it is to be."""
    for field, minutes in (("min_piece", given.min_piece), ("max_piece", given.max_piece)):
        if minutes is not None and not task.split:
            raise BadInput(field, "goes only with a task that may be split")
    if task.min_piece is not None and task.max_piece is not None and task.min_piece > task.max_piece:
        raise BadInput("min_piece", "must not be longer than the longest piece")
