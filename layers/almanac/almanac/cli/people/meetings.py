"""`meeting add`, `meeting change`, `meeting list` and `meeting remove`."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import datetime

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.domain.operations.people import LONGEST_MEETING, PRIORITIES, MeetingChange, NewMeeting
from almanac.errors import BadInput
from almanac.presentation import people

_EXAMPLES = """\
  almanac meeting add WS --title 'Kick-off' --with ada --with ben --minutes 45
  almanac meeting add WS --title 'Review' --with ada --with ben --optional cy --deadline 2026-03-06T17:00:00+01:00
"""
_CHANGES = """\
  almanac meeting change WS MEETING --minutes 60
  almanac meeting change WS MEETING --with ada --with cy --no-optional --no-deadline
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "meeting", "manage meetings that look for their time")
    parser = add_command(group, "add", _add, "add a meeting; the next plan finds its time", _EXAMPLES)
    arguments.add_workspace(parser)
    parser.add_argument("--title", required=True, type=arguments.label, help="what it is called")
    _add_people(parser, required=True, more="; twice or more", again="; again for more")
    _add_wishes(parser, minutes=30, priority="normal", hours="meeting", hard=False)
    about = "change what is given of a meeting; the next plan finds its time anew"
    parser = add_command(group, "change", _change, about, _CHANGES)
    _add_meeting(parser)
    parser.add_argument("--title", type=arguments.label, help="what it is called")
    parser.add_argument("--no-optional", dest="optional", action="store_const", const=[], help="nobody is asked along")
    _add_people(parser, required=False, more=", instead of those until now", again=", instead of those until now")
    _add_wishes(parser)
    parser.add_argument("--soft", dest="hard", action="store_false", help="rather late than not at all")
    for bound, about in (("earliest", "it may begin at once"), ("deadline", "it has none any more")):
        parser.add_argument(f"--no-{bound}", dest="without", action="append_const", const=bound, default=[], help=about)
    parser = add_command(group, "list", _list, "list the open meetings, those without a time first")
    arguments.add_workspace(parser)
    about = "call a meeting off; the next plan takes its block away"
    _add_meeting(add_command(group, "remove", _remove, about, "  almanac meeting remove WS MEETING"))


def _add_meeting(parser: ArgumentParser) -> None:
    arguments.add_workspace(parser)
    about = "its id in `almanac meeting list`"
    parser.add_argument("meeting_id", metavar="MEETING", type=arguments.uuid, help=about)


def _add_people(parser: ArgumentParser, *, required: bool, more: str, again: str) -> None:
    for option, dest, about in (
        ("--with", "required", f"who must come{more}"),
        ("--optional", "optional", f"who is asked along{again}"),
    ):
        parser.add_argument(
            option,
            dest=dest,
            required=required and dest == "required",
            action="append",
            type=arguments.label,
            metavar="USER",
            help=about,
        )


def _add_wishes(parser: ArgumentParser, **usual: object) -> None:
    """Add what both commands take. `usual` is what a new meeting has without them."""

    def told(name: str) -> str:
        return f" (default: {usual[name]})" if name in usual else ""

    usually = usual.get
    minutes = f"its length{told('minutes')}"
    parser.add_argument("--minutes", type=arguments.count, default=usually("minutes"), metavar="N", help=minutes)
    weight = f"how urgent it is{told('priority')}"
    parser.add_argument("--priority", choices=PRIORITIES, default=usually("priority"), help=weight)
    hours = f"category{told('hours')}"
    parser.add_argument("--hours", type=arguments.label, default=usually("hours"), help=hours)
    parser.add_argument("--earliest", type=_instant, metavar="TIME", help="not before; ISO 8601 with an offset")
    parser.add_argument("--deadline", type=_instant, metavar="TIME", help="to end by; ISO 8601 with an offset")
    about = "rather not at all than after the deadline"
    parser.add_argument("--hard", action="store_true", default=usually("hard"), help=about)


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("is no ISO 8601 time, such as 2026-03-06T17:00:00+01:00") from None
    if moment.tzinfo is None:
        raise ArgumentTypeError("has no UTC offset, such as +01:00")
    return moment


def _add(args: Namespace, session: Session) -> Result:
    _require_minutes(args)
    meeting = NewMeeting(
        title=args.title,
        required=tuple(args.required),
        optional=tuple(args.optional or ()),
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


def _change(args: Namespace, session: Session) -> Result:
    _require_minutes(args)
    for bound in args.without:
        if getattr(args, bound) is not None:
            raise BadInput(f"--no-{bound}", f"goes not with --{bound}")
    change = MeetingChange(
        title=args.title,
        required=None if args.required is None else tuple(args.required),
        optional=None if args.optional is None else tuple(args.optional),
        minutes=args.minutes,
        priority=args.priority,
        hours=None if args.hours is None else args.hours.lower(),
        earliest=args.earliest,
        deadline=args.deadline,
        hard_deadline=args.hard,
        without=frozenset(args.without),
    )
    if change == MeetingChange():
        raise BadInput("--title", "missing; give it, or whatever else is to change")
    found = session.wiring.meetings.change(args.ws_id, args.meeting_id, change)
    return Result({"ws_id": args.ws_id, **people.meeting_document(found)}, people.changed_meeting_text(found))


def _require_minutes(args: Namespace) -> None:
    if args.minutes is not None and args.minutes > LONGEST_MEETING:
        raise BadInput("--minutes", f"must be 1 to {LONGEST_MEETING}")


def _list(args: Namespace, session: Session) -> Result:
    found = session.wiring.meetings.all(args.ws_id)
    return Result(people.meetings_document(found), people.meetings_text(found))


def _remove(args: Namespace, session: Session) -> Result:
    session.wiring.meetings.remove(args.ws_id, args.meeting_id)
    said = f"meeting {args.meeting_id} is removed; the next plan takes its block away"
    return Result({"ws_id": args.ws_id, "meeting_id": args.meeting_id}, said)
