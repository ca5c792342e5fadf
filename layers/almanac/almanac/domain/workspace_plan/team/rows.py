"""Rows about people: who works on a task, meetings, and what waits for them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Assignment:
    """Somebody works on a task, for minutes of their own (None: the task's); `done` ones lie outside their blocks."""

    task: UUID
    user: str
    total_minutes: int | None
    done_minutes: int


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting that Almanac is to place; `category` names hours, of each who must come."""

    id: UUID
    title: str
    color: str
    priority: str
    minutes: int
    earliest: datetime | None
    deadline: datetime | None
    hard_deadline: bool
    category: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    refused: tuple[tuple[datetime, datetime], ...] = ()
    """Slots that it was taken out of, by an undo or by somebody in their own calendar."""


@dataclass(frozen=True, slots=True)
class MeetingDependency:
    """A task or meeting may begin only after another has ended; at least one of them is a meeting.

    `after_completed`: it has been ticked off, whatever its blocks.
    """

    waiting: UUID
    after: UUID
    after_completed: bool
    after_title: str = ""
    """For explanations: what is waited for need not be the plan's own."""
