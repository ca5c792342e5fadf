"""Members and meetings of a workspace as operators list, add and change them."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal, get_args
from uuid import UUID

LEAST_PEOPLE = 2
"""Who must come to a meeting: of one person it is a task."""
LONGEST_MEETING = 44_640
"""Minutes: a month."""
Priority = Literal["critical", "high", "normal", "low"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
Bound = Literal["earliest", "deadline"]
"""The instants that a meeting may have or lack."""


@dataclass(frozen=True, slots=True)
class Digest:
    """Whether a member gets a digest, at what local time ("07:00"), and the address that was given for it, if any.

    `weekly`: whether the workspace's weekly reports are mailed to them too.
    """

    on: bool
    at: str
    email: str | None
    weekly: bool = False


@dataclass(frozen=True, slots=True)
class DigestChange:
    """What is to be changed of a member's digest; None leaves it, an empty address takes it away."""

    on: bool | None = None
    at: time | None = None
    email: str | None = None
    weekly: bool | None = None


@dataclass(frozen=True, slots=True)
class ListedMember:
    """Somebody whose time is planned, with their own IANA zone or None for the workspace's.

    `accounts` counts connected ones, `tasks` the open tasks that are assigned to them. `default`: what says nothing of
    a person is theirs.
    """

    user_id: str
    name: str
    time_zone: str | None
    accounts: int
    tasks: int
    default: bool
    digest: Digest = Digest(on=False, at="07:00", email=None)


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
class ListedMeeting:
    """An open meeting with its block, None while it has none, and who comes to that.

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
        required = was.required if self.required is None else self.required
        if self.optional is None:
            optional = tuple(user for user in was.optional if user not in required)
        else:
            optional = self.optional
        return NewMeeting(
            title=was.title if self.title is None else self.title,
            required=required,
            optional=optional,
            minutes=was.minutes if self.minutes is None else self.minutes,
            priority=was.priority if self.priority is None else self.priority,
            hours=was.hours if self.hours is None else self.hours,
            earliest=None if "earliest" in self.without else self.earliest or was.earliest,
            deadline=None if "deadline" in self.without else self.deadline or was.deadline,
            hard_deadline=was.hard_deadline if self.hard_deadline is None else self.hard_deadline,
        )
