"""What people and programs read: aligned tables, one JSON document on stdout, one line of complaint on stderr."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from almanac.commands.session import Result


def show(result: Result, *, as_json: bool) -> None:
    """Write the answer to stdout, and its failure to stderr."""
    write(sys.stdout, json.dumps(result.document, default=_plain, indent=2) if as_json else result.text)
    if result.failure is not None:
        complain(result.failure)


def complain(message: str) -> None:
    """One line on stderr."""
    write(sys.stderr, f"almanac: {one_line(message)}")


def write(stream: TextIO, text: str) -> None:
    """Write lines and flush them. A reader that has left (`| head`) is no error: nobody wants the rest."""
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        _discard(stream)


def flush_help() -> None:
    """Flush what argparse has printed."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns aligned to the left, two spaces apart."""
    lines = [list(head), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def instant(moment: datetime | None) -> str:
    """ISO 8601 in UTC, to the second; a dash for none."""
    return "-" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def duration(seconds: float | None) -> str:
    """Two leading units at most: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `4 d 1 h`; a dash for none."""
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


def _cell(value: object) -> str:
    return "-" if value is None or value == "" else one_line(str(value))


def one_line(text: str) -> str:
    """Titles come from strangers who share calendars: no line breaks, nothing that steers a terminal or ends a file."""
    return "".join(character if character.isprintable() else " " for character in text)


def _plain(value: Any) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def _discard(stream: TextIO) -> None:
    """Send the rest nowhere: Python flushes once more when it ends, and would complain about the pipe then.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
