"""The parser and the types of arguments. Complaints here are one line and quote no value: it may be a secret."""

import argparse
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any, NoReturn, TypeVar
from uuid import UUID
from zoneinfo import available_timezones

from almanac.cli.session import Result, Session
from almanac.errors import BadInput
from almanac.validation import OUT_OF_REACH, YEARS

Commands = Any
"""What `add_subparsers` returns; argparse keeps its class private."""
Answer = Callable[[argparse.Namespace, Session], Result]

Day = TypeVar("Day", bound=date)
"""A date, or an instant on it."""
_ZONE = re.compile(r"[A-Za-z]\w*(/[A-Za-z0-9_+-]+)*")
"""What the columns take: Postgres would read GMT+0 as an offset of its own kind."""
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_LONGEST_LABEL = 255


class Parser(argparse.ArgumentParser):
    """argparse with one-line errors, and options that are written out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter, **options},
        )

    def error(self, message: str) -> NoReturn:
        """Write what is wrong in one line, and end with exit code 2."""
        self._complain(message, self.prog)

    def _complain(self, message: str, command_line: str) -> NoReturn:
        self.exit(2, f"almanac: {' '.join(message.split())} (see `{command_line} --help`)\n")

    def typed(self, field: str) -> str:
        """Return the option or word that gives a field, as it is typed: --user, WS. A field without one stays as it is.

        Use cases name a workspace `ws_id`, whichever way it was given.
        """
        places = {
            action.dest: action.option_strings[-1] if action.option_strings else str(action.metavar or action.dest)
            for action in self._actions
        }
        return places.get(field, places.get("workspace", field) if field == "ws_id" else field)

    def parse(self, argv: Sequence[str] | None) -> argparse.Namespace:
        """Return what parse_args does; what is not understood is named only as far as it is an option's name."""
        arguments, rest = self.parse_known_args(argv)
        if rest:
            options = [text.partition("=")[0] for text in rest if text.startswith("--")]
            said = f"unknown argument {options[0]}" if options else "too many arguments"
            self._complain(said, getattr(arguments, "command_line", self.prog))
        return arguments


def add_command(
    commands: Commands, name: str, answer: Answer, about: str, examples: str = ""
) -> argparse.ArgumentParser:
    """Add a command's parser with its help and --json; `answer` is called when it is given."""
    epilog = f"examples:\n{examples}" if examples else None
    parser: Parser = commands.add_parser(name, help=about, description=about, epilog=epilog)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(answer=answer, command_line=parser.prog, typed=parser.typed)
    return parser


def add_group(commands: Commands, name: str, about: str) -> Commands:
    """Add a word that commands follow, as in `workspace add`."""
    parser = commands.add_parser(name, help=about, description=about)
    return parser.add_subparsers(required=True, metavar="command")


def add_workspace(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """Add the positional argument WS, stored as `ws_id`."""
    about = "id of the workspace, or its name if no other has it"
    parser.add_argument("ws_id", metavar="WS", type=workspace, nargs="?" if optional else None, help=about)


@contextmanager
def named(options: Mapping[str, str]) -> Iterator[None]:
    """Let a BadInput of a field name the option that gave it, where that is called otherwise; `options` by field."""
    try:
        yield
    except BadInput as error:
        if error.field not in options:
            raise
        raise BadInput(options[error.field], error.complaint) from None


def uuid(text: str) -> UUID:
    """Return the UUID."""
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError("is not a UUID") from None


class WorkspaceName(str):
    """What stands for a workspace without being an id: `main` looks it up before the command runs."""

    __slots__ = ()


def workspace(text: str) -> UUID | WorkspaceName:
    """Return the id of a workspace, or what may be its name."""
    try:
        return UUID(text)
    except ValueError:
        return WorkspaceName(label(text))


def resolve_workspaces(args: argparse.Namespace, session: Session) -> None:
    """Put the id in the place of each workspace's name. Raises BadInput when it is not the name of exactly one."""
    for name, value in vars(args).items():
        if isinstance(value, WorkspaceName):
            setattr(args, name, session.wiring.workspaces.named(value))


def zone(text: str) -> str:
    """Return the name of an IANA time zone."""
    if text not in available_timezones() or not _ZONE.fullmatch(text):
        raise argparse.ArgumentTypeError("is not an IANA time zone, such as Europe/Berlin")
    return text


def email(text: str) -> str:
    """Return an e-mail address, in lower case."""
    if not _EMAIL.fullmatch(label(text)):
        raise argparse.ArgumentTypeError("is not an e-mail address")
    return text.lower()


def label(text: str) -> str:
    """Return a name or id of 1 to 255 printable characters."""
    if not text.strip() or not text.isprintable() or len(text) > _LONGEST_LABEL:
        raise argparse.ArgumentTypeError(f"must have 1 to {_LONGEST_LABEL} printable characters")
    return text


def new_user(text: str) -> str:
    """Return an id of somebody who may be new here: a slip would be another person, whom nobody is."""
    if text != text.strip():
        raise argparse.ArgumentTypeError("must have no white space before or after it")
    return label(text)


def fingerprint(text: str) -> str:
    """Return the fingerprint of a plan."""
    if not re.fullmatch(r"[0-9a-f]{40}", text):
        raise argparse.ArgumentTypeError("is not a fingerprint as --preview prints it")
    return text


def count(text: str) -> int:
    """Return a number of things, from 1 to a million."""
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError("is not a whole number from 1 to 1000000")
    return int(text)


def seconds(text: str) -> float:
    """Return a duration in seconds, more than none and at most a day."""
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text) or not 0 < float(text) <= 86_400:
        raise argparse.ArgumentTypeError("is not a number of seconds from 0.001 to 86400")
    return float(text)


def length_of_time(text: str) -> timedelta:
    """Return a span of time, such as 30m, 24h or 7d: at least a minute, at most 366 days."""
    units = {"m": "minutes", "h": "hours", "d": "days"}
    found = re.fullmatch(r"([0-9]{1,6})([mhd])", text)
    length = timedelta(**{units[found[2]]: int(found[1])}) if found else timedelta()
    if not timedelta(minutes=1) <= length <= timedelta(days=366):
        raise argparse.ArgumentTypeError("is not a span of time such as 30m, 24h or 7d")
    return length


def instant(text: str) -> datetime:
    """Return an instant, given in ISO 8601 with its offset from UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise argparse.ArgumentTypeError("is not an instant with an offset, such as 2026-11-16T18:00:00+01:00")
    return _within_reach(found)


def local_date(text: str) -> date:
    """Return a date, given in ISO 8601."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("is no date, such as 2026-12-24") from None
    return _within_reach(found)


def _within_reach(found: Day) -> Day:
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise argparse.ArgumentTypeError(OUT_OF_REACH)
    return found


def version(text: str) -> int:
    """Return a version of a workspace's history: 0 is before its first change."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError("is not a version, a whole number from 0")
    return int(text)


def moment(text: str) -> int | datetime | None:
    """Read a version or an instant; None is now."""
    if text == "now":
        return None
    return version(text) if text.isdecimal() else instant(text)
