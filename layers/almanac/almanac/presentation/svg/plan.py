"""A plan as one SVG picture: no scripts, nothing from elsewhere. Pointing at a block tells its reason."""

from collections.abc import Sequence
from datetime import date
from xml.etree.ElementTree import Element, tostring

from almanac.presentation.agenda import Agenda
from almanac.presentation.svg.shapes import add, add_text, add_tooltip, text_width
from almanac.presentation.svg.week import MARGIN, WIDTH, add_week, week_height

_NAMESPACE = "http://www.w3.org/2000/svg"
_STYLE = """
text { font-family: Inter, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; fill: #1f2733 }
.title { font-weight: 650 } .strong { font-weight: 600 } .quiet { fill: #6b7686 } .center { text-anchor: middle }
.right { text-anchor: end } .alarm { fill: #c22f3d } .today { fill: #ffffff; font-weight: 650 }
.page { fill: #f4f6f9 } .panel { fill: #ffffff; stroke: #dfe4eb } .closed { fill: #f0f2f6 } .opened { fill: #ffffff }
.line { stroke: #e3e7ee } .half { stroke: #eff1f5 } .now { stroke: #e5484d; stroke-width: 1.6 } .dot { fill: #e5484d }
.busy { fill: #e4e8ee } .busy-bar { fill: #a3adbb } .busy-text { fill: #4c5766 }
.task { fill: #dce8ff } .task-bar { fill: #2f6bea } .task-text { fill: #14357d }
.habit { fill: #d5f2e3 } .habit-bar { fill: #179862 } .habit-text { fill: #0b4d33 }
.late { fill: #ffe1e3 } .late-bar { fill: #d9343f } .late-text { fill: #7c141c }
.risk { fill: #ffefcf } .risk-bar { fill: #e39a12 } .risk-text { fill: #6b4300 }
.moved { fill: #ece4ff } .moved-bar { fill: #7a4de0 } .moved-text { fill: #3f1f8f }
.meeting { fill: #cfeef4 } .meeting-bar { fill: #0e8fa8 } .meeting-text { fill: #07424e }
.chip { fill: #e8ecf3 } .chip-alarm { fill: #ffe1e3 } .stripe { stroke: #d2d9e2 }
@media (prefers-color-scheme: dark) {
text { fill: #e4e9f0 } .quiet { fill: #93a0b2 } .alarm { fill: #ff8a92 } .page { fill: #12161c }
.panel { fill: #1a2029; stroke: #2b333f } .closed { fill: #161b22 } .opened { fill: #1f2630 }
.line { stroke: #2b333f } .half { stroke: #242b35 } .stripe { stroke: #3a4452 }
.busy { fill: #2b333f } .busy-text { fill: #b9c3d1 }
.task { fill: #1d3566 } .task-text { fill: #d5e3ff } .habit { fill: #11402d } .habit-text { fill: #c3f0da }
.meeting { fill: #0d3f4a } .meeting-text { fill: #c9f1f8 } .late { fill: #5a1c22 } .late-text { fill: #ffd7da }
.risk { fill: #4d3708 } .risk-text { fill: #ffe3ad } .moved { fill: #382561 } .moved-text { fill: #e3d8ff }
.chip { fill: #28303c } .chip-alarm { fill: #5a1c22 }
}
"""
_HEAD, _REMARK, _FOOT_HEAD, _GAP = 116, 22, 44, 24
_MOST_REMARKS = 12
_ALARMS = ("late", "partial", "unscheduled", "habits missed", "at risk", "left out")
"""Counts that are good news when they are zero."""
_LEGEND = (
    ("task", "task"),
    ("habit", "habit"),
    ("meeting", "meeting"),
    ("busy", "busy"),
    ("moved", "event moved"),
    ("risk", "at risk"),
    ("late", "late or cut short"),
)


def svg(agenda: Agenda, *, remarks: bool = True) -> str:
    """Return the picture: a panel for every week that holds something; `remarks` are written below."""
    weeks = agenda.weeks()
    told = agenda.remarks[:_MOST_REMARKS] if remarks else ()
    foot = _FOOT_HEAD + _REMARK * len(told) if told else 0
    named = bool(agenda.people)
    panels = [week_height(each, week, named=named) + _GAP for week in weeks for each in agenda.each_in(week)]
    height = _HEAD + sum(panels) + foot
    # With a size of its own it is scrolled, not shrunk, where nothing else says how large it is to be.
    size = {"viewBox": f"0 0 {WIDTH} {height:g}", "width": str(WIDTH), "height": f"{height:g}"}
    root = Element("svg", {"xmlns": _NAMESPACE, **size, "role": "img"})
    add(root, "title").text = _headline(agenda)
    add(root, "style").text = _STYLE
    add_hatching(root)
    add(root, "rect", width=WIDTH, height=height, class_="page")
    _add_head(root, agenda, weeks)
    y: float = _HEAD
    for week in weeks:
        for each in agenda.each_in(week):
            add_week(root, each, week, y, named=named)
            y += week_height(each, week, named=named) + _GAP
    if told:
        _add_remarks(root, agenda, len(told), y)
    return tostring(root, encoding="unicode")


def add_hatching(root: Element) -> None:
    """Add the pattern that marks time which is taken."""
    pattern = add(
        add(root, "defs"),
        "pattern",
        id="hatch",
        width=7,
        height=7,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    add(pattern, "line", x1=0, y1=0, x2=0, y2=7, stroke_width=2.4, class_="stripe")


def _add_head(root: Element, agenda: Agenda, weeks: Sequence[Sequence[date]]) -> None:
    name = agenda.name
    add_text(root, name, x=MARGIN, y=44, room=WIDTH - 2 * MARGIN, size=24, class_="title")
    span = f"{weeks[0][0]:%d %B} to {weeks[-1][-1]:%d %B %Y}, {agenda.zone}"
    add_text(root, span, x=MARGIN, y=66, room=WIDTH / 2, size=13, class_="quiet")
    x = float(MARGIN)
    for name, number in agenda.counts.items():
        alarm = name in _ALARMS and number > 0
        text = f"{number} {name}"
        width = text_width(text, 12) + 18
        add(root, "rect", x=x, y=80, width=width, height=22, rx=11, class_="chip-alarm" if alarm else "chip")
        style = "center strong alarm" if alarm else "center"
        add_text(root, text, x=x + width / 2, y=95, room=width, size=12, class_=style)
        x += width + 8
    _add_legend(root, agenda)


def _add_legend(root: Element, agenda: Agenda) -> None:
    x = float(WIDTH - MARGIN)
    for style, label in reversed([each for each in _LEGEND if each[0] != "meeting" or agenda.people]):
        x -= text_width(label, 12) + 4
        add_text(root, label, x=x, y=66, room=WIDTH, size=12, class_="quiet")
        x -= 20
        for fill in (style, "hatch") if style == "busy" else (style,):
            colour = {"fill": "url(#hatch)"} if fill == "hatch" else {"class_": fill}
            add(root, "rect", x=x, y=56, width=14, height=12, rx=3, **colour)
        add(root, "rect", x=x, y=56, width=3, height=12, rx=1.5, class_=f"{style}-bar")
        x -= 16


def _add_remarks(root: Element, agenda: Agenda, number: int, y: float) -> None:
    left = len(agenda.remarks) - number
    head = "What needs attention" + (f" (and {left} more)" if left else "")
    add_text(root, head, x=MARGIN, y=y + 14, room=WIDTH, size=15, class_="title")
    for n, remark in enumerate(agenda.remarks[:number]):
        line = add(root, "g")
        add_tooltip(line, f"{agenda.headed(remark)}: {remark.state}", remark.obstacle, remark.help)
        base = y + 40 + n * _REMARK
        add(line, "circle", cx=MARGIN + 4, cy=base - 4, r=4, class_="late-bar" if remark.urgent else "risk-bar")
        add_text(line, agenda.headed(remark), x=MARGIN + 18, y=base, room=200, size=12, class_="strong")
        add_text(line, remark.state, x=MARGIN + 230, y=base, room=190, size=12, class_="alarm")
        said = f"{remark.obstacle}. Would help: {remark.help}" if remark.help else remark.obstacle
        add_text(line, said, x=MARGIN + 430, y=base, room=WIDTH - 2 * MARGIN - 430, size=12, class_="quiet")


def _headline(agenda: Agenda) -> str:
    return f"{agenda.name}, {agenda.zone}"
