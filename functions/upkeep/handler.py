"""Daily tick in → old rows out, accounts kept alive."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.domain.operations.maintenance import UpkeepReport
from almanac.jobs import parse_upkeep
from almanac.lambda_runtime import function_logger, function_metrics, time_left
from almanac.services.maintenance.round import Upkeep, UpkeepFailed
from almanac.services.maintenance.steps import MEASURED
from almanac.wiring.upkeep import container

logger = function_logger("upkeep")
metrics = function_metrics("upkeep")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext, *, upkeep: Upkeep | None = None) -> dict[str, Any]:
    """Do one round, as far as the time goes. Fails, after everything else was done, when a step failed."""
    tick = parse_upkeep(event)
    try:
        report = (upkeep or container().upkeep)(time_left(context), dry_run=tick.dry_run)
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
