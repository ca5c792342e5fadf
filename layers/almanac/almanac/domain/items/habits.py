"""Habits as people list, add and change them."""

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

from almanac.domain.items.recurrences import RecurrenceChange, RecurrencePart
from almanac.domain.items.wishes import bounded, given
from almanac.domain.wall_clock import DAY_MINUTES
from almanac.domain.workspace_plan.snapshot import Recurrence
from almanac.errors import BadInput

TimePreference = Literal["morning", "afternoon", "evening", "night"]
TIME_PREFERENCES: tuple[TimePreference, ...] = get_args(TimePreference)
Order = Literal["after", "before"]
WhenBlockDeleted = Literal["skip", "replan"]
Color = Literal["RED", "BLUE", "GREEN", "YELLOW", "ORANGE", "PURPLE", "PINK", "INDIGO", "CYAN", "GRAY"]
COLORS: tuple[Color, ...] = get_args(Color)
LONGEST_HABIT = DAY_MINUTES
MOST_TIMES = 12
"""Of one day."""
HabitPart = Literal[
    RecurrencePart, "user_id", "min_minutes", "max_minutes", "ideal_time", "time_preference", "after", "before"
]
"""What a habit may have or lack."""
HABIT_PARTS: tuple[HabitPart, ...] = get_args(HabitPart)


@dataclass(frozen=True, slots=True)
class HabitWishes:
    """What somebody wishes of a habit. Lengths are minutes, `ideal_time` is in wall minutes after midnight.

    `user_id` None is the default member; without a shortest or longest length the preferred one is it. `order` says on
    which side of the habit `other` it belongs. `active` False: it is paused.
    """

    name: str
    user_id: str | None
    minutes: int
    min_minutes: int | None
    max_minutes: int | None
    priority: str
    hours: str
    color: str
    ideal_time: int | None
    time_preference: str | None
    recurrence: Recurrence
    times: int
    other: UUID | None
    order: Order | None
    when_block_deleted: str
    active: bool

    @classmethod
    def usual(cls, today: date) -> "HabitWishes":
        """Return what a habit has of which nothing else is said: it begins today, a local date."""
        return cls(
            name="",
            user_id=None,
            minutes=30,
            min_minutes=None,
            max_minutes=None,
            priority="normal",
            hours="personal",
            color="BLUE",
            ideal_time=None,
            time_preference=None,
            recurrence=Recurrence("daily", 1, today),
            times=1,
            other=None,
            order=None,
            when_block_deleted="skip",
            active=True,
        )


@dataclass(frozen=True, slots=True)
class HabitBlock:
    """A block that has not ended, with the local date that it is for. A locked one stays where it is."""

    event_id: UUID
    date: date
    start: datetime
    end: datetime
    locked: bool


@dataclass(frozen=True, slots=True)
class HabitNote:
    """What the last plan of everybody says of a habit, on a date or on all of them."""

    date: str | None
    status: str
    reason: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class ListedHabit:
    """A habit with its next blocks, the dates ahead that are skipped, and what the last plan says of it.

    `planned`: Almanac places it, unless it is paused.
    """

    habit_id: UUID
    wishes: HabitWishes
    planned: bool
    blocks: tuple[HabitBlock, ...]
    skipped: tuple[date, ...]
    notes: tuple[HabitNote, ...]


@dataclass(frozen=True, slots=True)
class HabitChange:
    """What is to be changed of a habit; None leaves it. `without`: what it is to have no more.

    One time of day counts: an ideal time takes the place of a part of the day, and that of an ideal time.
    """

    name: str | None = None
    user_id: str | None = None
    minutes: int | None = None
    min_minutes: int | None = None
    max_minutes: int | None = None
    priority: str | None = None
    hours: str | None = None
    color: str | None = None
    ideal_time: int | None = None
    time_preference: TimePreference | None = None
    recurrence: RecurrenceChange = field(default_factory=RecurrenceChange)
    times: int | None = None
    after: UUID | None = None
    before: UUID | None = None
    when_block_deleted: WhenBlockDeleted | None = None
    active: bool | None = None
    without: Set[HabitPart] = frozenset()

    def applied_to(self, was: HabitWishes) -> HabitWishes:
        """Return the habit as it is to be. Raises BadInput of a field for what no plan could hold."""
        ideal_time, time_preference = self._time_of_day(was)
        other, order = self._order(was)
        found = HabitWishes(
            name=given(self.name, was.name),
            user_id=bounded("user_id", self.without, self.user_id, was.user_id),
            minutes=given(self.minutes, was.minutes),
            min_minutes=bounded("min_minutes", self.without, self.min_minutes, was.min_minutes),
            max_minutes=bounded("max_minutes", self.without, self.max_minutes, was.max_minutes),
            priority=given(self.priority, was.priority),
            hours=given(self.hours, was.hours),
            color=given(self.color, was.color),
            ideal_time=ideal_time,
            time_preference=time_preference,
            recurrence=self.recurrence.applied_to(was.recurrence, self.without),
            times=given(self.times, was.times),
            other=other,
            order=order,
            when_block_deleted=given(self.when_block_deleted, was.when_block_deleted),
            active=given(self.active, was.active),
        )
        if {self.minutes, self.min_minutes, self.max_minutes} != {None}:
            _require_lengths(found)
        if not 1 <= found.times <= MOST_TIMES:
            raise BadInput("times", f"must be 1 to {MOST_TIMES}")
        return found

    def _time_of_day(self, was: HabitWishes) -> tuple[int | None, str | None]:
        if self.ideal_time is not None and self.time_preference is not None:
            raise BadInput("time_preference", "goes not with an ideal time")
        if self.ideal_time is not None:
            return self.ideal_time, None
        if self.time_preference is not None:
            return None, self.time_preference
        return (
            bounded("ideal_time", self.without, None, was.ideal_time),
            bounded("time_preference", self.without, None, was.time_preference),
        )

    def _order(self, was: HabitWishes) -> tuple[UUID | None, Order | None]:
        if self.after is not None and self.before is not None:
            raise BadInput("before", "goes not with the one that it comes after")
        if self.after is not None:
            return self.after, "after"
        if self.before is not None:
            return self.before, "before"
        return (None, None) if was.order in self.without else (was.other, was.order)


def _require_lengths(wishes: HabitWishes) -> None:
    if not 1 <= wishes.minutes <= LONGEST_HABIT:
        raise BadInput("minutes", f"must be 1 to {LONGEST_HABIT}")
    if wishes.min_minutes is not None and not 1 <= wishes.min_minutes <= wishes.minutes:
        raise BadInput("min_minutes", f"must be 1 to the preferred length, {wishes.minutes}")
    if wishes.max_minutes is not None and not wishes.minutes <= wishes.max_minutes <= LONGEST_HABIT:
        raise BadInput("max_minutes", f"must be the preferred length, {wishes.minutes}, to {LONGEST_HABIT}")
