"""Tasks in Postgres, as people see and set them up."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.items.tasks import Assignee, ComingBlock, ListedTask, NewTask, Note, Order, Predecessor
from almanac.domain.items.wishes import BOUNDS
from almanac.domain.items.work_left import minutes_left
from almanac.domain.readable_years import instant
from almanac.domain.workspace_plan.snapshot import Block
from almanac.services.items.ports import TaskStore

_MOST_DONE = 200
"""Of tasks that are done a list holds the last ones."""


class PostgresTasks(TaskStore):
    """TaskStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("items/tasks.sql")

    @override
    def add(self, ws_id: UUID, task_id: UUID, task: NewTask) -> None:
        which = {"ws_id": ws_id, "task_id": task_id}
        with self._db.transaction():
            if self._run("add_task", **which, **_columns(task)):
                self._assign(which, task)
                self._put_in_order(which, task)

    @override
    def change(self, ws_id: UUID, task_id: UUID, changed: Callable[[ListedTask], NewTask]) -> bool:
        which = {"ws_id": ws_id, "task_id": task_id}
        with self._db.transaction():
            if not self._run("hold_task", **which):
                return False
            was = _listed(self._run("list_tasks", **which, **_ONE)[0])
            task = changed(was)
            same = {f"same_{bound}": getattr(task, bound) == getattr(was, bound) for bound in BOUNDS}
            self._run("change_task", **which, **_columns(task), **same)
            if task.assignees != was.shares:  # else somebody who is added at this moment would go again
                self._assign(which, task)
            if (task.after, task.after_meetings) != (was.predecessors, was.meetings_before):
                self._put_in_order(which, task)
        return True

    @override
    def remove(self, ws_id: UUID, task_id: UUID) -> bool:
        # Its row comes before its blocks, in a plan that is written now they come before it.
        return bool(self._run.retried("remove_task", ws_id=ws_id, task_id=task_id))

    @override
    def one(self, ws_id: UUID, task_id: UUID) -> ListedTask | None:
        found = self._run.alone("list_tasks", ws_id=ws_id, task_id=task_id, **_ONE)
        return _listed(found[0]) if found else None

    @override
    def all(
        self, ws_id: UUID, user: str | None, *, done: bool, begin: int = 0, most: int | None = None
    ) -> Sequence[ListedTask]:
        of = {"ws_id": ws_id, "task_id": None, "user_id": user, "done": done}
        found = self._run.alone("list_tasks", **of, last=_MOST_DONE if done else None, begin=begin, most=most)
        return [_listed(row) for row in found]

    @override
    def order(self, ws_id: UUID, tasks: Collection[UUID], meetings: Collection[UUID]) -> Order:
        waits: dict[UUID, set[UUID]] = defaultdict(set)
        with self._db.transaction():
            known_tasks = self._run("known_tasks", ws_id=ws_id, ids=_ids(tasks))
            known_meetings = self._run("known_meetings", ws_id=ws_id, ids=_ids(meetings))
            for waiting, after in self._run("order", ws_id=ws_id):
                waits[waiting].add(after)
        return Order({row[0] for row in known_tasks}, {row[0] for row in known_meetings}, waits)

    def _assign(self, which: Mapping[str, UUID], task: NewTask) -> None:
        users = arrays.texts(each.user_id for each in task.assignees)
        shares = arrays.texts(None if each.minutes is None else str(each.minutes) for each in task.assignees)
        self._run("change_assignees", **which, users=users, shares=shares)

    def _put_in_order(self, which: Mapping[str, UUID], task: NewTask) -> None:
        self._run("change_order", **which, after=_ids(task.after), after_meetings=_ids(task.after_meetings))


_ONE = {"user_id": None, "done": None, "last": 1, "begin": 0, "most": 1}


def _ids(ids: Iterable[UUID]) -> str:
    return arrays.texts(map(str, ids))


def _columns(task: NewTask) -> Mapping[str, Any]:
    return {
        "title": task.title,
        "minutes": task.minutes,
        "done_minutes": task.done_minutes,
        "priority": task.priority,
        "hours": task.hours,
        "split": task.split,
        "min_piece": task.min_piece,
        "max_piece": task.max_piece,
        "earliest": task.earliest,
        "deadline": task.deadline,
        "hard": task.hard_deadline,
        "done": task.done,
    }


def _listed(row: Sequence[Any]) -> ListedTask:
    """Return a row of list_tasks."""
    task_id, title, minutes, done_minutes, *wishes, planned, done_at, users, after, meetings, coming, begun, notes = row
    assignees = tuple(Assignee(*each) for each in users)
    worked_on = [
        Block(UUID(key), "task", task_id, title, instant(start), instant(end), worked, False, True, False, user=user)
        for key, start, end, user, worked in begun
    ]
    left = minutes_left(minutes, done_minutes, assignees, worked_on)
    blocks = (ComingBlock(UUID(key), instant(start), instant(end), *more) for key, start, end, *more in coming)
    said = (Note(each["status"], each["reason"], each.get("hint"), tuple(each.get("people") or ())) for each in notes)
    own = (task_id, title, minutes, done_minutes, left, assignees, *wishes, planned, done_at)
    return ListedTask(*(*own, _predecessors(after), _predecessors(meetings), tuple(blocks), tuple(said)))


def _predecessors(rows: Iterable[Sequence[Any]]) -> tuple[Predecessor, ...]:
    return tuple(Predecessor(UUID(key), title, done) for key, title, done in rows)
