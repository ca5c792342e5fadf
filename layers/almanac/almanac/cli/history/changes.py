"""`history` and `redact`: what changed in a workspace, its calendar as it was, and what of it has to be forgotten."""

from argparse import Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.errors import BadInput
from almanac.presentation.history import changes, diff

_EXAMPLES = """\
  almanac history WS
  almanac history WS --from 412
  almanac history WS --at 2026-11-16T18:00:00+01:00
  almanac history WS --version 400
  almanac history WS --diff 400 412
  almanac history WS --diff 2026-11-16T18:00:00+01:00 now
  almanac history WS --run RUN
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    about = "list what changed in a workspace, or show its calendar as it was"
    parser = add_command(commands, "history", _history, about, _EXAMPLES)
    arguments.add_workspace(parser)
    parser.add_argument("--from", dest="after", type=arguments.version, metavar="V", help="changes after version V")
    parser.add_argument("--limit", type=arguments.count, metavar="N", help="at most so many changes (default: 20)")
    parser.add_argument("--at", type=arguments.instant, metavar="TIME", help="the calendar as it was at an instant")
    parser.add_argument("--version", type=arguments.version, metavar="V", help="the calendar as it was at version V")
    about = "what differs between two versions or instants, and who did it; TO may be `now`"
    parser.add_argument("--diff", nargs=2, type=arguments.moment, metavar=("FROM", "TO"), help=about)
    about = "what a run changed; of a plan, what made it move a block"
    parser.add_argument("--run", type=arguments.uuid, metavar="RUN", help=about)
    about = "take texts and people of one event out of the history"
    parser = add_command(commands, "redact", _redact, about, "  almanac redact WS --event EVENT")
    arguments.add_workspace(parser)
    parser.add_argument("--event", required=True, type=arguments.uuid, metavar="EVENT", help="id of the event")


def _history(args: Namespace, session: Session) -> Result:
    listing = args.after is not None or args.limit is not None
    if sum(each is not None for each in (args.at, args.version, args.diff, args.run)) + listing > 1:
        ways = "--from and --limit list changes, --at and --version show a calendar, --diff and --run compare"
        raise BadInput("--at", f"{ways}: give one of them")
    options = {"after": "--from", "version": "--version", "at": "--at", "run_id": "--run"}
    with arguments.named({**options, "from_version": "--diff", "to_version": "--diff"}):
        if args.diff is not None or args.run is not None:
            return _comparison(args, session)
        if args.at is not None or args.version is not None:
            return _calendar(args, session)
        limit = args.limit or 20
        if args.after is None:
            page = session.wiring.history.latest(args.ws_id, limit)
        else:
            page = session.wiring.history.changes(args.ws_id, args.after, limit)
    shown = session.wiring.browse_history.sides(args.ws_id, page.items)
    return Result(changes.page_document(args.ws_id, page), changes.page_text(page, shown))


def _calendar(args: Namespace, session: Session) -> Result:
    if args.at is not None:
        found = session.wiring.history.calendar_at(args.ws_id, args.at)
    else:
        found = session.wiring.history.calendar(args.ws_id, args.version)
    document = changes.calendar_document(args.ws_id, found.version, found.events)
    return Result(document, changes.calendar_text(found.version, found.events))


def _comparison(args: Namespace, session: Session) -> Result:
    compare = session.wiring.compare
    if args.run is not None:
        found = compare.run(args.run)
        if found.ws_id != args.ws_id:
            raise BadInput("--run", "is a run of another workspace")
    else:
        begin, end = args.diff
        if begin is None:
            raise BadInput("--diff", "begins at a version or an instant, not now")
        found = compare.moments(args.ws_id, begin, end)
    return Result(diff.document(found), diff.text(found))


def _redact(args: Namespace, session: Session) -> Result:
    count = session.wiring.history.redact(args.ws_id, args.event)
    failure = None if count is not None else f"neither the workspace nor its history has an event {args.event}"
    document = {"ws_id": args.ws_id, "event_id": args.event, "redacted": count or 0}
    return Result(document, f"{count or 0} change(s) redacted", failure)
