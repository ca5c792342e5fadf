"""On which dates a habit is to fall, and what a change makes of that."""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, NamedTuple, get_args

from almanac.domain.items.wishes import bounded, given
from almanac.domain.workspace_plan.snapshot import Recurrence
from almanac.errors import BadInput

Frequency = Literal["daily", "weekly", "monthly", "yearly"]
FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)
LONGEST_INTERVAL = 1000
LAST_WEEK = 5
"""Of a month: the fifth where there is one, else the fourth."""
RecurrencePart = Literal["weekdays", "month_day", "month_weekday", "end_date"]
"""What a recurrence may have or lack."""


class MonthWeekday(NamedTuple):
    """The Nth of a weekday in a month: `week` 1 to 5, 5 is the last one; weekdays from Monday 0."""

    week: int
    weekday: int


@dataclass(frozen=True, slots=True)
class RecurrenceChange:
    """What is to be changed; None leaves it. Weekdays alone make a habit weekly, a day of the month monthly.

    `month_day` is 1 to 31; 31 in a shorter month is its last day.
    """

    frequency: Frequency | None = None
    interval: int | None = None
    weekdays: tuple[int, ...] | None = None
    month_day: int | None = None
    month_weekday: MonthWeekday | None = None
    start_date: date | None = None
    end_date: date | None = None

    def applied_to(self, was: Recurrence, without: Set[str] = frozenset()) -> Recurrence:
        """Return the recurrence as it is to be; `without` names what it is to have no more. Raises BadInput of a field.

        With another frequency, what belongs to the former one is forgotten.
        """
        self._require_possible()
        frequency = self.frequency or self._implied() or was.frequency
        self._require_fitting(frequency)
        if frequency != was.frequency:
            was = Recurrence(frequency, was.interval, was.start, was.end)
        found = replace(
            was,
            interval=given(self.interval, was.interval),
            start=given(self.start_date, was.start),
            end=bounded("end_date", without, self.end_date, was.end),
            weekdays=() if "weekdays" in without else given(self.weekdays, was.weekdays),
        )
        if (self.start_date or self.end_date) and found.end is not None and found.end < found.start:
            raise BadInput("end_date", "must not be before the first date")
        return self._in_the_month(found, without)

    def _implied(self) -> Frequency | None:
        if self.weekdays:
            return "weekly"
        return "monthly" if self.month_day is not None or self.month_weekday is not None else None

    def _in_the_month(self, found: Recurrence, without: Set[str]) -> Recurrence:
        if self.month_day is not None:
            return replace(found, day_of_month=self.month_day, week_of_month=None, weekday_of_month=None)
        if self.month_weekday is not None:
            week, weekday = self.month_weekday
            return replace(found, day_of_month=None, week_of_month=week, weekday_of_month=weekday)
        if "month_day" in without:
            found = replace(found, day_of_month=None)
        if "month_weekday" in without:
            found = replace(found, week_of_month=None, weekday_of_month=None)
        return found

    def _require_possible(self) -> None:
        if self.interval is not None and not 1 <= self.interval <= LONGEST_INTERVAL:
            raise BadInput("interval", f"must be 1 to {LONGEST_INTERVAL}")
        if self.weekdays is not None and not all(0 <= day <= 6 for day in self.weekdays):
            raise BadInput("weekdays", "must be weekdays")
        if self.month_day is not None and not 1 <= self.month_day <= 31:
            raise BadInput("month_day", "must be 1 to 31")
        if self.month_weekday is not None:
            if self.month_day is not None:
                raise BadInput("month_weekday", "goes not with a day of the month")
            if not (1 <= self.month_weekday.week <= LAST_WEEK and 0 <= self.month_weekday.weekday <= 6):
                raise BadInput("month_weekday", f"must be the 1st to {LAST_WEEK}th of a weekday")

    def _require_fitting(self, frequency: Frequency) -> None:
        if self.weekdays and frequency != "weekly":
            raise BadInput("weekdays", "are those of a weekly habit only")
        for field, value in (("month_day", self.month_day), ("month_weekday", self.month_weekday)):
            if value is not None and frequency != "monthly":
                raise BadInput(field, "is that of a monthly habit only")
