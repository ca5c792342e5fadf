"""`meeting add`, `meeting change`, `meeting list` and `meeting remove`."""

from argparse import ArgumentParser, Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.items.wishes import add_bounds, add_item, add_wishes, category_of, require_minutes, taken_away
from almanac.cli.session import Result, Session
from almanac.domain.items.meetings import MeetingChange, NewMeeting
from almanac.domain.items.wishes import BOUNDS
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
    add_wishes(parser, minutes=30, priority="normal", hours="meeting")
    add_bounds(parser, changing=False)
    about = "change what is given of a meeting; the next plan finds its time anew"
    parser = add_command(group, "change", _change, about, _CHANGES)
    add_item(parser, "meeting")
    parser.add_argument("--title", type=arguments.label, help="what it is called")
    parser.add_argument("--no-optional", dest="optional", action="store_const", const=[], help="nobody is asked along")
    _add_people(parser, required=False, more=", instead of those until now", again=", instead of those until now")
    add_wishes(parser)
    add_bounds(parser, changing=True)
    parser = add_command(group, "list", _list, "list the open meetings, those without a time first")
    arguments.add_workspace(parser)
    about = "call a meeting off; the next plan takes its block away"
    add_item(add_command(group, "remove", _remove, about, "  almanac meeting remove WS MEETING"), "meeting")


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


def _add(args: Namespace, session: Session) -> Result:
    require_minutes(args)
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
    require_minutes(args)
    change = MeetingChange(
        title=args.title,
        required=None if args.required is None else tuple(args.required),
        optional=None if args.optional is None else tuple(args.optional),
        minutes=args.minutes,
        priority=args.priority,
        hours=category_of(args),
        earliest=args.earliest,
        deadline=args.deadline,
        hard_deadline=args.hard,
        without=taken_away(args, BOUNDS),
    )
    if change == MeetingChange():
        raise BadInput("--title", "missing; give it, or whatever else is to change")
    found = session.wiring.meetings.change(args.ws_id, args.meeting_id, change)
    said = people.changed_meeting_text(found, session.wiring.people.members(args.ws_id))
    return Result({"ws_id": args.ws_id, **people.meeting_document(found)}, said)


def _list(args: Namespace, session: Session) -> Result:
    found = session.wiring.meetings.all(args.ws_id)
    members = session.wiring.people.members(args.ws_id)
    return Result(people.meetings_document(found), people.meetings_text(found, members))


def _remove(args: Namespace, session: Session) -> Result:
    session.wiring.meetings.remove(args.ws_id, args.meeting_id)
    said = f"meeting {args.meeting_id} is removed; the next plan takes its block away"
    return Result({"ws_id": args.ws_id, "meeting_id": args.meeting_id}, said)
