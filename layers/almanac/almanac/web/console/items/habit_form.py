"""The form of a habit: what a person has entered, and what that changes. It holds what most habits have."""

import re
from dataclasses import dataclass, field
from typing import Any

from almanac.domain.items.habits import LONGEST_HABIT, TIME_PREFERENCES, HabitChange, ListedHabit
from almanac.domain.items.recurrences import RecurrenceChange
from almanac.domain.wall_clock import WEEKDAYS, wall_minute, wall_text
from almanac.errors import BadInput
from almanac.web.console.items import fields
from almanac.web.console.pages import Visit

_LABELS = {
    **fields.LABELS,
    "name": "Name",
    "min_minutes": "Shortest",
    "max_minutes": "Longest",
    "user_id": "Whose",
    "ideal_time": "At",
    "time_preference": "Part of the day",
    "weekdays": "Days",
}
"""What the form calls the fields."""
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)
ANY = "any"
"""What the form calls no part of the day."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The form as it is filled in; a time is on a wall, or nothing. Without a weekday a habit is as often as it was."""

    name: str = ""
    minutes: str = "30"
    min_minutes: str = ""
    max_minutes: str = ""
    priority: str = "normal"
    hours: str = "personal"
    user_id: str = ""
    ideal_time: str = ""
    time_preference: str = ANY
    weekdays: tuple[str, ...] = field(default=WEEKDAYS)

    @classmethod
    def of(cls, habit: ListedHabit) -> "Entered":
        """Return what the form holds of a habit that there is."""
        wishes, rule = habit.wishes, habit.wishes.recurrence
        weekly = rule.weekdays or (rule.start.weekday(),)
        days = tuple(range(7)) if rule.frequency == "daily" else weekly if rule.frequency == "weekly" else ()
        return cls(
            name=fields.in_one_line(wishes.name),
            minutes=str(wishes.minutes),
            min_minutes=fields.number_text(wishes.min_minutes),
            max_minutes=fields.number_text(wishes.max_minutes),
            priority=wishes.priority,
            hours=wishes.hours,
            user_id=wishes.user_id or "",
            ideal_time="" if wishes.ideal_time is None else wall_text(wishes.ideal_time),
            time_preference=wishes.time_preference or ANY,
            weekdays=tuple(WEEKDAYS[day] for day in sorted(set(days))),
        )

    @classmethod
    def sent(cls, visit: Visit) -> "Entered":
        """Return what somebody has sent."""
        ticked = fields.chosen(visit, "weekdays")
        return cls(
            name=visit.field("name"),
            minutes=visit.field("minutes"),
            min_minutes=visit.field("min_minutes"),
            max_minutes=visit.field("max_minutes"),
            priority=visit.field("priority"),
            hours=visit.field("hours"),
            user_id=visit.field("user_id"),
            ideal_time=visit.field("ideal_time"),
            time_preference=visit.field("time_preference", ANY),
            weekdays=tuple(day for day in WEEKDAYS if day in ticked),
        )

    @property
    def mark(self) -> str:
        """What tells whether a habit is still as the form has shown it."""
        return fields.mark_of(self)

    def change_of(self, was: "Entered") -> HabitChange:
        """Return what is other than it `was`: the rest stays as it is stored. Raises BadInput of a field."""
        fields.require_label("name", self.name)
        fields.require_label("hours", self.hours)
        fields.require_priority(self.priority)
        fields.require_one_of("time_preference", self.time_preference, (ANY, *TIME_PREFERENCES))
        wanted: dict[str, Any] = {
            "name": self.name,
            "minutes": fields.whole_number("minutes", self.minutes, LONGEST_HABIT),
            "min_minutes": fields.number_if_any("min_minutes", self.min_minutes, LONGEST_HABIT),
            "max_minutes": fields.number_if_any("max_minutes", self.max_minutes, LONGEST_HABIT),
            "priority": self.priority,
            "hours": self.hours.lower(),
            "user_id": self.user_id or None,
            "ideal_time": _wall(self.ideal_time) if self.ideal_time != was.ideal_time else None,
            "time_preference": None if self.time_preference == ANY else self.time_preference,
        }
        other = {name: value for name, value in wanted.items() if getattr(self, name) != getattr(was, name)}
        gone = frozenset(name for name, value in other.items() if value is None)
        recurrence = self._recurrence() if self.weekdays != was.weekdays else RecurrenceChange()
        return HabitChange(**other, recurrence=recurrence, without=gone)  # type: ignore[arg-type]

    def _recurrence(self) -> RecurrenceChange:
        """Return the change to the days that are ticked: to all of them a daily habit, to none no change."""
        if len(self.weekdays) == len(WEEKDAYS):
            return RecurrenceChange("daily")
        if not self.weekdays:
            raise BadInput("weekdays", "must be one or more; all of them are every day")
        return RecurrenceChange("weekly", weekdays=tuple(map(WEEKDAYS.index, self.weekdays)))


def in_words(error: BadInput) -> str:
    """Return what is wrong, under the name that the form has for the field."""
    return fields.in_words(error, _LABELS)


def _wall(text: str) -> int | None:
    """Return the minute of a day; a browser may add seconds. Raises BadInput."""
    if not text:
        return None
    if _CLOCK.fullmatch(text) is None:
        raise BadInput("ideal_time", "must be a time of day, such as 07:30")
    return wall_minute(text)
