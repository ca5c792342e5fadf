"""`export` and `why`: a workspace as a file, and why it is late."""

from argparse import ArgumentTypeError, Namespace
from datetime import timedelta

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.domain.export.kinds import EXPORT_KINDS
from almanac.presentation.history import why
from almanac.services.export.ports import Wanted

_EXAMPLES = """\
  almanac export WS --kind ics --output team.ics
  almanac export WS --kind csv
  almanac export WS --kind digest --user ada --output today.html
"""
_DAY = timedelta(hours=24)


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    parser = add_command(
        commands, "export", _export, "write a workspace's calendar, a day's digest or a report into a file", _EXAMPLES
    )
    arguments.add_workspace(parser)
    parser.add_argument(
        "--kind", required=True, choices=EXPORT_KINDS, help="events (csv, ics, ics_series), a day, or the past week"
    )
    parser.add_argument("--user", type=arguments.label, metavar="USER", help="whose digest (default: the workspace's)")
    about = "where to (default: a name of its own in ALMANAC_EXPORT_FOLDER)"
    parser.add_argument("--output", type=_file_name, metavar="FILE", help=about)
    parser = add_command(commands, "why", _why, "say why a workspace is late, or will be", "  almanac why WS")
    arguments.add_workspace(parser)


def _file_name(text: str) -> str:
    if text == "-":
        raise ArgumentTypeError("is no file's name; a file of that name is ./-")
    return arguments.label(text)


def _export(args: Namespace, session: Session) -> Result:
    with arguments.named({"user_id": "--user"}):
        done = session.wiring.export_to_file(Wanted(args.ws_id, args.kind, args.user), args.output)
    counted = {"events": done.items, "version": done.version} if done.version is not None else {"items": done.items}
    document = {"ws_id": str(args.ws_id), "kind": done.kind, "file": done.place, **counted}
    said = f"{done.items} event(s), version {done.version}" if done.version is not None else f"{done.items} line(s)"
    return Result(document, f"{said}: {done.place}")


def _why(args: Namespace, session: Session) -> Result:
    report = session.wiring.run_summary(args.ws_id, _DAY, 10)
    ahead = session.wiring.foresee(args.ws_id)
    return Result(why.document(report, ahead), why.text(report, ahead))
