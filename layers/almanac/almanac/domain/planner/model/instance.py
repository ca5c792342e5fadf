"""A planning instance in minutes: what formats 1 and 2 say, read and checked, not yet on the slot grid."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.weights import Weights
from almanac.domain.wall_clock import Interval, Week

NOBODY = ""
"""Id of the one nameless person of an instance without people."""


@dataclass(frozen=True, slots=True)
class PersonSpec:
    """Somebody whose time is planned: zone, hours by category, and what is wanted of the plan."""

    id: str
    zone: ZoneInfo
    hours: Mapping[str, Week]
    break_minutes: int = 0
    notice_minutes: int = 0
    daily_caps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Follower:
    """What waits for a task or meeting and stays where it is: nothing of that may lie at or after `begin`.

    `movable`: a plan of everybody could move it.
    """

    items: tuple[str, ...]
    begin: int
    movable: bool = True


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """A task as asked for. Instants are minutes since the epoch, lengths are minutes."""

    id: str
    category: str
    priority: str
    minutes: int
    earliest: int | None
    deadline: int | None
    hard_deadline: bool
    splittable: bool
    min_chunk: int
    max_chunk: int
    depends_on: tuple[str, ...]
    """Ids of tasks and meetings, of whoever."""
    person: str = NOBODY
    refused: tuple[Interval, ...] = ()
    """Where nothing of it may be: its owner has taken it away from there."""
    follower: Follower | None = None
    leaders: tuple[str, ...] = ()
    """Ids of what it waits for and stays where it is, where that ends at `earliest`."""


@dataclass(frozen=True, slots=True)
class MeetingSpec:
    """A meeting as asked for: the same time of all `people`, and of those `optional` ones for whom it costs little."""

    id: str
    category: str
    priority: str
    minutes: int
    earliest: int | None
    deadline: int | None
    hard_deadline: bool
    people: tuple[str, ...]
    optional: tuple[str, ...]
    depends_on: tuple[str, ...]
    refused: tuple[Interval, ...] = ()
    """Minutes since the epoch where nothing of it may be: it was taken away from there."""
    follower: Follower | None = None
    leaders: tuple[str, ...] = ()
    """Ids of what it waits for and stays where it is, where that ends at `earliest`."""


@dataclass(frozen=True, slots=True)
class HabitSpec:
    """A habit as asked for. `days` are weekdays (Monday 0), ideal and hard windows are wall minutes.

    `dates`, if given, narrows the weekdays to these local dates: a recurrence that weekdays cannot say.
    """

    id: str
    category: str
    priority: str
    days: tuple[int, ...]
    min_minutes: int
    preferred_minutes: int
    max_minutes: int
    ideal: Interval
    hard: Interval
    dates: frozenset[date] | None = None
    person: str = NOBODY
    refused: tuple[Interval, ...] = ()
    """Minutes since the epoch where no block of it may be: its owner has taken one away from there."""


@dataclass(frozen=True, slots=True)
class LockedEvent:
    """Time that is taken, of `people` or (None) of everybody; its buffers are as hard as the event."""

    id: str
    start: int
    end: int
    buffer_before: int
    buffer_after: int
    people: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class MovableEvent:
    """An event that may move inside [move_from, move_until] and its category's hours, at a cost in points.

    It moves once for all of `people`, None for everybody.
    """

    id: str
    start: int
    end: int
    category: str
    move_from: int
    move_until: int
    move_cost: float
    people: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PreviousBlock:
    """A block the last plan put on the calendar, in minutes since the epoch."""

    item: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One planning request: the window, whose time it is, what is taken of it and what is to be placed."""

    id: str
    people: tuple[PersonSpec, ...]
    now: int
    end: int
    locked: tuple[LockedEvent, ...]
    movable: tuple[MovableEvent, ...]
    tasks: tuple[TaskSpec, ...]
    habits: tuple[HabitSpec, ...]
    previous: tuple[PreviousBlock, ...]
    weights: Weights
    meetings: tuple[MeetingSpec, ...] = ()

    @property
    def works(self) -> "tuple[TaskSpec | MeetingSpec, ...]":
        """The tasks, then the meetings."""
        return (*self.tasks, *self.meetings)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the first person, in which a plan is shown where nothing else is said."""
        return self.people[0].zone

    def takes(self, event: LockedEvent | MovableEvent, person: PersonSpec) -> bool:
        """Whether an event is in a person's time."""
        return event.people is None or person.id in event.people
