"""What every handler shares on Lambda: its log, its metrics, and how much time is left.

Powertools writes metrics to stdout, which Lambda takes as such.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import os

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.services.clock import Deadline

NAMESPACE = "Almanac"
"""Where metrics go when the environment does not say; the template gives each stack a namespace of its own."""


def function_logger(service: str) -> Logger:
    """Return the JSON logger of one function, whose configuration the package's own loggers take over."""
    logger = Logger(service=service)
    copy_config_to_registered_loggers(logger, include={"almanac"})
    return logger


def time_left(context: LambdaContext) -> Deadline:
    """Return what gives the seconds that are left of an invocation."""
    return lambda: context.get_remaining_time_in_millis() / 1000


def function_metrics(service: str) -> Metrics:
    """Return the metrics of one function, in the namespace of its stack: two stacks in one account must not add up."""
    return Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or NAMESPACE, service=service)
