"""The tasks of a workspace: what is left of each, where its blocks are, or why it has none; forms for tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from almanac.domain.items.tasks import ListedTask, TaskChange
from almanac.domain.items.wishes import LONGEST, PRIORITIES
from almanac.domain.people_names import people_names
from almanac.errors import BadInput
from almanac.presentation.items.tasks import after_change
from almanac.presentation.phrases import STATES, amount
from almanac.services.items.requirements import ChangedMeanwhile
from almanac.web.console.items.fields import Refused, add_once, changed_meanwhile
from almanac.web.console.items.last_plan import last_plan
from almanac.web.console.items.task_form import Entered, as_change, in_words, people_offered
from almanac.web.console.pages import Page, Visit, identified
from almanac.web.request import Answer

_CHANGED = changed_meanwhile("task")
_MOST = 200
"""Tasks of the page, and tasks that one may be made to wait for; the command and the API tell them all."""
_SHOWN = 3
"""Blocks of a task that the page names; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """A task as it is shown: its state as a class and in words, what is left, and its form if that is open.

    One form at a time: each offers every member, and every task to wait for.
    """

    task: ListedTask
    state: tuple[str, str]
    left: str
    entered: Entered | None
    mark: str
    """What tells whether the task is still as it is shown."""


def tasks(visit: Visit) -> Answer:
    """Show the tasks that are open, or that are done. Changes nothing."""
    return _shown(visit)


def add(visit: Visit) -> Answer:
    """Add a task; the same form sent twice is one."""
    entered = Entered.sent(visit)

    def add_it(task_id: UUID) -> UUID:
        return visit.call.use.tasks.add(visit.ws_id, entered.wanted(visit.clock), task_id)

    try:
        add_once(visit, "task", entered.mark, add_it)
    except BadInput as error:
        return _shown(visit, Refused(None, entered, in_words(error)))
    return visit.back(_place(visit), "The task was added: the next plan looks for its place.")


def change(visit: Visit) -> Answer:
    """Change a task, if it still is as the form has shown it."""
    use, entered = visit.call.use.tasks, Entered.sent(visit)
    was = use.one(visit.ws_id, _task_id(visit))
    if visit.field("seen") != Entered.of(was, visit.clock).mark:
        return visit.back(_place(visit), _CHANGED)
    try:
        found = use.change(visit.ws_id, was.task_id, as_change(entered.wanted(visit.clock, was), was), was)
    except ChangedMeanwhile:
        return visit.back(_place(visit), _CHANGED)
    except BadInput as error:
        return _shown(visit, Refused(was.task_id, entered, in_words(error)))
    visit.call.audit("task_change", visit.ws_id, was.task_id)
    return visit.back(_place(visit), f"The task was changed: {after_change(found)}.")


def tick_off(visit: Visit) -> Answer:
    """Say that a task is done."""
    return _ticked(visit, TaskChange(done=True), "ticked off")


def reopen(visit: Visit) -> Answer:
    """Say that a task is not done after all."""
    return _ticked(visit, TaskChange(done=False), "opened again")


def remove(visit: Visit) -> Answer:
    """Delete a task, for whoever has said that this is meant."""
    if visit.field("sure") != "yes":
        return visit.back(_place(visit), "Nothing was removed: it was not confirmed.")
    task_id = _task_id(visit)
    visit.call.use.tasks.remove(visit.ws_id, task_id)
    visit.call.audit("task_remove", visit.ws_id, task_id)
    return visit.back(_place(visit), "The task was removed: the next plan takes its blocks to come away.")


def _ticked(visit: Visit, ticked: TaskChange, said: str) -> Answer:
    found = visit.call.use.tasks.change(visit.ws_id, _task_id(visit), ticked)
    visit.call.audit("task_change", visit.ws_id, found.task_id, changed=["done"])
    return visit.back(_place(visit), f"The task was {said}: {after_change(found)}.")


def _shown(visit: Visit, refused: Refused[Entered] | None = None) -> Answer:
    use, ws_id = visit.call.use, visit.ws_id
    name, zone_name = use.directory.zone(ws_id)
    members = use.people.members(ws_id)
    user, done = visit.query("user_id") or None, visit.query("done") == "yes"
    found = use.tasks.all(ws_id, user, done=done, most=_MOST + 1)
    drafts = {} if refused is None else {refused.item_id: refused.entered}
    rows = [_row(visit, each, drafts) for each in found[:_MOST]]
    return visit.render(
        "tasks.html",
        status=200 if refused is None else 422,
        ws_id=ws_id,
        name=name,
        zone=zone_name,
        clock=visit.clock,
        members=members,
        names=people_names((each.user_id, each.name) for each in members),
        default=next((each.user_id for each in members if each.default), None),
        rows=rows,
        rest=len(found) > _MOST,
        shown=_SHOWN,
        user=user,
        done=done,
        plan=last_plan(visit),
        new=drafts.get(None, Entered()),
        offered=people_offered,
        predecessors=_predecessors(visit, found, whole=not done and user is None),
        categories=use.people.categories(ws_id),
        priorities=PRIORITIES,
        states=STATES,
        longest=LONGEST,
        refused=refused,
        once=uuid4(),
    )


def _row(visit: Visit, task: ListedTask, drafts: Mapping[UUID | None, Entered]) -> Row:
    stored = Entered.of(task, visit.clock)
    entered = drafts.get(task.task_id, stored if str(task.task_id) == visit.query("change") else None)
    return Row(task, _state(task), _left(task), entered, stored.mark)


def _left(task: ListedTask) -> str:
    if task.minutes_left is None:
        return "nobody has said how long it takes"
    return f"{amount(task.minutes_left)} left" if task.minutes_left else "nothing left"


def _state(task: ListedTask) -> tuple[str, str]:
    statuses = [note.status for note in task.notes]
    if task.done_at is not None:
        return "completed", "done"
    if not task.planned:
        return "off", "not for Almanac"
    if statuses:
        worst = next((each for each in ("left_out", "unscheduled") if each in statuses), None)
        said = worst or statuses[0]
        return "failed" if worst else "late", STATES.get(said, said)
    if task.blocks:
        return "on", "has its place"
    return ("new", "nothing to place") if task.minutes_left == 0 else ("queued", "looks for its place")


def _predecessors(visit: Visit, found: Sequence[ListedTask], *, whole: bool) -> Sequence[tuple[str, UUID, str]]:
    """Return (kind, id, title) of what a task may wait for: open tasks and meetings."""
    use, ws_id = visit.call.use, visit.ws_id
    open_tasks = found if whole else use.tasks.all(ws_id, most=_MOST)
    return [
        *(("task", each.task_id, each.title) for each in open_tasks[:_MOST]),
        *(("meeting", each.meeting_id, each.title) for each in use.meetings.all(ws_id)),
    ]


def _task_id(visit: Visit) -> UUID:
    return identified(visit.parameters["task_id"], "unknown_task")


def _place(visit: Visit) -> str:
    return f"/console/workspaces/{visit.ws_id}/tasks"


_ONE = "/console/workspaces/<ws>/tasks/<task_id>"
PAGES = (
    Page("GET", "/console/workspaces/<ws>/tasks", "read", tasks, ("change", "user_id", "done")),
    Page("POST", "/console/workspaces/<ws>/tasks", "operate", add),
    Page("POST", _ONE, "operate", change),
    Page("POST", f"{_ONE}/done", "operate", tick_off),
    Page("POST", f"{_ONE}/reopen", "operate", reopen),
    Page("POST", f"{_ONE}/remove", "operate", remove),
)
