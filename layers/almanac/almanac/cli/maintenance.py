"""`upkeep`: the daily round, from a terminal."""

from argparse import Namespace
from math import inf

from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.domain.operations.maintenance import UpkeepReport
from almanac.presentation.tables import table
from almanac.services.maintenance.round import UpkeepFailed

_EXAMPLES = """\
  almanac upkeep --dry-run
  almanac upkeep
"""


def add_to(commands: Commands) -> None:
    """Add the parser."""
    about = "delete what is old or orphaned, close dead runs, keep accounts alive; safe to repeat"
    parser = add_command(commands, "upkeep", _upkeep, about, _EXAMPLES)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")


def _upkeep(args: Namespace, session: Session) -> Result:
    try:
        report = session.wiring.upkeep(lambda: inf, dry_run=args.dry_run)
    except UpkeepFailed as error:
        return Result(error.report.as_dict(), _described(error.report), failure=str(error))
    return Result(report.as_dict(), _described(report))


def _described(report: UpkeepReport) -> str:
    head = ("WHAT", "WOULD BE" if report.dry_run else "DONE")
    done = [(name.replace("_", " "), count) for name, count in report.counts.items()]
    parts = [table(head, [*done, ("connections long in error", report.connections_long_in_error)])]
    if report.failing_accounts:
        failing = ((each["ws_id"], each["account_id"], each["error_type"]) for each in report.failing_accounts)
        parts.append(table(("WORKSPACE", "FAILING ACCOUNT", "ERROR"), failing))
    if report.long_in_error:
        errors = ((e["ws_id"], e["connection_id"], e["error_type"], e["since"]) for e in report.long_in_error)
        parts.append(table(("WORKSPACE", "CONNECTION IN ERROR", "ERROR", "NOT READ SINCE"), errors))
    if report.busy:
        parts.append(f"{report.busy} time(s) a run was at work, and its workspace was left alone")
    if report.left:
        parts.append(f"left for the next time: {', '.join(report.left)}")
    return "\n\n".join(parts)
