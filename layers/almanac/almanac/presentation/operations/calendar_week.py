"""A calendar between two instants as the views draw it: events, and blocks of plans."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from almanac.domain.history.fold import span
from almanac.domain.wall_clock import minutes_of, wall_text
from almanac.presentation.agenda import Agenda, Entry, EntryKind, Piece
from almanac.presentation.history.changes import by_start

_KINDS: Mapping[object, EntryKind] = {"task": "task", "habit": "habit", "meeting": "meeting"}


@dataclass(frozen=True, slots=True)
class Line:
    """Something on one day of a list: its wall times (None: all day), title, and which colour it has."""

    start: str | None
    end: str | None
    title: str
    style: str


def week_agenda(name: str, zone: ZoneInfo, rows: Iterable[Mapping[str, Any]], now: datetime, until: datetime) -> Agenda:
    """Return the rows of a calendar as an agenda; what is ahead counts as open time."""
    entries = tuple(_entry(row) for row in rows if row["end_at"] > row["start_at"])
    ahead = (minutes_of(now), max(minutes_of(now), minutes_of(until)))
    return Agenda(name, zone, *ahead, entries, (ahead,), (), {})


def state_rows(
    events: Mapping[UUID, Mapping[str, Any]], blocks: Mapping[UUID, str | None]
) -> Iterator[Mapping[str, Any]]:
    """Yield events of an earlier version as such rows; `blocks` tells which of them are blocks, and of what."""
    for event_id, state in by_start(events):
        ends = dict(zip(("start_at", "end_at"), span(state), strict=True))
        said = {name: state.get(name) for name in ("title", "location", "provider")}
        yield {**said, **ends, "block": blocks.get(event_id)}


def day_list(agenda: Agenda, week: Sequence[date]) -> list[tuple[date, list[Line]]]:
    """Return the same as a list of days, for whoever does not see the picture."""
    return [(day, [_line(agenda, piece) for piece in agenda.pieces(day)]) for day in week]


def _entry(row: Mapping[str, Any]) -> Entry:
    kind = _KINDS.get(row["block"], "busy")
    why = "" if kind != "busy" else (row["location"] or "")
    return Entry(kind, row["title"] or "(no title)", minutes_of(row["start_at"]), minutes_of(row["end_at"]), why)


def _line(agenda: Agenda, piece: Piece) -> Line:
    entry, style = piece.entry, agenda.style(piece.entry)
    if piece.all_day:
        return Line(None, None, entry.title, style)
    return Line(wall_text(piece.first), wall_text(piece.last), entry.title, style)
