"""`make dev`: the whole system on one machine until Ctrl-C, with the rule's ticks, for somebody who types `almanac …`.

The database stays in the folder between starts. The simulated Google does not: it begins anew with the same accounts.
Exit codes: 0 ended by Ctrl-C or SIGTERM, 1 something failed, 2 a file given is unusable.
"""

import argparse
import os
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from almanac.adapters.token_cipher import new_key
from almanac.errors import AlmanacError
from local.demo_workspaces import UnusableCalendar, check_readable, connect_files, connect_planned
from local.google_simulator.control import ControlError
from local.interruption import Interrupted, StopSignals
from local.ports import StartError
from local.run_watch import RunWatch
from local.screen import Screen
from local.stack import ROOT, Stack, forget_shell_settings
from local.worker_pool import InvocationError

FAILED, BAD_INPUT = 1, 2
TICK_SECONDS = 15 * 60
"""The sync rule's cadence, as in template.yaml."""

_LOOK_SECONDS = 0.3
# The queues and the simulated Google are new: nothing waits, nothing runs, and no sync token is known any more.
_FORGET = (
    "UPDATE calendar_sync_states SET sync_token = NULL, checkpoint = NULL",
    "UPDATE workspace_sync_leases SET owner = NULL, expires_at = NULL, queued_at = NULL",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal comes; returns the exit code. Takes the process's signals over."""
    options = _parser().parse_args(arguments)
    forget_shell_settings()
    signals, screen = StopSignals(), Screen()
    signals.install()
    try:
        check_readable(options.ics)
        stack = _start(options.folder, screen, signals)
        try:
            _run(stack, options, screen, signals)
        finally:
            stack.stop()
            _environment_file(options.folder).unlink(missing_ok=True)
    except Interrupted as stop:
        screen.say(f"{stop}; nothing is left running, the database stays in {options.folder}")
    except UnusableCalendar as error:
        print(f"dev: {error}", file=sys.stderr)
        return BAD_INPUT
    except (AlmanacError, ControlError, StartError) as error:
        print(f"dev: {' '.join(str(error).split())}; logs are in {options.folder / 'logs'}", file=sys.stderr)
        return FAILED
    return 0


def _start(folder: Path, screen: Screen, signals: StopSignals) -> Stack:
    folder.mkdir(parents=True, exist_ok=True)
    return Stack.start(
        folder,
        {"ALMANAC_TOKEN_KEYS": _kept_key(folder / "token-key")},
        keep_data=True,
        tell=lambda name, seconds: screen.say(f"{name} is up ({seconds:.1f} s)"),
        between=signals.check,
    )


def _run(stack: Stack, options: argparse.Namespace, screen: Screen, signals: StopSignals) -> None:
    """Connect the workspaces, tell how to reach the stack, tick for ever. Ends by Interrupted."""
    for statement in _FORGET:
        stack.wiring.database.run(statement)

    def tell(text: str) -> None:
        signals.check()
        screen.say(text)

    connect_planned(stack, tell)
    if options.ics:
        connect_files(stack, options.ics, tell)
    tell("the database is kept between starts; the simulated Google begins anew, so the first tick reads everything")
    _publish(stack.environment, _environment_file(options.folder), screen)
    watch = RunWatch(stack.wiring.database, lambda: stack.worker_logs)
    while True:
        _tick(stack, screen, signals)
        # On the clock, as the rule: every quarter of an hour, not a quarter of an hour after the last.
        due = (time.time() // options.every + 1) * options.every
        screen.say(f"the next tick is at {datetime.fromtimestamp(due).astimezone():%H:%M:%S}; Ctrl-C ends")
        while time.time() < due:
            _show_news(watch, screen)
            signals.sleep(_LOOK_SECONDS)


def _tick(stack: Stack, screen: Screen, signals: StopSignals) -> None:
    try:
        screen.say(f"the rule ticks: the orchestrator enqueues {stack.tick()['enqueued']} workspaces")
    except InvocationError as error:
        signals.check()  # Ctrl-C reaches the orchestrator's process too
        screen.say(f"the rule ticks, the orchestrator fails: {error}", style="red")  # the next tick may do better


def _show_news(watch: RunWatch, screen: Screen) -> None:
    for message in watch.kept_messages():
        screen.kept(message)
    for run in watch.ended_runs():
        screen.run(run)


def _publish(environment: Mapping[str, str], file: Path, screen: Screen) -> None:
    """Print the environment as a shell takes it, and write it for `source`: it holds a password and a key."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
        written.write("\n".join(lines) + "\n")
    for line in lines:
        screen.say(line, style="dim")
    shown = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
    screen.say(f"in another terminal: source {shown}; .venv/bin/almanac runs", style="bold")


def _environment_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.env")


def _kept_key(file: Path) -> str:
    """The key that the kept database's tokens are encrypted with."""
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.write(new_key())
    return file.read_text()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.dev", description="Run the whole system on this machine.")
    parser.add_argument("--every", type=_seconds, default=TICK_SECONDS, metavar="SECONDS", help="between ticks (900)")
    parser.add_argument(
        "--ics", action="append", type=Path, default=[], metavar="FILE", help="a calendar export of yours"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".almanac" / "dev", help="where the database stays")
    return parser


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 86_400:
        raise argparse.ArgumentTypeError("is not a whole number of seconds from 1 to 86400")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
