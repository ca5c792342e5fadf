"""`hours show`, `hours set` and `hours reset`."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.people import weekdays
from almanac.cli.session import Result, Session
from almanac.domain.wall_clock import WEEKDAYS, Interval
from almanac.errors import BadInput
from almanac.presentation.items import hours

_EXAMPLES = """\
  almanac hours set WS --category work --day mon-thu 09:00-12:30 13:30-17:00 --day fri 09:00-13:00
  almanac hours set WS --category work --user ada --day mon,tue 10:00-18:00
  almanac hours set WS --category nights --day fri,sat 22:00-02:00 --day sun 20:00-24:00
  almanac hours set WS --category work --day fri closed --keep
"""
_CLOSED = "closed"


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "hours", "manage when work of a category may happen")
    parser = add_command(group, "show", _show, "show the hours by category, those of the workspace or of a member")
    arguments.add_workspace(parser)
    add_user(parser, "what counts for this member (default: the workspace's, and whatever members have of their own)")
    about = "open a category on these days and on no others; wall times, for everybody or for one member"
    parser = add_command(group, "set", _set, about, _EXAMPLES)
    _add_category(parser)
    parser.add_argument(
        "--day",
        dest="days",
        action="append",
        nargs="+",
        required=True,
        metavar=("DAYS", "BLOCK"),
        help="mon, mon-fri, sat,sun or daily, then its blocks: 09:00-12:30, 22:00-02:00 over midnight, or `closed`;"
        " again for other days",
    )
    parser.add_argument("--keep", action="store_true", help="days that are not named stay as they are (else: closed)")
    about = "forget what is stored of a category: the default counts, or for a member what the workspace has"
    parser = add_command(group, "reset", _reset, about, "  almanac hours reset WS --category work --user ada")
    _add_category(parser)


def add_user(parser: ArgumentParser, about: str) -> None:
    """Add --user, which may be left out: then it is about the workspace."""
    parser.add_argument("--user", dest="user_id", type=arguments.label, metavar="USER", help=about)


def _add_category(parser: ArgumentParser) -> None:
    arguments.add_workspace(parser)
    about = "work, personal, meeting, or a name of your own that tasks and habits then give"
    parser.add_argument("--category", required=True, type=arguments.label, help=about)
    add_user(parser, "of this member only (default: of everybody who has none of their own)")


def _show(args: Namespace, session: Session) -> Result:
    if args.user_id is None:
        found = session.wiring.opening_hours.all(args.ws_id)
    else:
        found = session.wiring.opening_hours.of(args.ws_id, args.user_id)
    return Result(hours.hours_document(args.ws_id, found), hours.hours_table(found))


def _set(args: Namespace, session: Session) -> Result:
    days = _days(args.days)
    found = session.wiring.opening_hours.set(args.ws_id, args.category, args.user_id, days, keep=args.keep)
    return Result({"ws_id": args.ws_id, **hours.hours_of_category(found)}, hours.hours_table([found]))


def _days(given: list[list[str]]) -> dict[int, tuple[Interval, ...]]:
    found: dict[int, tuple[Interval, ...]] = {}
    for words, *blocks in given:
        if not blocks:
            raise BadInput("--day", f"names days without a block; write 09:00-17:00, or `{_CLOSED}`")
        try:
            days = weekdays.days(words)
            opened = () if blocks == [_CLOSED] else tuple(weekdays.block(each) for each in blocks)
        except ArgumentTypeError as error:
            raise BadInput("--day", str(error)) from None
        twice = [WEEKDAYS[day] for day in days if day in found]
        if twice:
            raise BadInput("--day", f"names {twice[0]} twice")
        found |= dict.fromkeys(days, opened)
    return found


def _reset(args: Namespace, session: Session) -> Result:
    found = session.wiring.opening_hours.reset(args.ws_id, args.category, args.user_id)
    return Result(hours.hours_document(args.ws_id, found), hours.hours_table(found))
