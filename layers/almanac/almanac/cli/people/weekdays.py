"""Weekdays and blocks of a day as they are typed: mon-fri, sat,sun, 09:00-12:30."""

from argparse import ArgumentTypeError

from almanac.domain.hours.opening import read_block
from almanac.domain.wall_clock import WEEKDAYS, Interval

_SHORTEST = 3
"""Letters of a weekday that tell it from the others."""


def days(text: str) -> tuple[int, ...]:
    """Return the weekdays that are meant, Monday 0: mon, mon-fri, sat,sun, friday-monday, daily."""
    if text.lower() == "daily":
        return tuple(range(7))
    found: list[int] = []
    for part in text.lower().split(","):
        first, _, last = part.partition("-")
        start = _day(first)
        end = _day(last) if last else start
        found += [(start + n) % 7 for n in range((end - start) % 7 + 1)]
    return tuple(dict.fromkeys(found))


def _day(word: str) -> int:
    for number, name in enumerate(WEEKDAYS):
        if len(word) >= _SHORTEST and name.startswith(word):
            return number
    raise ArgumentTypeError("names no weekday; write mon, mon-fri, sat,sun or daily")


def block(text: str) -> Interval:
    """Return a block in wall minutes after midnight; one that ends before it begins runs over midnight."""
    try:
        return read_block(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
