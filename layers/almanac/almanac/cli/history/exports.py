"""`export` and `why`: a calendar as a file, and why a workspace is late."""

from argparse import Namespace
from datetime import timedelta

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.presentation.history import why

_EXAMPLES = """\
  almanac export WS --kind ics --output team.ics
  almanac export WS --kind csv
"""
_DAY = timedelta(hours=24)


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    parser = add_command(commands, "export", _export, "write a workspace's calendar into a file", _EXAMPLES)
    arguments.add_workspace(parser)
    parser.add_argument("--kind", required=True, choices=("csv", "ics"), help="for spreadsheets, or for calendars")
    about = "where to (default: a name of its own in ALMANAC_EXPORT_FOLDER)"
    parser.add_argument("--output", type=arguments.label, metavar="FILE", help=about)
    parser = add_command(commands, "why", _why, "say why a workspace is late, or that it is not", "  almanac why WS")
    arguments.add_workspace(parser)


def _export(args: Namespace, session: Session) -> Result:
    with arguments.named({"output": "--output"}):
        done = session.wiring.export_calendar(args.ws_id, args.kind, args.output)
    document = {
        "ws_id": str(args.ws_id),
        "kind": done.kind,
        "file": done.place,
        "events": done.events,
        "version": done.version,
    }
    return Result(document, f"{done.events} event(s), version {done.version}: {done.place}")


def _why(args: Namespace, session: Session) -> Result:
    report = session.wiring.run_summary(args.ws_id, _DAY, 10)
    return Result(why.document(report), why.text(report))
