"""`upkeep`: the daily round, from a terminal."""

from argparse import Namespace
from math import inf

from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.presentation import maintenance
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
        return Result(error.report.as_dict(), maintenance.text(error.report), failure=str(error))
    return Result(report.as_dict(), maintenance.text(report))
