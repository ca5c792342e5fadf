"""`bus replay`: what happened, onto the bus once more, for one subscriber."""

from argparse import Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.errors import BadInput

_EXAMPLES = """\
  almanac bus replay --id billing-1 --workspace WS --from 400
  almanac bus replay --id billing-1 --all-workspaces --since 2026-11-16T18:00:00+01:00
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "bus", "the event bus")
    about = "put what happened onto the bus once more, marked for one subscriber"
    parser = add_command(group, "replay", _replay, about, _EXAMPLES)
    about = "`replay_id` of each event: what the subscriber's rule asks for, and others leave out"
    parser.add_argument("--id", dest="replay_id", required=True, type=arguments.label, metavar="NAME", help=about)
    of = parser.add_mutually_exclusive_group(required=True)
    of.add_argument("--workspace", dest="ws_id", type=arguments.workspace, metavar="WS", help="of one workspace")
    of.add_argument("--all-workspaces", action="store_true", help="of all")
    since = parser.add_mutually_exclusive_group(required=True)
    since.add_argument("--from", dest="version", type=arguments.version, metavar="V", help="from version V on")
    since.add_argument("--since", type=arguments.instant, metavar="TIME", help="from an instant on")


def _replay(args: Namespace, session: Session) -> Result:
    if args.version == 0:
        raise BadInput("--from", "begins at 1, the first version")
    with arguments.named({"from_version": "--from"}):
        done = session.wiring.replay_onto_bus(args.replay_id, args.ws_id, args.version, args.since)
    document = {"replay_id": done.replay_id, "workspaces": done.workspaces, "events": done.events}
    return Result(document, f"{done.events} event(s) of {done.workspaces} workspace(s), replay_id {done.replay_id}")
