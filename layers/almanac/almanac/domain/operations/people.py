"""Members and meetings of a workspace as operators list and add them."""

from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

LEAST_PEOPLE = 2
"""Who must come to a meeting: of one person it is a task."""
LONGEST_MEETING = 44_640
"""Minutes: a month."""


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
    """An open meeting with its block, None while it has none, and who comes to that."""

    meeting_id: UUID
    title: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    minutes: int
    priority: str
    earliest: datetime | None
    deadline: datetime | None
    start: datetime | None
    end: datetime | None
    attending: tuple[str, ...]
