"""Tasks: a listing for people, documents for programs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from almanac.domain.items.tasks import Assignee, ListedTask
from almanac.presentation.phrases import amount, finding, length
from almanac.presentation.tables import instant_text, listing

_SHOWN = 3
"""Blocks that a listing names; the rest are counted."""


def tasks_document(found: Iterable[ListedTask]) -> Mapping[str, Any]:
    """Return the tasks for --json."""
    return {"tasks": [task_document(task) for task in found]}


def task_document(task: ListedTask) -> Mapping[str, Any]:
    """Return one of them for --json."""
    return asdict(task)


def changed_task_text(task: ListedTask) -> str:
    """Return what a task is now, and what comes of it."""
    return f"{tasks_text([task], done=task.done_at is not None)}\n{after_change(task)}"


def after_change(task: ListedTask) -> str:
    """Return what becomes of the blocks of a task that was changed."""
    if task.done_at is not None:
        return "it is done; the next plan takes its blocks to come away" if task.blocks else "it is done"
    if not task.planned:
        return "no plan places it: it is not for Almanac"
    if any(block.locked for block in task.blocks):
        return "a block that is locked stays where it is; the next plan sees to the rest"
    if task.minutes_left is None:
        return "nobody has said how long it takes: no plan places it"
    if task.minutes_left == 0 and not task.blocks:
        return "nothing of it is left to place; tick it off, or give it more minutes"
    return "the next plan leaves its blocks there or moves them" if task.blocks else "the next plan looks for its place"


def tasks_text(found: Iterable[ListedTask], *, done: bool) -> str:
    """Return the tasks as a listing."""
    rows = [(_columns(each), (each.task_id, *_details(each))) for each in found]
    if not rows:
        return "no task is done" if done else "no open tasks"
    return listing(("TASK", "LEFT", "PRIORITY", "NEXT BLOCK", "DONE" if done else "DEADLINE"), rows)


def _columns(task: ListedTask) -> Sequence[object]:
    left = "?" if task.minutes_left is None else amount(task.minutes_left)
    when = task.deadline if task.done_at is None else task.done_at
    return (task.title, left, task.priority, instant_text(next_start(task)), instant_text(when))


def next_start(task: ListedTask) -> datetime | None:
    """Return when its first block to come begins, or has begun; None where it has none."""
    return min((block.start for block in task.blocks), default=None)


def _details(task: ListedTask) -> Iterator[str]:
    if task.assignees:
        yield f"of {', '.join(map(share_text, task.assignees))}"
    if task.earliest is not None:
        yield f"not before {instant_text(task.earliest)}"
    if len(task.blocks) > 1:
        rest = f" and {len(task.blocks) - _SHOWN} more" if len(task.blocks) > _SHOWN else ""
        yield f"blocks at {', '.join(instant_text(block.start) for block in task.blocks[:_SHOWN])}{rest}"
    if task.done_at is None:
        yield from notes_text(task)
        if not task.planned:
            yield "no plan places it: it is not for Almanac"
        if task.minutes_left is None and not task.notes:
            yield "nobody has said how long it takes: no plan places it"
        if waits := [each.title for each in (*task.after, *task.after_meetings) if not each.done]:
            yield f"waits for {', '.join(waits)}"


def share_text(assignee: Assignee) -> str:
    """Return who works on a task, "ada (1 h 30 min)" with minutes of their own, and whether they are no member."""
    said = [length(assignee.minutes)] if assignee.minutes is not None else []
    said += [] if assignee.is_member else ["no member"]
    return f"{assignee.user_id} ({', '.join(said)})" if said else assignee.user_id


def notes_text(task: ListedTask) -> Iterator[str]:
    """Yield what the last plan says of a task: "late: …; would help: …", and of whom, where several work on it."""
    for note in task.notes:
        who = f"of {', '.join(note.people)}: " if note.people and len(task.assignees) > 1 else ""
        yield f"{who}{finding(note.status, note.reason, note.hint)}"
