"""`make demo`: the whole system on one machine, with no account and no network; it ends with nothing left running.

Exit codes: 0 all went as it should, 1 something did not, 2 a file given is unusable, 130 Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from almanac.adapters.crypto import new_key
from almanac.errors import AlmanacError
from local.demo import failures, planning, ringing, scenes, team, two_ways
from local.demo.stage import DemoFailed, Stage
from local.demo.workspaces import UnusableCalendar, unpacked
from local.google_simulator.control.client import ControlError
from local.lambda_runtime.worker_pool import InvocationError
from local.stack.interruption import Interrupted, StopSignals
from local.stack.ports import StartError
from local.stack.run_watch import RunWatch
from local.stack.screen import Screen
from local.stack.stack import ROOT, Stack, forget_shell_settings

FAILED, BAD_INPUT = 1, 2
FAILURES = (AlmanacError, ControlError, DemoFailed, InvocationError, StartError)
"""What can go wrong without being a bug of the demo."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the demo; returns its exit code. Takes the process's signals over."""
    options = _parser().parse_args(arguments)
    forget_shell_settings()
    signals, screen = StopSignals(), Screen(verbose=options.verbose)
    signals.install()
    try:
        with unpacked(options.ics) as files:
            _demo(options.folder, files, screen, signals)
    except Interrupted as stop:
        screen.say(f"{stop}; nothing is left running")
        return stop.exit_code
    except UnusableCalendar as error:
        print(f"demo: {error}", file=sys.stderr)
        return BAD_INPUT
    except FAILURES as error:
        print(f"demo: {' '.join(str(error).split())}; logs are in {options.folder}", file=sys.stderr)
        return FAILED
    return 0


def play(stack: Stack, screen: Screen, signals: StopSignals, files: Sequence[Path] = ()) -> Stage:
    """Every scene on a running stack. Raises DemoFailed at the first thing that is not as it should be."""
    stage = Stage(stack, screen, signals, RunWatch(stack.wiring.database, lambda: stack.worker_logs))
    scenes.connect_accounts(stage, files)
    scenes.first_tick(stage)
    scenes.incremental_tick(stage)
    scenes.manual_message(stage)
    failures.expired_token(stage)
    failures.revoked_account(stage)
    failures.poison_message(stage)
    failures.killed_worker(stage)
    planning.first_plan(stage)
    planning.meeting_on_a_block(stage)
    team.a_team(stage)
    ringing.ring_before_tick(stage)
    two_ways.people_move_blocks(stage, two_ways.blocks_in_a_calendar(stage))
    if files:
        planning.your_week(stage)
    _summary(stage, 16 if files else 15)
    return stage


def start(folder: Path, screen: Screen, signals: StopSignals) -> Stack:
    """The demo's stack: a new database, a new key, a short lease. Raises StartError, Interrupted."""
    settings = {
        "ALMANAC_TOKEN_KEYS": new_key(),
        "ALMANAC_SYNC_LEASE_SECONDS": str(failures.LEASE_SECONDS),
        "ALMANAC_PLAN_BUDGET_SECONDS": str(planning.BUDGET_SECONDS),
        "ALMANAC_OUTBOUND_WRITES_PER_SECOND": str(two_ways.WRITES_PER_SECOND),
    }
    return Stack.start(
        folder,
        settings,
        keep_data=False,
        tell=lambda name, seconds: screen.say(f"up: {name} ({seconds:.1f} s)"),
        between=signals.check,
    )


def _demo(folder: Path, files: Sequence[Path], screen: Screen, signals: StopSignals) -> None:
    screen.say("Almanac on this machine: no account, no network. Nothing of it outlives the demo but logs.")
    stack = start(folder, screen, signals)
    try:
        stage = play(stack, screen, signals, files)
    except (Interrupted, UnusableCalendar):
        stack.delete(hurry=True)
        raise
    except BaseException:
        stack.stop(hurry=True)
        raise
    stack.delete()
    screen.say("Everything is stopped. What to try next:")
    screen.say("  make demo ICS=my-calendar.ics    your own calendar goes the same way (Google's export .zip, too)")
    screen.say("  make demo VERBOSE=1              every step, and why each block is where it is")
    screen.say("  make dev                         the same stack until Ctrl-C, and what to try on it")
    for path in stage.pages:
        screen.say(f"a week to look at: {path}")


def _summary(stage: Stage, number: int) -> None:
    stage.screen.headline(
        number,
        "What happened",
        "Every run left a row: here they are by outcome. At the end all is compared with Google.",
    )
    database = stage.stack.wiring.database
    runs = database.run(
        "SELECT outcome, count(*), sum(inserted), sum(updated), sum(deleted), sum(api_calls), sum(total_ms)"
        " FROM workspace_calendar_sync_log GROUP BY outcome ORDER BY count(*) DESC, outcome"
    )
    heads = ("OUTCOME", "RUNS", "INSERTED", "UPDATED", "DELETED", "API CALLS", "MS")
    stage.screen.table(heads, runs, numbers_from=1)
    found = stage.require_truth(stage.workspaces, told=True)
    rows = []
    for workspace in stage.workspaces:
        calendars = [calendar for owner, calendar in found if owner == workspace]
        rows.append((workspace.name, len(calendars), sum(calendar.stored for calendar in calendars)))
    if stage.screen.verbose:
        stage.screen.table(("WORKSPACE", "CALENDARS", "ROWS"), rows, numbers_from=1)
    requests = stage.stack.google.counters()["total"]
    stage.screen.say(f"{len(stage.runs)} runs, {requests} requests to Google, {stage.screen.elapsed:.0f} s in all")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description="Show the whole system on this machine.")
    parser.add_argument(
        "--ics", action="append", type=Path, default=[], metavar="FILE", help="a calendar export, .ics or Google's .zip"
    )
    parser.add_argument("--verbose", action="store_true", help="tell every step")
    parser.add_argument("--folder", type=Path, default=ROOT / ".almanac" / "demo", help="where it works and logs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
