"""When a rule of EventBridge ticks next: its cadence as an expression, rate(…) or cron(…), in UTC.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, _MONTHS), (1, 7, _DAYS), (1970, 2199, ()))
"""Minutes, hours, days of the month, months, days of the week from Sunday on, years: least, most, names."""
_LOOKED_AHEAD = 4 * 366 + 1
"""Days: every date that there is comes within four years."""


def period(expression: str) -> timedelta | None:
    """Return the time between two ticks of a rate; None of anything else."""
    found = re.fullmatch(r"rate\((\d{1,6}) (minute|hour|day)s?\)", expression.strip())
    return int(found[1]) * _UNITS[found[2]] if found is not None else None


def next_tick(expression: str, after: datetime, last: datetime | None = None) -> datetime | None:
    """Return the first tick after an instant. A rate counts from one that is known, `last`: it tells nobody its first.

    None where there is none, where nobody knows, or where a cron expression says more than numbers, names, lists,
    ranges and steps (L, W and # are not read).
    """
    every = period(expression)
    if every:
        return None if last is None else last + every * max(1, (after - last) // every + 1)
    found = re.fullmatch(r"cron\(([^()]+)\)", expression.strip())
    words = found[1].split() if found is not None else []
    if len(words) != len(_FIELDS):
        return None
    try:
        read = [_values(word, *field) for word, field in zip(words, _FIELDS, strict=True)]
    except ValueError:
        return None
    return _first(read, after.astimezone(UTC))


def _first(fields: Sequence[frozenset[int]], after: datetime) -> datetime | None:
    minutes, hours, *dates = fields
    for ahead in range(_LOOKED_AHEAD):
        day = after.date() + timedelta(days=ahead)
        if not _is_on(day, dates):
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                tick = datetime.combine(day, time(hour, minute), UTC)
                if tick > after:
                    return tick
    return None


def _is_on(day: date, dates: Sequence[frozenset[int]]) -> bool:
    days, months, weekdays, years = dates
    return day.day in days and day.month in months and day.isoweekday() % 7 + 1 in weekdays and day.year in years


def _values(word: str, least: int, most: int, names: Sequence[str]) -> frozenset[int]:
    """Read one field. Raises ValueError."""
    found = set[int]()
    for part in word.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span in ("*", "?"):
            begin, end = least, most
        else:
            begin = _number(first, names)
            end = _number(last, names) if last else most if step else begin
        if not least <= begin <= end <= most or (step and int(step) < 1):
            raise ValueError(word)
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str, names: Sequence[str]) -> int:
    return names.index(text.upper()) + 1 if text.upper() in names else int(text)
