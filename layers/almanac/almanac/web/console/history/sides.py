"""What an event was and is, column by column, as pages tell it; and the instants that addresses name."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from almanac.domain import readable_years
from almanac.validation import YEARS
from almanac.web.problem import Problem

_INSTANTS = ("start_at", "end_at")
_FIRST = ("title", "start_at", "end_at", "location")
_LONGEST = 160


def sides(columns: Mapping[str, tuple[Any, Any]]) -> Sequence[tuple[str, object, object]]:
    """Return each column from what to what, those first that people look for first."""
    return [(name, _told(name, was), _told(name, now)) for name, (was, now) in sorted(columns.items(), key=_place)]


def instant(text: str, field: str) -> datetime | None:
    """Read an instant of an address, without a zone as UTC; None for nothing. Raises Problem 422."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        found = (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        found = datetime.min.replace(tzinfo=UTC)
    first, last = YEARS
    if not first <= found.year <= last:
        raise Problem(422, "bad_input", "is no instant, such as 2026-03-02T12:00", field=field)
    return found


def _place(item: tuple[str, object]) -> tuple[int, str]:
    """What people look for first stands first."""
    return (_FIRST.index(item[0]) if item[0] in _FIRST else len(_FIRST), item[0])


def _told(column: str, value: object) -> object:
    """A value for people: instants as such, long texts cut, nothing as nothing."""
    if value is None or value == "":
        return None
    if column in _INSTANTS:
        return readable_years.instant(str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
