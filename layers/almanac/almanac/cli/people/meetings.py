"""`meeting add`, `meeting list` and `meeting remove`."""

from argparse import ArgumentTypeError, Namespace
from datetime import datetime

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.domain.operations.people import LONGEST_MEETING, NewMeeting
from almanac.errors import BadInput
from almanac.presentation import people

_EXAMPLES = """\
  almanac meeting add WS --title 'Kick-off' --with ada --with ben --minutes 45
  almanac meeting add WS --title 'Review' --with ada --with ben --optional cy --deadline 2026-03-06T17:00:00+01:00
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "meeting", "manage meetings that look for their time")
    parser = add_command(group, "add", _add, "add a meeting; the next plan finds its time", _EXAMPLES)
    arguments.add_workspace(parser)
    parser.add_argument("--title", required=True, type=arguments.label, help="what it is called")
    for option, dest, about in (
        ("--with", "required", "who must come; twice or more"),
        ("--optional", "optional", "who is asked along; again for more"),
    ):
        parser.add_argument(
            option,
            dest=dest,
            required=dest == "required",
            action="append",
            type=arguments.label,
            default=[],
            metavar="USER",
            help=about,
        )
    parser.add_argument("--minutes", type=arguments.count, default=30, metavar="N", help="its length (default: 30)")
    priorities = ("critical", "high", "normal", "low")
    parser.add_argument("--priority", choices=priorities, default="normal", help="(default: normal)")
    parser.add_argument("--hours", type=arguments.label, default="meeting", help="category (default: meeting)")
    parser.add_argument("--earliest", type=_instant, metavar="TIME", help="not before; ISO 8601 with an offset")
    parser.add_argument("--deadline", type=_instant, metavar="TIME", help="to end by; ISO 8601 with an offset")
    parser.add_argument("--hard", action="store_true", help="rather not at all than after the deadline")
    parser = add_command(group, "list", _list, "list the open meetings, those without a time first")
    arguments.add_workspace(parser)
    about = "call a meeting off; the next plan takes its block away"
    parser = add_command(group, "remove", _remove, about, "  almanac meeting remove WS MEETING")
    arguments.add_workspace(parser)
    about = "its id in `almanac meeting list`"
    parser.add_argument("meeting_id", metavar="MEETING", type=arguments.uuid, help=about)


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("is no ISO 8601 time, such as 2026-03-06T17:00:00+01:00") from None
    if moment.tzinfo is None:
        raise ArgumentTypeError("has no UTC offset, such as +01:00")
    return moment


def _add(args: Namespace, session: Session) -> Result:
    if args.minutes > LONGEST_MEETING:
        raise BadInput("--minutes", f"must be 1 to {LONGEST_MEETING}")
    meeting = NewMeeting(
        title=args.title,
        required=tuple(args.required),
        optional=tuple(args.optional),
        minutes=args.minutes,
        priority=args.priority,
        hours=args.hours.lower(),
        earliest=args.earliest,
        deadline=args.deadline,
        hard_deadline=args.hard,
    )
    meeting_id = session.wiring.meetings.add(args.ws_id, meeting)
    text = f"meeting {meeting_id}\n`almanac schedule {args.ws_id} --preview` shows when it would be"
    return Result({"ws_id": args.ws_id, "meeting_id": meeting_id}, text)


def _list(args: Namespace, session: Session) -> Result:
    found = session.wiring.meetings.all(args.ws_id)
    return Result(people.meetings_document(found), people.meetings_text(found))


def _remove(args: Namespace, session: Session) -> Result:
    session.wiring.meetings.remove(args.ws_id, args.meeting_id)
    said = f"meeting {args.meeting_id} is removed; the next plan takes its block away"
    return Result({"ws_id": args.ws_id, "meeting_id": args.meeting_id}, said)
