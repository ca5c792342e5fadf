"""`member add`, `member digest`, `member remove` and `members`."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import datetime, time

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.outbound.targets import add_target
from almanac.cli.session import Result, Session
from almanac.domain.operations.people import DigestChange
from almanac.errors import BadInput
from almanac.presentation import people

_MEMBER_EXAMPLES = """\
  almanac member add WS --user ada --name Ada
  almanac member add WS --user ben --timezone America/New_York
"""
_DIGEST_EXAMPLES = """\
  almanac member digest WS --user ada --on
  almanac member digest WS --user ada --at 06:30 --email ada@example.org
  almanac member digest WS --user ada --weekly
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "member", "manage whose time is planned")
    add_target(group)
    about = "plan somebody's own time; repeated, it changes what is given"
    parser = add_command(group, "add", _add, about, _MEMBER_EXAMPLES)
    _add_person(parser, arguments.new_user)
    parser.add_argument("--name", type=arguments.label, help="what people call them")
    parser.add_argument("--timezone", type=arguments.zone, help="IANA zone (default: the workspace's)")
    about = "say whether, when and to which address somebody gets a digest of their day"
    parser = add_command(group, "digest", _digest, about, _DIGEST_EXAMPLES)
    _add_person(parser)
    switch = parser.add_mutually_exclusive_group()
    switch.add_argument("--on", action="store_true", default=None, help="send one each morning")
    switch.add_argument("--off", dest="on", action="store_false", help="send none")
    weekly = parser.add_mutually_exclusive_group()
    about = "mail them the weekly report too, where the workspace has one"
    weekly.add_argument("--weekly", action="store_true", default=None, help=about)
    weekly.add_argument("--no-weekly", dest="weekly", action="store_false", help="mail them no weekly report")
    parser.add_argument("--at", type=_time, metavar="HH:MM", help="local time, before 18:00 (default: 07:00)")
    parser.add_argument("--email", help="address (default, or with '': of their first account)")
    about = "take somebody out of the plan; the next one takes their blocks to come away"
    _add_person(add_command(group, "remove", _remove, about, "  almanac member remove WS --user ben"))
    parser = add_command(commands, "members", _members, "list whose time is planned")
    arguments.add_workspace(parser)


def _add_person(parser: ArgumentParser, user: Callable[[str], str] = arguments.label) -> None:
    arguments.add_workspace(parser)
    parser.add_argument("--user", required=True, type=user, help="their id in the workspace product")


def _time(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - on somebody's wall
    except ValueError:
        raise ArgumentTypeError("is no time of day, such as 07:30") from None


def _add(args: Namespace, session: Session) -> Result:
    name, zone = session.wiring.people.add(args.ws_id, args.user, args.name, args.timezone)
    document = {"ws_id": args.ws_id, "user_id": args.user, "name": name, "timezone": zone}
    return Result(document, f"member {args.user}: {name or args.user}, {zone or 'in the zone of the workspace'}")


def _digest(args: Namespace, session: Session) -> Result:
    change = DigestChange(args.on, args.at, args.email, args.weekly)
    if change == DigestChange():
        raise BadInput("--on", "missing; give it, or --off, --at, --email or --weekly")
    session.wiring.people.set_digest(args.ws_id, args.user, change)
    found = next(each for each in session.wiring.people.members(args.ws_id) if each.user_id == args.user)
    return Result(people.digest_document(args.ws_id, found), people.digest_text(found))


def _remove(args: Namespace, session: Session) -> Result:
    session.wiring.people.remove(args.ws_id, args.user)
    return Result({"ws_id": args.ws_id, "user_id": args.user}, f"{args.user} is no member any more")


def _members(args: Namespace, session: Session) -> Result:
    found = session.wiring.people.members(args.ws_id)
    return Result(people.members_document(found), people.members_text(found))
