"""`member target`: where a member's blocks are written."""

from argparse import Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.presentation.outbound.status import target_text

_TARGET_EXAMPLES = """\
  almanac member target WS --user ada --new-calendar
  almanac member target WS --user ada --calendar primary
  almanac member target WS --user ada --none
"""


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
    if args.none:
        session.wiring.targets.none(args.ws_id, args.user)
        calendar = None
    elif args.new_calendar:
        calendar = session.wiring.targets.make(args.ws_id, args.user)
    else:
        calendar = session.wiring.targets.use(args.ws_id, args.user, args.calendar)
    document = {"ws_id": args.ws_id, "user_id": args.user, "calendar_id": calendar}
    return Result(document, target_text(args.ws_id, args.user, calendar, made=args.new_calendar))
