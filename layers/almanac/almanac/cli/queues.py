"""`queues`, `redrive`, `discard`: how deep the queues are, which messages are dead and why, what becomes of them."""

from argparse import Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.domain.operations.job_names import JOB_NAMES
from almanac.errors import BadInput
from almanac.presentation import dead_letters, queues

_ALL = "all"
_SHOWN = 20
_EXAMPLES = """\
  almanac queues
  almanac queues --dead
  almanac queues --dead sync --limit 100 --bodies
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    parser = add_command(commands, "queues", _queues, "show depth, age and dead letters of the queues", _EXAMPLES)
    about = "list dead letters with their causes, and leave them where they are"
    parser.add_argument("--dead", nargs="?", choices=(_ALL, *JOB_NAMES), const=_ALL, help=about)
    parser.add_argument("--limit", type=arguments.count, metavar="N", help=f"dead letters a queue (default: {_SHOWN})")
    parser.add_argument("--bodies", action="store_true", help="dead letters' bodies too; poison may hold anything")
    example = "  almanac redrive sync --limit 10"
    parser = add_command(commands, "redrive", _redrive, "send dead letters back into their queue", example)
    parser.add_argument("queue", choices=JOB_NAMES, help="whose dead letters")
    parser.add_argument(
        "--limit", type=arguments.count, metavar="N", default=1000, help="at most so many (default: 1000)"
    )

    parser = add_command(commands, "discard", _discard, "delete one dead letter, for one that cannot be helped")
    parser.add_argument("queue", choices=JOB_NAMES, help="whose dead letter")
    parser.add_argument("message_id", metavar="MESSAGE", type=arguments.label, help="its id in `almanac queues --dead`")


def _queues(args: Namespace, session: Session) -> Result:
    if args.dead is not None:
        return _dead(args, session)
    for option in ("limit", "bodies"):
        if getattr(args, option):
            raise BadInput(f"--{option}", "needs --dead")
    depths = session.wiring.queue_depths()
    return Result(queues.document(depths), queues.text(depths))


def _dead(args: Namespace, session: Session) -> Result:
    found = session.wiring.dead_letters.listed(None if args.dead == _ALL else args.dead, args.limit or _SHOWN)
    return Result(dead_letters.document(found, bodies=args.bodies), dead_letters.text(found, bodies=args.bodies))


def _redrive(args: Namespace, session: Session) -> Result:
    moved = session.wiring.dead_letters.redrive(args.queue, args.limit)
    return Result({"queue": args.queue, "redriven": moved}, f"{moved} message(s) sent back to the {args.queue} queue")


def _discard(args: Namespace, session: Session) -> Result:
    session.wiring.dead_letters.discard(args.queue, args.message_id)
    return Result({"queue": args.queue, "discarded": args.message_id}, f"deleted {args.message_id}")
