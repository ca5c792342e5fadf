"""A week of a plan in the terminal: days are columns, hours are rows. Drawn by rich, the extra `cli` of the package."""

import io
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from rich.box import MINIMAL
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from almanac.domain.wall_clock import Interval
from almanac.presentation.agenda import MARKS, Agenda, EntryKind, Piece, quarter_span, wall_span
from almanac.presentation.tables import one_line

FREE = "."
_STYLES: dict[EntryKind, str] = {
    "task": "white on blue",
    "habit": "black on green",
    "meeting": "black on cyan",
    "busy": "white on grey37",
}
_TIME_COLUMNS = 6
_NARROWEST_DAY = 8
_WIDTH_OF_DATE = len("Mon 02 Mar")


def narrowest_week(days: int) -> int:
    """Return the columns that a week of so many days takes at least: in fewer, names of days would be cut."""
    return _TIME_COLUMNS + days * (_NARROWEST_DAY + 1)


def draw_week(agenda: Agenda, week: Sequence[date], *, width: int, color: bool, encoding: str) -> str:
    """Return the week in at most `width` columns, which must be `narrowest_week` or more.

    Letters tell what is what, colour only repeats it.
    """
    days = [_Day(agenda, day) for day in week]
    day_width = max(_NARROWEST_DAY, (width - _TIME_COLUMNS) // len(days) - 1)
    table = Table(box=MINIMAL, show_edge=False, padding=0, header_style="")
    table.add_column("", width=_TIME_COLUMNS, no_wrap=True)
    for day in days:
        style = "bold reverse" if day.date == agenda.today() else "bold"
        name = f"{day.date:%a %d %b}" if day_width >= _WIDTH_OF_DATE else f"{day.date:%a %d}"
        table.add_column(Text(name, style), width=day_width, no_wrap=True)
    for row in _rows(days, agenda.hours(week)):
        label, cells = _row_label(row, days), [day.cell(row, day_width) for day in days]
        if any(cells) or label.plain.endswith(">"):
            table.add_row(label, *cells)
        else:
            table.add_section()  # closed time all week long is a line
    return _printed(table, width, color=color, encoding=encoding)


class _Day:
    """One column: what fills the day, and what is open and free."""

    def __init__(self, agenda: Agenda, day: date) -> None:
        self.date = day
        self._pieces = [(piece, quarter_span(piece)) for piece in agenda.pieces(day)]
        self._open = agenda.open_spans(day)
        self._told: dict[Piece, int] = {}
        now = wall_span(agenda.now, agenda.now + 1, day, agenda.zone)
        self.now = now[0] if now else None

    @property
    def edges(self) -> set[int]:
        """The wall minutes at which something begins or ends."""
        return {edge for piece, span in self._pieces if not piece.all_day for edge in span}

    def cell(self, row: Interval, width: int) -> Text:
        """Return what the row shows of this day. Rows must be asked for in order: a title goes on below."""
        here = [piece for piece, span in self._pieces if _meet(span, row)]
        if not here:
            return Text(FREE if any(_meet(span, row) for span in self._open) else "", style="dim")
        piece = min(here, key=lambda piece: (piece in self._told, piece.all_day))
        others = f" +{len(here) - 1}" if len(here) > 1 else ""
        mark, room = MARKS[piece.entry.kind], width - 2 - len(others)
        text = Text(style=_STYLES[piece.entry.kind])
        text.append(mark, style="bold").append(" ")
        text.append(self._next_words(piece, room), style="bold" if piece.entry.kind != "busy" else "")
        return text.append(others)

    def _next_words(self, piece: Piece, room: int) -> str:
        """Return as much of the title as fits into one line, after what earlier lines hold of it."""
        title = one_line(piece.entry.title)
        if piece.entry.change in ("new", "moved"):
            title = f"{title} ({piece.entry.change})"
        told = self._told.get(piece, 0)
        rest = title[told:].lstrip()
        line = rest if cell_len(rest) <= room else _whole_words(rest, room)
        self._told[piece] = len(title) - len(rest) + len(line)
        return set_cell_size(line, room)


def _rows(days: Sequence[_Day], hours: Interval) -> list[Interval]:
    """Return a row for each hour, cut where something begins or ends."""
    first, last = hours
    edges = {edge for day in days for edge in day.edges if first < edge < last}
    return list(pairwise(sorted(edges | set(range(first, last + 1, 60)))))


def _row_label(row: Interval, days: Sequence[_Day]) -> Text:
    now = any(day.now is not None and row[0] <= day.now < row[1] for day in days)
    return Text(f"{row[0] // 60 % 24:02}:{row[0] % 60:02}{'>' if now else ''}", style="bold red" if now else "dim")


def _meet(span: Interval, row: Interval) -> bool:
    return span[0] < row[1] and row[0] < span[1]


def _whole_words(text: str, room: int) -> str:
    """Return as many whole words as fit, or a part of the first one."""
    cut = text
    while cell_len(cut) > room:
        head, blank, _ = cut.rpartition(" ")
        cut = head if blank and head else cut[:-1]
    return cut


def _printed(table: Table, width: int, *, color: bool, encoding: str) -> str:
    """Return the table as text, in letters that `encoding` has."""
    buffer = io.BytesIO()
    file = io.TextIOWrapper(buffer, encoding=encoding, errors="replace", newline="")
    console = Console(file=file, width=width, force_terminal=color, highlight=False, markup=False, emoji=False)
    console.print(table)
    file.flush()
    return "\n".join(line.rstrip() for line in buffer.getvalue().decode(encoding).splitlines())
