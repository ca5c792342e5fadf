"""A deployment, or a person → the database brought up to date."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.services.clock import Deadline
from almanac.wiring import container

Upgrader = Callable[[object, Deadline], dict[str, Any]]
logger = Logger(service="migrate")
copy_config_to_registered_loggers(logger, include={"almanac"})


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext, *, upgrade: Upgrader | None = None) -> dict[str, Any]:
    """Apply the migrations that are missing and tell whoever asked: CloudFormation by its address, a person here."""
    upgrade = upgrade or container().upgrade_database
    done = upgrade(event, lambda: context.get_remaining_time_in_millis() / 1000)
    logger.info("the database is looked after", **done)
    return done
