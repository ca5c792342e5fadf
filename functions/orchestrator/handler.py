"""Tick in → due jobs out."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.jobs import parse_tick
from almanac.lambda_runtime import function_logger, function_metrics
from almanac.services.queues.dispatch import Dispatch, DispatchFailed, DispatchReport
from almanac.wiring.orchestrator import container

logger = function_logger("orchestrator")
metrics = function_metrics("orchestrator")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(
    event: dict[str, Any], context: LambdaContext, *, dispatch: Dispatch | None = None
) -> dict[str, Any]:
    """Send every due workspace its job, or those of an explicit list. Fails when any could not be sent."""
    try:
        tick = parse_tick(event)
        if tick.request_id is None:  # Lambda's own retries of an invocation bear its id
            tick = tick.model_copy(update={"request_id": context.aws_request_id})
        report = (dispatch or container().dispatch)(tick)
    except DispatchFailed as error:
        _measure(error.report)
        logger.exception(
            "jobs could not be sent", not_sent=[row for row in error.report.results if row["status"] == "failed"]
        )
        raise
    _measure(report)
    return report.as_dict()


def _measure(report: DispatchReport) -> None:
    metrics.add_dimension("job", report.job)
    metrics.add_metric("Enqueued", MetricUnit.Count, report.enqueued)
    metrics.add_metric("NotEnqueued", MetricUnit.Count, report.failed)
    if report.health is not None:
        metrics.add_metric("WorkspacesBehind", MetricUnit.Count, report.health.workspaces_behind)
        metrics.add_metric("ConnectionsInError", MetricUnit.Count, report.health.connections_in_error)
        metrics.add_metric("BudgetsHalfUsed", MetricUnit.Count, report.health.budgets_half_used)
    if report.channels is not None:
        metrics.add_metric("ChannelsActive", MetricUnit.Count, report.channels.active)
        metrics.add_metric("ChannelsSilent", MetricUnit.Count, report.channels.silent)
        metrics.add_metric("ChannelsOverdue", MetricUnit.Count, report.channels.overdue)
        metrics.add_metric("ChannelsFailing", MetricUnit.Count, report.channels.failing)
        metrics.add_metric("ChannelsUnsupported", MetricUnit.Count, report.channels.unsupported)
    metrics.flush_metrics()
