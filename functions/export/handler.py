"""SQS FIFO batch in → one export per record; tick in → messages for what is due."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.domain.export.report import ExportReport
from almanac.jobs import CalendarExport, parse_export_tick
from almanac.lambda_runtime import function_logger, function_metrics, time_left
from almanac.queue_consumer import Consumer
from almanac.services.export.due import AskForDue
from almanac.services.queues.message_run import MessageRun
from almanac.wiring.exports.function import container

SERVICE = "export"
logger = function_logger(SERVICE)
metrics = function_metrics(SERVICE)
consumer = Consumer(SERVICE, ExportReport, lambda report: asdict(report.counts), logger=logger, ended="export ended")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(
    event: dict[str, Any],
    context: LambdaContext,
    *,
    receive: MessageRun[CalendarExport, ExportReport] | None = None,
    ask: AskForDue | None = None,
) -> Any:
    """Make each record's export, what is not done stays in the queue; at a tick, ask for what is due."""
    if "Records" in event:
        return consumer(event, context, receive or container().receive_export)
    tick = parse_export_tick(event)
    report = (ask or container().ask_for_due)(time_left(context), tick.due)
    metrics.add_metric("DigestsDue", MetricUnit.Count, report.digests)
    metrics.add_metric("ReportsDue", MetricUnit.Count, report.reports)
    metrics.add_metric("ExportsGivenUp", MetricUnit.Count, report.given_up)
    metrics.flush_metrics()
    logger.info("tick ended", **report.as_dict())
    return dict(report.as_dict())
