"""`runs`: what ran, how it ended, how long it took, why not."""

from argparse import Namespace
from datetime import timedelta

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.domain.operations.job_names import KEPT_UP
from almanac.errors import BadInput
from almanac.presentation import run_summary, runs

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
    parser.add_argument("--job", choices=KEPT_UP, help="only syncs, or only plans")
    parser.add_argument("--failed", action="store_true", help="only those that failed, wholly or in part")
    parser.add_argument("--limit", type=arguments.count, metavar="N", default=20, help="at most so many (default: 20)")
    parser.add_argument("--run", type=arguments.uuid, metavar="RUN", help="one run with all it has to say")
    parser.add_argument("--summary", action="store_true", help="numbers, and which workspaces are behind and why")
    parser.add_argument(
        "--since", type=arguments.length_of_time, metavar="SPAN", help="of a summary, as 30m or 7d (default: 24h)"
    )


def _runs(args: Namespace, session: Session) -> Result:
    _refuse_what_does_not_go_together(args)
    if args.run is not None:
        with arguments.named({"run_id": "--run"}):
            details = session.wiring.run_history.run(args.run)
        names = session.wiring.run_history.names([details.run])
        return Result(runs.document(details, names), runs.text(details, names))
    if args.summary:
        report = session.wiring.run_summary(args.ws_id, args.since or _DAY, args.limit)
        return Result(run_summary.document(report), run_summary.text(report))
    found = session.wiring.run_history.latest(args.ws_id, job=args.job, failed=args.failed, limit=args.limit)
    names = session.wiring.run_history.names(found)
    return Result(runs.list_document(found, names), runs.list_text(found, names))


def _refuse_what_does_not_go_together(args: Namespace) -> None:
    if args.run is not None and (args.ws_id is not None or args.failed or args.job or args.summary):
        raise BadInput("--run", "stands alone, without WS, --failed, --job and --summary")
    if args.summary and (args.failed or args.job):
        raise BadInput("--summary", "is of all runs, without --failed and --job")
    if args.since is not None and not args.summary:
        raise BadInput("--since", "needs --summary")
