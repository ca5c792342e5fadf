"""SQS FIFO batch in → one plan per record."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.domain.workspace_plan.report import PlanReport
from almanac.jobs import CalendarSchedule
from almanac.lambda_runtime import function_logger
from almanac.queue_consumer import Consumer
from almanac.services.queues.message_run import MessageRun
from almanac.wiring.smart_scheduling import container

SERVICE = "smart_scheduling"
logger = function_logger(SERVICE)
consumer = Consumer(SERVICE, PlanReport, lambda report: asdict(report.counts), logger=logger, ended="plan ended")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(
    event: dict[str, Any], context: LambdaContext, *, receive: MessageRun[CalendarSchedule, PlanReport] | None = None
) -> Any:
    """Plan each record's workspace; what is not done is named in `batchItemFailures` and stays in the queue."""
    return consumer(event, context, receive or container().receive_schedule)
