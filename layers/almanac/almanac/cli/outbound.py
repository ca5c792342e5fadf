"""`member target`, `outbound`, `conflicts`, `resolve`, `links repair` and `installation renew`."""

from argparse import Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.presentation import outbound

_TARGET_EXAMPLES = """\
  almanac member target WS --user ada --new-calendar
  almanac member target WS --user ada --calendar primary
  almanac member target WS --user ada --none
"""
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


def add_target(members: Commands) -> None:
    """Add `target` to the commands of `member`."""
    parser = add_command(members, "target", _target, "say where a member's blocks are written", _TARGET_EXAMPLES)
    arguments.add_workspace(parser)
    parser.add_argument("--user", required=True, type=arguments.label, help="id of the person in the workspace product")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--calendar", type=arguments.label, metavar="ID", help="one of their calendars, or `primary`")
    where.add_argument("--new-calendar", action="store_true", help="make one for it")
    where.add_argument("--none", action="store_true", help="nowhere; blocks ahead are taken back")


def _target(args: Namespace, session: Session) -> Result:
    with arguments.named({"calendar": "--calendar", "user": "--user", "new_calendar": "--new-calendar"}):
        if args.none:
            session.wiring.targets.none(args.ws_id, args.user)
            calendar = None
        elif args.new_calendar:
            calendar = session.wiring.targets.make(args.ws_id, args.user)
        else:
            calendar = session.wiring.targets.use(args.ws_id, args.user, args.calendar)
    return Result(
        {"ws_id": args.ws_id, "user_id": args.user, "calendar_id": calendar}, outbound.target_text(args.user, calendar)
    )


def _outbound(args: Namespace, session: Session) -> Result:
    status = session.wiring.outbound.status(args.ws_id, dry_run=args.dry_run, confirm=args.confirm)
    return Result(outbound.status_document(status), outbound.status_text(status))


def _conflicts(args: Namespace, session: Session) -> Result:
    found = session.wiring.outbound.conflicts(args.ws_id)
    return Result(outbound.conflicts_document(args.ws_id, found), outbound.conflicts_text(found))


def _resolve(args: Namespace, session: Session) -> Result:
    with arguments.named({"link": "LINK"}):
        ws_id = session.wiring.outbound.resolve(args.link, args.choice)
    kept = "what was wanted here" if args.choice == "mine" else "what stands there"
    return Result({"ws_id": ws_id, "link_id": args.link, "choice": args.choice}, f"decided: {kept}")


def _repair(args: Namespace, session: Session) -> Result:
    counts = session.wiring.repair_links(args.ws_id)
    return Result(outbound.repair_document(args.ws_id, counts), outbound.repair_text(counts))


def _renew(_args: Namespace, session: Session) -> Result:
    name = session.wiring.repair_links.renew()
    return Result({"installation": name}, f"installation {name}: nothing that was written before is ours any more")
