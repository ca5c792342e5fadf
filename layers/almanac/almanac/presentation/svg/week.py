"""One week of a plan's picture: days as columns, hours downwards."""

from collections.abc import Sequence
from datetime import date
from xml.etree.ElementTree import Element

from almanac.domain.wall_clock import Interval, local_time
from almanac.presentation.agenda import Agenda, Entry, Piece, wall_span, when
from almanac.presentation.svg.shapes import add, add_text, add_tooltip, lines_of, side_by_side

WIDTH, MARGIN, GUTTER = 1240, 28, 54
_DAY = (WIDTH - 2 * MARGIN - GUTTER) / 7
_HOUR, _DAY_HEAD, _ALL_DAY, _FOOT = 52, 46, 22, 10
_HOUR_OF_SEVERAL, _NAME = 34, 26
"""Where people stand one below the other, each is drawn flatter, with a name above."""
_TITLE, _SMALL = 11.5, 10.0


def week_height(agenda: Agenda, week: Sequence[date], *, named: bool = False, hours: Interval | None = None) -> float:
    """Return the height of a week's panel in pixels; `named`: it is one of several people's."""
    first, last = hours or agenda.hours(week)
    return (_NAME if named else 0) + _top(agenda, week) + (last - first) / 60 * _hour(named=named) + _FOOT


def add_week(
    root: Element,
    agenda: Agenda,
    week: Sequence[date],
    y: float,
    *,
    named: bool = False,
    hours: Interval | None = None,
) -> None:
    """Draw the panel with its top at `y`, under the agenda's name where it is `named`; `hours`: others than its own."""
    hours, hour = hours or agenda.hours(week), _hour(named=named)
    height = week_height(agenda, week, named=named, hours=hours)
    add(root, "rect", x=MARGIN, y=y, width=WIDTH - 2 * MARGIN, height=height, rx=12, class_="panel")
    if named:
        add_text(root, agenda.name, x=MARGIN + 18, y=y + 24, room=WIDTH / 2, size=15, class_="title")
        y += _NAME
    top = y + _top(agenda, week)
    _add_hours(root, hours, top, hour)
    for n, day in enumerate(week):
        _Column(root, agenda, day, hours, MARGIN + GUTTER + n * _DAY, top, hour).draw(y)


def _hour(*, named: bool) -> float:
    """Return the pixels of an hour."""
    return _HOUR_OF_SEVERAL if named else _HOUR


def _top(agenda: Agenda, week: Sequence[date]) -> float:
    """Return the pixels from the panel's top to its first hour: day names, then what lasts all day."""
    return _DAY_HEAD + _ALL_DAY * max(sum(piece.all_day for piece in agenda.pieces(day)) for day in week)


def _add_hours(root: Element, hours: Interval, top: float, hour: float) -> None:
    for minute in range(hours[0], hours[1] + 1, 60):
        y = top + (minute - hours[0]) / 60 * hour
        label = f"{minute // 60:02}:00"
        add_text(root, label, x=MARGIN + GUTTER - 10, y=y + 4, room=GUTTER, size=_SMALL, class_="quiet right")


class _Column:
    """One day of the panel; `x` is its left edge, `top` where its first hour begins, `hour` the height of one."""

    def __init__(
        self, root: Element, agenda: Agenda, day: date, hours: Interval, x: float, top: float, hour: float
    ) -> None:
        self._root, self._agenda, self._day = root, agenda, day
        self._hours, self._x, self._top, self._hour = hours, x, top, hour

    def draw(self, y: float) -> None:
        """Draw everything of the day, the background first; `y` is the panel's top."""
        self._draw_name(y)
        self._draw_background()
        pieces = self._agenda.pieces(self._day)
        for n, piece in enumerate(piece for piece in pieces if piece.all_day):
            self._draw_block(piece, self._x + 2, y + _DAY_HEAD + n * _ALL_DAY, _DAY - 4, _ALL_DAY - 3)
        for piece, lane, lanes in side_by_side([p for p in pieces if not p.all_day and self._is_shown(p)]):
            width = (_DAY - 6) / lanes
            start, end = self._y(piece.first), self._y(piece.last)
            self._draw_block(piece, self._x + 3 + lane * width, start + 1, width - 2, max(end - start - 2, 8.0))
        self._draw_now()

    def _draw_name(self, y: float) -> None:
        middle = self._x + _DAY / 2
        today = self._day == self._agenda.today()
        if today:
            add(self._root, "rect", x=middle - 46, y=y + 12, width=92, height=24, rx=12, class_="task-bar")
        style = "center today" if today else "center strong"
        add_text(self._root, f"{self._day:%a %d %b}", x=middle, y=y + 29, room=_DAY, size=13, class_=style)

    def _draw_background(self) -> None:
        first, last = self._hours
        height = self._y(last) - self._top
        add(self._root, "rect", x=self._x, y=self._top, width=_DAY, height=height, class_="closed")
        for start, end in self._agenda.open_spans(self._day):
            low, high = self._y(max(start, first)), self._y(min(end, last))
            if low < high:
                add(self._root, "rect", x=self._x, y=low, width=_DAY, height=high - low, class_="opened")
        if any(piece.all_day and piece.entry.kind == "busy" for piece in self._agenda.pieces(self._day)):
            add(self._root, "rect", x=self._x, y=self._top, width=_DAY, height=height, fill="url(#hatch)", opacity=0.6)
        for minute in range(first, last + 1, 30):
            style, y = "half" if minute % 60 else "line", self._y(minute)
            add(self._root, "line", x1=self._x, x2=self._x + _DAY, y1=y, y2=y, class_=style)
        add(self._root, "line", x1=self._x, x2=self._x, y1=self._top, y2=self._y(last), class_="line")

    def _draw_block(self, piece: Piece, x: float, y: float, width: float, height: float) -> None:
        entry, style = piece.entry, self._agenda.style(piece.entry)
        block = add(self._root, "g")
        add_tooltip(block, entry.title, when(entry, self._agenda.zone), entry.change, entry.reason)
        # A picture of its own cuts off what is too long for it, whatever font the reader has.
        frame = add(block, "svg", x=x, y=y, width=width, height=height)
        radius = min(7.0, height / 2) if entry.kind == "habit" else 4.0
        add(frame, "rect", width=width, height=height, rx=radius, class_=style)
        if style == "busy":
            add(frame, "rect", width=width, height=height, rx=radius, fill="url(#hatch)")
        add(frame, "rect", width=3.5, height=height, rx=1.7, class_=f"{style}-bar")
        self._write(frame, entry, style, width - 13, height)

    def _write(self, frame: Element, entry: Entry, style: str, room: float, height: float) -> None:
        """Write the title, over as many lines as there are, and the time below it."""
        size = _TITLE if height >= 18 else min(_SMALL, height - 1)
        rows = int((height - 4) // 14)
        lines = lines_of(entry.title, room, size, max(1, rows - 1))
        base = 14.0 if height >= 18 else height / 2 + size * 0.36
        for n, line in enumerate(lines):
            add_text(frame, line, x=9, y=base + 14 * n, room=room, size=size, class_=f"strong {style}-text")
        if rows > len(lines):
            add_text(
                frame, self._times(entry), x=9, y=base + 14 * len(lines), room=room, size=_SMALL, class_=f"{style}-text"
            )

    def _times(self, entry: Entry) -> str:
        start, end = (local_time(minute, self._agenda.zone) for minute in (entry.start, entry.end))
        change = f", {entry.change}" if entry.change else ""
        return f"{start:%H:%M}–{end:%H:%M}{change}"

    def _draw_now(self) -> None:
        span = wall_span(self._agenda.now, self._agenda.now + 1, self._day, self._agenda.zone)
        if span is None or not self._hours[0] <= span[0] <= self._hours[1]:
            return
        y = self._y(span[0])
        add(self._root, "line", x1=self._x, x2=self._x + _DAY, y1=y, y2=y, class_="now")
        add(self._root, "circle", cx=self._x, cy=y, r=4, class_="dot")

    def _is_shown(self, piece: Piece) -> bool:
        return piece.first < self._hours[1] and self._hours[0] < piece.last

    def _y(self, minute: int) -> float:
        first, last = self._hours
        return self._top + (min(max(minute, first), last) - first) / 60 * self._hour
