"""One round of upkeep: what has died is closed, what lives is kept alive, what nobody needs is deleted."""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from almanac.domain.operations.maintenance import Limits, UpkeepReport
from almanac.errors import AlmanacError, DatabaseUnavailable, safe_error_fields
from almanac.services.clock import Clock, Deadline
from almanac.services.maintenance.ports import FileBin, SecretRound, TokenRound, UpkeepStore
from almanac.services.maintenance.steps import COUNTERS, STEPS, Round, Work

logger = logging.getLogger(__name__)


class UpkeepFailed(AlmanacError):
    """Some steps failed; the others were done. `report` tells which."""

    code = "upkeep_failed"

    def __init__(self, report: UpkeepReport) -> None:
        super().__init__(f"upkeep failed in part: {', '.join(str(step['step']) for step in report.failed)}")
        self.report = report


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The use case of the daily rule and of `almanac upkeep`.

    `retention` of run rows, `grace` of what was left behind, `past` of providers' events that are over; `files` of
    exports, None where none are kept; `secrets` of webhooks, None where there are none.
    """

    store: UpkeepStore
    tokens: TokenRound
    clock: Clock
    retention: timedelta
    grace: timedelta
    past: timedelta
    files: FileBin | None = None
    secrets: SecretRound | None = None

    def __call__(self, deadline: Deadline, *, dry_run: bool = False) -> UpkeepReport:
        """Do what is due until `deadline` is near; what is left is named, and the next round goes on with it.

        With `dry_run` nothing is written and no provider is asked: the report says what would be done.
        Raises UpkeepFailed at the end when a step failed, and DatabaseUnavailable when two in a row had no database.
        """
        report = UpkeepReport(dry_run, defaultdict(int, dict.fromkeys(COUNTERS, 0)))
        limits = Limits.at(self.clock(), self.retention, self.grace, self.past)
        work = Round(self.store, self.tokens, limits, report, deadline, self.files, self.secrets)
        gone = False
        for step in STEPS:
            do = step.forecast if dry_run else step.run
            if do is not None:
                gone = _attempt(step.name, do, work, gone_before=gone)
        logger.info("upkeep ended", extra=report.as_dict())
        if report.failed:
            raise UpkeepFailed(report)
        return report


def _attempt(name: str, do: Work, work: Round, *, gone_before: bool) -> bool:
    """Do one step; what stops it must not cost the other steps their turn. Whether it had no database.

    One that takes too long, or is the victim of a deadlock, looks like a database that is away: the next step tells.
    """
    try:
        if not do(work):
            work.report.left.append(name)
    except Exception as error:
        gone = isinstance(error, DatabaseUnavailable)
        if gone and gone_before:
            raise
        said = safe_error_fields(error)
        logger.error("a step of the upkeep failed", extra={"step": name, **said})  # noqa: TRY400 - may quote a row
        work.report.failed.append({"step": name, **said})
        return gone
    return False
