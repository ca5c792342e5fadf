"""`task add`, `task change`, `task list`, `task done`, `task reopen` and `task remove`."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import Any
from uuid import UUID

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.items.wishes import add_bounds, add_item, add_wishes, category_of, require_minutes, taken_away
from almanac.cli.session import Result, Session
from almanac.domain.items.tasks import TASK_BOUNDS, USUAL_HOURS, NewTask, Share, TaskChange
from almanac.domain.items.wishes import LONGEST
from almanac.errors import BadInput
from almanac.presentation.items import tasks

_EXAMPLES = """\
  almanac task add WS --title 'Quarterly report' --minutes 240 --split --deadline 2026-03-06T17:00:00+01:00
  almanac task add WS --title 'Review' --minutes 60 --user ada --user ben=30 --hours work --after TASK
"""
_CHANGES = """\
  almanac task change WS TASK --earliest 2026-03-09T09:00:00+01:00
  almanac task change WS TASK --user ada --no-deadline --whole
"""
Options = Any
"""A command, or options of which it takes one: argparse keeps that class private."""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "task", "manage tasks, which plans place into free time")
    parser = add_command(group, "add", _add, "add a task; the next plan places it", _EXAMPLES)
    arguments.add_workspace(parser)
    parser.add_argument("--title", required=True, type=arguments.label, help="what it is called")
    add_wishes(parser, required=True, priority="normal", hours=USUAL_HOURS)
    add_bounds(parser, changing=False)
    _add_pieces(parser, parser)
    _add_people_and_order(parser, parser, "again for more")
    about = "change what is given of a task, or snooze it by --earliest; the next plan takes it up"
    parser = add_command(group, "change", _change, about, _CHANGES)
    add_item(parser, "task")
    parser.add_argument("--title", type=arguments.label, help="what it is called")
    add_wishes(parser)
    add_bounds(parser, changing=True)
    about = "work on it that was done outside its blocks, from 0"
    parser.add_argument("--done-minutes", type=_done_minutes, metavar="N", help=about)
    whole, whose = parser.add_mutually_exclusive_group(), parser.add_mutually_exclusive_group()
    _add_pieces(parser, whole)
    whole.add_argument("--whole", dest="split", action="store_false", help="in one piece")
    for option, name in (("--no-min-piece", "min_piece"), ("--no-max-piece", "max_piece")):
        about = "its pieces are bounded so no more"
        parser.add_argument(option, dest="without", action="append_const", const=name, help=about)
    whose.add_argument("--nobody", dest="assignees", action="store_const", const=[], help="it is the default member's")
    _add_people_and_order(parser, whose, "instead of those until now")
    parser.add_argument("--no-after", action="store_true", help="it waits for nothing any more")
    parser = add_command(group, "list", _list, "list the open tasks, those in trouble and without a block first")
    arguments.add_workspace(parser)
    parser.add_argument("--user", dest="user_id", type=arguments.label, metavar="USER", help="those of one member")
    parser.add_argument("--done", action="store_true", help="those that were ticked off instead, the last 200")
    about = "tick a task off; the next plan takes its blocks to come away"
    add_item(add_command(group, "done", _done, about, "  almanac task done WS TASK"), "task")
    about = "open a task again that was ticked off; the next plan places what is left"
    add_item(add_command(group, "reopen", _reopen, about, "  almanac task reopen WS TASK"), "task")
    about = "delete a task; the next plan takes its blocks to come away"
    add_item(add_command(group, "remove", _remove, about, "  almanac task remove WS TASK"), "task")


def _add_pieces(parser: ArgumentParser, whole: Options) -> None:
    whole.add_argument("--split", action="store_true", default=None, help="it may be split into pieces")
    for option, about in (("--min-piece", "shortest piece (none: 30)"), ("--max-piece", "longest piece (none: any)")):
        parser.add_argument(option, type=_minutes, metavar="N", help=about)


def _add_people_and_order(parser: ArgumentParser, whose: Options, more: str) -> None:
    about = f"who works on it, for minutes of their own; {more}"
    whose.add_argument("--user", dest="assignees", action="append", type=_share, metavar="USER[=N]", help=about)
    for option, dest, name, about in (
        ("--after", "after", "TASK", "the task that it waits for"),
        ("--after-meeting", "after_meetings", "MEETING", "the meeting that it waits for"),
    ):
        said = f"{about}; {more}"
        parser.add_argument(option, dest=dest, action="append", type=arguments.uuid, metavar=name, help=said)


def _minutes(text: str) -> int:
    found = arguments.count(text)
    if found > LONGEST:
        raise ArgumentTypeError(f"must be 1 to {LONGEST}")
    return found


def _done_minutes(text: str) -> int:
    return 0 if text == "0" else _minutes(text)


def _share(text: str) -> Share:
    user, _, minutes = text.rpartition("=")
    if user and minutes.isdecimal():
        return Share(arguments.label(user), _minutes(minutes))
    return Share(arguments.label(text), None)


def _add(args: Namespace, session: Session) -> Result:
    require_minutes(args)
    task = NewTask(
        title=args.title,
        minutes=args.minutes,
        done_minutes=0,
        assignees=tuple(args.assignees or ()),
        priority=args.priority,
        hours=args.hours.lower(),
        split=bool(args.split),
        min_piece=args.min_piece,
        max_piece=args.max_piece,
        earliest=args.earliest,
        deadline=args.deadline,
        hard_deadline=args.hard,
        after=tuple(args.after or ()),
        after_meetings=tuple(args.after_meetings or ()),
    )
    task_id = session.wiring.tasks.add(args.ws_id, task)
    text = f"task {task_id}\n`almanac schedule {args.ws_id} --preview` shows where it would be"
    return Result({"ws_id": args.ws_id, "task_id": task_id}, text)


def _change(args: Namespace, session: Session) -> Result:
    require_minutes(args)
    if args.no_after and (args.after or args.after_meetings):
        raise BadInput("--no-after", "goes not with --after and --after-meeting")
    change = TaskChange(
        title=args.title,
        minutes=args.minutes,
        done_minutes=args.done_minutes,
        assignees=None if args.assignees is None else tuple(args.assignees),
        priority=args.priority,
        hours=category_of(args),
        split=args.split,
        min_piece=args.min_piece,
        max_piece=args.max_piece,
        earliest=args.earliest,
        deadline=args.deadline,
        hard_deadline=args.hard,
        after=_order(args.after, args),
        after_meetings=_order(args.after_meetings, args),
        without=taken_away(args, TASK_BOUNDS),
    )
    if change == TaskChange():
        raise BadInput("--title", "missing; give it, or whatever else is to change")
    return _changed(args, session, change)


def _order(named: list[UUID] | None, args: Namespace) -> tuple[UUID, ...] | None:
    """Return what it is to wait for: all that is given, of both kinds, instead of what there was."""
    given = args.no_after or args.after is not None or args.after_meetings is not None
    return tuple(named or ()) if given else None


def _list(args: Namespace, session: Session) -> Result:
    found = session.wiring.tasks.all(args.ws_id, args.user_id, done=args.done)
    return Result(tasks.tasks_document(found), tasks.tasks_text(found, done=args.done))


def _done(args: Namespace, session: Session) -> Result:
    return _changed(args, session, TaskChange(done=True))


def _reopen(args: Namespace, session: Session) -> Result:
    return _changed(args, session, TaskChange(done=False))


def _changed(args: Namespace, session: Session, change: TaskChange) -> Result:
    found = session.wiring.tasks.change(args.ws_id, args.task_id, change)
    return Result({"ws_id": args.ws_id, **tasks.task_document(found)}, tasks.changed_task_text(found))


def _remove(args: Namespace, session: Session) -> Result:
    session.wiring.tasks.remove(args.ws_id, args.task_id)
    said = f"task {args.task_id} is removed; the next plan takes its blocks to come away"
    return Result({"ws_id": args.ws_id, "task_id": args.task_id}, said)
