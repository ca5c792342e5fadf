"""What is sent and answered of habits."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from almanac.domain.items.habits import (
    LONGEST_HABIT,
    MOST_TIMES,
    Color,
    TimePreference,
    WhenBlockDeleted,
)
from almanac.domain.items.recurrences import LAST_WEEK, LONGEST_INTERVAL, Frequency
from almanac.domain.items.wishes import Priority
from almanac.jobs import Label
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Day, Model, Title

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Minutes = Annotated[int, Field(ge=1, le=LONGEST_HABIT)]


class MonthWeekdayBody(Fields):
    """The Nth of a weekday in a month; 5 is the last one."""

    week: Annotated[int, Field(ge=1, le=LAST_WEEK)]
    weekday: Weekday


class HabitChangeBody(Fields):
    """What is to be changed of a habit; what is left out stays, null takes away what a habit may lack.

    Weekdays alone make it weekly, `month_day` or `month_weekday` monthly. An ideal time takes the place of a
    `time_preference`, and that of an ideal time.
    """

    name: Title | None = None
    user_id: Annotated[Label | None, Field(description="The member it is for; null: the default member.")] = None
    minutes: Annotated[Minutes | None, Field(description="Preferred length; of a new one 30.")] = None
    min_minutes: Annotated[Minutes | None, Field(description="Null: the preferred length.")] = None
    max_minutes: Annotated[Minutes | None, Field(description="Null: the preferred length.")] = None
    priority: Priority | None = None
    hours: Annotated[Label | None, Field(description="Category of hours; of a new one personal.")] = None
    color: Color | None = None
    ideal_time: Annotated[
        Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None, Field(description="Wall time, 07:30.")
    ] = None
    time_preference: TimePreference | None = None
    frequency: Annotated[Frequency | None, Field(description="Of a new one daily.")] = None
    interval: Annotated[int, Field(ge=1, le=LONGEST_INTERVAL)] | None = None
    weekdays: Annotated[list[Weekday], Field(max_length=7)] | None = None
    month_day: Annotated[int, Field(ge=1, le=31)] | None = None
    month_weekday: MonthWeekdayBody | None = None
    start_date: Annotated[Day | None, Field(description="First possible date; of a new one today.")] = None
    end_date: Annotated[Day | None, Field(description="Last possible date.")] = None
    times: Annotated[int, Field(ge=1, le=MOST_TIMES)] | None = None
    after: Annotated[UUID | None, Field(description="Habit that it belongs after.")] = None
    before: Annotated[UUID | None, Field(description="Habit that it belongs before.")] = None
    when_block_deleted: WhenBlockDeleted | None = None
    active: Annotated[bool | None, Field(description="False: it is paused.")] = None


class HabitBody(HabitChangeBody):
    """A habit; of what is left out a new one has the usual: every day from today on, for half an hour."""

    name: Title


class HabitMonthWeekday(Model):
    """The Nth of a weekday in a month; 5 is the last one."""

    week: int
    weekday: Weekday


class HabitBlock(Model):
    """A block that has not ended, and the date that it is for."""

    event_id: UUID
    date: date
    start: AwareDatetime
    end: AwareDatetime
    locked: bool


class HabitNote(Model):
    """What the last plan of everybody says of it, on a date or (null) on all."""

    date: str | None
    status: str
    reason: str
    hint: str | None


class Habit(Model):
    """A habit with its next blocks, the dates ahead that are skipped, and what the last plan says of it."""

    habit_id: UUID
    name: str
    user_id: str | None
    minutes: int
    min_minutes: int | None
    max_minutes: int | None
    priority: str
    hours: str
    color: str
    ideal_time: str | None
    time_preference: str | None
    frequency: Frequency
    interval: int
    weekdays: list[Weekday]
    month_day: int | None
    month_weekday: HabitMonthWeekday | None
    start_date: date
    end_date: date | None
    times: int
    after: UUID | None
    before: UUID | None
    when_block_deleted: str
    active: bool
    planned: bool
    skipped: list[date]
    blocks: list[HabitBlock]
    notes: list[HabitNote]


class HabitList(Model):
    """The habits, those that are paused last. `next` goes into `after`."""

    items: list[Habit]
    next: str | None


class NewHabitAnswer(Model):
    """A habit that was added; the next plan finds its times."""

    habit_id: UUID
