"""One week as a picture inside a page: the panel of a plan's picture, coloured by the page's stylesheet."""

from collections.abc import Sequence
from datetime import date
from xml.etree.ElementTree import Element, tostring

from almanac.presentation.agenda import Agenda
from almanac.presentation.svg.plan import add_hatching
from almanac.presentation.svg.shapes import add
from almanac.presentation.svg.week import MARGIN, WIDTH, add_week, week_height


def week_picture(agenda: Agenda, week: Sequence[date]) -> str:
    """Return the picture of seven dates. Pointing at a block tells its time and its reason."""
    height = week_height(agenda, week)
    size = {"viewBox": f"{MARGIN - 1} 0 {WIDTH - 2 * MARGIN + 2} {height + 1:g}", "class": "week", "role": "img"}
    root = Element("svg", size)
    add(root, "title").text = f"{week[0]:%d %B} to {week[-1]:%d %B %Y}"
    add_hatching(root)
    add_week(root, agenda, week, 0.5)
    return tostring(root, encoding="unicode")
