"""What people and programs read: aligned tables, one JSON document on stdout, one line of complaint on stderr."""

import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import TextIO

from almanac.cli.session import Result
from almanac.errors import AlmanacError
from almanac.presentation.tables import one_line


def prepare() -> None:
    """Let stdout write `?` for what its encoding lacks, as stderr does in its own way: no title may end a command."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def show(result: Result, *, as_json: bool) -> None:
    """Write the answer to stdout, and its failure to stderr."""
    write(sys.stdout, json.dumps(result.document, default=_plain, indent=2) if as_json else result.text)
    if result.failure is not None:
        complain(result.failure)


def complain(message: str) -> None:
    """Write one line to stderr, if that takes it: there is nowhere else to say so."""
    with suppress(AlmanacError):
        write(sys.stderr, f"almanac: {one_line(message)}")


def write(stream: TextIO | None, text: str) -> None:
    """Write lines and flush them. A reader that has left (`| head`) or never was is no error: nobody wants the rest.

    Raises AlmanacError where they cannot be written, as on a full disk.
    """
    if stream is None:  # Python's, where the shell has closed it
        return
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        _discard(stream)
        raise AlmanacError(f"the output cannot be written: {error.strerror}") from None


def flush_help() -> None:
    """Flush what argparse has printed."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)


def _plain(value: object) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def _discard(stream: TextIO) -> None:
    """Send the rest nowhere: Python flushes once more when it ends, and would complain about the pipe then.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
