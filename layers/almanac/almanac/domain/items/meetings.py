"""Meetings as people list, add and change them."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from almanac.domain.items.wishes import Bound, bounded, given

LEAST_PEOPLE = 2
"""Who must come to a meeting: of one person it is a task."""


@dataclass(frozen=True, slots=True)
class NewMeeting:
    """A meeting to be placed: who must come, who may, and in which hours; instants are aware."""

    title: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    minutes: int
    priority: str
    hours: str
    earliest: datetime | None
    deadline: datetime | None
    hard_deadline: bool


@dataclass(frozen=True, slots=True)
class MeetingNote:
    """What the last plan of everybody says of a meeting that has no time, or not simply one."""

    status: str
    reason: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class ListedMeeting:
    """An open meeting with its block, None while it has none, who comes to that, and what the last plan says of it.

    `locked`: the block stays where its owner has put it, whatever is changed of the meeting.
    """

    meeting_id: UUID
    title: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    minutes: int
    priority: str
    hours: str
    earliest: datetime | None
    deadline: datetime | None
    hard_deadline: bool
    start: datetime | None
    end: datetime | None
    attending: tuple[str, ...]
    locked: bool
    notes: tuple[MeetingNote, ...]


@dataclass(frozen=True, slots=True)
class MeetingChange:
    """What is to be changed of a meeting; None leaves it. `without`: instants that it is to have no more."""

    title: str | None = None
    required: tuple[str, ...] | None = None
    optional: tuple[str, ...] | None = None
    minutes: int | None = None
    priority: str | None = None
    hours: str | None = None
    earliest: datetime | None = None
    deadline: datetime | None = None
    hard_deadline: bool | None = None
    without: Set[Bound] = frozenset()

    def applied_to(self, was: ListedMeeting) -> NewMeeting:
        """Return the meeting as it is to be. Who must come from now on is no more among those who may."""
        required = given(self.required, was.required)
        if self.optional is None:
            optional = tuple(user for user in was.optional if user not in required)
        else:
            optional = self.optional
        return NewMeeting(
            title=given(self.title, was.title),
            required=required,
            optional=optional,
            minutes=given(self.minutes, was.minutes),
            priority=given(self.priority, was.priority),
            hours=given(self.hours, was.hours),
            earliest=bounded("earliest", self.without, self.earliest, was.earliest),
            deadline=bounded("deadline", self.without, self.deadline, was.deadline),
            hard_deadline=given(self.hard_deadline, was.hard_deadline),
        )
