"""A calendar at an earlier version: the rows of now, with later changes taken back."""

from collections.abc import Iterable, Mapping, Set
from datetime import datetime
from typing import Any
from uuid import UUID

from almanac.domain.history.changes import COMES, GOES, OF_EVENTS, Change
from almanac.domain.readable_years import day, instant

State = Mapping[str, Any]
"""What an event is, by column; a column that is null is left out."""
_INSTANTS = ("start_at", "end_at", "original_start_at")
_DATES = ("start_date", "end_date", "original_start_date")


def span(state: State) -> tuple[datetime, datetime]:
    """Return when an event begins and ends; beyond the years that can be read, the first or last instant of them."""
    return instant(state["start_at"]), instant(state["end_at"])


def touches(state: State, since: datetime | None, until: datetime | None) -> bool:
    """Return whether any of an event lies between two instants, None for no bound."""
    begin, end = span(state)
    return (since is None or end > since) and (until is None or begin < until)


def readable(state: State) -> State:
    """Return an event with times that every reader has a year for; any other is the first or last of them."""
    instants = {name: instant(state[name]).isoformat() for name in _INSTANTS if name in state}
    return {**state, **instants, **{name: day(state[name]).isoformat() for name in _DATES if name in state}}


def fold_back(rows: Mapping[UUID, State], newest_first: Iterable[Change]) -> dict[UUID, State]:
    """Return what the events were before the changes: `rows` are as they are after the newest of them."""
    events = dict(rows)
    for change in newest_first:
        if change.kind in COMES:
            del events[change.subject]
        elif change.kind in GOES:
            events[change.subject] = _without_nulls(change.was or {})
        elif change.kind in OF_EVENTS:
            events[change.subject] = _without_nulls({**events[change.subject], **(change.was or {})})
    return events


def fold_ids(ids: Set[UUID], oldest_first: Iterable[Change]) -> set[UUID]:
    """Return which events are there after the changes, when `ids` were there before them: what a reader can follow.

    Raises ValueError when an event comes that is there, or one goes or changes that is not: a change is missing.
    """
    there = set(ids)
    for change in oldest_first:
        if change.kind not in OF_EVENTS:
            continue
        if (change.subject in there) == (change.kind in COMES):
            raise ValueError(f"version {change.version}: {change.kind} of {change.subject} does not follow")
        if change.kind in COMES:
            there.add(change.subject)
        elif change.kind in GOES:
            there.remove(change.subject)
    return there


def _without_nulls(state: State) -> State:
    return {column: value for column, value in state.items() if value is not None}
