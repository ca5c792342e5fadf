"""`habit add`, `change`, `list`, `pause`, `resume`, `skip`, `unskip` and `remove`."""

from argparse import Namespace
from dataclasses import replace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.items.habit_wishes import add_habit_wishes, add_takers_away, wishes_of
from almanac.cli.items.wishes import add_item, add_wishes
from almanac.cli.session import Result, Session
from almanac.domain.items.habits import HabitChange, ListedHabit
from almanac.errors import BadInput
from almanac.presentation.items import habits

_EXAMPLES = """\
  almanac habit add WS --name Run --minutes 45 --min-minutes 30 --at 07:30 --weekdays mon,wed,fri
  almanac habit add WS --name Lunch --user ada --hours work --minutes 45 --at 12:30 --weekdays mon-fri --priority high
  almanac habit add WS --name 'Clean up' --when afternoon --every month --month-weekday last-fri
"""
_CHANGES = """\
  almanac habit change WS HABIT --minutes 60 --no-min-minutes
  almanac habit change WS HABIT --every week --interval 2 --weekdays sat --until 2026-12-31
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "habit", "manage what is wanted again and again")
    parser = add_command(group, "add", _add, "add a habit; the next plan finds its times", _EXAMPLES)
    arguments.add_workspace(parser)
    parser.add_argument("--name", required=True, type=arguments.label, help="what it is called")
    add_wishes(parser, minutes=30, priority="normal", hours="personal")
    add_habit_wishes(parser)
    about = "change what is given of a habit; the next plan finds its times anew"
    parser = add_command(group, "change", _change, about, _CHANGES)
    add_item(parser, "habit")
    parser.add_argument("--name", type=arguments.label, help="what it is called")
    add_wishes(parser)
    add_habit_wishes(parser)
    add_takers_away(parser)
    parser = add_command(group, "list", _list, "list the habits: when, whose, the next block or why there is none")
    arguments.add_workspace(parser)
    for name, answer, about in (
        ("pause", _pause, "have no more of a habit; the next plan takes its blocks to come away"),
        ("resume", _resume, "have a habit again that was paused"),
        ("remove", _remove, "delete a habit; the next plan takes its blocks to come away"),
    ):
        add_item(add_command(group, name, answer, about, f"  almanac habit {name} WS HABIT"), "habit")
    for name, skipping, about in (
        ("skip", _skip, "leave out one date of a habit"),
        ("unskip", _unskip, "have a date after all that was left out"),
    ):
        parser = add_command(group, name, skipping, about, f"  almanac habit {name} WS HABIT 2026-12-24")
        add_item(parser, "habit")
        parser.add_argument(
            "day", metavar="DATE", type=arguments.local_date, help="a local date of it, such as 2026-12-24"
        )


def _add(args: Namespace, session: Session) -> Result:
    habit_id = session.wiring.habits.add(args.ws_id, wishes_of(args))
    text = f"habit {habit_id}\n`almanac schedule {args.ws_id} --preview` shows when it would be"
    return Result({"ws_id": args.ws_id, "habit_id": habit_id}, text)


def _change(args: Namespace, session: Session) -> Result:
    change = replace(wishes_of(args), without=frozenset(args.without))
    if change == HabitChange():
        raise BadInput("--name", "missing; give it, or whatever else is to change")
    return _changed(args, session, change, "the next plan leaves its blocks there or moves them")


def _pause(args: Namespace, session: Session) -> Result:
    return _changed(args, session, HabitChange(active=False), "the next plan takes its blocks to come away")


def _resume(args: Namespace, session: Session) -> Result:
    return _changed(args, session, HabitChange(active=True), "the next plan finds its times")


def _changed(args: Namespace, session: Session, change: HabitChange, outlook: str) -> Result:
    found = session.wiring.habits.change(args.ws_id, args.habit_id, change)
    return Result({"ws_id": args.ws_id, **habits.habit_document(found)}, f"{_text(args, session, found)}\n{outlook}")


def _list(args: Namespace, session: Session) -> Result:
    found = session.wiring.habits.all(args.ws_id)
    return Result(habits.habits_document(args.ws_id, found), _text(args, session, *found))


def _text(args: Namespace, session: Session, *found: ListedHabit) -> str:
    return habits.habits_text(found, session.wiring.people.members(args.ws_id))


def _skip(args: Namespace, session: Session) -> Result:
    found = session.wiring.habits.skip(args.ws_id, args.habit_id, args.day)
    return Result({"ws_id": args.ws_id, **habits.habit_document(found)}, _text(args, session, found))


def _unskip(args: Namespace, session: Session) -> Result:
    found = session.wiring.habits.unskip(args.ws_id, args.habit_id, args.day)
    return Result({"ws_id": args.ws_id, **habits.habit_document(found)}, _text(args, session, found))


def _remove(args: Namespace, session: Session) -> Result:
    session.wiring.habits.remove(args.ws_id, args.habit_id)
    said = f"habit {args.habit_id} is removed; the next plan takes its blocks to come away"
    return Result({"ws_id": args.ws_id, "habit_id": args.habit_id}, said)
