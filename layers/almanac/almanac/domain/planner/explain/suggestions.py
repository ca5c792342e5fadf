"""The smallest changes that help an item: what each of them changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from almanac.domain.explanation import Explanation

MOST_SUGGESTIONS = 2
"""How many suggestions a finding has, the smallest first."""


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
    """Parts of at least so many minutes."""

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


@dataclass(frozen=True, slots=True)
class ItemMoves:
    """Another item, of so many minutes, `by` minutes later (or earlier), which then begins `at`.

    `late` are the minutes after its deadline that it ends, where it is later by that than now; `people` whose it is,
    where it is not that of the same person.
    """

    item: str
    minutes: int
    by: int
    at: int
    late: int = 0
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShorterMinimum:
    """A habit's minimum of so many minutes instead of more."""

    minutes: int


@dataclass(frozen=True, slots=True)
class WiderIdeal:
    """A habit's ideal time of [start, end), minutes since the epoch, that takes in a free place."""

    start: int
    end: int


TaskSuggestion = MoreHours | LaterDeadline | SmallerParts | LessWork | Without | ItemMoves
HabitSuggestion = ShorterMinimum | WiderIdeal | Without | MoreHours


def explanation_of(suggestion: TaskSuggestion | HabitSuggestion) -> Explanation:
    """Return a suggestion as an explanation."""
    match suggestion:
        case MoreHours(category, start, end):
            return Explanation("more_hours", minutes=(end - start,), instants=(start, end), category=category)
        case LaterDeadline(at, by):
            return Explanation("later_deadline", minutes=(by,), instants=(at,))
        case SmallerParts(minutes):
            return Explanation("smaller_parts", minutes=(minutes,))
        case LessWork(minutes, rest):
            return Explanation("less_work", minutes=(minutes, rest))
        case Without(item, minutes):
            return Explanation("without_item", items=(item,), minutes=(minutes,))
        case ItemMoves(item, minutes, by, at, late, people):
            lengths = (minutes, by, late) if late else (minutes, by)
            return Explanation("item_moves", items=(item, *people), minutes=lengths, instants=(at,))
        case ShorterMinimum(minutes):
            return Explanation("shorter_minimum", minutes=(minutes,))
        case WiderIdeal(start, end):
            return Explanation("wider_ideal_time", instants=(start, end))


def shortlist(suggestions: Sequence[TaskSuggestion]) -> Sequence[TaskSuggestion]:
    """Return the few that are told of some, smallest first: and what it would cost others, whatever is smaller."""
    told, rest = suggestions[:MOST_SUGGESTIONS], suggestions[MOST_SUGGESTIONS:]
    costs = any(isinstance(each, ItemMoves) for each in told)
    return told if costs else [*told, *[each for each in rest if isinstance(each, ItemMoves)][:1]]


def size(suggestion: TaskSuggestion) -> int:
    """Return the minutes of other plans that a suggestion changes; the date of a deadline is the easiest to change."""
    match suggestion:
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
        case ItemMoves(_, _, by, _, late):
            return abs(by) + late
