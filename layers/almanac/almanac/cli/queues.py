"""`queues`, `redrive`, `discard`: how deep the queues are, which messages are dead and why, what becomes of them."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.errors import BadInput, BadSettings
from almanac.presentation.tables import duration, instant, one_line, table
from almanac.services.queues.dead_letters import Explained

_KINDS = {"sync": "calendar.sync", "schedule": "calendar.schedule"}
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
    parser.add_argument("--dead", nargs="?", choices=(_ALL, *_KINDS), const=_ALL, help=about)
    parser.add_argument("--limit", type=arguments.count, metavar="N", help=f"dead letters a queue (default: {_SHOWN})")
    parser.add_argument("--bodies", action="store_true", help="dead letters' bodies too; poison may hold anything")
    example = "  almanac redrive sync --limit 10"
    parser = add_command(commands, "redrive", _redrive, "send dead letters back into their queue", example)
    parser.add_argument("queue", choices=tuple(_KINDS), help="whose dead letters")
    parser.add_argument(
        "--limit", type=arguments.count, metavar="N", default=1000, help="at most so many (default: 1000)"
    )

    parser = add_command(commands, "discard", _discard, "delete one dead letter, for one that cannot be helped")
    parser.add_argument("queue", choices=tuple(_KINDS), help="whose dead letter")
    parser.add_argument("message_id", metavar="MESSAGE", type=arguments.label, help="its id in `almanac queues --dead`")


def _queues(args: Namespace, session: Session) -> Result:
    if args.dead is not None:
        return _dead(args, session)
    for option in ("limit", "bodies"):
        if getattr(args, option):
            raise BadInput(f"--{option}", "needs --dead")
    depths = {name: session.wiring.queue_inspection.depth(_KINDS[name]) for name in _configured(session)}
    head = ("QUEUE", "WAITING", "IN FLIGHT", "OLDEST", "DEAD LETTERS")
    rows = ((name, d.waiting, d.in_flight, duration(d.oldest_age_seconds), d.dead) for name, d in depths.items())
    return Result({"queues": [{"queue": name, **asdict(depth)} for name, depth in depths.items()]}, table(head, rows))


def _dead(args: Namespace, session: Session) -> Result:
    chosen = _configured(session) if args.dead == _ALL else [args.dead]
    counts = {name: session.wiring.dead_letters.count(_KINDS[name]) for name in chosen}
    letters = [
        _record(name, explained, bodies=args.bodies)
        for name in chosen
        for explained in session.wiring.explain_dead_letters(_KINDS[name], args.limit or _SHOWN)
    ]
    return Result({"dead": counts, "letters": letters}, _listed(letters, sum(counts.values())))


def _record(queue: str, explained: Explained, *, bodies: bool) -> dict[str, Any]:
    letter, job = explained.letter, explained.job
    return {
        "queue": queue,
        "message_id": letter.message_id,
        "ws_id": letter.group if job is None else job.ws_id,
        "source": None if job is None else job.source,
        "request_id": None if job is None else job.request_id,
        "received": letter.received,
        "since": letter.since,
        "error_type": explained.error_type,
        "error": explained.error,
        "run_id": explained.run_id,
        **({"body": letter.body} if bodies else {}),
    }


def _listed(letters: Sequence[Mapping[str, Any]], counted: int) -> str:
    if not letters:
        return "no dead letter"
    head = ("QUEUE", "MESSAGE", "WORKSPACE", "SOURCE", "RECEIVED", "SINCE", "RUN", "CAUSE")
    names = ("queue", "message_id", "ws_id", "source", "received")
    rows = ((*(x[name] for name in names), instant(x["since"]), x["run_id"], _cause(x)) for x in letters)
    lines = [table(head, rows)]
    lines += [one_line(f"{letter['message_id']}: {letter['body']}") for letter in letters if "body" in letter]
    if counted > len(letters):
        lines.append(
            f"{len(letters)} of about {counted}: --limit shows more, of each workspace its first ones at least"
        )
    return "\n".join(lines)


def _cause(letter: Mapping[str, Any]) -> str:
    return ": ".join(filter(None, (letter["error_type"], letter["error"])))


def _redrive(args: Namespace, session: Session) -> Result:
    moved = session.wiring.dead_letters.redrive(_KINDS[args.queue], args.limit)
    return Result({"queue": args.queue, "redriven": moved}, f"{moved} message(s) sent back to the {args.queue} queue")


def _discard(args: Namespace, session: Session) -> Result:
    if not session.wiring.dead_letters.discard(_KINDS[args.queue], args.message_id):
        raise BadInput("MESSAGE", f"no dead letter of that id can be seen in the {args.queue} queue's")
    return Result({"queue": args.queue, "discarded": args.message_id}, f"deleted {args.message_id}")


def _configured(session: Session) -> list[str]:
    configured = [name for name, kind in _KINDS.items() if kind in session.wiring.queue_urls]
    if not configured:
        raise BadSettings("ALMANAC_SYNC_QUEUE_URL", "missing; set it, or ALMANAC_SCHEDULE_QUEUE_URL, to a queue's URL")
    return configured
