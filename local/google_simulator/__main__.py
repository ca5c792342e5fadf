"""`python -m local.google_simulator`: the simulator as a process of its own.

It prints one JSON line (url, token_url, accounts) when it is ready, and ends on SIGTERM or SIGINT.
"""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from local.google_simulator.api.errors import ApiError
from local.google_simulator.simulator import Simulator
from local.google_simulator.world.clock import Clock
from local.google_simulator.world.times import instant

_ICS_ACCOUNT = "ics@example.test"


def main(arguments: list[str] | None = None) -> int:
    """Run until a signal comes; 1 with one line on stderr when a file or the port cannot be used."""
    options = _parser().parse_args(arguments)
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    clock = Clock.starting_at(instant(options.now)) if options.now else None
    try:
        simulator = Simulator(port=options.port, seed=options.seed, clock=clock, rings=True)
    except OSError as error:
        print(f"google_simulator: port {options.port}: {error.strerror}", file=sys.stderr)
        return 1
    with simulator:
        try:
            ready = _prepare(simulator, options.ics)
        except ApiError as error:
            print(f"google_simulator: {error.message}", file=sys.stderr)
            return 1
        if options.port_file:
            _write_port(options.port_file, simulator.url.rpartition(":")[2])
        print(json.dumps(ready), flush=True)
        ended.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.google_simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--now", help="the simulated instant at the start, RFC 3339")
    parser.add_argument("--ics", action="append", type=Path, default=[], metavar="FILE", help="may be repeated")
    parser.add_argument("--port-file", type=Path, metavar="F", help="where to write the port once it is open")
    return parser


def _prepare(simulator: Simulator, files: list[Path]) -> dict[str, object]:
    """Load the files, one calendar each, into an account of their own; what was skipped goes to stderr."""
    if files:
        simulator.commands.add_account(_ICS_ACCOUNT)
    for path in files:
        calendar = simulator.commands.add_calendar(_ICS_ACCOUNT, path.stem)
        report = simulator.loading.load_ics(calendar, path)
        for line in (*report["skipped"], *report["notes"]):
            print(f"google_simulator: {path.name}: {line}", file=sys.stderr)
    accounts = simulator.observation.accounts()
    return {"url": simulator.url, "token_url": simulator.token_url, "accounts": accounts}


def _write_port(path: Path, port: str) -> None:
    """Appear at once and whole: a waiting process must never read half a number."""
    draft = path.with_suffix(path.suffix + ".part")
    draft.write_text(port)
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
