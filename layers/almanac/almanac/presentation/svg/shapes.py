"""What pictures are made of: SVG elements, text cut to a width, and entries side by side where they overlap."""

import unicodedata
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from almanac.presentation.agenda import Piece
from almanac.presentation.tables import one_line

NARROW, WIDE = frozenset(" .,:;'|!ijlItfr()[]-"), frozenset("mwMW@%&")


def add(parent: Element, tag: str, **attributes: object) -> Element:
    """Add a new child; attribute names as keywords, `class_` for class and underscores for hyphens."""
    named = {name.rstrip("_").replace("_", "-"): _number(value) for name, value in attributes.items()}
    return SubElement(parent, tag, named)


def add_text(parent: Element, text: str, *, x: float, y: float, room: float, size: float, class_: str) -> None:
    """Add one line of text, cut to `room` pixels."""
    add(parent, "text", x=x, y=y, font_size=size, class_=class_).text = cut(text, room, size)


def add_tooltip(parent: Element, *lines: str) -> None:
    """Add what shows while a pointer is on the parent. It must be its first child."""
    add(parent, "title").text = "\n".join(one_line(line) for line in lines if line)


def cut(text: str, room: float, size: float) -> str:
    """Return the text, or as much of it as fits with an ellipsis; nothing where not even that fits."""
    text = one_line(text).strip()
    if text_width(text, size) <= room:
        return text
    while text and text_width(f"{text}…", size) > room:
        text = text[:-1].rstrip()
    return f"{text}…" if text else ""


def lines_of(text: str, room: float, size: float, most: int) -> list[str]:
    """Return the text in at most `most` lines of whole words, the last one cut."""
    words, found = one_line(text).split(), list[str]()
    while words and len(found) < most - 1:
        line = words.pop(0)
        while words and text_width(f"{line} {words[0]}", size) <= room:
            line = f"{line} {words.pop(0)}"
        found.append(cut(line, room, size))
    return [*found, cut(" ".join(words), room, size)] if words else found


def text_width(text: str, size: float) -> float:
    """Return about how many pixels a text takes in a common sans-serif font; rather too many."""
    return size * sum(_letter_width(letter) for letter in text)


def side_by_side(pieces: Sequence[Piece]) -> list[tuple[Piece, int, int]]:
    """Return (piece, its lane, number of lanes) in time order: pieces that overlap share the width."""
    placed: list[tuple[Piece, int, int]] = []
    group: list[tuple[Piece, int]] = []
    ends: list[int] = []
    for piece in pieces:
        if ends and piece.first >= max(ends):
            placed += [(member, lane, len(ends)) for member, lane in group]
            group, ends = [], []
        lane = next((n for n, end in enumerate(ends) if end <= piece.first), len(ends))
        ends[lane : lane + 1] = [piece.last]
        group.append((piece, lane))
    return placed + [(member, lane, len(ends)) for member, lane in group]


def _letter_width(letter: str) -> float:
    if letter in NARROW:
        return 0.4
    if letter in WIDE or unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    return 0.76 if letter.isupper() else 0.66


def _number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
