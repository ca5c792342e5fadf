"""What a plan has to say about itself, as data: a code, and the ids, lengths and instants that the code is about.

Sentences are made of it where people read them (`presentation/wording.py`); programs and filters read the codes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

ReasonCode = Literal[
    "earliest",
    "earliest_free",
    "earlier_is_free",
    "earlier_is_free_not_worth_a_move",
    "break_around",
    "within_daily_limit",
    "more_can_come",
    "in_ideal_time",
    "earlier_than_ideal",
    "later_than_ideal",
    "makes_room",
    "moved_for_gain",
]
"""Why a block is where it is, or why an event moves."""

ReasonPart = Literal[
    "stays",
    "part_of_task",
    "after_part",
    "after_items",
    "after_earliest_start",
    "before_deadline",
    "after_deadline",
    "without_people",
    "time_before_taken",
    "time_before_in_pieces",
    "taken_away_before",
    "ideal_free_but_costly",
    "ideal_hours_closed",
    "ideal_taken",
    "ideal_taken_away",
    "ideal_too_short",
    "shorter_than_preferred",
    "follows_item",
    "follows_start_of_hours",
    "precedes_item",
    "precedes_end_of_hours",
]
"""What is said beside a reason."""

CauseCode = Literal[
    "deadline_past",
    "hours_closed",
    "hours_too_few",
    "stretches_too_short",
    "free_time_outweighed",
    "hours_leave_no_gaps",
    "hours_taken",
    "waits_for_unplaced",
    "waits_for_item",
    "begins_after_it",
    "begins_before_its_end",
    "ends_after_deadline",
    "lies_on",
    "little_time_to_spare",
    "date_hours_closed",
    "date_hours_taken",
    "date_stretches_too_short",
    "free_time_far_from_ideal",
    "no_common_hours",
    "people_taken",
]
"""What stood in the way of an item, or makes its deadline one at risk."""

CausePart = Literal[
    "until_deadline",
    "until_window_end",
    "until_then",
    "events_in_the_way",
    "taken_away",
    "inside_notice",
    "holders",
    "ideal_time_too_short",
    "ideal_time_outside_hours",
    "ideal_time_taken_away",
    "lacks",
]
"""What is said beside a cause, or a near miss."""

SuggestionCode = Literal[
    "more_hours",
    "later_deadline",
    "smaller_parts",
    "less_work",
    "without_item",
    "shorter_minimum",
    "wider_ideal_time",
    "room_for_items",
    "hours_kept_free",
    "nothing_small",
    "other_hours",
    "default_used",
    "tick_off_or_more",
    "near_miss",
    "item_moves",
    "add_member",
    "plan_everybody",
    "unlock_or_move",
]
"""What would help."""

FaultCode = Literal[
    "length_missing",
    "length_out_of_range",
    "priority_unknown",
    "dates_reversed",
    "piece_too_short",
    "pieces_reversed",
    "lengths_reversed",
    "hours_unknown",
    "hours_unreadable",
    "hours_never_open",
    "waits_for_faulty_task",
    "waits_for_unmanaged_task",
    "dependencies_in_circle",
    "order_in_circle",
    "order_leaves_no_room",
    "minutes_used_up",
    "hours_closed_on_its_dates",
    "preference_unusable",
    "person_unknown",
    "too_few_people",
]
"""Why a task, a habit's date or a preference is left out of a plan, or has nothing to place in it."""

Code = ReasonCode | ReasonPart | CauseCode | CausePart | SuggestionCode | FaultCode


@dataclass(frozen=True, slots=True)
class Explanation:
    """One statement. What each field means under a code: docs/planning.md, "Explanations as data".

    `items` are ids of tasks, habits, events and blocks, `minutes` lengths, `instants` minutes since the epoch,
    `numbers` counts and points, `quotes` stored values as they are, `parts` what is said beside it.
    """

    code: Code
    items: tuple[str, ...] = ()
    minutes: tuple[int, ...] = ()
    instants: tuple[int, ...] = ()
    numbers: tuple[float, ...] = ()
    category: str | None = None
    quotes: tuple[str, ...] = ()
    parts: tuple["Explanation", ...] = ()

    def part(self, *codes: Code) -> "Explanation | None":
        """Return the first part with one of the codes, None where there is none."""
        return next((part for part in self.parts if part.code in codes), None)

    def renamed(self, ids: Mapping[str, str]) -> "Explanation":
        """Return the same about other ids; an id without an entry stays.

        What has one name for several ids, a task in parts for its people, is named once where nothing is said of each.
        """
        items = tuple(ids.get(item, item) for item in self.items)
        if not self.minutes:
            items = tuple(dict.fromkeys(items))
        return replace(self, items=items, parts=tuple(part.renamed(ids) for part in self.parts))

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-ready: instants as ISO 8601 in UTC, fields without a value left out."""
        fields = {
            "items": list(self.items),
            "minutes": list(self.minutes),
            "instants": [datetime.fromtimestamp(60 * minute, UTC).isoformat() for minute in self.instants],
            "numbers": list(self.numbers),
            "category": self.category,
            "quotes": list(self.quotes),
            "parts": [part.as_dict() for part in self.parts],
        }
        return {"code": self.code} | {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class ItemFinding:
    """Why one item is late, partial, unscheduled, at risk, left out, has nothing to place or stays where it cannot be
    right, and what would help.

    `kind` is task, habit, meeting or preference, `id` names the row; `date` is the local one of a habit's occurrence,
    ISO 8601. `people` are those whose it is, where there are members: a task of several may be late for one of them.
    """

    kind: str
    id: str
    status: str
    cause: Explanation
    suggestions: tuple[Explanation, ...] = ()
    date: str | None = None
    people: tuple[str, ...] = ()


Wording = Callable[[Iterable[Explanation], Mapping[str, str], ZoneInfo], str]
"""Alternatives in words, given titles by id and the zone of what is read: "one, or another"; "" for none."""
