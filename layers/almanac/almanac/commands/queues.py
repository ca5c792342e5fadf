"""`queues` and `redrive`: how deep the queues are, and dead letters sent home."""

from argparse import Namespace
from dataclasses import asdict

from almanac.commands import arguments
from almanac.commands.arguments import Commands, add_command
from almanac.commands.output import duration, table
from almanac.commands.session import Result, Session
from almanac.errors import BadSettings

_KINDS = {"sync": "calendar.sync", "schedule": "calendar.schedule"}


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    add_command(commands, "queues", _queues, "show depth, age and dead letters of the queues")
    example = "  almanac redrive sync --limit 10"
    parser = add_command(commands, "redrive", _redrive, "send dead letters back into their queue", example)
    parser.add_argument("queue", choices=tuple(_KINDS), help="whose dead letters")
    parser.add_argument(
        "--limit", type=arguments.count, metavar="N", default=1000, help="at most so many (default: 1000)"
    )


def _queues(_args: Namespace, session: Session) -> Result:
    wiring = session.wiring
    configured = [name for name, kind in _KINDS.items() if kind in wiring.queue_urls]
    if not configured:
        raise BadSettings("ALMANAC_SYNC_QUEUE_URL", "missing; set it, or ALMANAC_SCHEDULE_QUEUE_URL, to a queue's URL")
    depths = {name: wiring.queue_inspection.depth(_KINDS[name]) for name in configured}
    head = ("QUEUE", "WAITING", "IN FLIGHT", "OLDEST", "DEAD LETTERS")
    rows = ((name, d.waiting, d.in_flight, duration(d.oldest_age_seconds), d.dead) for name, d in depths.items())
    return Result({"queues": [{"queue": name, **asdict(depth)} for name, depth in depths.items()]}, table(head, rows))


def _redrive(args: Namespace, session: Session) -> Result:
    moved = session.wiring.queue_inspection.redrive(_KINDS[args.queue], args.limit)
    return Result({"queue": args.queue, "redriven": moved}, f"{moved} message(s) sent back to the {args.queue} queue")
