"""`make deploy-local`: template.yaml deployed to a local AWS, until Ctrl-C. The rules fire and the mappings deliver.

What `make dev` plays itself (ticks, polling, time limits) is here the deployed stack's own doing. Exit codes: 0 ended
by Ctrl-C or SIGTERM, 1 something failed.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from almanac.errors import AlmanacError
from local.deploy.stack import WORKSPACE, Deployment
from local.google_simulator.control.client import ControlError
from local.stack.exports import write_exports
from local.stack.interruption import Interrupted, StopSignals
from local.stack.ports import StartError
from local.stack.run_watch import RunWatch
from local.stack.screen import Screen, counted
from local.stack.stack import ROOT, forget_shell_settings

_FAILED = 1
_LOOK_SECONDS = 0.3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal comes; returns the exit code. Takes the process's signals over."""
    options = _parser().parse_args(arguments)
    forget_shell_settings()
    signals, screen = StopSignals(), Screen()
    signals.install()

    def tell(text: str) -> None:
        signals.check()
        screen.say(text)

    try:
        deployment = Deployment.start(options.folder, tell=tell)
        try:
            _run(deployment, options.folder.with_name(f"{options.folder.name}.env"), tell, screen, signals)
        finally:
            deployment.stop()
    except Interrupted as stop:
        screen.say(f"{stop}; nothing is left running")
    except (AlmanacError, ControlError, StartError) as error:
        print(f"deploy: {' '.join(str(error).split())}; logs are in {options.folder}", file=sys.stderr)
        return _FAILED
    return 0


def _run(
    deployment: Deployment, exports: Path, tell: Callable[[str], None], screen: Screen, signals: StopSignals
) -> None:
    """Connect a workspace and show what the stack does, for ever. Ends by Interrupted."""
    ws_id = deployment.connect()
    tell(f"{WORKSPACE[0]} is connected; its id is {ws_id}")
    for name, value in deployment.outputs.items():
        tell(f"{name}: {value}" if name != "DashboardUrl" else f"{name}: only in an account of AWS")
    watch, dead = RunWatch(deployment.wiring.database, list), 0
    try:
        write_exports(deployment.environment, exports)
        tell(f"in another terminal: source {exports}; .venv/bin/almanac runs")
        tell("the rules fire each minute; Ctrl-C ends")
        while True:
            for run in watch.ended_runs():
                screen.run(run)
            if (found := deployment.dead_letters()) != dead:
                screen.say(f"{counted(found, 'message')} in the dead-letter queue of the sync queue", style="red")
                dead = found
            signals.sleep(_LOOK_SECONDS)
    finally:
        exports.unlink(missing_ok=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.deploy", description="Deploy template.yaml on this machine.")
    parser.add_argument("--folder", type=Path, default=ROOT / ".almanac" / "deploy", help="where logs are kept")
    return parser


if __name__ == "__main__":
    sys.exit(main())
