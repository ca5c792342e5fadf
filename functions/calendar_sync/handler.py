"""SQS FIFO batch in → one sync per record."""

from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.domain.sync.report import SyncReport
from almanac.errors import AlmanacError, describe
from almanac.jobs import CalendarSync
from almanac.run_metrics import RunMetrics
from almanac.services.queues.message_run import MessageRun, SqsMessage
from almanac.wiring import container, utc_now

Receiver = MessageRun[CalendarSync, SyncReport]
logger = Logger(service="calendar_sync")
copy_config_to_registered_loggers(logger, include={"almanac"})
metrics = RunMetrics("calendar_sync", SyncReport, lambda report: report.tally.as_dict(), utc_now)
processor = SqsFifoPartialProcessor(skip_group_on_error=True)
processor.raise_on_entire_batch_failure = False  # a message that was put back on purpose is no failed invocation


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext, *, receive: Receiver | None = None) -> Any:
    """Run each record's job; what is not done is named in `batchItemFailures` and stays in the queue."""
    one = partial(handle_record, receive=receive or container().receive_sync, context=context)
    return process_partial_response(event=event, record_handler=one, processor=processor, context=context)


def handle_record(record: SQSRecord, *, receive: Receiver, context: LambdaContext) -> None:
    """One record. Raises what keeps it in the queue."""
    logger.append_keys(ws_id=record.attributes.message_group_id, message_id=record.message_id)
    message = SqsMessage.from_record(record)
    try:
        report = receive(message, lambda: context.get_remaining_time_in_millis() / 1000)
    except Exception as error:
        say = logger.warning if isinstance(error, AlmanacError) else logger.error
        say("message stays in the queue", **describe(error))
        metrics.stayed(error)
        raise
    logger.info("run ended", **report.as_dict())
    metrics.done(report, message.sent_at)
