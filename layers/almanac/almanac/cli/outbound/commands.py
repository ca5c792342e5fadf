"""`outbound`, `conflicts`, `resolve`, `links repair` and `installation renew`."""

from argparse import Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.presentation.outbound import conflicts, status

_OUTBOUND_EXAMPLES = """\
  almanac outbound WS --dry-run      # names each event that the next sync creates, changes, deletes
  almanac outbound WS --confirm      # lets a mass change through for an hour
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    parser = add_command(commands, "outbound", _outbound, "show what is to be written to calendars", _OUTBOUND_EXAMPLES)
    arguments.add_workspace(parser)
    about = "name each write; after the first one of a target calendar, syncs write to it"
    parser.add_argument("--dry-run", action="store_true", help=about)
    parser.add_argument("--confirm", action="store_true", help="consent to a mass change that waits for it")
    parser = add_command(commands, "conflicts", _conflicts, "list what was changed on both sides, side by side")
    arguments.add_workspace(parser)
    parser = add_command(commands, "resolve", _resolve, "decide a conflict", "  almanac resolve LINK --mine")
    parser.add_argument("link", metavar="LINK", type=arguments.uuid, help="its id, as `almanac conflicts` names it")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--mine", action="store_const", dest="choice", const="mine", help="what was wanted here")
    which.add_argument("--theirs", action="store_const", dest="choice", const="theirs", help="what stands there")
    links = add_group(commands, "links", "look after what exists in calendars because of us")
    about = "after a restore: find events of ours by their mark, and take them in"
    arguments.add_workspace(add_command(links, "repair", _repair, about))
    installation = add_group(commands, "installation", "manage the name in the marks of our events")
    about = "give a copy of a database a name of its own: it leaves the original's events alone"
    add_command(installation, "renew", _renew, about)


def _outbound(args: Namespace, session: Session) -> Result:
    found = session.wiring.outbound.status(args.ws_id, dry_run=args.dry_run, confirm=args.confirm)
    targets = session.wiring.outbound.targets(args.ws_id)
    return Result(status.status_document(found), status.status_text(found, targets))


def _conflicts(args: Namespace, session: Session) -> Result:
    found = session.wiring.outbound.conflicts(args.ws_id)
    return Result(conflicts.conflicts_document(args.ws_id, found), conflicts.conflicts_text(found))


def _resolve(args: Namespace, session: Session) -> Result:
    ws_id = session.wiring.outbound.resolve(args.link, args.choice)
    mine, theirs = "what was wanted here; the next sync brings it there", "what stands there; nothing is written"
    kept = mine if args.choice == "mine" else theirs
    return Result({"ws_id": ws_id, "link_id": args.link, "choice": args.choice}, f"decided: {kept}")


def _repair(args: Namespace, session: Session) -> Result:
    counts = session.wiring.repair_links(args.ws_id)
    return Result(status.repair_document(args.ws_id, counts), status.repair_text(counts))


def _renew(_args: Namespace, session: Session) -> Result:
    name = session.wiring.repair_links.renew()
    return Result({"installation": name}, f"installation {name}: nothing that was written before is ours any more")
