"""What terminals show: aligned tables, instants and durations, text without line breaks."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from almanac.domain.readable_years import FIRST, LAST


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the rows in columns that are aligned to the left, two spaces apart."""
    lines = [list(head), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


WIDEST_NAME = 20
"""Letters of a name in a listing; lines of 80 hold it, and what stands beside it."""


def listing(head: Sequence[str], rows: Iterable[tuple[Sequence[object], Iterable[object]]]) -> str:
    """Return the rows in columns, each followed by its details in lines of their own: ids, and sentences.

    So lines stay short, and an id can be copied whole. Long names are cut, empty details left out.
    """
    found = list(rows)
    title, *lines = table(head, ([_short(value) for value in row] for row, _ in found)).splitlines()
    shown = [title]
    for line, (_, details) in zip(lines, found, strict=True):
        shown += [line, *(f"  {one_line(str(detail))}" for detail in details if detail)]
    return "\n".join(shown)


def instant_text(moment: datetime | None) -> str:
    """Return the instant as ISO 8601 in UTC, to the second; a dash for none."""
    return "-" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def unshown(moment: datetime) -> str | None:
    """Return what is said of an instant beyond the years that can be read; None for any other."""
    if FIRST < moment < LAST:
        return None
    return "earlier than can be shown" if moment <= FIRST else "later than can be shown"


def duration_text(seconds: float | None) -> str:
    """Return two leading units at most: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `4 d 1 h`; a dash for none."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f} s"
    left, parts = round(seconds), list[str]()
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        amount, left = divmod(left, size)
        if amount or parts:
            parts.append(f"{amount} {unit}")
    return " ".join(parts[:2])


def _short(value: object) -> object:
    text = str(value)
    return value if value is None or len(text) <= WIDEST_NAME else f"{text[: WIDEST_NAME - 1]}…"


def _cell(value: object) -> str:
    return "-" if value is None or value == "" else one_line(str(value))


def one_line(text: str) -> str:
    """Return the text without line breaks and without what steers a terminal: titles come from strangers."""
    return "".join(character if character.isprintable() else " " for character in text)
