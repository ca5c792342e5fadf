"""HTTP request in → JSON or a page out."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.lambda_runtime import function_logger
from almanac.web.application import Web
from almanac.wiring.outside.api import container

logger = function_logger("api")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext, *, web: Web | None = None) -> dict[str, Any]:
    """Answer one request of API Gateway, whatever comes of it."""
    return (web or container().web)(event, context)
