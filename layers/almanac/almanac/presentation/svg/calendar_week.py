"""One week as a picture inside a page: the panel of a plan's picture, coloured by the page's stylesheet."""

from collections.abc import Sequence
from datetime import date
from xml.etree.ElementTree import Element, tostring

from almanac.presentation.agenda import Agenda
from almanac.presentation.svg.plan import add_hatching
from almanac.presentation.svg.shapes import add
from almanac.presentation.svg.week import MARGIN, WIDTH, add_week, week_height

_DAYTIME = (8 * 60, 18 * 60)


def week_picture(
    agenda: Agenda, week: Sequence[date], beside: Agenda | None = None, *, everything: bool = False
) -> str:
    """Return the picture of seven dates, of the same hours as that of what it stands `beside`.

    `everything`: of daytime and of all that there is, over or not; otherwise of the hours that matter to a plan.
    Pointing at a block tells its time and its reason.
    """
    spans = [each.hours(week) for each in (agenda, beside) if each is not None]
    if everything:
        pieces = [piece for day in week for piece in agenda.pieces(day) if not piece.all_day]
        spans = [_DAYTIME, *((piece.first // 60 * 60, -(-piece.last // 60) * 60) for piece in pieces)]
    hours = min(first for first, _ in spans), max(last for _, last in spans)
    height = week_height(agenda, week, hours=hours)
    size = {"viewBox": f"{MARGIN - 1} 0 {WIDTH - 2 * MARGIN + 2} {height + 1:g}", "class": "week", "role": "img"}
    root = Element("svg", size)
    add(root, "title").text = f"{week[0]:%d %B} to {week[-1]:%d %B %Y}"
    add_hatching(root)
    add_week(root, agenda, week, 0.5, hours=hours)
    return tostring(root, encoding="unicode")
