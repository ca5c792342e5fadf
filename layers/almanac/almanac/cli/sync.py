"""`sync`: puts a sync into the queue, and follows it when asked to."""

import time
from argparse import Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.following import WAIT_SECONDS, follow
from almanac.cli.session import Result, Session
from almanac.errors import BadInput
from almanac.presentation import requests
from almanac.services.operations.requests import SentBulkRequest, SentRequest

_EXAMPLES = """\
  almanac sync WS --wait
  almanac sync WS --calendar primary --mode full
  almanac sync --all --wait

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
        "--timeout", type=arguments.seconds, metavar="S", default=WAIT_SECONDS, help="seconds to wait (default: 900)"
    )


def _sync(args: Namespace, session: Session) -> Result:
    if args.all:
        return _sync_all(args, session)
    if args.ws_id is None:
        raise BadInput("WS", "missing; name a workspace, or use --all")
    with arguments.named({"calendar_id": "--calendar"}):
        sent = session.wiring.request_sync(args.ws_id, args.mode, args.calendar, force=args.force)
    if args.wait:
        return _followed(sent, args.timeout, session)
    text = requests.sent_text(sent, f"`almanac runs {sent.ws_id}` tells how it goes")
    return Result(requests.sent_document(sent), text)


def _sync_all(args: Namespace, session: Session) -> Result:
    given = {"WS": args.ws_id, "--calendar": args.calendar, "--force": args.force}
    for name, value in given.items():
        if value:
            raise BadInput(name, "does not go with --all")
    sent = session.wiring.request_sync.of_all(args.mode)
    if args.wait:
        return _all_followed(sent, args.timeout, session)
    return Result(requests.bulk_document(sent), requests.bulk_text(sent))


def _all_followed(sent: SentBulkRequest, timeout: float, session: Session) -> Result:
    """Follow one after the other: they run meanwhile, and the time is for all of them."""
    ends_at, many = time.monotonic() + timeout, len(sent.ws_ids)
    ended = {
        ws_id: follow(
            session.wiring.follow_sync,
            ws_id,
            sent.request_id,
            max(0.0, ends_at - time.monotonic()),
            f"{done} of {many} workspaces are; `almanac runs` tells how the others go on",
        )[-1]
        for done, ws_id in enumerate(sent.ws_ids)
    }
    failed = None if all(run.success for run in ended.values()) else "some workspaces could not be synced"
    return Result(requests.ended_document(sent, ended), requests.ended_text(ended), failed)


def _followed(sent: SentRequest, timeout: float, session: Session) -> Result:
    hint = f"`almanac runs {sent.ws_id}` tells how it goes on"
    runs = follow(session.wiring.follow_sync, sent.ws_id, sent.request_id, timeout, hint)
    return Result(requests.sync_document(runs), requests.sync_text(runs), requests.sync_failure(runs))
