"""Cursors: where a list goes on, opaque to whoever holds one, and good for that list only."""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from almanac.web.problem import Problem

MOST = 200
"""Rows of one page at most."""
Found = TypeVar("Found")
_MOST_COUNTED = 2**30
"""Rows that are counted through at most: the database counts in 32 bits."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""What JSON can hold, and no text of the database."""


def cursor(listed: Mapping[str, Any], place: Sequence[object]) -> str:
    """Return the cursor of a place in a list; `listed` are its filters."""
    said = [_digest(listed), *map(str, place)]
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def place(text: str, listed: Mapping[str, Any], parts: int) -> list[str]:
    """Return the place that a cursor holds. Raises Problem 422 when it is none of this list's."""
    try:
        digest, *found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError):
        raise foreign_cursor() from None
    said = [str(part) for part in found]
    if digest != _digest(listed) or len(said) != parts or any(map(_UNSTORABLE.search, said)):
        raise foreign_cursor()
    return said


def dated_place(text: str, listed: Mapping[str, Any]) -> tuple[datetime, UUID]:
    """Return the place of a list that is ordered by instants: the last row's, and its id. Raises Problem 422."""
    at, row_id = place(text, listed, 2)
    try:
        return moment(at), UUID(row_id)
    except ValueError:
        raise foreign_cursor() from None


def named_place(text: str, listed: Mapping[str, Any]) -> tuple[str, UUID]:
    """Return the place of a list that is ordered by names: the last row's, and its id. Raises Problem 422."""
    name, row_id = place(text, listed, 2)
    try:
        return name, UUID(row_id)
    except ValueError:
        raise foreign_cursor() from None


def moment(text: str) -> datetime:
    """Read an instant of a cursor's place. Raises Problem 422: whoever has a cursor can write one, too."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise foreign_cursor() from None


def number(text: str) -> int:
    """Read a whole number of a cursor's place, as large as the database has them. Raises Problem 422."""
    if not (text.isdecimal() and len(text) <= 19 and int(text) < 2**63):
        raise foreign_cursor()
    return int(text)


def counted_page(
    listed: Mapping[str, Any], after: str | None, limit: int, find: Callable[[int, int], Sequence[Found]]
) -> tuple[Sequence[Found], str | None]:
    """Return a page of a list that is counted through, and the cursor of the next one, None of the last.

    `find` gets where to begin and how many are wanted. Raises Problem 422 for another list's cursor.
    """
    begin = number(place(after, listed, 1)[0]) if after else 0
    if begin > _MOST_COUNTED:
        raise foreign_cursor()
    found = find(begin, limit + 1)
    return found[:limit], cursor(listed, (begin + limit,)) if len(found) > limit else None


def foreign_cursor() -> Problem:
    """Return what a cursor of another list is answered with."""
    return Problem(422, "bad_input", "is no cursor of this list; begin without one", field="after")


def _digest(listed: Mapping[str, Any]) -> str:
    said = json.dumps(listed, sort_keys=True, default=str)
    return sha256(said.encode()).hexdigest()[:12]
