"""A deployment, or a person → the database brought up to date."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.lambda_runtime import function_logger, time_left
from almanac.services.clock import Deadline
from almanac.wiring.migrate import container

Upgrader = Callable[[object, Deadline], dict[str, Any]]
logger = function_logger("migrate")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext, *, upgrade: Upgrader | None = None) -> dict[str, Any]:
    """Apply the migrations that are missing and tell whoever asked: CloudFormation by its address, a person here."""
    done = (upgrade or container().migrations_resource)(event, time_left(context))
    logger.info("migrations applied", **done)
    return done
