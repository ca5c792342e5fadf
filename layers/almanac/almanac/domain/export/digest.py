"""What a person's day holds, and what has moved since the day before. Rules only."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from almanac.domain.history.changes import COMES, GOES, OF_EVENTS, Change, Origin
from almanac.domain.history.fold import State, span
from almanac.domain.wall_clock import date_instants

LOOKS_BACK = timedelta(hours=24)
"""Changes since yesterday's digest."""
LOOKS_AHEAD = timedelta(days=14)
"""A change of something that is further away is no news for today."""
AT_RISK = frozenset({"at_risk", "late", "partial"})
WITHOUT_PLACE = frozenset({"unscheduled", "left_out"})
"""Statuses of what a plan has to say, docs/planning.md."""

BlockKind = Literal["task", "habit", "meeting"]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a day. `start` and `end` are instants."""

    title: str
    start: datetime
    end: datetime
    all_day: bool
    location: str
    block: BlockKind | None
    """Of what it is the block; None: it is none."""
    tentative: bool


@dataclass(frozen=True, slots=True)
class Move:
    """What became of an event since yesterday: `was` None: it is new; `now` None: it is gone. `by` made the change."""

    title: str
    was: Span | None
    now: Span | None
    all_day: bool
    by: Origin


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a plan has to say about a task or a habit, in words: in the way, and what would help."""

    title: str
    status: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A day of a person (`person` None: of the workspace): everything that is in it."""

    workspace: str
    person: str | None
    zone: ZoneInfo
    day: date
    today: Sequence[Entry]
    moved: Sequence[Move]
    at_risk: Sequence[Trouble]
    without_place: Sequence[Trouble]
    planned_at: datetime | None
    """When the plan was made that the last two are of; None: never."""

    @property
    def items(self) -> int:
        """How many lines it has."""
        return len(self.today) + len(self.moved) + len(self.at_risk) + len(self.without_place)


def entries(
    events: Mapping[UUID, State], blocks: Mapping[UUID, BlockKind], day: date, zone: ZoneInfo
) -> Sequence[Entry]:
    """Return the events that touch a local date, by their beginnings; what its owner has declined is left out.

    `blocks` says which events are blocks, and of what.
    """
    first, end = date_instants(day, zone)
    found = []
    for event_id, state in events.items():
        since, until = span(state)
        if state.get("all_day") and state.get("start_date"):
            touches = state["start_date"] <= day.isoformat() < state.get("end_date", "")
        else:
            touches = since < end and (until > first or since == until >= first)
        if touches and state.get("response") != "declined":
            found.append(_entry(state, blocks.get(event_id)))
    return sorted(found, key=lambda each: (not each.all_day, each.start, each.end, each.title))


def moves(
    events: Mapping[UUID, State], newest_first: Iterable[Change], whose: Callable[[UUID, State], bool], now: datetime
) -> Sequence[Move]:
    """Return what has got another time, gone or come, each by its beginning.

    `events` are those of now, `newest_first` the changes since; `whose` tells of an event whether it is to be told of.
    What a first reading brings is no news, nor is what is where it was.
    """
    before: dict[UUID, State | None] = {}
    by: dict[UUID, Origin] = {}
    for change in newest_first:
        if change.kind not in OF_EVENTS or change.origin == "import":
            continue
        state = before.get(change.subject, events.get(change.subject))
        if change.kind in COMES:
            before[change.subject] = None
        elif change.kind in GOES:
            before[change.subject] = change.was or {}
        elif state is None or not {"start_at", "end_at"} & (change.was or {}).keys():
            continue
        else:
            before[change.subject] = {**state, **(change.was or {})}
        by.setdefault(change.subject, change.origin)
    told = (
        _move(was, events.get(event_id), by[event_id])
        for event_id, was in before.items()
        if whose(event_id, events.get(event_id) or was or {})
    )
    return sorted((each for each in told if each is not None and _is_near(each, now)), key=_place)


def troubles(notes: Iterable[Trouble], statuses: Collection[str]) -> Sequence[Trouble]:
    """Return those of some statuses, each item once, in their order."""
    found: dict[str, Trouble] = {}
    for note in notes:
        if note.status in statuses:
            found.setdefault(note.title, note)
    return list(found.values())


def _entry(state: State, block: BlockKind | None) -> Entry:
    since, until = span(state)
    return Entry(
        title=state.get("title", ""),
        start=since,
        end=until,
        all_day=bool(state.get("all_day")),
        location=state.get("location", ""),
        block=block,
        tentative=state.get("status") == "tentative" or state.get("response") in ("tentative", "needsAction"),
    )


def _move(was: State | None, now: State | None, by: Origin) -> Move | None:
    known = now or was
    if known is None or not known.get("start_at"):
        return None
    spans = span(was) if was else None, span(now) if now else None
    return None if spans[0] == spans[1] else Move(known.get("title", ""), *spans, bool(known.get("all_day")), by)


def _is_near(move: Move, now: datetime) -> bool:
    """Whether any of its times is today or soon: the rest is past, or far away."""
    return any(span[1] > now and span[0] < now + LOOKS_AHEAD for span in (move.was, move.now) if span is not None)


def _place(move: Move) -> tuple[int, datetime, str]:
    """What has another time first, then what is gone, then what is new: of that a plan makes much."""
    span = move.now or move.was
    rank = 2 if move.was is None else 1 if move.now is None else 0
    return rank, (span[0] if span else datetime.min.replace(tzinfo=UTC)), move.title
