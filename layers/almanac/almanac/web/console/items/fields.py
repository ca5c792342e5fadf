"""Fields of a form of something that looks for its time: what a person has entered, and what that means."""

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime, tzinfo
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from almanac.domain.items.wishes import PRIORITIES, Bound, Bounded
from almanac.errors import BadInput
from almanac.validation import OUT_OF_REACH, YEARS
from almanac.web.console.pages import Visit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Entered = TypeVar("Entered")
Bounds = TypeVar("Bounds", bound=str)
LABELS = {
    "title": "Title",
    "minutes": "Minutes",
    "priority": "Priority",
    "hours": "Hours",
    "earliest": "Not before",
    "deadline": "Deadline",
}
"""What forms call the fields that all of them have."""
MOST_CHOSEN = 200
"""Of how many boxes that are ticked a form takes notice."""
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Refused(Generic[Entered]):
    """What somebody has entered and cannot be stored: of what (None: of something new), and why."""

    item_id: UUID | None
    entered: Entered
    complaint: str


def changed_meanwhile(kind: str) -> str:
    """Return what somebody is told whose form is older than what it changes."""
    return f"Nothing was changed: somebody else has changed the {kind} meanwhile. This is how it stands now."


def mark_of(entered: "DataclassInstance") -> str:
    """Return what tells whether something is still as a form has shown it."""
    return sha256(repr(astuple(entered)).encode()).hexdigest()[:32]


def differing(wanted: "DataclassInstance", stored: "DataclassInstance") -> dict[str, Any]:
    """Return what is other than it is stored, by field: what is not may be as impossible as it is.

    The order in which people and predecessors are named means nothing.
    """

    def plain(value: object) -> object:
        return frozenset(value) if isinstance(value, tuple) else value

    pairs = ((each.name, getattr(wanted, each.name), getattr(stored, each.name)) for each in fields(wanted))
    return {name: value for name, value, was in pairs if plain(value) != plain(was)}


def taken_away(other: Mapping[str, Any], bounds: Iterable[Bounds]) -> Set[Bounds]:
    """Return those of the bounds that what is `differing` has no more."""
    return frozenset(bound for bound in bounds if other.get(bound, bound) is None)


def in_words(error: BadInput, labels: Mapping[str, str]) -> str:
    """Return what is wrong, under the name that the form has for the field."""
    return f"{labels.get(error.field, error.field)}: {error.complaint}."


def chosen(visit: Visit, field: str) -> tuple[str, ...]:
    """Return the boxes of a field that were ticked."""
    return tuple(visit.request.form.get(field, [])[:MOST_CHOSEN])


def in_one_line(text: str) -> str:
    """Return a text as a field holds it: browsers leave line breaks out, and we what is around it."""
    return "".join(text.splitlines()).strip()


def label(field: str, text: str, was: str | None) -> str:
    """Return what was entered; what is entered as it `was` stays exactly so. Raises BadInput as require_label."""
    if was is not None and text == in_one_line(was):
        return was
    require_label(field, text)
    return text


def require_label(field: str, text: str) -> None:
    """Raise BadInput for a text that no column takes."""
    if not 1 <= len(text) <= _LONGEST:
        raise BadInput(field, f"must have 1 to {_LONGEST} characters")


def require_priority(text: str) -> None:
    """Raise BadInput for what is no priority."""
    require_one_of("priority", text, PRIORITIES)


def require_one_of(field: str, text: str, choices: Collection[str]) -> None:
    """Raise BadInput for what the form does not offer."""
    if text not in choices:
        raise BadInput(field, f"must be one of {', '.join(choices)}")


def whole_number(field: str, text: str, most: int, least: int = 1) -> int:
    """Return the number that was entered. Raises BadInput."""
    if not (text.isdecimal() and len(text) <= 9 and least <= int(text) <= most):
        raise BadInput(field, f"must be a whole number from {least} to {most:,}")
    return int(text)


def number_text(number: int | None) -> str:
    """Return a number as a field has it; "" for none."""
    return "" if number is None else str(number)


def number_if_any(field: str, text: str, most: int) -> int | None:
    """Return the number that was entered, None where there is none. Raises BadInput."""
    return whole_number(field, text, most) if text else None


def on_the_wall(moment: datetime | None, zone: tzinfo) -> str:
    """Return an instant as a field has it, to the minute; "" for none."""
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


def instant(field: Bound, text: str, zone: tzinfo, was: Bounded | None) -> datetime | None:
    """Return the instant that was entered; one that is entered as it `was` keeps its seconds. Raises BadInput."""
    kept: datetime | None = getattr(was, field) if was is not None else None
    if text == on_the_wall(kept, zone):
        return kept
    if not text:
        return None
    try:
        wall = datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=zone)
    except ValueError:
        raise BadInput(field, "must be a date and a time, such as 2026-03-06T17:00") from None
    if not YEARS[0] <= wall.year <= YEARS[1]:
        raise BadInput(field, OUT_OF_REACH)
    return wall.astimezone(UTC)


def add_once(visit: Visit, kind: str, mark: str, add: Callable[[UUID], object]) -> None:
    """Add a task, habit or meeting; the same form sent twice is one. Raises what `add` raises.

    `add` gets the id that belongs to the form: what was added before the answer was lost is not added again.
    """

    def do(request_id: str) -> Mapping[str, Any]:
        added = add(UUID(request_id))
        visit.call.audit(f"{kind}_add", visit.ws_id, added)
        return {f"{kind}_id": str(added)}

    once = visit.field("once")[:64]
    key = f"{once}-{mark}" if once else None  # who goes back and enters another one sends another form
    visit.call.use.once(visit.call.principal.name, key, {"a": f"console-{kind}", "w": str(visit.ws_id), "m": mark}, do)
