"""HTTP request in → a consent begun, or its owner sent to Google and back."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.lambda_runtime import function_logger
from almanac.web.connect.application import ConnectWeb
from almanac.wiring.outside.connect import container

logger = function_logger("connect")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext, *, web: ConnectWeb | None = None) -> dict[str, Any]:
    """Answer one request of API Gateway, whatever comes of it."""
    return (web or container().connect_web)(event, context)
