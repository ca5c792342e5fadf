"""Opening hours of a category: what they are where nothing is stored, and which weeks may be stored."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from almanac.domain.wall_clock import DAY_MINUTES, WEEKDAYS, Interval, Week, wall_minute, wall_text
from almanac.errors import BadInput

DEFAULT_CATEGORIES = ("work", "personal", "meeting")
DEFAULT_WEEK: Week = (((7 * 60, 23 * 60),),) * 7
"""Open from 07:00 to 23:00 every day: what the system replaced uses where nothing is stored."""
NEVER: Week = ((),) * 7
MOST_BLOCKS = 24
"""Of one day."""

_WALL = r"((?:[01]\d|2[0-3]):[0-5]\d|24:00)"
_BLOCK = re.compile(f"{_WALL}-{_WALL}", re.ASCII)

Days = Mapping[int, tuple[Interval, ...]]
"""Blocks in wall minutes by weekday, Monday 0; an end that is not after its start lies on the next day."""


@dataclass(frozen=True, slots=True)
class ListedHours:
    """The hours of a category: those of everybody, or (`user_id`) of a member.

    `week` is None where nobody can read what is stored: `fault` says why. `default`: nothing is stored.
    """

    category: str
    user_id: str | None
    week: Week | None
    fault: str | None = None
    default: bool = False


def week_of(days: Days, others: Week = NEVER) -> Week:
    """Return a week with these days; every other day is as in `others`. Raises BadInput of a weekday's name."""
    return tuple(_blocks(day, days[day]) if day in days else others[day] for day in range(7))


def _blocks(day: int, blocks: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Return a day's blocks by their start. Raises BadInput for blocks that say nothing, or the same time twice."""
    if len(blocks) > MOST_BLOCKS:
        raise BadInput(WEEKDAYS[day], f"must have at most {MOST_BLOCKS} blocks")
    found = tuple(sorted(blocks))
    for start, end in found:
        if start == end:
            fault = "ends as it begins; a whole day is 00:00-24:00, and a closed one has no block"
        elif start == DAY_MINUTES:
            fault = "begins at the end of the day; the next day begins at 00:00"
        else:
            continue
        raise BadInput(WEEKDAYS[day], f"{block_text((start, end))} {fault}")
    for one, two in pairwise(found):
        if two[0] < one[1] or one[1] < one[0]:
            raise BadInput(WEEKDAYS[day], f"{block_text(two)} overlaps {block_text(one)}")
    return found


def stored_week(week: Week) -> Mapping[str, Any]:
    """Return a week in the form in which it is stored, by weekday; a closed day says that it is."""
    return {day: _stored_day(blocks) for day, blocks in zip(WEEKDAYS, week, strict=True)}


def _stored_day(blocks: Iterable[Interval]) -> Mapping[str, Any]:
    stored = [{"startTime": wall_text(start), "endTime": wall_text(end)} for start, end in blocks]
    return {"enabled": bool(stored), "timeBlocks": stored}


def read_block(text: str) -> Interval:
    """Read "09:00-12:30" in wall minutes after midnight. Raises ValueError, which says what a block looks like."""
    found = _BLOCK.fullmatch(text)
    if found is None:
        raise ValueError("is no block of a day such as 09:00-12:30; 24:00 is the end of the day")
    return wall_minute(found[1]), wall_minute(found[2])


def block_text(block: Interval) -> str:
    """Return "09:00-12:30"."""
    return f"{wall_text(block[0])}-{wall_text(block[1])}"
