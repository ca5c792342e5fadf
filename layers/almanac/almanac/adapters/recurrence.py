"""Dates of recurring habits, counted by dateutil's RFC 5545 rules.

Only dates go in and out: no zone and no time of day, so that clock changes cannot touch them. It is an adapter because
the domain uses the standard library alone, and calendar arithmetic of our own would be worse than a dependency.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from almanac.domain.workspace_plan.snapshot import Recurrence

_FREQUENCIES: Mapping[str, Literal[0, 1, 2, 3]] = {
    "daily": DAILY,
    "weekly": WEEKLY,
    "monthly": MONTHLY,
    "yearly": YEARLY,
}
_SHORTEST_MONTH = 28
_DAYS = {"daily": 1, "weekly": 7}
"""Rules that come round after so many days, whatever the month."""


def dates_between(rule: Recurrence, first: date, last: date) -> frozenset[date]:
    """The dates of the rule from `first` to `last`, both included.

    Every Nth week counts weeks that begin on Monday. A day of the month that a month does not have means its last day;
    29 February comes in leap years only.
    """
    stop = last if rule.end is None else min(last, rule.end)
    return frozenset(day for day in _dates(rule, first, stop) if first <= day)


def _dates(rule: Recurrence, first: date, stop: date) -> Iterator[date]:
    found = rrule(
        _FREQUENCIES[rule.frequency],
        dtstart=_midnight(_begin(rule, first)),
        interval=rule.interval,
        until=_midnight(stop),
        **_limits(rule),
    )
    return (moment.date() for moment in found)


def _begin(rule: Recurrence, first: date) -> date:
    """Return the last day up to `first` on which the rule could have begun as well: a start may lie centuries back."""
    round_ = timedelta(days=_DAYS.get(rule.frequency, 0) * rule.interval)
    return rule.start + (first - rule.start) // round_ * round_ if round_ and rule.start < first else rule.start


def _limits(rule: Recurrence) -> dict[str, Any]:
    """The BY… parts: what the rule names, else dateutil takes them from the first date."""
    if rule.frequency == "weekly" and rule.weekdays:
        return {"byweekday": rule.weekdays}
    if rule.frequency != "monthly":
        return {}
    if rule.week_of_month is not None and rule.weekday_of_month is not None:
        nth = -1 if rule.week_of_month == 5 else rule.week_of_month
        return {"byweekday": weekday(rule.weekday_of_month, nth)}
    wanted = rule.day_of_month or rule.start.day
    if wanted <= _SHORTEST_MONTH:
        return {"bymonthday": wanted}
    return {"bymonthday": range(_SHORTEST_MONTH, wanted + 1), "bysetpos": -1}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
