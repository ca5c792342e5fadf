"""A plan as one HTML page: its picture, the reasons, what needs attention. No script, nothing loaded from elsewhere."""

from collections.abc import Iterator
from html import escape

from almanac.presentation.agenda import Agenda, Entry, Remark, when
from almanac.presentation.svg.plan import svg
from almanac.presentation.tables import one_line

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ margin: 0; background: #f4f6f9; color: #1f2733; font: 14px/1.5 Inter, "Segoe UI", Roboto, Arial, sans-serif }}
main {{ max-width: 1240px; margin: 0 auto; padding-bottom: 40px }}
main > svg {{ display: block; width: 100%; height: auto }}
section {{ margin: 8px 28px 24px; padding: 18px 24px; background: #fff; border: 1px solid #dfe4eb;
  border-radius: 12px }}
h2 {{ margin: 0 0 10px; font-size: 17px }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ padding: 7px 14px 7px 0; text-align: left; vertical-align: top; border-top: 1px solid #eff1f5 }}
th {{ border: 0; color: #6b7686; font-weight: 500 }}
td:first-child {{ white-space: nowrap; font-variant-numeric: tabular-nums }}
.mark {{ display: inline-block; width: 9px; height: 9px; margin-right: 8px; border-radius: 3px }}
.task {{ background: #2f6bea }} .habit {{ background: #179862 }} .busy {{ background: #db8a00 }}
.state {{ color: #c22f3d; white-space: nowrap }} .risk {{ color: #a36a00; white-space: nowrap }}
</style>
</head>
<body>
<main>
{picture}
{sections}
</main>
</body>
</html>
"""


def page(agenda: Agenda) -> str:
    """Return the page."""
    sections = "\n".join(_sections(agenda))
    return _PAGE.format(title=_safe(agenda.name), picture=svg(agenda, remarks=False), sections=sections)


def _sections(agenda: Agenda) -> Iterator[str]:
    if agenda.remarks:
        rows = (_remark(remark) for remark in agenda.remarks)
        yield _section("What needs attention", ("Item", "State", "In the way", "Would help"), rows)
    if planned := agenda.planned():
        rows = (_placed(entry, agenda) for entry in planned)
        yield _section("Why there", ("When", "What", "Why"), rows)
    if agenda.gone:
        rows = (_placed(entry, agenda) for entry in agenda.gone)
        yield _section("No longer there", ("When", "What", ""), rows)


def _placed(entry: Entry, agenda: Agenda) -> str:
    change = f" ({entry.change})" if entry.change else ""
    mark = f'<span class="mark {entry.kind}"></span>'
    what = f"<td>{mark}{_safe(entry.title)}{change}</td>"
    return f"<tr>{_cell(when(entry, agenda.zone))}{what}{_cell(entry.reason)}</tr>"


def _remark(remark: Remark) -> str:
    state = f'<td class="{"state" if remark.urgent else "risk"}">{_safe(remark.state)}</td>'
    return f"<tr>{_cell(remark.title)}{state}{_cell(remark.obstacle)}{_cell(remark.help)}</tr>"


def _cell(text: str) -> str:
    return f"<td>{_safe(text)}</td>"


def _section(title: str, heads: tuple[str, ...], rows: Iterator[str]) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f"<section><h2>{title}</h2><table><tr>{head}</tr>{''.join(rows)}</table></section>"


def _safe(text: str) -> str:
    return escape(one_line(text))
