"""Options of what somebody wishes of a habit."""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from almanac.cli import arguments
from almanac.cli.items.wishes import category_of
from almanac.cli.people import weekdays
from almanac.domain.items.habits import COLORS, TIME_PREFERENCES, HabitChange
from almanac.domain.items.recurrences import LAST_WEEK, Frequency, MonthWeekday, RecurrenceChange
from almanac.domain.wall_clock import wall_minute
from almanac.errors import BadInput

_EVERY: dict[str, Frequency] = {"day": "daily", "week": "weekly", "month": "monthly", "year": "yearly"}
_NTH = re.compile(r"(last|[1-5])(?:st|nd|rd|th)?-([a-z]+)", re.IGNORECASE)
_WALL = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def add_habit_wishes(parser: ArgumentParser) -> None:
    """Add what both commands take, and no other item has."""
    count = arguments.count
    parser.add_argument("--min-minutes", type=count, metavar="N", help="its length where there is no room for more")
    parser.add_argument("--max-minutes", type=count, metavar="N", help="how long its owner may make a block of it")
    parser.add_argument("--times", type=count, metavar="N", help="how often a day (default: once)")
    parser.add_argument("--user", dest="user_id", type=arguments.label, metavar="USER", help="the member it is for")
    _add_time_of_day(parser)
    _add_dates(parser)
    for order, about in (("after", "it belongs after"), ("before", "it belongs before")):
        help_text = f"the habit that {about}, on days that have both"
        parser.add_argument(f"--{order}", type=arguments.uuid, metavar="HABIT", help=help_text)
    about = "what it means that somebody deletes a block of it: that date is left out (default), or it goes elsewhere"
    parser.add_argument("--when-deleted", dest="when_block_deleted", choices=("skip", "replan"), help=about)
    parser.add_argument(
        "--color", choices=COLORS, type=str.upper, metavar="COLOR", help="of its blocks (default: BLUE)"
    )


def _add_time_of_day(parser: ArgumentParser) -> None:
    at = parser.add_mutually_exclusive_group()
    at.add_argument("--at", dest="ideal_time", type=_wall, metavar="HH:MM", help="wall time to begin at, if possible")
    about = "part of the day, if possible (default: any open hour)"
    at.add_argument("--when", dest="time_preference", choices=TIME_PREFERENCES, help=about)


def _add_dates(parser: ArgumentParser) -> None:
    parser.add_argument("--every", choices=_EVERY, help="how often (default: day, or what the next three say)")
    about = "days of a weekly habit: mon,wed or mon-fri (default: the weekday of its first date)"
    parser.add_argument("--weekdays", type=weekdays.days, metavar="DAYS", help=about)
    about = "day of a monthly habit, 1 to 31; 31 in a shorter month is its last day"
    parser.add_argument("--month-day", type=arguments.count, metavar="N", help=about)
    about = "weekday of a monthly habit: 1-mon, 2-tue, last-fri"
    parser.add_argument("--month-weekday", type=_nth_weekday, metavar="NTH-DAY", help=about)
    about = "every Nth day, week, month or year (default: each)"
    parser.add_argument("--interval", type=arguments.count, metavar="N", help=about)
    about = "first possible date, from which intervals count (default: today)"
    parser.add_argument("--from", dest="start_date", type=arguments.local_date, metavar="DATE", help=about)
    parser.add_argument(
        "--until", dest="end_date", type=arguments.local_date, metavar="DATE", help="last possible date"
    )


def add_takers_away(parser: ArgumentParser) -> None:
    """Add the options that take something away from a habit."""
    for option, name, about in (
        ("--no-min-minutes", "min_minutes", "never shorter than --minutes"),
        ("--no-max-minutes", "max_minutes", "never longer than --minutes"),
        ("--no-user", "user_id", "it is for the default member"),
        ("--no-at", "ideal_time", "at no wall time"),
        ("--no-when", "time_preference", "in any open hour"),
        ("--no-until", "end_date", "it has no last date"),
        ("--no-after", "after", "it belongs after no other habit"),
        ("--no-before", "before", "it belongs before no other habit"),
    ):
        parser.add_argument(option, dest="without", action="append_const", const=name, default=[], help=about)


def wishes_of(args: Namespace) -> HabitChange:
    """Return what is given of a habit. Raises BadInput for what is given and taken away."""
    for name in getattr(args, "without", ()):
        if getattr(args, name) is not None:
            raise BadInput(name, "goes not with the option that takes it away")
    recurrence = RecurrenceChange(
        frequency=None if args.every is None else _EVERY[args.every],
        interval=args.interval,
        weekdays=args.weekdays,
        month_day=args.month_day,
        month_weekday=args.month_weekday,
        start_date=args.start_date,
        end_date=args.end_date,
    )
    return HabitChange(
        name=args.name,
        user_id=args.user_id,
        minutes=args.minutes,
        min_minutes=args.min_minutes,
        max_minutes=args.max_minutes,
        priority=args.priority,
        hours=category_of(args),
        color=args.color,
        ideal_time=args.ideal_time,
        time_preference=args.time_preference,
        recurrence=recurrence,
        times=args.times,
        after=args.after,
        before=args.before,
        when_block_deleted=args.when_block_deleted,
    )


def _wall(text: str) -> int:
    if _WALL.fullmatch(text) is None:
        raise ArgumentTypeError("is no time of day, such as 07:30")
    return wall_minute(text)


def _nth_weekday(text: str) -> MonthWeekday:
    found = _NTH.fullmatch(text)
    if found is None:
        raise ArgumentTypeError("is no weekday of a month, such as 2-tue or last-fri")
    week = LAST_WEEK if found[1].lower() == "last" else int(found[1])
    (weekday,) = weekdays.days(found[2])
    return MonthWeekday(week, weekday)
