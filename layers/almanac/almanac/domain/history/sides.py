"""A change as people look at it: each column as it was, and as it became."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from almanac.domain.history.changes import GOES, Change
from almanac.domain.history.fold import State

Sides = Mapping[str, tuple[Any, Any]]
"""By column: what it was, and what it became."""


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes are wanted; None, or nothing: any. `kind` may end in a dot: all kinds that begin so."""

    kind: str | None = None
    subject: UUID | None = None
    origin: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change with both sides of its columns, and the title of the event that it is about, as far as it is known."""

    change: Change
    title: str | None
    sides: Sides


def shown(change: Change, later: Iterable[Change], now: State | None) -> ShownChange:
    """Return a change with both sides. `later` are the changes of the same subject after it, the oldest first; `now`
    is what the event is now, None when it is gone."""
    after = list(later)
    titles = [each.was["title"] for each in after if each.was is not None and "title" in each.was]
    before = (change.was or {}).get("title") if change.kind in GOES else None
    title = before or (titles[0] if titles else (now or {}).get("title"))
    if change.was is None or change.kind in GOES:
        return ShownChange(change, title, {})
    return ShownChange(change, title, {name: (was, _became(name, after, now)) for name, was in change.was.items()})


def _became(column: str, later: list[Change], now: State | None) -> Any:
    for each in later:
        if each.was is not None and (column in each.was or each.kind in GOES):
            return each.was.get(column)
    return (now or {}).get(column)
