"""Occurrences of a series as one rule with its exceptions. A provider's rule is not kept, so the rule is found again.

It says what the occurrences say, no more: it ends with the last one that is known, and names what is missing between.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from math import gcd

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEK = 7
_MOST_MISSING = 2
"""Of a rule that misses more than one date in so many, nothing is gained: its dates are named instead."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of RFC 5545 without its end, and the dates that it names and that are none; no rule: dates by name."""

    text: str | None
    missing: tuple[date, ...] = ()


def rule_of(dates: Sequence[date]) -> Rule:
    """Return the rule that names these dates (sorted, each once, two or more) with the fewest others between them."""
    there = set(dates)
    found = [(tuple(day for day in named if day not in there), text) for text, named in _candidates(dates)]
    missing, text = min(found, key=lambda each: len(each[0]))
    return Rule(None) if len(missing) * _MOST_MISSING > len(dates) else Rule(text, missing)


def _candidates(dates: Sequence[date]) -> Iterator[tuple[str, list[date]]]:
    """Rules that name all of the dates, the plainest first, each with all that it names from the first to the last."""
    first, last = dates[0], dates[-1]
    step = reduce(gcd, ((day - first).days for day in dates))
    if step % _WEEK:
        yield f"FREQ=DAILY{_every(step)}", _stepped(first, last, step)
    yield _weekly(dates)
    yield from _monthly(dates)


def _weekly(dates: Sequence[date]) -> tuple[str, list[date]]:
    first, last = dates[0], dates[-1]
    monday = first - timedelta(days=first.weekday())
    weeks = reduce(gcd, ((day - monday).days // _WEEK for day in dates)) or 1
    days = sorted({day.weekday() for day in dates})
    named = [
        day
        for start in _stepped(monday, last, weeks * _WEEK)
        for number in days
        if first <= (day := start + timedelta(days=number)) <= last
    ]
    return f"FREQ=WEEKLY{_every(weeks)};WKST=MO;BYDAY={','.join(_DAYS[number] for number in days)}", named


def _monthly(dates: Sequence[date]) -> Iterator[tuple[str, list[date]]]:
    first = dates[0]
    shapes: Mapping[str, Callable[[date], bool]] = {
        f"BYMONTHDAY={first.day}": lambda day: day.day == first.day,
        "BYMONTHDAY=-1": lambda day: day.day == monthrange(day.year, day.month)[1],
        f"BYDAY={_nth(first)}{_DAYS[first.weekday()]}": lambda day: (
            (_nth(day), day.weekday()) == (_nth(first), first.weekday())
        ),
        f"BYDAY=-1{_DAYS[first.weekday()]}": lambda day: (
            day.weekday() == first.weekday() and day.day > monthrange(day.year, day.month)[1] - _WEEK
        ),
    }
    months = reduce(gcd, (_months(first, day) for day in dates)) or 1
    for text, fits in shapes.items():
        if all(map(fits, dates)):
            every = (day for day in _stepped(first, dates[-1], 1) if _months(first, day) % months == 0)
            yield f"FREQ=MONTHLY{_every(months)};{text}", [day for day in every if fits(day)]


def _nth(day: date) -> int:
    return (day.day - 1) // _WEEK + 1


def _months(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month


def _every(step: int) -> str:
    return "" if step == 1 else f";INTERVAL={step}"


def _stepped(first: date, last: date, step: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(0, (last - first).days + 1, step)]
