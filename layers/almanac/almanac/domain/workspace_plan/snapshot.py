"""A workspace as a plan needs it: its rows, read at one moment. Instants are aware UTC, dates the workspace's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from almanac.domain.explanation import ItemFinding
from almanac.domain.wall_clock import Week, minutes_of
from almanac.domain.workspace_plan.team.rows import Assignment, Meeting, MeetingDependency

ItemKind = Literal["task", "habit", "meeting"]
NOBODY = ""
"""Whose the time of a workspace without members is."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task that Almanac is to place. Lengths are minutes; `category` names hours that need not exist."""

    id: UUID
    title: str
    priority: str
    total_minutes: int | None
    done_minutes: int
    splittable: bool
    min_chunk: int | None
    max_chunk: int | None
    earliest: datetime | None
    deadline: datetime | None
    hard_deadline: bool
    category: str
    refused: tuple[tuple[datetime, datetime], ...] = ()
    """Slots that somebody has taken it out of, in their own calendar."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """`task` may begin only after `after` has ended. `after_completed`: it has been ticked off, whatever its blocks."""

    task: UUID
    after: UUID
    after_completed: bool
    after_title: str = ""
    """For explanations: what is waited for need not be the plan's own."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """On which dates a habit falls. Weekdays count from Monday 0; counting begins at `start`, `end` is the last date.

    `week_of_month` 5 means the last; a `day_of_month` that a month does not have means the month's last day.
    """

    frequency: Literal["daily", "weekly", "monthly", "yearly"]
    interval: int
    start: date
    end: date | None = None
    weekdays: tuple[int, ...] = ()
    day_of_month: int | None = None
    week_of_month: int | None = None
    weekday_of_month: int | None = None


@dataclass(frozen=True, slots=True)
class Habit:
    """A habit that Almanac is to place, `instances` times on each of its dates, of min … preferred … max minutes.

    `ideal_time` is in wall minutes after midnight, `part_of_day` morning, afternoon, evening or night; `order` says on
    which side of `other_habit` it belongs on a day that has both.
    """

    id: UUID
    name: str
    color: str
    priority: str
    category: str
    min_minutes: int
    preferred_minutes: int
    max_minutes: int
    ideal_time: int | None
    part_of_day: str | None
    recurrence: Recurrence
    instances: int
    other_habit: UUID | None
    order: Literal["after", "before"] | None
    user: str | None = None
    """Whose time it takes; None: the default member's."""
    refused: tuple[tuple[datetime, datetime], ...] = ()
    """Slots that somebody has taken a block of it out of, in their own calendar."""


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """A row of the calendar that is no block of a plan; of a provider's, one of a calendar that is switched on."""

    id: UUID
    title: str
    start: datetime
    end: datetime
    transparency: str
    response: str | None
    event_type: str
    ical_uid: str | None
    own_block: bool
    all_day: bool = False
    users: frozenset[str] | None = None
    """Whose time it takes; None: everybody's, empty: the default member's."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a task, an occurrence of a habit, or a meeting, on the calendar.

    `owner` is None when that was deleted; `minutes` is the work in it, which can be less than its length.
    `day` (local) and `instance` tell which occurrence of a habit it is.
    """

    event_id: UUID
    kind: ItemKind
    owner: UUID | None
    title: str
    start: datetime
    end: datetime
    minutes: int
    locked: bool
    started: bool
    done: bool
    day: date | None = None
    instance: int = 1
    user: str | None = None
    """Whose block of a task or habit it is, paused ones too; None: nobody said."""
    kept: bool = False
    """Whether an undo has put it where it is."""
    over: bool = False
    """Whether the work in it is done, be it before its time, or was ticked off: nobody needs that time any more."""
    attending: tuple[str, ...] = ()
    """Who comes to a meeting."""

    @property
    def first_minute(self) -> int:
        """Its start in minutes since the epoch; a begun minute belongs to it."""
        return minutes_of(self.start)

    @property
    def last_minute(self) -> int:
        """Its end in minutes since the epoch, rounded up."""
        return ceil_minutes(self.end)


@dataclass(frozen=True, slots=True)
class LoadWindow:
    """The instants between which a run looks at the calendar: from its own to past the end of its window."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Preferences:
    """What every plan of a workspace should keep to, in minutes; caps are of task work a day, per category.

    The buffers are kept free before and after every event that takes time and does not last all day.
    """

    break_minutes: int
    notice_minutes: int
    daily_caps: Mapping[str, int]
    buffer_before: int = 0
    buffer_after: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody whose time is planned: hours, and what this person wants of a plan, all theirs or the workspace's."""

    user: str
    name: str
    time_zone: str | None
    preferences: Preferences
    hours: Mapping[str, Week]
    unreadable_hours: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything a plan depends on. `version` differs whenever a row of it does; `seen` names the moment it is of.

    `unreadable_hours` says per category what is wrong with its stored hours; `findings` what else could not be used.
    Without `members`, who stand in the order they were added, all of it is one timeline.
    """

    time_zone: str | None
    version: str
    preferences: Preferences
    hours: Mapping[str, Week]
    unreadable_hours: Mapping[str, str]
    tasks: tuple[TaskRow, ...]
    dependencies: tuple[Dependency, ...]
    habits: tuple[Habit, ...]
    skipped: frozenset[tuple[UUID, date]]
    events: tuple[CalendarEvent, ...]
    blocks: tuple[Block, ...]
    findings: tuple[ItemFinding, ...] = ()
    seen: str | None = None
    creator: str | None = None
    members: tuple[Member, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    meeting_dependencies: tuple[MeetingDependency, ...] = ()

    @property
    def default_user(self) -> str:
        """Whose everything is that says nothing of a person: the creator's, else the first member's."""
        users = [member.user for member in self.members]
        return self.creator if self.creator in users else next(iter(users), NOBODY)


def ceil_minutes(instant: datetime) -> int:
    """Return minutes since the epoch, a begun one counted."""
    whole = minutes_of(instant)
    return whole + 1 if instant.second or instant.microsecond else whole
