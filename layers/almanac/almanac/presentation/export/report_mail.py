"""A weekly report as a mail: its first figures and bars, as HTML and as text that say the same, and a link to the rest.

Mail programs drop sheets and pictures in SVG, so its bars are cells of tables.
"""

from collections.abc import Iterator, Sequence
from html import escape

from almanac.domain.export.week import Week
from almanac.presentation.export.mail_page import QUIET, mail_card, mail_page, safe
from almanac.presentation.export.report import week_span, week_tiles
from almanac.presentation.tables import one_line
from almanac.services.export.ports import Letter

_MOST = 12
"""Categories that are shown."""
_CELL = "padding:5px 12px 5px 0;vertical-align:top"

Bar = tuple[str, float, str]
"""What, how much of the longest (0 to 1), and that in words."""


def report_letter(week: Week, link: str) -> Letter:
    """Return the mail of a report that is at an address; without one of ours (a path alone) nothing leads there."""
    subject = f"{week.workspace}: {week_span(week)}"
    about = f"{week.workspace}. Times of {week.zone.key}."
    there = link if link.startswith(("https://", "http://")) else None
    html = mail_page(subject, week_span(week), about, [_figures(week, there), *(_card(*each) for each in _bars(week))])
    return Letter(one_line(subject), "\n".join(map(one_line, _lines(week, about, there))) + "\n", html)


def _lines(week: Week, about: str, link: str | None) -> Iterator[str]:
    yield from (week_span(week), about, "")
    yield from (f"{name:<18} {value}, {more}" for name, value, more in week_tiles(week))
    for title, bars in _bars(week):
        yield from ("", title, "-" * len(title))
        yield from (f"{what:<18} {said}" for what, _, said in bars)
    if link is not None:
        yield from ("", f"The whole report: {link}")


def _bars(week: Week) -> Iterator[tuple[str, Sequence[Bar]]]:
    """Yield each picture: its title and its bars."""
    most = max((day.placed + day.moved + day.removed for day in week.days), default=0)
    if most:
        yield (
            "Blocks, by day",
            [
                (
                    f"{day.day:%a %d %b}",
                    (day.placed + day.moved + day.removed) / most,
                    f"{day.placed} placed, {day.moved} moved, {day.removed} taken away"
                    if day.placed or day.moved or day.removed
                    else "none",
                )
                for day in week.days
            ],
        )
    if week.hours:
        longest = max(each.minutes for each in week.hours)
        bars = [(each.what, each.minutes / max(longest, 1), f"{each.minutes / 60:.1f} h") for each in week.hours]
        yield "Hours, by category", bars[:_MOST]


def _figures(week: Week, link: str | None) -> str:
    rows = "".join(
        f'<tr><td style="{_CELL};white-space:nowrap">{name}</td>'
        f'<td style="{_CELL};white-space:nowrap"><strong>{value}</strong></td>'
        f'<td class="quiet" style="padding:6px 0;vertical-align:top;width:100%;{QUIET}">{safe(more)}</td></tr>'
        for name, value, more in week_tiles(week)
    )
    said = "The whole report, with its pictures and each day"
    more = (
        ""
        if link is None
        else f'<p style="margin:10px 0 0"><a href="{escape(link)}" style="color:inherit">{said}</a></p>'
    )
    return mail_card("In figures", rows, more)


def _card(title: str, bars: Sequence[Bar]) -> str:
    return mail_card(title, "".join(_row(*bar) for bar in bars))


def _row(what: str, share: float, said: str) -> str:
    return (
        f'<tr><td style="{_CELL};white-space:nowrap"><bdi>{safe(what)}</bdi></td>'
        f'<td style="padding:5px 0;width:100%">{_bar(share)}'
        f'<span class="quiet" style="{QUIET}">{safe(said)}</span></td></tr>'
    )


def _bar(share: float) -> str:
    if not share:
        return ""
    width = max(1, round(100 * share))
    return (
        f'<table role="presentation" width="{width}%" style="border-collapse:collapse;width:{width}%"><tr>'
        '<td style="background:#2f6bea;height:8px;line-height:8px;font-size:1px">&nbsp;</td></tr></table>'
    )
