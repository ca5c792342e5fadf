"""What every handler shares on Lambda: its log, its metrics, and how much time is left.

Powertools writes metrics to stdout, which Lambda takes as such.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.errors import AlmanacError, safe_error_fields
from almanac.services.clock import Deadline

MEMORY_RESERVE_MB = 48
"""Of a function's memory, kept free of data."""
NAMESPACE = "Almanac"
"""Where metrics go when the environment does not say; the template gives each stack a namespace of its own."""


def function_logger(service: str) -> Logger:
    """Return the JSON logger of one function, whose configuration the package's own loggers take over."""
    logger = Logger(service=service)
    copy_config_to_registered_loggers(logger, include={"almanac"})
    return logger


@contextmanager
def told_if_it_stays(logger: Logger, **more: Any) -> Iterator[None]:
    """Log why a message is not done, as far as that may be said, and `more`: Powertools passes by what it catches."""
    try:
        yield
    except Exception as error:
        say = logger.warning if isinstance(error, AlmanacError) else logger.error
        say("message stays in the queue", **safe_error_fields(error), **more)
        raise


def limit_memory() -> int | None:
    """On Lambda, have what asks for too much memory fail by MemoryError instead of being killed without a word.

    Returns the limit in bytes; None elsewhere. The rest is for what is not counted (stacks, code) and for recording how
    the run ended.
    """
    said = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    if not said.isdigit():
        return None
    limit = (int(said) - MEMORY_RESERVE_MB) * 1024 * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    return limit


def time_left(context: LambdaContext) -> Deadline:
    """Return what gives the seconds that are left of an invocation."""
    return lambda: context.get_remaining_time_in_millis() / 1000


def function_metrics(service: str) -> Metrics:
    """Return the metrics of one function, in the namespace of its stack: two stacks in one account must not add up."""
    return Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or NAMESPACE, service=service)
