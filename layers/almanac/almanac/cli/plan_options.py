"""The options that every command with a plan has: how many weeks to show, and pictures into files."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from almanac.cli import arguments
from almanac.errors import BadInput
from almanac.presentation.agenda import Agenda
from almanac.presentation.html.plan import page
from almanac.presentation.svg.plan import svg
from almanac.presentation.terminal import plan as terminal_plan


def add_to(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--weeks", type=arguments.count, metavar="N", default=1, help="weeks to show (default: 1)")
    parser.add_argument("--svg", metavar="FILE", help="draw the whole plan into this file")
    parser.add_argument("--html", metavar="FILE", help="the same as a page with reasons, without any script")


def agenda_text(args: Namespace, agenda: Agenda) -> str:
    """The plan for people at a terminal."""
    return terminal_plan.described(agenda, weeks=args.weeks)


def write_pictures(args: Namespace, agenda: Agenda) -> None:
    """Write the files that were asked for. Raises BadInput when one cannot be written."""
    if args.svg is not None:
        _write("--svg", args.svg, svg(agenda))
    if args.html is not None:
        _write("--html", args.html, page(agenda))


def _write(option: str, name: str, content: str) -> None:
    try:
        Path(name).write_text(content, encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise BadInput(option, f"cannot be written: {reason}") from None
