"""Tick in → what changed onto the bus, and the lanes of webhooks woken."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.jobs import parse_relay
from almanac.lambda_runtime import function_logger, function_metrics, time_left
from almanac.services.events_out.relay import Relay
from almanac.wiring.relay import container

logger = function_logger("relay")
metrics = function_metrics("relay")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext, *, relay: Relay | None = None) -> dict[str, Any]:
    """Publish what is there; what is refused stays for the next tick."""
    parse_relay(event)
    report = (relay or container().relay)(time_left(context))
    metrics.add_metric("EventsPublished", MetricUnit.Count, report.published)
    metrics.add_metric("EventsRefused", MetricUnit.Count, report.refused)
    metrics.flush_metrics()
    logger.info("relay ended", **report.as_dict())
    return dict(report.as_dict())
