"""What functions tell CloudWatch; behind a queue one EMF line a run, and one for everything that went wrong.

Beside the layers, because it serves the handlers: Powertools writes to stdout, which Lambda takes as the metric.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from almanac.errors import AlmanacError, Postponed
from almanac.services.clock import Clock

NAMESPACE = "Almanac"
"""Where metrics go when the environment does not say; the template gives each stack a namespace of its own."""
MESSAGE_TO_DONE = "message_to_done_ms"
"""From the message's sending to its end, retries and waiting included."""


def function_metrics(service: str) -> Metrics:
    """The metrics of one function, in the namespace of its stack: two stacks in one account must not add up."""
    return Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or NAMESPACE, service=service)


class RunReport(Protocol):
    """What is said of a run, whatever it did."""

    @property
    def ws_id(self) -> UUID:
        """The workspace; a property of the line, never a dimension: each of its values would be a metric."""
        ...

    @property
    def run_id(self) -> UUID:
        """The run's row; likewise."""
        ...

    @property
    def outcome(self) -> str:
        """A dimension: docs/jobs.md names them."""
        ...

    @property
    def error_type(self) -> str | None:
        """The code of what went wrong, if anything did."""
        ...


AnyReport = TypeVar("AnyReport", bound=RunReport)


class RunMetrics(Generic[AnyReport]):
    """The metrics of one function, whose runs end in a `kind`; `counts` gives what one counted, times as `…_ms`."""

    def __init__(
        self, service: str, kind: type[AnyReport], counts: Callable[[AnyReport], Mapping[str, int]], clock: Clock
    ) -> None:
        self._metrics = function_metrics(service)
        self._kind = kind
        self._counts = counts
        self._clock = clock

    def done(self, report: AnyReport, sent_at: datetime) -> None:
        """The message is done; its run may have failed all the same."""
        waited = max(0, round((self._clock() - sent_at).total_seconds() * 1000))  # two clocks: it may seem negative
        self._run(report, {MESSAGE_TO_DONE: waited})
        self._error(report.error_type)

    def stayed(self, error: Exception) -> None:
        """The message stays in its queue; a run of it that has ended counts nevertheless, with its Google calls."""
        if isinstance(error, Postponed):
            if isinstance(error.report, self._kind):
                self._run(error.report, {})
            self._error(error.error_type)
        else:
            self._error(error.code if isinstance(error, AlmanacError) else AlmanacError.code)

    def _run(self, report: AnyReport, more: Mapping[str, int]) -> None:
        self._metrics.add_dimension("outcome", report.outcome)
        self._metrics.add_metadata("ws_id", str(report.ws_id))
        self._metrics.add_metadata("run_id", str(report.run_id))
        for name, value in {**self._counts(report), **more}.items():
            unit = MetricUnit.Milliseconds if name.endswith("_ms") else MetricUnit.Count
            self._metrics.add_metric(name, unit, value)
        self._metrics.flush_metrics()

    def _error(self, error_type: str | None) -> None:
        if error_type is not None:
            self._metrics.add_dimension("error_type", error_type)
            self._metrics.add_metric("errors", MetricUnit.Count, 1)
            self._metrics.flush_metrics()
