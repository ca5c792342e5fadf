"""What a plan looks like to a person: what fills the days, why it is there, and what needs attention.

The views draw an Agenda and know neither planner nor database. Instants are minutes since the epoch.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from almanac.domain.wall_clock import DAY_MINUTES, Interval, local_time, merged, wall_instant

EntryKind = Literal["busy", "task", "habit", "meeting"]
Change = Literal["", "new", "moved", "held"]
"""Against the calendar as it is; `held` is a block that is its owner's and stays."""
Style = Literal["busy", "moved", "task", "habit", "meeting", "risk", "late"]
MARKS: Mapping[EntryKind, str] = {"task": "T", "habit": "H", "meeting": "M", "busy": "#"}
"""What tells the kinds apart where there is no colour."""
DAYS_OF_A_WEEK = 7
_QUARTER = 15
_OFFICE_HOURS = (9 * 60, 17 * 60)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that takes the time [start, end); `reason` says why it is there, where it was planned."""

    kind: EntryKind
    title: str
    start: int
    end: int
    reason: str = ""
    change: Change = ""
    people: tuple[str, ...] = ()
    """Ids of those whose time it takes, where several are planned; nobody named is everybody."""
    causes: tuple[str, ...] = ()
    """Why it is no longer where it was, each the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of several whose time is planned; `opened` are their opening hours."""

    id: str
    name: str
    zone: ZoneInfo
    opened: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person should know about one item: its state, what stood in the way, what would help.

    Not urgent: on time so far.
    """

    title: str
    state: str
    obstacle: str
    help: str = ""
    urgent: bool = True
    people: tuple[str, ...] = ()
    """Ids of those whose item it is, where several are planned."""

    def about(self, entry: Entry) -> bool:
        """Return whether it is about this task or meeting, and not about another person's part of it."""
        return self.title == entry.title and set(self.people) <= set(entry.people)


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of an entry on one local day, in wall minutes after midnight."""

    entry: Entry
    first: int
    last: int

    @property
    def all_day(self) -> bool:
        """Whether it fills the day."""
        return (self.first, self.last) == (0, DAY_MINUTES)

    @property
    def lasts(self) -> bool:
        """Whether it is of something that takes a day or more: of the hours that it has on this one nothing follows."""
        return self.all_day or self.entry.end - self.entry.start >= DAY_MINUTES


@dataclass(frozen=True, slots=True)
class Agenda:
    """A plan of the window [now, end). `opened` are the opening hours of everything that was to be placed.

    `gone` are blocks that the plan takes off the calendar; `counts` sum it up by name. `people` are those whose time is
    planned, none where there are no members; all of it is shown in one zone: what happens at once stands side by side.
    """

    name: str
    zone: ZoneInfo
    now: int
    end: int
    entries: tuple[Entry, ...]
    opened: tuple[Interval, ...]
    remarks: tuple[Remark, ...]
    counts: Mapping[str, int]
    gone: tuple[Entry, ...] = ()
    people: tuple[Person, ...] = ()
    search_cut_percent: int = 0
    """How much of the search's work there was no time for."""

    def each(self) -> "tuple[Agenda, ...]":
        """Return one agenda a person, under the person's name; the whole one where nobody is named.

        Of somebody in another zone than is shown both are said: nobody is to take these times for their own.
        """
        if not self.people:
            return (self,)
        return tuple(
            replace(
                self,
                name=person.name
                if person.zone == self.zone
                else f"{person.name}, {person.zone}, at times of {self.zone}",
                entries=tuple(entry for entry in self.entries if not entry.people or person.id in entry.people),
                opened=person.opened,
                people=(),
            )
            for person in self.people
        )

    def each_in(self, week: Sequence[date]) -> "tuple[Agenda, ...]":
        """Return those of a week: of a later one than the first only of whom it holds something that is planned."""
        first = self.today() in week
        return tuple(each for each in self.each() if first or not self.people or each.planned_in(week))

    def who(self, what: Entry | Remark) -> str:
        """Return the names of those whose time something takes, "" where one timeline is all there is."""
        if len(self.people) < 2:
            return ""
        return ", ".join(person.name for person in self.people if person.id in what.people)

    def headed(self, what: Entry | Remark) -> str:
        """Return its title, after whose it is where there are several: "Ada, Ben: Review"."""
        return f"{who}: {what.title}" if (who := self.who(what)) else what.title

    def style(self, entry: Entry) -> Style:
        """Return the colour that every view gives the entry: its kind's, or that of what is to be seen about it."""
        if entry.kind == "busy":
            return "moved" if entry.change == "moved" else "busy"
        about = [remark.urgent for remark in self.remarks if entry.kind in ("task", "meeting") and remark.about(entry)]
        if not about:
            return entry.kind
        return "late" if about[-1] else "risk"

    def today(self) -> date:
        """Return the local date of `now`."""
        return local_time(self.now, self.zone).date()

    def weeks(self) -> list[tuple[date, ...]]:
        """Return seven dates each, from today on: the first week, and later ones that hold something planned."""
        first, last = self.today(), local_time(self.end - 1, self.zone).date()
        planned = {local_time(entry.start, self.zone).date() for entry in self.planned()}
        found: list[tuple[date, ...]] = []
        for begin in range(0, max(1, (last - first).days + 1), DAYS_OF_A_WEEK):
            week = tuple(first + timedelta(days=begin + n) for n in range(DAYS_OF_A_WEEK))
            if not found or planned.intersection(week):
                found.append(week)
        return found

    def planned(self) -> list[Entry]:
        """Return what was placed, in time order: tasks, habits, and events that the plan moves."""
        placed = (entry for entry in self.entries if entry.kind != "busy" or entry.reason)
        return sorted(placed, key=lambda entry: (entry.start, entry.title))

    def planned_in(self, week: Iterable[date]) -> list[Entry]:
        """Return what was placed on one of these dates."""
        days = set(week)
        return [entry for entry in self.planned() if local_time(entry.start, self.zone).date() in days]

    def pieces(self, day: date) -> list[Piece]:
        """Return what fills a day, in time order."""
        opens, closes = _bounds(day, self.zone)
        here = (entry for entry in self.entries if entry.start < closes and opens < entry.end)
        found = ((entry, wall_span(entry.start, entry.end, day, self.zone)) for entry in here)
        cut = [Piece(entry, *span) for entry, span in found if span is not None]
        return sorted(cut, key=lambda piece: (piece.first, -piece.last, piece.entry.title))

    def open_spans(self, day: date) -> list[Interval]:
        """Return the opening hours of a day that are still ahead, in wall minutes."""
        ahead = ((max(start, self.now), end) for start, end in self.opened if end > self.now)
        spans = (wall_span(start, end, day, self.zone) for start, end in ahead)
        return merged(span for span in spans if span is not None)

    def hours(self, week: Iterable[date]) -> Interval:
        """Return from which to which full hour a week matters: something is placed, or takes open time.

        Of a day that is over, all that was in it.
        """
        spans: list[Interval] = []
        open_anywhere: list[Interval] = []
        for day in week:
            opened = self.open_spans(day)
            open_anywhere += opened
            over = day < self.today()
            pieces = (piece for piece in self.pieces(day) if not piece.lasts)
            spans += ((piece.first, piece.last) for piece in pieces if over or _matters(piece, opened))
        spans = spans or open_anywhere or [_OFFICE_HOURS]
        first, last = min(first for first, _ in spans), max(last for _, last in spans)
        return first // 60 * 60, -(-last // 60) * 60


def wall_span(start: int, end: int, day: date, zone: ZoneInfo) -> Interval | None:
    """Return the part of [start, end) on a local day as [from, to) in wall minutes, None where there is none.

    Clocks that go back show some times twice: what would end before it begins there is drawn at its length.
    """
    opens, closes = _bounds(day, zone)
    first, last = max(start, opens), min(end, closes)
    if first >= last:
        return None
    begin = _wall(first, zone)
    stop = DAY_MINUTES if last == closes else _wall(last, zone)
    return begin, stop if stop > begin else min(DAY_MINUTES, begin + last - first)


def quarter_span(piece: Piece) -> Interval:
    """Return the piece on the quarter-hour grid, rounded outwards."""
    return piece.first // _QUARTER * _QUARTER, -(-piece.last // _QUARTER) * _QUARTER


def clock_changes(days: Iterable[date], zone: ZoneInfo) -> list[tuple[date, int]]:
    """Return the dates on which clocks change, with the minutes that they go forward (or back, if negative)."""
    bounds = ((day, _bounds(day, zone)) for day in days)
    lengths = ((day, closes - opens) for day, (opens, closes) in bounds)
    return [(day, DAY_MINUTES - length) for day, length in lengths if length != DAY_MINUTES]


def when(entry: Entry, zone: ZoneInfo) -> str:
    """Return a local "Mon 02 Mar 09:00-10:30", with the UTC offset on a day whose clocks change.

    What runs over the change says both: its length does not follow from its wall times.
    """
    start, end = local_time(entry.start, zone), local_time(entry.end, zone)
    if start.utcoffset() != end.utcoffset():
        return f"{start:%a %d %b %H:%M} {_offset(start)}-{end:%H:%M} {_offset(end)}"
    text = f"{start:%a %d %b %H:%M}-{end:%H:%M}"
    return f"{text} {_offset(start)}" if clock_changes([start.date()], zone) else text


def _bounds(day: date, zone: ZoneInfo) -> Interval:
    """Return the instants at which a local day begins and ends."""
    return wall_instant(day, 0, zone), wall_instant(day, DAY_MINUTES, zone)


def _offset(moment: datetime) -> str:
    return f"({moment:%z})"


def _matters(piece: Piece, opened: Iterable[Interval]) -> bool:
    return piece.entry.kind != "busy" or any(piece.first < end and start < piece.last for start, end in opened)


def _wall(minute: int, zone: ZoneInfo) -> int:
    local = local_time(minute, zone)
    return local.hour * 60 + local.minute
