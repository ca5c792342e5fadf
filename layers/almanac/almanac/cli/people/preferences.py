"""`preferences show` and `preferences set`."""

from argparse import ArgumentTypeError, Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.people.hours import add_user
from almanac.cli.session import Result, Session
from almanac.domain.hours.preferences import CAPS, PreferenceChange, PreferenceName, caps_given
from almanac.errors import BadInput
from almanac.presentation.items import hours

_EXAMPLES = """\
  almanac preferences set WS --break 15 --daily-cap work=360
  almanac preferences set WS --user ada --notice 60 --daily-cap work=240 --no-buffer-before
"""
_OPTIONS: tuple[tuple[str, PreferenceName, str], ...] = (
    ("break", "break_minutes", "wanted free time around generated blocks, 0 or 15"),
    ("notice", "min_notice_minutes", "nothing is placed sooner than this, 0 to 10080"),
    ("buffer-before", "buffer_before_minutes", "free time before every event, 0 to 120"),
    ("buffer-after", "buffer_after_minutes", "free time after every event, 0 to 120"),
)


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "preferences", "manage what every plan should keep to")
    parser = add_command(group, "show", _show, "show the preferences of the workspace, or what counts for a member")
    arguments.add_workspace(parser)
    add_user(parser, "what counts for this member (default: the workspace's)")
    about = "change what is given, of the workspace or of a member; in minutes"
    parser = add_command(group, "set", _set, about, _EXAMPLES)
    arguments.add_workspace(parser)
    add_user(parser, "of this member only (default: of everybody who has none of their own)")
    for option, name, about in _OPTIONS:
        parser.add_argument(f"--{option}", dest=name, type=_minutes, metavar="MINUTES", help=about)
    about = "task work a local day beyond this is avoided; `work=none` takes that one away; again for more"
    parser.add_argument(
        "--daily-cap", dest=CAPS, action="append", type=_cap, metavar="CATEGORY=MINUTES", default=[], help=about
    )
    for option, name, _ in (*_OPTIONS, ("daily-cap", CAPS, "")):
        about = "store none: the default counts, or for a member what the workspace has"
        parser.add_argument(f"--no-{option}", dest="without", action="append_const", const=name, default=[], help=about)


def _minutes(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise ArgumentTypeError("is no whole number of minutes")
    return int(text)


def _cap(text: str) -> tuple[str, int | None]:
    category, found, minutes = text.rpartition("=")
    if not found or not category:
        raise ArgumentTypeError("is no cap such as work=360, or work=none")
    return arguments.label(category), None if minutes == "none" else _minutes(minutes)


def _show(args: Namespace, session: Session) -> Result:
    found = session.wiring.plan_preferences.of(args.ws_id, args.user_id)
    return Result(hours.preferences_document(args.ws_id, found), hours.preferences_text(found))


def _set(args: Namespace, session: Session) -> Result:
    given = {name: getattr(args, name) for _, name, _ in _OPTIONS if getattr(args, name) is not None}
    for option, name, _ in (*_OPTIONS, ("daily-cap", CAPS, "")):
        if name in args.without and (name in given or (name == CAPS and args.daily_cap_minutes)):
            raise BadInput(f"--no-{option}", f"goes not with --{option}")
    change = PreferenceChange(given, caps_given(args.daily_cap_minutes), frozenset(args.without))
    if not (change.minutes or change.caps or change.without):
        raise BadInput("--break", "missing; give it, or whatever else is to change")
    found = session.wiring.plan_preferences.change(args.ws_id, args.user_id, change)
    return Result(hours.preferences_document(args.ws_id, found), hours.preferences_text(found))
