"""Tick or nudges in → what changed onto the bus, and the lanes of webhooks woken."""

from functools import partial
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.jobs import parse_nudge, parse_relay
from almanac.lambda_runtime import function_logger, function_metrics, time_left, told_if_it_stays
from almanac.services.clock import Deadline
from almanac.services.events_out.relay import Relay, RelayReport
from almanac.wiring.relay import container

logger = function_logger("relay")
metrics = function_metrics("relay")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext, *, relay: Relay | None = None) -> Any:
    """Publish what is there, or what a nudge is about; what is refused stays for the next tick."""
    use = relay or container().relay
    if "Records" in event:
        one = partial(_record, relay=use, deadline=time_left(context))
        return process_partial_response(event=event, record_handler=one, processor=processor, context=context)
    parse_relay(event)
    return dict(_told(use(time_left(context))).as_dict())


def _record(record: SQSRecord, *, relay: Relay, deadline: Deadline) -> None:
    with told_if_it_stays(logger, message_id=record.message_id):
        _told(relay.nudged([parse_nudge(record.body).ws_id], deadline))


def _told(report: RelayReport) -> RelayReport:
    metrics.add_metric("EventsPublished", MetricUnit.Count, report.published)
    metrics.add_metric("EventsRefused", MetricUnit.Count, report.refused)
    if report.feed_held is not None:
        metrics.add_metric("FeedHeld", MetricUnit.Seconds, report.feed_held)
    metrics.flush_metrics()
    logger.info("relay ended", **report.as_dict())
    return report
