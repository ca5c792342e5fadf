"""`make dev`: the whole system on one machine until Ctrl-C, with its rules' ticks, for somebody who types `almanac …`.

The database stays in the folder between starts. The simulated Google does not: it begins anew with the same accounts.
Exit codes: 0 ended by Ctrl-C or SIGTERM, 1 something failed, 2 a file given is unusable.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from almanac.adapters.crypto import new_key
from almanac.errors import AlmanacError
from local.demo.work import furnish
from local.demo.workspaces import (
    UnusableCalendar,
    Workspace,
    connect_files,
    connect_planned,
    planned_zone,
    unpacked,
)
from local.google_simulator.control.client import ControlError
from local.http_front.cors import Cors, origin
from local.http_front.server import HttpFront, choose_port
from local.kept_accounts import restore_accounts
from local.lambda_runtime.worker_pool import InvocationError
from local.stack.exports import write_exports
from local.stack.interruption import Interrupted, StopSignals
from local.stack.plan_watch import PlanWatch
from local.stack.ports import LOOPBACK, StartError
from local.stack.run_watch import RunWatch
from local.stack.screen import Screen, counted
from local.stack.stack import ROOT, Stack, forget_shell_settings
from local.things_to_try import things_to_try

FAILED, BAD_INPUT = 1, 2
SYNC_SECONDS, PLAN_SECONDS, UPKEEP_SECONDS = 15 * 60, 6 * 60 * 60, 24 * 60 * 60
OFTEN = {"outbound": 60, "changes": 60, "relay": 60, "digests": 300, "reports": 1800}
"""The rules' cadences, as in template.yaml. These mostly have nothing to say."""

_SAYS = {"relay": "lanes", "digests": "sent", "reports": "sent"}
_LOOK_SECONDS = 0.3
# The queues and the simulated Google are new: nothing waits, nothing runs, no sync token or channel is known any more.
_FORGET = (
    "DELETE FROM calendar_push_channels",
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
        with unpacked(options.ics) as options.ics:
            cors = Cors(options.origin)
            stack = _start(options, screen, signals)
            front = HttpFront.start(http_port(stack.environment), stack.environment, stack.folder / "logs", cors)
            try:
                _run(stack, options, screen, signals)
            finally:
                front.stop()
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


def _start(options: argparse.Namespace, screen: Screen, signals: StopSignals) -> Stack:
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    return Stack.start(
        folder,
        {
            "ALMANAC_TOKEN_KEYS": _kept_key(folder / "token-key"),
            "ALMANAC_WEBHOOK_KEYS": _kept_key(folder / "webhook-key"),
            **http_settings(choose_port()),
            "ALMANAC_CADENCES": ";".join(f"{rule}={_rate(each)}" for rule, each in _cadences(options).items()),
        },
        keep_data=True,
        tell=lambda name, seconds: screen.say(f"up: {name} ({seconds:.1f} s)"),
        between=signals.check,
    )


def _run(stack: Stack, options: argparse.Namespace, screen: Screen, signals: StopSignals) -> None:
    """Connect the workspaces, tell how to reach the stack, tick for ever. Ends by Interrupted."""
    for statement in _FORGET:
        stack.wiring.database.run(statement)

    def tell(text: str) -> None:
        signals.check()
        screen.say(text)

    workspaces = connect_planned(stack, tell)
    _furnish(stack, workspaces[0], tell)
    if options.ics:
        connect_files(stack, options.ics, tell)
    for email in restore_accounts(stack):
        tell(f"{email} was added at an earlier start: it is there again, with the events that were stored")
    tell("the database is kept between starts; the simulated Google begins anew, so the first tick reads everything")
    _publish(stack.environment, _environment_file(options.folder), workspaces[0], screen)
    screen.say(f"console, this link works once: {stack.wiring.console_logins.link('admin', None)}", style="bold")
    watches = RunWatch(stack.wiring.database, lambda: stack.worker_logs), PlanWatch(stack.wiring.database)
    stack.deliver_webhooks()
    stack.make_exports()
    screen.say(
        f"a sample subscriber listens to the bus: what it hears is in {stack.folder / 'logs' / 'subscriber.log'}"
    )
    cadences = _cadences(options)
    due = {rule: _next(seconds) for rule, seconds in cadences.items()} | {"sync": time.time()}  # plans need calendars
    while True:
        for rule in [rule for rule, at in due.items() if at <= time.time()]:
            said = _tick(stack, rule, screen, signals)
            due[rule] = _next(cadences[rule])
            if said:
                screen.say(f"it ticks again at {datetime.fromtimestamp(due[rule]).astimezone():%H:%M:%S}; Ctrl-C ends")
        _show_news(*watches, screen)
        signals.sleep(_LOOK_SECONDS)


def _furnish(stack: Stack, workspace: Workspace, tell: Callable[[str], None]) -> None:
    """Something to plan, unless an earlier start has left it there."""
    database, ws_id = stack.wiring.database, workspace.ws_id
    if not database.run("SELECT 1 FROM workspace_calendar_hour_settings WHERE ws_id = :ws_id", ws_id=ws_id):
        tasks, habits = furnish(database, ws_id, planned_zone(workspace.name))
        tell(f"{workspace.name} gets {counted(tasks, 'task')} and {counted(habits, 'habit')}")


def _next(seconds: int) -> float:
    """The next tick, on the clock as rules are: every quarter of an hour, not a quarter of an hour after the last."""
    return (time.time() // seconds + 1) * seconds


def _tick(stack: Stack, rule: str, screen: Screen, signals: StopSignals) -> bool:
    """Let a rule fire; returns whether there was anything to say about it."""
    try:
        answer = stack.tick(rule)
    except InvocationError as error:
        signals.check()  # Ctrl-C reaches the function's process too
        screen.say(f"the {rule} rule ticks, its function fails: {error}", style="red")  # the next may do better
    else:
        said = {
            "upkeep": lambda: f"upkeep deletes {counted(answer['run_rows_deleted'], 'run row')}",
            "relay": lambda: f"the relay wakes {counted(answer['lanes'], 'webhook lane')}",
            "digests": lambda: f"{counted(answer['sent'], 'export')} asked for, into {stack.folder / 'exports'}",
            "reports": lambda: f"{counted(answer['sent'], 'export')} asked for, into {stack.folder / 'exports'}",
        }.get(rule, lambda: f"the orchestrator enqueues {counted(answer['enqueued'], 'workspace')}")()
        if rule in OFTEN and not answer[_SAYS.get(rule, "enqueued")]:
            return False
        screen.say(f"the {rule} rule ticks: {said}")
    return True


def _show_news(runs: RunWatch, plans: PlanWatch, screen: Screen) -> None:
    for message in runs.kept_messages():
        screen.kept(message)
    for run in runs.ended_runs():
        screen.run(run)
    for line in plans.ended():
        screen.say(line)


def _cadences(options: argparse.Namespace) -> dict[str, int]:
    """Seconds between two ticks of each rule."""
    return {"sync": options.every, "schedule": options.plan_every, "upkeep": UPKEEP_SECONDS, **OFTEN}


def _rate(seconds: int) -> str:
    """As EventBridge says it, which knows nothing shorter than a minute."""
    return f"rate({max(1, round(seconds / 60))} minutes)"


def _publish(environment: Mapping[str, str], file: Path, workspace: Workspace, screen: Screen) -> None:
    """Write the environment for `source`, since it holds a password and a key, and say what to try with it."""
    write_exports(environment, file)
    shown = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
    for line in things_to_try(workspace.name, workspace.emails[0], shown, datetime.now().astimezone()):
        screen.say(line, style="bold")


def http_settings(port: int) -> dict[str, str]:
    """Return what the functions of HTTP are told: where they are, and keys of sessions and rings of this start."""
    url = f"http://{LOOPBACK}:{port}"
    return {
        "ALMANAC_PUBLIC_URL": url,
        "ALMANAC_PUSH_KEYS": new_key(),
        "ALMANAC_SESSION_KEYS": new_key(),
        "ALMANAC_API_AUTH": "key",
        "ALMANAC_CONNECT_RETURN_URLS": f"{url}/console/connected",
    }


def http_port(environment: Mapping[str, str]) -> int:
    """Return the port of the address that `http_settings` gave."""
    return int(environment["ALMANAC_PUBLIC_URL"].rsplit(":", 1)[1])


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
    for option, default, rule in (("--every", SYNC_SECONDS, "sync"), ("--plan-every", PLAN_SECONDS, "schedule")):
        about = f"between ticks of the {rule} rule ({default})"
        parser.add_argument(option, type=_seconds, default=default, metavar="SECONDS", help=about)
    parser.add_argument(
        "--ics", action="append", type=Path, default=[], metavar="FILE", help="a calendar export of yours"
    )
    parser.add_argument(
        "--origin",
        action="append",
        type=origin,
        default=[],
        metavar="ORIGIN",
        help="whose pages may call, as http://localhost:3000",
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".almanac" / "dev", help="where the database stays")
    return parser


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 86_400:
        raise argparse.ArgumentTypeError("is not a whole number of seconds from 1 to 86400")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
