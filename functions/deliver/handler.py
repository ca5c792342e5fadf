"""SQS batch in → signed POSTs to one endpoint per record."""

from functools import partial
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.jobs import parse_lane
from almanac.lambda_runtime import function_logger, function_metrics, time_left, told_if_it_stays
from almanac.services.clock import Deadline
from almanac.services.events_out.deliver import DeliverLane
from almanac.services.events_out.ports import Lane
from almanac.wiring.deliver import container

logger = function_logger("deliver")
metrics = function_metrics("deliver")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext, *, deliver: DeliverLane | None = None) -> Any:
    """Deliver what is due in each record's lane; an endpoint that refuses is no failure of a record."""
    one = partial(_record, deliver=deliver, deadline=time_left(context))
    return process_partial_response(event=event, record_handler=one, processor=processor, context=context)


def _record(record: SQSRecord, *, deliver: DeliverLane | None, deadline: Deadline) -> None:
    with told_if_it_stays(logger, message_id=record.message_id):
        message = parse_lane(record.body)
        report = (deliver or container().deliver_lane)(Lane(message.endpoint_id, message.ws_id), deadline)
    metrics.add_metric("WebhooksDelivered", MetricUnit.Count, report.delivered)
    metrics.add_metric("WebhooksFailed", MetricUnit.Count, report.failed)
    metrics.add_metric("WebhooksDisabled", MetricUnit.Count, report.disabled is not None)
    metrics.flush_metrics()
    logger.info("lane ended", **report.as_dict())
