"""The frame of a function behind a FIFO queue: each record's job is run, measured and logged.

One EMF line a run, and one for everything that went wrong. Beside `lambda_runtime`, so that a function without a queue
does not load what reads its records.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from almanac.domain.operations.machine import EscalationCause
from almanac.domain.run_outcomes import Outcome
from almanac.errors import AlmanacError, Postponed
from almanac.lambda_runtime import function_metrics, limit_memory, time_left, told_if_it_stays
from almanac.services.clock import Clock, Deadline
from almanac.services.queues.message_run import SqsMessage

MESSAGE_TO_DONE = "message_to_done_ms"
"""From the message's sending to its end, retries and waiting included."""


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
    def outcome(self) -> Outcome:
        """A dimension: docs/jobs.md names them."""
        ...

    @property
    def error_type(self) -> str | None:
        """The code of what went wrong, if anything did."""
        ...

    @property
    def escalated(self) -> EscalationCause | None:
        """A dimension: why the job went to the larger function, if it did."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, for the log."""
        ...


AnyRunReport = TypeVar("AnyRunReport", bound=RunReport)


class RunMetrics(Generic[AnyRunReport]):
    """The metrics of one function, whose runs end in a `kind`; `counts` gives what one counted, times as `…_ms`."""

    def __init__(
        self, service: str, kind: type[AnyRunReport], counts: Callable[[AnyRunReport], Mapping[str, int]], clock: Clock
    ) -> None:
        self._metrics = function_metrics(service)
        self._kind = kind
        self._counts = counts
        self._clock = clock

    def done(self, report: AnyRunReport, sent_at: datetime) -> None:
        """The message is done; its run may have failed all the same."""
        waited = max(0, round((self._clock() - sent_at).total_seconds() * 1000))  # two clocks: it may seem negative
        self._run(report, {MESSAGE_TO_DONE: waited})
        self._error(report.error_type)
        if report.escalated is not None:
            self._metrics.add_dimension("cause", report.escalated)
            self._metrics.add_metric("Escalated", MetricUnit.Count, 1)
            self._metrics.flush_metrics()

    def stayed(self, error: Exception) -> None:
        """The message stays in its queue; a run of it that has ended counts nevertheless, with its provider calls."""
        if isinstance(error, Postponed):
            if isinstance(error.report, self._kind):
                self._run(error.report, {})
            self._error(error.error_type)
        else:
            self._error(error.code if isinstance(error, AlmanacError) else AlmanacError.code)

    def _run(self, report: AnyRunReport, more: Mapping[str, int]) -> None:
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


class Consumer(Generic[AnyRunReport]):
    """The frame of a function behind a FIFO queue: each record's job is run, measured and logged."""

    def __init__(
        self,
        service: str,
        kind: type[AnyRunReport],
        counts: Callable[[AnyRunReport], Mapping[str, int]],
        *,
        logger: Logger,
        ended: str,
    ) -> None:
        """`kind` is the report that a run ends in, `counts` what one counted; `ended` is the log's word for that."""
        limit_memory()
        self.metrics = RunMetrics(service, kind, counts, lambda: datetime.now(UTC))
        self._logger = logger
        self._ended = ended
        self._processor = SqsFifoPartialProcessor(skip_group_on_error=True)
        # A message that was put back on purpose is no failed invocation.
        self._processor.raise_on_entire_batch_failure = False

    def __call__(
        self, event: dict[str, Any], context: LambdaContext, run: Callable[[SqsMessage, Deadline], AnyRunReport]
    ) -> Any:
        """Run each record's job; return what is not done as `batchItemFailures`, which stays in the queue."""
        one = partial(self._record, run=run, deadline=time_left(context))
        return process_partial_response(event=event, record_handler=one, processor=self._processor, context=context)

    def _record(
        self, record: SQSRecord, *, run: Callable[[SqsMessage, Deadline], AnyRunReport], deadline: Deadline
    ) -> None:
        """Run one record. Raises what keeps it in the queue."""
        self._logger.append_keys(ws_id=record.attributes.message_group_id, message_id=record.message_id)
        message = message_of(record)
        try:
            with told_if_it_stays(self._logger):
                report = run(message, deadline)
        except Exception as error:
            self.metrics.stayed(error)
            raise
        self._logger.info(self._ended, **report.as_dict())
        self.metrics.done(report, message.sent_at)


def message_of(record: SQSRecord) -> SqsMessage:
    """Return what SQS says about a message. `SentTimestamp` is in milliseconds."""
    return SqsMessage(
        body=record.body,
        message_id=record.message_id,
        receipt_handle=record.receipt_handle,
        receive_count=int(record.attributes.approximate_receive_count),
        sent_at=datetime.fromtimestamp(int(record.attributes.sent_timestamp) / 1000, UTC),
    )
