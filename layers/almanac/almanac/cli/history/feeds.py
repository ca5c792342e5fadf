"""`feed`: a calendar under an address of its own, for programs that subscribe to it."""

from argparse import Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.presentation.history import feeds

_ADD = """\
  almanac feed add WS --name "Ada's phone" --user ada
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "feed", "calendars under addresses that only their readers know")
    parser = add_command(group, "add", _add, "make a feed; its address is shown once", _ADD)
    arguments.add_workspace(parser)
    parser.add_argument("--name", default="calendar", type=arguments.label, help="what it is for")
    about = "whose events it holds (default: all of the workspace)"
    parser.add_argument("--user", type=arguments.label, metavar="USER", help=about)
    parser = add_command(group, "list", _list, "list the feeds of a workspace, without their addresses")
    arguments.add_workspace(parser)
    for name, do, about in (
        ("rotate", _rotate, "give a feed another address; the old one ends at once"),
        ("revoke", _revoke, "end a feed"),
    ):
        parser = add_command(group, name, do, about)
        arguments.add_workspace(parser)
        parser.add_argument("id", metavar="ID", type=arguments.uuid, help="its id in `almanac feed list`")


def _add(args: Namespace, session: Session) -> Result:
    with arguments.named({"user_id": "--user"}):
        feed, url = session.wiring.feeds.add(args.ws_id, args.name, args.user)
    return Result(feeds.new_document(feed.id, url), feeds.new_text(feed.id, url))


def _list(args: Namespace, session: Session) -> Result:
    found = session.wiring.feeds.all(args.ws_id)
    return Result(feeds.list_document(found), feeds.list_text(found))


def _rotate(args: Namespace, session: Session) -> Result:
    url = session.wiring.feeds.rotate(args.ws_id, args.id)
    return Result(feeds.new_document(args.id, url), feeds.new_text(args.id, url))


def _revoke(args: Namespace, session: Session) -> Result:
    session.wiring.feeds.revoke(args.ws_id, args.id)
    return Result({"revoked": str(args.id)}, f"revoked {args.id}; whoever has its address reads nothing more")
