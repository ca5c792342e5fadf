"""Daily tick in → old rows out, accounts kept alive."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.domain.operations.maintenance import UpkeepReport
from almanac.jobs import parse_upkeep
from almanac.run_metrics import function_metrics
from almanac.services.maintenance.round import Upkeep, UpkeepFailed
from almanac.wiring import container

logger = Logger(service="upkeep")
copy_config_to_registered_loggers(logger, include={"almanac"})
metrics = function_metrics("upkeep")
MEASURED = {
    "RunRowsDeleted": "run_rows_deleted",
    "StaleRunsClosed": "stale_runs_closed",
    "OrphansDeleted": "orphans_deleted",
    "TokensRefreshed": "tokens_refreshed",
    "TokensFailing": "tokens_failing",
}


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext, *, upkeep: Upkeep | None = None) -> dict[str, Any]:
    """Do one round, as far as the time goes. Fails, after everything else was done, when a step failed."""
    tick = parse_upkeep(event)
    try:
        report = (upkeep or container().upkeep)(
            lambda: context.get_remaining_time_in_millis() / 1000, dry_run=tick.dry_run
        )
    except UpkeepFailed as error:
        _measure(error.report)
        raise
    _measure(report)
    return report.as_dict()


def _measure(report: UpkeepReport) -> None:
    """What a dry run would do has not happened, so it is not measured."""
    if report.dry_run:
        return
    for metric, counter in MEASURED.items():
        metrics.add_metric(metric, MetricUnit.Count, report.counts[counter])
    metrics.flush_metrics()
