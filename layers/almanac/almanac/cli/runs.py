"""`runs`: what ran, how it ended, how long it took, why not."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.domain.operations.run_statistics import summary
from almanac.errors import BadInput
from almanac.presentation import run_summary
from almanac.presentation.run_details import changed, described, error, took
from almanac.presentation.tables import duration, instant, table

_DAY = timedelta(hours=24)
_EXAMPLES = """\
  almanac runs
  almanac runs WS --failed --limit 5
  almanac runs --job schedule
  almanac runs --run RUN
  almanac runs --summary --since 7d
"""


def add_to(commands: Commands) -> None:
    """Add the parser."""
    parser = add_command(commands, "runs", _runs, "list the latest runs, show one, or sum them up", _EXAMPLES)
    arguments.add_workspace(parser, optional=True)
    parser.add_argument("--job", choices=("sync", "schedule"), help="only syncs, or only plans")
    parser.add_argument("--failed", action="store_true", help="only those that failed, wholly or in part")
    parser.add_argument("--limit", type=arguments.count, metavar="N", default=20, help="at most so many (default: 20)")
    parser.add_argument("--run", type=arguments.uuid, metavar="RUN", help="one run with all it has to say")
    parser.add_argument("--summary", action="store_true", help="numbers, and which workspaces are behind and why")
    parser.add_argument(
        "--since", type=arguments.span, metavar="SPAN", help="of a summary, as 30m or 7d (default: 24h)"
    )


def _runs(args: Namespace, session: Session) -> Result:
    _refuse_what_does_not_go_together(args)
    if args.run is not None:
        run = session.wiring.run_history.run(args.run)
        return Result(run, described(run))
    if args.ws_id is not None:
        session.wiring.operator_store.require_workspace(args.ws_id)
    if args.summary:
        return _summary(args.ws_id, args.since or _DAY, args.limit, session)
    found = session.wiring.run_history.latest(args.ws_id, job=args.job, failed=args.failed, limit=args.limit)
    return Result({"runs": found}, _table(found) if found else "no run")


def _summary(ws_id: UUID | None, since: timedelta, limit: int, session: Session) -> Result:
    now = datetime.now(UTC)
    figures = session.wiring.run_summary.figures(ws_id, now - since, now, limit)
    document = {"since": now - since, "until": now, "ws_id": ws_id, **summary(figures, now)}
    return Result(document, run_summary.described(document, since))


def _refuse_what_does_not_go_together(args: Namespace) -> None:
    if args.run is not None and (args.ws_id is not None or args.failed or args.job or args.summary):
        raise BadInput("--run", "stands alone, without WS, --failed, --job and --summary")
    if args.summary and (args.failed or args.job):
        raise BadInput("--summary", "is of all runs, without --failed and --job")
    if args.since is not None and not args.summary:
        raise BadInput("--since", "needs --summary")


def _table(found: Sequence[Mapping[str, Any]]) -> str:
    head = ("STARTED", "RUN", "WORKSPACE", "JOB", "SOURCE", "STATUS", "OUTCOME", "WAITED", "TOOK", "CHANGED", "ERROR")
    rows = (
        (
            instant(run["started_at"]),
            run["run_id"],
            run["ws_id"],
            run["job"],
            run["source"],
            run["status"],
            run["outcome"],
            _waited(run),
            took(run),
            changed(run),
            error(run),
        )
        for run in found
    )
    return table(head, rows)


def _waited(run: Mapping[str, Any]) -> str:
    """From its message's sending to its beginning; the clocks of queue and database may differ a little."""
    sent = run["sent_at"]
    return duration(None if sent is None else max(0.0, (run["started_at"] - sent).total_seconds()))
