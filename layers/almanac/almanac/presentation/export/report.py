"""A report as one HTML page with its pictures in it, and as CSV. No script, nothing from elsewhere."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from almanac.domain.export.week import Week
from almanac.presentation.export.mail_page import safe
from almanac.presentation.history.calendar_file import cell
from almanac.presentation.html.document import document
from almanac.presentation.svg.charts import Column, columns, rows, shares

_STYLE = """\
:root { color-scheme: light dark; --page: #f4f6f9; --card: #fff; --line: #dfe4eb; --text: #1f2733; --quiet: #5d6878;
  --a: #2f6bea; --b: #d9861a; --c: #a3adbb; --d: #179862; --bad: #d9343f }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1a2029; --line: #2b333f; --text: #e4e9f0;
  --quiet: #93a0b2; --a: #6b98f5; --b: #e8a84c; --c: #6d7989; --d: #3dbb85; --bad: #f0737c } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 Inter, "Segoe UI", Roboto, Arial, sans-serif }
main { max-width: 1000px; margin: 0 auto; padding: 24px 16px 40px }
h1 { font-size: 24px; margin: 0 } h2 { font-size: 16px; margin: 0 0 8px } p { margin: 0 }
.quiet { color: var(--quiet) } header p { margin-bottom: 18px }
.tiles, .cards { display: grid; gap: 14px; margin-bottom: 14px }
.tiles { grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)) }
.cards { grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)) }
.tiles div, section { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 14px 16px }
.tiles dt { color: var(--quiet); font-size: 13px } .tiles dd { margin: 0; font-size: 26px; font-weight: 650 }
dl { margin: 0 } .tiles small { display: block; font-size: 13px; font-weight: 400; color: var(--quiet) }
.chart { display: block; width: 100%; height: auto; margin: 4px 0 10px } .chart text { fill: var(--text) }
.chart .quiet { fill: var(--quiet) } .center { text-anchor: middle } .none { fill: var(--line) }
.part-0 { fill: var(--a) } .part-1 { fill: var(--b) } .part-2 { fill: var(--c) } .part-3 { fill: var(--d) }
.share-0 { fill: var(--d) } .share-1 { fill: var(--bad) } .share-2 { fill: var(--c) }
.key { display: flex; flex-wrap: wrap; gap: 4px 14px; font-size: 13px; color: var(--quiet); padding: 0; margin: 0;
  list-style: none }
.key svg { width: 10px; height: 10px; margin-right: 6px }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: 6px 14px 6px 0; text-align: right; border-top: 1px solid var(--line); white-space: nowrap }
th:first-child { text-align: left; font-weight: 500 } thead th { border: 0; color: var(--quiet); font-weight: 500 }
"""
_BODY = """\
<body>
<main>
<header><h1><bdi>{name}</bdi></h1><p class="quiet">{span}, times of {zone}</p></header>
<dl class="tiles">{tiles}</dl>
<div class="cards">
{cards}
</div>
<section><h2>Day by day</h2><div class="wide" tabindex="0" role="region" aria-label="Day by day">{table}</div></section>
</main>
</body>
"""
_COLUMNS = (
    ("syncs", "syncs"),
    ("syncs failed", "syncs_failed"),
    ("events written", "events_written"),
    ("plans", "plans"),
    ("blocks placed", "placed"),
    ("moved", "moved"),
    ("taken away", "removed"),
)


def report_html(week: Week) -> str:
    """Return the page."""
    body = _BODY.format(
        name=safe(week.workspace),
        span=week_span(week),
        zone=safe(week.zone.key),
        tiles="".join(
            f"<div><dt>{name}</dt><dd>{value}<small>{more}</small></dd></div>" for name, value, more in week_tiles(week)
        ),
        cards="\n".join(_cards(week)),
        table=_table(week),
    )
    return document(safe(f"{week.workspace}: {week_span(week)}"), _STYLE, body)


def report_csv(week: Week) -> str:
    """Return the figures as CSV: what, of which day, how much. Cells that look like a formula begin with '."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("measure", "day", "value"))
    for measure, day, value in _figures(week):
        writer.writerow((cell(measure), day, value))
    return out.getvalue()


def _figures(week: Week) -> Iterator[tuple[str, str, object]]:
    for day in week.days:
        for name, field in _COLUMNS:
            yield name, day.day.isoformat(), getattr(day, field)
    yield "done on time", "", week.done.on_time
    yield "done late", "", week.done.late
    yield "done without deadline", "", week.done.without_deadline
    if week.plan is not None:
        yield "planned", "", week.plan.scheduled
        yield "planned late", "", week.plan.late
        yield "at risk", "", week.plan.at_risk
        yield "without a place", "", week.plan.unscheduled
    if week.churn is not None:
        yield "moves per placed block", "", f"{week.churn:.2f}"
    for each in week.hours:
        yield f"hours: {each.what}", "", f"{each.minutes / 60:.2f}"


def week_tiles(week: Week) -> Iterator[tuple[str, str, str]]:
    """Yield the figures that stand first: name, value, what it is of."""
    share = week.done.share_on_time
    yield (
        "Synced",
        str(week.total("events_written")),
        f"events written in {week.total('syncs')} syncs, {week.total('syncs_failed')} failed",
    )
    if week.plan is not None:
        yield (
            "Planned",
            str(week.plan.scheduled),
            f"{week.plan.unscheduled} without a place, {week.plan.at_risk} at risk",
        )
    yield (
        "On time",
        "–" if share is None else f"{share:.0%}",
        f"{week.done.on_time} of {week.done.on_time + week.done.late} with a deadline",
    )
    yield (
        "Late",
        str(week.done.late),
        "done after the deadline" if week.plan is None else f"done late; {week.plan.late} planned late",
    )
    yield (
        "Churn of the plan",
        "–" if week.churn is None else f"{week.churn:.1f}",
        "moves for each block that was placed",
    )


def _cards(week: Week) -> Iterator[str]:
    blocks = ("placed", "moved", "taken away")
    days = [Column(f"{day.day:%a %d}", (day.placed, day.moved, day.removed)) for day in week.days]
    yield _card("Blocks, by day", columns(days, blocks) + _key(blocks, "part"))
    if week.hours:
        bars = [(each.what, each.minutes, f"{each.minutes / 60:.1f} h") for each in week.hours[:12]]
        yield _card("Hours, by category", rows(bars))
    done = ("on time", "late", "without deadline")
    found = (week.done.on_time, week.done.late, week.done.without_deadline)
    if any(found):
        picture = shares(tuple(zip(done, found, strict=True)))
        yield _card(
            "Done", picture + _key([f"{count} {name}" for name, count in zip(done, found, strict=True)], "share")
        )
    syncs = [Column(f"{day.day:%a %d}", (day.syncs, day.syncs_failed)) for day in week.days]
    yield _card("Syncs, by day", columns(syncs, ("well", "failed")) + _key(("well", "failed"), "part"))


def _table(week: Week) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in ("", *(name for name, _ in _COLUMNS)))
    body = "".join(
        f'<tr><th scope="row">{day.day:%a %d %b}</th>{_cells(getattr(day, field) for _, field in _COLUMNS)}</tr>'
        for day in week.days
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(values: Iterable[object]) -> str:
    return "".join(f"<td>{value}</td>" for value in values)


def _card(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>"


def _key(names: Sequence[str], style: str) -> str:
    marks = (
        f'<svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" class="{style}-{n}"/></svg>'
        for n in range(len(names))
    )
    return f'<ul class="key">{"".join(f"<li>{mark}{name}</li>" for mark, name in zip(marks, names, strict=True))}</ul>'


def week_span(week: Week) -> str:
    """Return from which day to which a report is."""
    return f"{week.days[0].day:%d %B} to {week.days[-1].day:%d %B %Y}"
