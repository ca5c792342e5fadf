"""What an operator types. `almanac --help` lists it; every command has --json and the exit codes 0, 1 and 2."""

import os
from argparse import Namespace
from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points, version

from almanac.cli import accounts, maintenance, output, plan, queues, runs, schedule, sync, workspaces
from almanac.cli.access import keys
from almanac.cli.arguments import Commands, Parser, add_command, resolve_workspaces
from almanac.cli.history import bus, changes, exports, feeds, looking_back, webhooks
from almanac.cli.items import blocks, habits, meetings, tasks
from almanac.cli.outbound import commands as outbound
from almanac.cli.people import hours, members, preferences
from almanac.cli.session import Result, Session
from almanac.errors import AlmanacError, BadInput
from almanac.settings import misspelt

FAILED, BAD_USAGE, INTERRUPTED = 1, 2, 130
"""Exit codes; 130 is what shells give for Ctrl-C."""

PLUGINS = "almanac.cli.main"
"""Entry points of this group are commands of other packages: functions that add their parsers, as `add_to` does."""

_EPILOG = """\
Settings are environment variables: ALMANAC_DATABASE_URL, ALMANAC_SYNC_QUEUE_URL, ALMANAC_SCHEDULE_QUEUE_URL,
ALMANAC_TOKEN_KEYS, ALMANAC_GOOGLE_CLIENT_ID, ALMANAC_GOOGLE_CLIENT_SECRET.
A command reads only those that it needs.

exit codes: 0 done, 1 failed, 2 something given was missing or wrong
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argv` without the program's name. Only bugs raise."""
    output.prepare()
    try:
        args = _parser().parse(argv)
    except SystemExit as end:  # argparse ends here after --help and after an error
        output.flush_help()
        return int(end.code or 0)
    for name, known in misspelt(os.environ).items():
        output.complain(f"{name}: no setting is called that, did you mean {known}?")
    session = Session(os.environ)
    try:
        resolve_workspaces(args, session)
        result: Result = args.answer(args, session)
        output.show(result, as_json=args.json)
    except BadInput as error:
        output.complain(f"{args.typed(error.field)}: {error.complaint}")
        return BAD_USAGE
    except AlmanacError as error:
        output.complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        session.close()
    return FAILED if result.failure is not None else 0


@cache  # a hundred parsers take as long as a command: whoever runs several in one process builds them once
def _parser() -> Parser:
    parser = Parser(prog="almanac", description="Keeps workspaces' calendars true.", epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"almanac {version('almanac')}")
    commands: Commands = parser.add_subparsers(required=True, metavar="command")
    add_command(commands, "migrate", _migrate, "bring the database up to date; safe to repeat, from several places too")
    add_command(commands, "new-key", _new_key, "print a new key for ALMANAC_TOKEN_KEYS")
    groups = (
        workspaces,
        members,
        tasks,
        meetings,
        habits,
        blocks,
        hours,
        preferences,
        accounts,
        sync,
        outbound,
        schedule,
        plan,
        runs,
        changes,
        looking_back,
        exports,
        feeds,
        webhooks,
        bus,
        queues,
        maintenance,
        keys,
    )
    for group in groups:
        group.add_to(commands)
    for plugin in sorted(entry_points(group=PLUGINS), key=lambda entry: entry.name):
        plugin.load()(commands)
    return parser


def _migrate(_args: Namespace, session: Session) -> Result:
    applied = session.wiring.migrate_database()
    text = "\n".join(f"applied {name}" for name in applied) or "up to date"
    return Result({"applied": applied}, text)


def _new_key(_args: Namespace, session: Session) -> Result:
    key = session.wiring.new_key()
    return Result({"key": key}, key)
