"""`sync`: puts a sync into the queue, and follows it when asked to."""

import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.output import write
from almanac.cli.session import Result, Session
from almanac.errors import BadInput
from almanac.presentation.run_details import ended
from almanac.services.operations.requests import RequestProgress

_WAIT_SECONDS = 900.0
"""As long as the longest Lambda invocation."""
_TELL_SECONDS = 5.0
"""How often a log file hears of an unchanged status; a terminal's line is renewed at every look."""
_EXAMPLES = """\
  almanac sync WS --wait
  almanac sync WS --calendar primary --mode full
  almanac sync --all

Exit code with --wait: 0 when the sync has ended well or was not needed, 1 when it has failed or takes too long.
"""


def add_to(commands: Commands) -> None:
    """Add the parser."""
    parser = add_command(commands, "sync", _sync, "ask for a sync", _EXAMPLES)
    arguments.add_workspace(parser, optional=True)
    parser.add_argument("--all", action="store_true", help="every workspace with a calendar to read")
    modes = ("auto", "full", "incremental")
    parser.add_argument("--mode", choices=modes, default="auto", help="auto: what each calendar needs (default)")
    parser.add_argument("--calendar", type=arguments.label, metavar="ID", help="one calendar; `primary` is allowed")
    parser.add_argument("--force", action="store_true", help="even if one has just run")
    parser.add_argument("--wait", action="store_true", help="follow it to its end")
    parser.add_argument(
        "--timeout", type=arguments.seconds, metavar="S", default=_WAIT_SECONDS, help="seconds to wait (default: 900)"
    )


def _sync(args: Namespace, session: Session) -> Result:
    if args.all:
        return _sync_all(args, session)
    if args.ws_id is None:
        raise BadInput("WS", "missing; name a workspace, or use --all")
    job = session.wiring.request_sync.one(args.ws_id, args.mode, args.calendar, force=args.force)
    request_id = job.request_id or ""
    if args.wait:
        return _follow(args.ws_id, request_id, args.timeout, session)
    sent = {"ws_id": args.ws_id, "request_id": request_id, "status": "enqueued"}
    return Result(sent, f"enqueued, request {request_id}; `almanac runs {args.ws_id}` tells how it goes")


def _sync_all(args: Namespace, session: Session) -> Result:
    given = {"WS": args.ws_id, "--calendar": args.calendar, "--force": args.force, "--wait": args.wait}
    for name, value in given.items():
        if value:
            raise BadInput(name, "does not go with --all")
    request_id = str(uuid4())
    report = session.wiring.request_sync.everybody(args.mode, request_id)
    document = {"request_id": request_id, "enqueued": report.enqueued, "failed": report.failed}
    return Result(document, f"enqueued {report.enqueued} workspace(s), request {request_id}")


def _follow(ws_id: UUID, request_id: str, timeout: float, session: Session) -> Result:
    teller = ProgressLine()
    try:
        *earlier, last = session.wiring.follow_request(ws_id, request_id, timeout, teller)
    finally:
        teller.end()
    success = last["status"] in ("completed", "skipped")
    document = {**last, "success": success, "earlier_runs": [run["run_id"] for run in earlier]}
    return Result(document, ended(last, len(earlier)), None if success else _failure(last))


def _failure(run: Mapping[str, Any]) -> str:
    return (
        f"sync {run['status']}: {run['error_type']}: {run['error']} (`almanac runs --run {run['run_id']}` tells more)"
    )


class ProgressLine:
    """Says on stderr where a sync stands: one line that renews itself on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._renews = sys.stderr.isatty()
        self._told: tuple[str, float] = ("", -_TELL_SECONDS)

    def __call__(self, progress: RequestProgress) -> None:
        """Say it, unless it was said just before."""
        status, at = self._told
        if self._renews:
            sys.stderr.write(f"\r\x1b[K{_standing(progress)}")
            sys.stderr.flush()
        elif progress.status != status or progress.elapsed_seconds - at >= _TELL_SECONDS:
            write(sys.stderr, _standing(progress))
            self._told = (progress.status, progress.elapsed_seconds)

    def end(self) -> None:
        """Leave the terminal's line clean."""
        if self._renews:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _standing(progress: RequestProgress) -> str:
    line = f"{progress.status}, {progress.elapsed_seconds:.0f} s"
    if progress.status != "running":
        return line
    return f"{line}, {progress.calendars_done} calendar(s) done, {progress.events_listed} events listed"
