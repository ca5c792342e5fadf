"""Tasks as people list, add and change them, and their order."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from almanac.domain.items.wishes import Bound, bounded, given

USUAL_HOURS = "personal"
"""The category of a task that names none."""
MOST_NAMED = 100
"""People of a task, and what it waits for, at most."""
TaskBound = Literal[Bound, "min_piece", "max_piece"]
"""What a task may have or lack: instants, and lengths of its pieces."""
TASK_BOUNDS: tuple[TaskBound, ...] = get_args(TaskBound)


@dataclass(frozen=True, slots=True)
class Share:
    """Somebody works on a task, for minutes of their own; None: as many as the task has."""

    user_id: str
    minutes: int | None


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be placed, in one piece or `split`; lengths are minutes, instants aware. `after` must end before it."""

    title: str
    minutes: int | None
    done_minutes: int
    assignees: tuple[Share, ...]
    priority: str
    hours: str
    split: bool
    min_piece: int | None
    max_piece: int | None
    earliest: datetime | None
    deadline: datetime | None
    hard_deadline: bool
    after: tuple[UUID, ...]
    after_meetings: tuple[UUID, ...]
    done: bool = False


@dataclass(frozen=True, slots=True)
class Assignee:
    """Somebody who works on a task; `done_minutes` are those outside their blocks. Who has left is no member."""

    user_id: str
    minutes: int | None
    done_minutes: int
    is_member: bool


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A task or meeting that another task waits for, unless it is done."""

    id: UUID
    title: str
    done: bool


@dataclass(frozen=True, slots=True)
class ComingBlock:
    """A block that has not ended; `user_id` is whose it is, where it says so. A locked one stays where it is."""

    event_id: UUID
    start: datetime
    end: datetime
    user_id: str | None
    locked: bool


@dataclass(frozen=True, slots=True)
class Note:
    """What the last plan says of a task that is not simply in its place, and of whom, where several work on it."""

    status: str
    reason: str
    hint: str | None
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A task with the blocks that it still has ahead. `minutes_left`: None while nobody has said how long it takes.

    `planned`: Almanac places it. `done_at`: when it was ticked off, None of an open one.
    """

    task_id: UUID
    title: str
    minutes: int | None
    done_minutes: int
    minutes_left: int | None
    assignees: tuple[Assignee, ...]
    priority: str
    hours: str
    split: bool
    min_piece: int | None
    max_piece: int | None
    earliest: datetime | None
    deadline: datetime | None
    hard_deadline: bool
    planned: bool
    done_at: datetime | None
    after: tuple[Predecessor, ...]
    after_meetings: tuple[Predecessor, ...]
    blocks: tuple[ComingBlock, ...]
    notes: tuple[Note, ...]

    @property
    def shares(self) -> tuple[Share, ...]:
        """Who works on it, as whoever sets it up says it."""
        return tuple(Share(each.user_id, each.minutes) for each in self.assignees)

    @property
    def predecessors(self) -> tuple[UUID, ...]:
        """The tasks that it waits for."""
        return tuple(each.id for each in self.after)

    @property
    def meetings_before(self) -> tuple[UUID, ...]:
        """The meetings that it waits for."""
        return tuple(each.id for each in self.after_meetings)


@dataclass(frozen=True, slots=True)
class TaskChange:
    """What is to be changed of a task; None leaves it. `without`: what it is to have no more.

    In one piece (`split` False) it has no lengths of pieces.
    """

    title: str | None = None
    minutes: int | None = None
    done_minutes: int | None = None
    assignees: tuple[Share, ...] | None = None
    priority: str | None = None
    hours: str | None = None
    split: bool | None = None
    min_piece: int | None = None
    max_piece: int | None = None
    earliest: datetime | None = None
    deadline: datetime | None = None
    hard_deadline: bool | None = None
    after: tuple[UUID, ...] | None = None
    after_meetings: tuple[UUID, ...] | None = None
    done: bool | None = None
    without: Set[TaskBound] = frozenset()

    def applied_to(self, was: ListedTask) -> NewTask:
        """Return the task as it is to be."""
        without: Set[str] = self.without | {"min_piece", "max_piece"} if self.split is False else self.without
        return NewTask(
            title=given(self.title, was.title),
            minutes=given(self.minutes, was.minutes),
            done_minutes=given(self.done_minutes, was.done_minutes),
            assignees=given(self.assignees, was.shares),
            priority=given(self.priority, was.priority),
            hours=given(self.hours, was.hours),
            split=given(self.split, was.split),
            min_piece=bounded("min_piece", without, self.min_piece, was.min_piece),
            max_piece=bounded("max_piece", without, self.max_piece, was.max_piece),
            earliest=bounded("earliest", without, self.earliest, was.earliest),
            deadline=bounded("deadline", without, self.deadline, was.deadline),
            hard_deadline=given(self.hard_deadline, was.hard_deadline),
            after=given(self.after, was.predecessors),
            after_meetings=given(self.after_meetings, was.meetings_before),
            done=given(self.done, was.done_at is not None),
        )


@dataclass(frozen=True, slots=True)
class Order:
    """What of a workspace waits for what, and which of the tasks and meetings that somebody has named there are."""

    tasks: Set[UUID]
    meetings: Set[UUID]
    waits: Mapping[UUID, Collection[UUID]]

    def leads_back(self, waiting: UUID, predecessors: Collection[UUID]) -> bool:
        """Whether something would wait for itself, through its predecessors and what each of these waits for."""
        ahead, seen = list(predecessors), set[UUID]()
        while ahead:
            each = ahead.pop()
            if each == waiting:
                return True
            if each not in seen:
                seen.add(each)
                ahead.extend(self.waits.get(each, ()))
        return False
