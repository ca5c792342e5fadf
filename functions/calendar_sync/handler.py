"""SQS FIFO batch in → one sync per record."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.domain.sync.report import SyncReport
from almanac.jobs import CalendarSync
from almanac.lambda_runtime import function_logger
from almanac.queue_consumer import Consumer
from almanac.services.queues.message_run import MessageRun
from almanac.wiring.calendar_sync import container

SERVICE = "calendar_sync"
logger = function_logger(SERVICE)
consumer = Consumer(SERVICE, SyncReport, lambda report: report.measured(), logger=logger, ended="run ended")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(
    event: dict[str, Any], context: LambdaContext, *, receive: MessageRun[CalendarSync, SyncReport] | None = None
) -> Any:
    """Run each record's job; what is not done is named in `batchItemFailures` and stays in the queue."""
    return consumer(event, context, receive or container().receive_sync)
