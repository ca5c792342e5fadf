"""Routes of tasks: what plans place into free time."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from almanac.web.api.items.changes import IfMatch, add_once, as_read
from almanac.web.api.items.task_bodies import NewTaskAnswer, Task, TaskBody, TaskChangeBody, TaskList
from almanac.web.api.ledger_routes import After, Limit, Workspace
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.paging import MOST, counted_page

TaskId = Annotated[UUID, Path(description="Id of the task.")]


def list_tasks(
    ws: Workspace,
    user_id: Annotated[
        str | None, Query(min_length=1, max_length=255, description="of one member; nobody's are the default's")
    ] = None,
    done: Annotated[bool, Query(description="those that were ticked off instead, the last 200")] = False,
    after: After = None,
    limit: Limit = MOST,
) -> TaskList:
    """List the open tasks, those in trouble and without a block first, or those that are done."""
    listed = {"l": "tasks", "w": ws, "u": user_id, "d": done}
    use = current().use.tasks
    found, more = counted_page(
        listed, after, limit, lambda begin, most: use.all(ws, user_id, done=done, begin=begin, most=most)
    )
    return TaskList(items=[Task.of(each) for each in found], next=more)


def show_task(ws: Workspace, task_id: TaskId) -> Task:
    """Show one task, open or done."""
    return Task.of(current().use.tasks.one(ws, task_id))


def add_task(ws: Workspace, body: Annotated[TaskBody, Body()]) -> NewTaskAnswer:
    """Add a task; the next plan places it."""
    added = add_once("task", ws, body, lambda task_id: current().use.tasks.add(ws, body.wanted(), task_id))
    return NewTaskAnswer(task_id=added)


def change_task(
    ws: Workspace, task_id: TaskId, body: Annotated[TaskChangeBody, Body()], if_match: IfMatch = None
) -> Task:
    """Change what is given of a task, tick it off or open it again; with If-Match only if it is as it was read.

    The next plan takes it up; a block that is locked or has begun stays.
    """
    call = current()
    seen = as_read(if_match, lambda: call.use.tasks.one(ws, task_id), Task.of)
    found = call.use.tasks.change(ws, task_id, body.change(), seen)
    call.audit("task_change", ws, task_id, changed=sorted(body.model_fields_set))
    return Task.of(found)


def remove_task(ws: Workspace, task_id: TaskId) -> TaskList:
    """Delete a task; the next plan takes its blocks to come away. Returns the open ones that are left."""
    call = current()
    call.use.tasks.remove(ws, task_id)
    call.audit("task_remove", ws, task_id)
    return list_tasks(ws)


_ONE = "/v1/workspaces/<ws>/tasks/<task_id>"
ROUTES = (
    Route("GET", "/v1/workspaces/<ws>/tasks", "read", list_tasks),
    Route("POST", "/v1/workspaces/<ws>/tasks", "operate", add_task, 201),
    Route("GET", _ONE, "read", show_task, errors=("unknown_task",)),
    Route("PATCH", _ONE, "operate", change_task, errors=("unknown_task", "precondition_failed")),
    Route("DELETE", _ONE, "operate", remove_task, errors=("unknown_task",)),
)
