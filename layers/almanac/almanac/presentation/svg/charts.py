"""Bars of a report: stacked by day, and lying, one below the other. Inline in a page, whose stylesheet colours them."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, tostring

from almanac.presentation.svg.shapes import add, add_text, add_tooltip

_WIDTH, _HEIGHT, _FOOT, _GAP = 420, 150, 22, 8
_ROW, _LABEL, _VALUE = 26, 132, 56


@dataclass(frozen=True, slots=True)
class Column:
    """One day: what stands below it, and the heights of its parts from the bottom up."""

    label: str
    parts: Sequence[int]


def columns(days: Sequence[Column], names: Sequence[str]) -> str:
    """Return stacked columns; part n has the class `part-n`. Pointing at one tells its figures."""
    root = Element("svg", {"viewBox": f"0 0 {_WIDTH} {_HEIGHT + _FOOT}", "class": "chart", "role": "img"})
    add(root, "title").text = ", ".join(names)
    most = max((sum(day.parts) for day in days), default=0) or 1
    step = _WIDTH / max(1, len(days))
    each = max(1, round(40 / step))  # labels that do not fit are left out
    for n, day in enumerate(days):
        group = add(root, "g")
        add_tooltip(group, day.label, *(f"{value} {name}" for name, value in zip(names, day.parts, strict=True)))
        x, base, width = n * step + _GAP / 2, float(_HEIGHT), max(1.0, step - _GAP)
        add(group, "rect", x=x, y=_HEIGHT - 1.0, width=width, height=1.0, class_="none")
        for place, value in enumerate(day.parts):
            if value:
                height = max(2.0, value / most * (_HEIGHT - 18))
                base -= height
                add(group, "rect", x=x, y=base, width=width, height=height, class_=f"part-{place}")
        if sum(day.parts):
            style = "label center"
            add_text(group, str(sum(day.parts)), x=x + width / 2, y=base - 4, room=step * each, size=11, class_=style)
        if n % each == 0:
            add_text(
                root, day.label, x=x + width / 2, y=_HEIGHT + 15.0, room=step * each, size=11, class_="quiet center"
            )
    return tostring(root, encoding="unicode")


def rows(bars: Sequence[tuple[str, int, str]]) -> str:
    """Return lying bars: name, length, and what stands behind it."""
    size = {"viewBox": f"0 0 {_WIDTH} {max(1, len(bars)) * _ROW}", "class": "chart", "role": "img"}
    root = Element("svg", size)
    add(root, "title").text = ", ".join(f"{name} {said}" for name, _, said in bars)
    most = max((length for _, length, _ in bars), default=0) or 1
    room = _WIDTH - _LABEL - _VALUE
    for n, (name, length, said) in enumerate(bars):
        y = n * _ROW + 4.0
        add_text(root, name, x=0, y=y + 13, room=_LABEL - 8, size=12, class_="label")
        add(root, "rect", x=_LABEL, y=y, width=max(2.0, length / most * room), height=16, rx=3, class_=f"part-{n % 4}")
        add_text(
            root, said, x=_LABEL + max(2.0, length / most * room) + 6, y=y + 13, room=_VALUE, size=12, class_="label"
        )
    return tostring(root, encoding="unicode")


def shares(parts: Sequence[tuple[str, int]]) -> str:
    """Return one lying bar whose parts are as wide as their shares."""
    root = Element("svg", {"viewBox": f"0 0 {_WIDTH} 26", "class": "chart", "role": "img"})
    add(root, "title").text = ", ".join(f"{value} {name}" for name, value in parts)
    whole, x = sum(value for _, value in parts) or 1, 0.0
    for place, (name, value) in enumerate(parts):
        width = value / whole * _WIDTH
        if value:
            group = add(root, "g")
            add_tooltip(group, f"{value} {name}")
            add(group, "rect", x=x, y=2, width=max(1.0, width - 2), height=22, rx=3, class_=f"share-{place}")
        x += width
    return tostring(root, encoding="unicode")
