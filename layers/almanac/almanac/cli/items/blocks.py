"""`block list`, `block lock` and `block unlock`."""

from argparse import Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.errors import BadInput
from almanac.presentation.items import blocks

_MOST_DAYS = 90


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "block", "keep blocks of plans where they are")
    parser = add_command(group, "list", _list, "list the blocks that have not ended, with their ids")
    arguments.add_workspace(parser)
    about = "those that begin within so many days (default: 7)"
    parser.add_argument("--days", type=arguments.count, default=7, metavar="N", help=about)
    for name, answer, about in (
        ("lock", _lock, "keep a block where it is: no plan moves it any more"),
        ("unlock", _unlock, "let plans move a block again that was locked, or moved by hand"),
    ):
        parser = add_command(group, name, answer, about, f"  almanac block {name} WS BLOCK")
        arguments.add_workspace(parser)
        parser.add_argument("event_id", metavar="BLOCK", type=arguments.uuid, help="its id in `almanac block list`")


def _list(args: Namespace, session: Session) -> Result:
    if args.days > _MOST_DAYS:
        raise BadInput("days", f"must be 1 to {_MOST_DAYS}")
    found = session.wiring.blocks.coming(args.ws_id, args.days)
    members = session.wiring.people.members(args.ws_id)
    return Result(blocks.blocks_document(args.ws_id, found), blocks.blocks_text(found, members))


def _lock(args: Namespace, session: Session) -> Result:
    return _set(args, session, locked=True)


def _unlock(args: Namespace, session: Session) -> Result:
    return _set(args, session, locked=False)


def _set(args: Namespace, session: Session, *, locked: bool) -> Result:
    found = session.wiring.blocks.lock(args.ws_id, args.event_id, locked=locked)
    said = blocks.blocks_text([found], session.wiring.people.members(args.ws_id))
    return Result({"ws_id": args.ws_id, **blocks.block_document(found)}, said)
