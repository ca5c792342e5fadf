"""A provider's ring in → one job out. No database, no provider's secret: only the keys that rings are verified with."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.lambda_runtime import function_logger, function_metrics
from almanac.services.push.receive import Answer, ReceiveRing
from almanac.wiring.push_receiver import container

STATUS = {"rang": 204, "rejected": 404, "refused": 503}
"""What a provider is told. Only a 5xx is repeated, so it is kept for a queue that did not take the job."""
METRIC = {"rang": "Rings", "rejected": "RingsRejected", "refused": "RingsRefused"}
logger = function_logger("push_receiver")
metrics = function_metrics("push_receiver")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(
    event: dict[str, Any], context: LambdaContext, *, receive: ReceiveRing | None = None
) -> dict[str, Any]:
    """Verify a ring (HTTP API, payload format 2.0) and send its job. The body, if any, is not looked at."""
    del context
    answer = (receive or container().receive_ring)(_headers(event))
    _tell(answer)
    return {"statusCode": STATUS[answer.verdict]}


def _headers(event: dict[str, Any]) -> dict[str, str]:
    found = event.get("headers") if isinstance(event, dict) else None
    said = found if isinstance(found, dict) else {}
    return {name: value for name, value in said.items() if isinstance(name, str) and isinstance(value, str)}


def _tell(answer: Answer) -> None:
    """Channel and number, never the token; a rejected message is only counted."""
    if answer.verdict != "rejected":
        said = {"channel_id": str(answer.channel_id), "number": answer.number}
        logger.info("a channel rang" if answer.verdict == "rang" else "the queue refused a ring", **said)
    metrics.add_metric(METRIC[answer.verdict], MetricUnit.Count, 1)
    metrics.flush_metrics()
