"""A plan as one HTML page: its picture, the reasons, what needs attention. No script, nothing loaded from elsewhere."""

from collections.abc import Iterator, Sequence
from datetime import date
from html import escape

from almanac.domain.wall_clock import wall_text
from almanac.presentation.agenda import Agenda, Entry, Remark, when
from almanac.presentation.html.document import document
from almanac.presentation.phrases import cut_short
from almanac.presentation.svg.plan import svg
from almanac.presentation.tables import one_line

_STYLE = """\
body { margin: 0; background: #f4f6f9; color: #1f2733; font: 14px/1.5 Inter, "Segoe UI", Roboto, Arial, sans-serif }
main { max-width: 1240px; margin: 0 auto; padding-bottom: 40px }
main > svg { display: block; width: 100%; height: auto }
section { margin: 8px 28px 24px; padding: 18px 24px; background: #fff; border: 1px solid #dfe4eb;
  border-radius: 12px }
h2 { margin: 0 0 10px; font-size: 17px }
table { border-collapse: collapse; width: 100% }
td, th { padding: 7px 14px 7px 0; text-align: left; vertical-align: top; border-top: 1px solid #eff1f5 }
th { border: 0; color: #6b7686; font-weight: 500 }
td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums }
.mark { display: inline-block; width: 9px; height: 9px; margin-right: 8px; border-radius: 3px }
.task { background: #2f6bea } .habit { background: #179862 } .busy { background: #a3adbb }
.meeting { background: #0e8fa8 }
.moved { background: #7a4de0 } .risk { background: #e39a12 } .late { background: #d9343f }
.state { color: #c22f3d; white-space: nowrap } td.risk { color: #a36a00; background: none; white-space: nowrap }
.days { display: none }
@media (prefers-color-scheme: dark) {
  body { background: #12161c; color: #e4e9f0 } section { background: #1a2029; border-color: #2b333f }
  td, th { border-color: #2b333f } th { color: #93a0b2 } .state { color: #ff8a92 } td.risk { color: #f0b95a }
}
@media (max-width: 760px) {
  main > svg { display: none } .days { display: block }
  section { margin: 8px; padding: 12px 14px } h3 { margin: 14px 0 4px; font-size: 15px }
  tr:has(th) { display: none } td, td:first-child { display: block; border: 0; padding: 0; white-space: normal }
  tr { display: block; padding: 7px 0; border-top: 1px solid #eff1f5 }
}
"""
_BODY = """\
<body>
<main>
{picture}
{days}
{sections}
</main>
</body>
"""


def page(agenda: Agenda) -> str:
    """Return the page."""
    sections = "\n".join(_sections(agenda))
    body = _BODY.format(picture=svg(agenda, remarks=False), days=_days(agenda), sections=sections)
    return document(_safe(agenda.name), _STYLE, body)


def _days(agenda: Agenda) -> str:
    """The weeks as a list of days, which takes the picture's place where that would be too small to read."""
    return "".join(_days_of(each, agenda.weeks()) for each in agenda.each())


def _days_of(agenda: Agenda, weeks: Sequence[Sequence[date]]) -> str:
    days = [day for week in weeks for day in week if agenda.pieces(day)]
    shown = "".join(f"<h3>{day:%a %d %b}</h3><table>{_day(agenda, day)}</table>" for day in days)
    return f'<section class="days"><h2>{_safe(agenda.name)}</h2>{shown}</section>'


def _day(agenda: Agenda, day: date) -> str:
    return "".join(
        f"<tr>{_cell('all day' if piece.all_day else f'{wall_text(piece.first)}–{wall_text(piece.last)}')}"
        f"{_what(piece.entry, agenda)}</tr>"
        for piece in agenda.pieces(day)
    )


def _sections(agenda: Agenda) -> Iterator[str]:
    if agenda.remarks:
        rows = (_remark(remark, agenda) for remark in agenda.remarks)
        yield _section("What needs attention", ("Item", "State", "In the way", "Would help"), rows)
    if planned := agenda.planned():
        rows = (_placed(entry, agenda) for entry in planned)
        yield _section("Why there", ("When", "What", "Why"), rows)
    if agenda.gone:
        rows = (_placed(entry, agenda) for entry in agenda.gone)
        yield _section("No longer there", ("When", "What", ""), rows)
    if agenda.search_cut_percent:
        yield f"<section>{_safe(cut_short(agenda.search_cut_percent))}</section>"


def _placed(entry: Entry, agenda: Agenda) -> str:
    why = "; ".join([*filter(None, [entry.reason]), *(f"because {cause}" for cause in entry.causes)])
    return f"<tr>{_cell(when(entry, agenda.zone))}{_what(entry, agenda)}{_cell(why)}</tr>"


def _what(entry: Entry, agenda: Agenda) -> str:
    change = f" ({entry.change})" if entry.change else ""
    return f'<td><span class="mark {agenda.style(entry)}"></span>{_safe(agenda.headed(entry))}{change}</td>'


def _remark(remark: Remark, agenda: Agenda) -> str:
    state = f'<td class="{"state" if remark.urgent else "risk"}">{_safe(remark.state)}</td>'
    return f"<tr>{_cell(agenda.headed(remark))}{state}{_cell(remark.obstacle)}{_cell(remark.help)}</tr>"


def _cell(text: str) -> str:
    return f"<td>{_safe(text)}</td>"


def _section(title: str, heads: tuple[str, ...], rows: Iterator[str]) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f"<section><h2>{title}</h2><table><tr>{head}</tr>{''.join(rows)}</table></section>"


def _safe(text: str) -> str:
    return escape(one_line(text))
