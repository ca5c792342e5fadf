"""Bars by the hour: what went well, in part, and not. Inline in a page, whose stylesheet gives the colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element, tostring

from almanac.presentation.svg.shapes import add, add_tooltip

_HEIGHT, _GAP, _WIDTH = 56, 2, 480


@dataclass(frozen=True, slots=True)
class Bar:
    """Runs of one hour."""

    hour: datetime
    well: int
    partial: int
    failed: int


def bars(hours: Sequence[Bar], since: datetime, count: int) -> str:
    """Return the picture of so many hours from `since` on; an hour without runs is a line at the bottom."""
    by_hour = {bar.hour: bar for bar in hours}
    most = max((bar.well + bar.partial + bar.failed for bar in hours), default=0) or 1
    size = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "preserveAspectRatio": "none", "class": "bars", "aria-hidden": "true"}
    root = Element("svg", size)
    step = _WIDTH / count
    for n in range(count):
        bar = by_hour.get(since + timedelta(hours=n))
        group = add(root, "g")
        add(group, "rect", x=n * step, y=_HEIGHT - 1.0, width=step - _GAP, height=1.0, class_="bar-none")
        if bar is None:
            continue
        add_tooltip(group, f"{bar.hour:%d %b %H:%M}: {bar.well} well, {bar.partial} in part, {bar.failed} failed")
        base = float(_HEIGHT)
        for value, style in ((bar.well, "bar-well"), (bar.partial, "bar-partial"), (bar.failed, "bar-failed")):
            if value:
                height = max(2.0, value / most * (_HEIGHT - 2))
                base -= height
                add(group, "rect", x=n * step, y=max(0.0, base), width=step - _GAP, height=height, class_=style)
    return tostring(root, encoding="unicode")
