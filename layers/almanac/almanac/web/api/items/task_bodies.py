"""What is sent and answered about tasks."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from almanac.domain.items.tasks import MOST_NAMED, TASK_BOUNDS, USUAL_HOURS, ListedTask, NewTask, Share, TaskChange
from almanac.domain.items.wishes import LONGEST, Priority
from almanac.jobs import Label
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Instant, Model, Title
from almanac.web.api.items.changes import taken_away

Minutes = Annotated[int, Field(ge=1, le=LONGEST)]
DoneMinutes = Annotated[int, Field(ge=0, le=LONGEST)]


class AssigneeBody(Fields):
    """Somebody who works on a task, for minutes of their own; none: as many as the task has."""

    user_id: Label
    minutes: Minutes | None = None


Assignees = Annotated[list[AssigneeBody], Field(max_length=MOST_NAMED)]
Order = Annotated[list[UUID], Field(max_length=MOST_NAMED)]


class TaskBody(Fields):
    """A task that looks for its place: how long it takes, of whom, by when, and what it waits for.

    Without assignees it is the default member's. Pieces go with `split`.
    """

    title: Title
    minutes: Minutes
    assignees: Assignees = Field(default_factory=list)
    priority: Priority = "normal"
    hours: Label = USUAL_HOURS
    split: bool = False
    min_piece: Minutes | None = None
    max_piece: Minutes | None = None
    earliest: Instant | None = None
    deadline: Instant | None = None
    hard_deadline: bool = False
    after: Order = Field(default_factory=list, description="ids of tasks")
    after_meetings: Order = Field(default_factory=list, description="ids of meetings")

    def wanted(self) -> NewTask:
        """Return the task that is meant."""
        return NewTask(
            title=self.title,
            minutes=self.minutes,
            done_minutes=0,
            assignees=_shares(self.assignees),
            priority=self.priority,
            hours=self.hours.lower(),
            split=self.split,
            min_piece=self.min_piece,
            max_piece=self.max_piece,
            earliest=self.earliest,
            deadline=self.deadline,
            hard_deadline=self.hard_deadline,
            after=tuple(self.after),
            after_meetings=tuple(self.after_meetings),
        )


class TaskChangeBody(Fields):
    """What is to be changed of a task; what is left out stays. Null takes `earliest`, `deadline` or a piece away.

    `done`: whether it is ticked off. A later `earliest` snoozes it. `assignees`, `after` and `after_meetings` name all.
    """

    title: Title | None = None
    minutes: Minutes | None = None
    done_minutes: DoneMinutes | None = None
    assignees: Assignees | None = None
    priority: Priority | None = None
    hours: Label | None = None
    split: bool | None = None
    min_piece: Minutes | None = None
    max_piece: Minutes | None = None
    earliest: Instant | None = None
    deadline: Instant | None = None
    hard_deadline: bool | None = None
    after: Order | None = None
    after_meetings: Order | None = None
    done: bool | None = None

    def change(self) -> TaskChange:
        """Return the change that is meant."""
        return TaskChange(
            title=self.title,
            minutes=self.minutes,
            done_minutes=self.done_minutes,
            assignees=None if self.assignees is None else _shares(self.assignees),
            priority=self.priority,
            hours=None if self.hours is None else self.hours.lower(),
            split=self.split,
            min_piece=self.min_piece,
            max_piece=self.max_piece,
            earliest=self.earliest,
            deadline=self.deadline,
            hard_deadline=self.hard_deadline,
            after=None if self.after is None else tuple(self.after),
            after_meetings=None if self.after_meetings is None else tuple(self.after_meetings),
            done=self.done,
            without=taken_away(self, TASK_BOUNDS),
        )


class TaskAssignee(Model):
    """Somebody who works on a task; `done_minutes` of theirs lie outside their blocks. Who has left is no member."""

    user_id: str
    minutes: int | None
    done_minutes: int
    is_member: bool


class Predecessor(Model):
    """A task or meeting that a task waits for, unless it is done."""

    id: UUID
    title: str
    done: bool


class TaskBlock(Model):
    """A block of a task that has not ended; `user_id` null: its only person's, or the default member's."""

    event_id: UUID
    start: AwareDatetime
    end: AwareDatetime
    user_id: str | None
    locked: bool


class TaskNote(Model):
    """What the last plan of everybody found: `status` late, at_risk, partial, unscheduled, left_out, …, and of whom."""

    status: str
    reason: str
    hint: str | None
    people: list[str]


class Task(Model):
    """A task; `minutes_left` null: nobody has said how long it takes. `planned` false: it is not for Almanac.

    `done_at` null: it is open.
    """

    task_id: UUID
    title: str
    minutes: int | None
    done_minutes: int
    minutes_left: int | None
    assignees: list[TaskAssignee]
    priority: str
    hours: str
    split: bool
    min_piece: int | None
    max_piece: int | None
    earliest: AwareDatetime | None
    deadline: AwareDatetime | None
    hard_deadline: bool
    planned: bool
    done_at: AwareDatetime | None
    after: list[Predecessor]
    after_meetings: list[Predecessor]
    blocks: list[TaskBlock]
    notes: list[TaskNote]

    @classmethod
    def of(cls, found: ListedTask) -> "Task":
        """Return a task as it is answered."""
        return cls(**asdict(found))


class TaskList(Model):
    """The open tasks, those in trouble and without a block first; or those that are done, the last ticked off first.

    `next` goes into `after`: what changes its place in the list between two pages may be on both, or on neither.
    """

    items: list[Task]
    next: str | None


class NewTaskAnswer(Model):
    """A task that was added; the next plan places it."""

    task_id: UUID


def _shares(assignees: list[AssigneeBody]) -> tuple[Share, ...]:
    return tuple(Share(each.user_id, each.minutes) for each in assignees)
