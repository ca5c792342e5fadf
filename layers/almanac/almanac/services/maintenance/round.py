"""One round of upkeep: what has died is closed, what lives is kept alive, what nobody needs is deleted."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from almanac.domain.operations.maintenance import NAMED, Batch, Limits, UpkeepReport
from almanac.errors import AlmanacError, DatabaseUnavailable, describe
from almanac.services.clock import Clock, Deadline
from almanac.services.maintenance.ports import UpkeepStore

logger = logging.getLogger(__name__)

TokenRound = Callable[[datetime, UpkeepReport, Callable[[], bool]], bool]
"""A round over all accounts: unused since when, where to count, whether the time is up. Whether it came to its end."""
RESERVE_SECONDS = 15.0
"""Kept free at the end of an invocation: a batch, or a refresh that times out, must fit in it."""


class UpkeepFailed(AlmanacError):
    """Some steps failed; the others were done. `report` tells which."""

    code = "upkeep_failed"

    def __init__(self, report: UpkeepReport) -> None:
        super().__init__(f"upkeep failed in part: {', '.join(str(step['step']) for step in report.failed)}")
        self.report = report


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The use case of the daily rule and of `almanac upkeep`. `retention` of run rows, `grace` of what was left."""

    store: UpkeepStore
    tokens: TokenRound
    clock: Clock
    retention: timedelta
    grace: timedelta

    def __call__(self, deadline: Deadline, *, dry_run: bool = False) -> UpkeepReport:
        """Do what is due until `deadline` is near; what is left is named, and the next round goes on with it.

        With `dry_run` nothing is written and no provider is asked: the report says what would be done.
        Raises UpkeepFailed at the end when a step failed, and DatabaseUnavailable at once.
        """
        report = UpkeepReport(dry_run)
        limits = Limits.at(self.clock(), self.retention, self.grace)
        for name, step in self._steps(limits, report, deadline):
            self._attempt(name, step, report)
        logger.info("upkeep ended", extra=report.as_dict())
        if report.failed:
            raise UpkeepFailed(report)
        return report

    def _steps(
        self, limits: Limits, report: UpkeepReport, deadline: Deadline
    ) -> Iterator[tuple[str, Callable[[], bool]]]:
        """Each step by its name; what it returns is whether it came to its end.

        Tokens go before deletions, for a grant that dies cannot be brought back, but may take half of the time only.
        """

        def out_of_time() -> bool:
            return deadline() < RESERVE_SECONDS

        def deleting(counter: str, batches: Iterator[Batch]) -> tuple[str, Callable[[], bool]]:
            return counter, lambda: _consume(counter, batches, report, out_of_time)

        store = self.store
        yield "long_in_error", lambda: self._look_at_errors(limits, report)
        if report.dry_run:
            yield "forecast", lambda: self._forecast(limits, report)
        else:
            yield deleting("stale_runs_closed", store.close_stale_runs())
        half = deadline() / 2
        yield "tokens", lambda: self.tokens(limits.unused, report, lambda: deadline() < max(half, RESERVE_SECONDS))
        if not report.dry_run:
            yield deleting("orphans_deleted", store.delete_orphans(limits.left_behind))
            yield deleting("keepsakes_deleted", store.delete_keepsakes(limits.left_behind))
            yield deleting("marks_deleted", store.delete_marks())
            yield deleting("run_rows_deleted", store.delete_old_runs(limits.runs))

    def _attempt(self, name: str, step: Callable[[], bool], report: UpkeepReport) -> None:
        """Do one step; what stops it must not cost the other steps their turn."""
        try:
            if not step():
                report.left.append(name)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a bug or a refused statement; UpkeepFailed is raised at the end
            said = describe(error)
            logger.error("a step of the upkeep failed", extra={"step": name, **said})  # noqa: TRY400 - may quote a row
            report.failed.append({"step": name, **said})

    def _look_at_errors(self, limits: Limits, report: UpkeepReport) -> bool:
        total, oldest = self.store.long_in_error(limits.in_error, NAMED)
        report.add_long_in_error(total, oldest)
        return True

    def _forecast(self, limits: Limits, report: UpkeepReport) -> bool:
        report.counts |= self.store.forecast(limits)
        return True


def _consume(counter: str, batches: Iterator[Batch], report: UpkeepReport, out_of_time: Callable[[], bool]) -> bool:
    """Ask for batches until there are none or the time is up. Whether there are none."""
    while not out_of_time():
        batch = next(batches, None)
        if batch is None:
            return True
        report.add(counter, batch)
    return False
