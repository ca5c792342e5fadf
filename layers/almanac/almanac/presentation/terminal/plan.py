"""A plan for the terminal: the week, drawn where rich is installed, the reasons, what needs attention, the counts."""

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from importlib.util import find_spec

from almanac.presentation.agenda import MARKS, Agenda, Entry, clock_changes, when
from almanac.presentation.phrases import cut_short
from almanac.presentation.tables import one_line, table

_WIDTH = 100
"""Columns, of a pipe too; a narrower terminal gets what it has, and a wider one a wider week."""
_WIDEST = 160
_NARROWEST_TEXT = 24
"""Columns; in fewer the indent of a text leaves nothing to read."""
_WITHOUT_RICH = "Install the extra `cli` (pip install 'almanac[cli]') to see the week drawn."
_TOO_NARROW = "The week is drawn from {} columns on, this terminal has {}."

DrawWeek = Callable[[Agenda, Sequence[date]], str]


def described(agenda: Agenda, *, weeks: int = 1, reasons: bool = True) -> str:
    """Return the whole text for people: the first `weeks` weeks that hold something, as wide as stdout.

    Without `reasons` it ends with the weeks.
    """
    terminal = min(_WIDEST, shutil.get_terminal_size((_WIDTH, 0)).columns)
    width = max(_NARROWEST_TEXT, min(_WIDTH, terminal))
    shown = agenda.weeks()[:weeks]
    draw = _drawing(terminal, max(map(len, shown), default=0))
    lines = [*_weeks(agenda, weeks, width, draw)]
    return "\n".join([*lines, *_explanations(agenda, shown, width)] if reasons else lines)


def _weeks(agenda: Agenda, weeks: int, width: int, draw: DrawWeek | str) -> Iterator[str]:
    shown, more = agenda.weeks()[:weeks], agenda.weeks()[weeks:]
    yield _wrapped(f"{one_line(agenda.name)}, {agenda.zone}", "", width)
    for week in shown:
        for each in agenda.each_in(week):
            yield from ("", *([one_line(each.name)] if agenda.people else []))
            yield _listed(each, week, width) if isinstance(draw, str) else draw(each, week)
        yield from (_told_change(day, minutes) for day, minutes in clock_changes(week, agenda.zone))
    yield from ("", _wrapped(draw if isinstance(draw, str) else "  ".join(_legend(agenda)), "", width))
    later = sum(len(agenda.planned_in(week)) for week in more)
    if later:
        said = f"{later} more block(s) in {len(more)} later week(s): --weeks {weeks + len(more)}"
        yield _wrapped(said, "", width)


def _explanations(agenda: Agenda, shown: Sequence[Sequence[date]], width: int) -> Iterator[str]:
    yield from _reasons(agenda, shown, width)
    yield from _remarks(agenda, width)
    yield from ("", _wrapped(", ".join(f"{name} {count}" for name, count in agenda.counts.items()), "", width))
    if agenda.search_cut_percent:
        yield _wrapped(cut_short(agenda.search_cut_percent), "", width)


def _legend(agenda: Agenda) -> list[str]:
    """Return the marks with what they stand for; meetings only where people are planned."""
    kinds = [kind for kind in MARKS if kind != "meeting" or agenda.people]
    return [*(f"{MARKS[kind]} {kind}" for kind in kinds), ". free"]


def _drawing(width: int, days: int) -> DrawWeek | str:
    """Return how weeks of at most so many days are drawn on stdout; where they cannot be, why: they are listed then."""
    if find_spec("rich") is None:
        return _WITHOUT_RICH
    from almanac.presentation.terminal.week import draw_week, narrowest_week  # noqa: PLC0415 - rich is an extra

    if width < narrowest_week(days):
        return _TOO_NARROW.format(narrowest_week(days), width)
    encoding = sys.stdout.encoding or "ascii"
    return partial(draw_week, width=width, color=sys.stdout.isatty(), encoding=encoding)


def _listed(agenda: Agenda, week: Sequence[date], width: int) -> str:
    """Return what fills the week, line by line; a line that is too long goes on in the next."""
    entries = {id(piece.entry): piece.entry for day in week for piece in agenda.pieces(day)}
    rows = sorted(entries.values(), key=lambda entry: (entry.start, entry.title))
    told = table(("WHEN", "WHAT", "TITLE"), ((when(e, agenda.zone), e.kind, e.title) for e in rows))
    return "\n".join(_wrapped(line, "", width) for line in told.splitlines())


def _told_change(day: date, minutes: int) -> str:
    way = "forward" if minutes > 0 else "back"
    return f"Clocks go {way} by {abs(minutes)} minutes on {day:%a %d %b}."


def _reasons(agenda: Agenda, weeks: Sequence[Sequence[date]], width: int) -> Iterator[str]:
    placed = [entry for week in weeks for entry in agenda.planned_in(week)]
    if placed:
        yield from ("", "Why there")
    for entry in placed:
        yield _wrapped(f"{_headline(entry, agenda)}: {one_line(entry.reason)}", "  ", width)
        yield from _because(entry, width)
    if agenda.gone:
        yield from ("", "No longer there")
    for entry in agenda.gone:
        yield _wrapped(_headline(entry, agenda), "  ", width)
        yield from _because(entry, width)


def _because(entry: Entry, width: int) -> Iterator[str]:
    return (_wrapped(f"because {one_line(cause)}", "    ", width) for cause in entry.causes)


def _headline(entry: Entry, agenda: Agenda) -> str:
    change = f" ({entry.change})" if entry.change else ""
    who = f"{one_line(agenda.who(entry))}, " if agenda.who(entry) else ""
    return f"{MARKS[entry.kind]} {when(entry, agenda.zone)}  {who}{one_line(entry.title)}{change}"


def _remarks(agenda: Agenda, width: int) -> Iterator[str]:
    if agenda.remarks:
        yield from ("", "What needs attention")
    for remark in agenda.remarks:
        who = f" ({one_line(agenda.who(remark))})" if agenda.who(remark) else ""
        yield _wrapped(f"{one_line(remark.title)}{who}: {remark.state}", "  ", width)
        for label, text in (("in the way", remark.obstacle), ("would help", remark.help)):
            if text:
                yield _wrapped(f"{label}: {one_line(text)}", "    ", width)


def _wrapped(text: str, indent: str, width: int) -> str:
    """Return the text in lines of at most `width` columns; what follows the first is indented further."""
    following = f"{indent}    "
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=following, break_on_hyphens=False)
