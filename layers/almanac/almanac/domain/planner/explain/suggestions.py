"""The smallest things that help: what each of them changes, and its words."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from almanac.domain.planner.explain.wording import amount, clock_time, day_name, duration, time_span
from almanac.domain.wall_clock import DAY_MINUTES


@dataclass(frozen=True, slots=True)
class MoreHours:
    """[start, end) in minutes since the epoch, open as well."""

    category: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LaterDeadline:
    """The deadline (minutes since the epoch) that the plan would meet, so many minutes later than now."""

    at: int
    by: int


@dataclass(frozen=True, slots=True)
class SmallerParts:
    """Cut into parts of at least so many minutes."""

    minutes: int


@dataclass(frozen=True, slots=True)
class LessWork:
    """So many minutes less, which leaves `rest`."""

    minutes: int
    rest: int


@dataclass(frozen=True, slots=True)
class Without:
    """Another item, of so many minutes, elsewhere or not at all."""

    item: str
    minutes: int


Remedy = MoreHours | LaterDeadline | SmallerParts | LessWork | Without


def words_of(remedy: Remedy, zone: ZoneInfo) -> str:
    """A remedy in words."""
    match remedy:
        case MoreHours(category, start, end):
            when = f"{day_name(start, zone)}, {time_span(start, end, zone)}"
            return f"{amount(end - start)} more of {category} hours on {when}"
        case LaterDeadline(at, by):
            return f"a deadline {duration(by if by < DAY_MINUTES else by - by % 60)} later, {clock_time(at, zone)}"
        case SmallerParts(minutes):
            return f"parts of {amount(minutes)} or more"
        case LessWork(minutes, rest):
            return f"{amount(minutes)} less work ({amount(rest)} would fit)"
        case Without(item, minutes):
            return f"{item} ({amount(minutes)}) elsewhere or not at all"


def size(remedy: Remedy) -> int:
    """Minutes of somebody's life that a remedy changes, by which the smallest is told; a date is easiest to change."""
    match remedy:
        case MoreHours(_, start, end):
            return end - start
        case LaterDeadline(_, by):
            return by // 24
        case SmallerParts():
            return 0
        case LessWork(minutes):
            return minutes
        case Without(_, minutes):
            return minutes
