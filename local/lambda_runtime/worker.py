"""Lambda's side of SQS on one machine: a handler file, fed from a FIFO queue as the event source mapping does it.

    python -m local.lambda_runtime.worker --function functions/calendar_sync/handler.py --queue URL

One process is one concurrent execution. The rules followed here are those of AWS's "Using Lambda with Amazon SQS" with
ReportBatchItemFailures on.
"""

from __future__ import annotations

import argparse
import base64
import importlib
import json
import logging
import os
import signal
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Handler = Callable[[Any, Any], Any]

_ACCOUNT = "000000000000"
# Not Lambda's 20: an idle worker stops within a second, and leaves no open receive that would swallow a later message.
_POLL_SECONDS = 1
TIMED_OUT = 124
"""Exit code of a function that met its time limit, as of timeout(1)."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler gets as its second argument."""

    function_name: str
    timeout_seconds: float
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    memory_limit_in_mb: str = "512"
    function_version: str = "$LATEST"
    _started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        """An ARN of the right shape in the account 000000000000."""
        region = os.environ.get("AWS_REGION", "us-east-1")
        return f"arn:aws:lambda:{region}:{_ACCOUNT}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended, never negative."""
        return max(0, round((self._started + self.timeout_seconds - time.monotonic()) * 1000))


@dataclass(frozen=True, slots=True)
class Function:
    """One loaded handler file: `lambda_handler` of `functions/<name>/handler.py`, and its time limit in seconds."""

    name: str
    handler: Handler
    timeout_seconds: float

    @classmethod
    def load(cls, file: Path, timeout_seconds: float) -> Self:
        """Import `file` as Lambda does, its own folder first on sys.path."""
        file = file.resolve()
        sys.path.insert(0, str(file.parent))
        return cls(file.parent.name, importlib.import_module(file.stem).lambda_handler, timeout_seconds)

    def __call__(self, event: Any) -> Any:
        """Run the handler once and return what it returned as JSON would carry it.

        Past the time limit the whole process ends, as the execution environment does on Lambda.
        """
        signal.signal(signal.SIGALRM, self._time_out)
        signal.setitimer(signal.ITIMER_REAL, self.timeout_seconds)
        try:
            return json.loads(json.dumps(self.handler(event, Context(self.name, self.timeout_seconds))))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _time_out(self, *_: object) -> None:
        os.write(sys.stderr.fileno(), f"Task timed out after {self.timeout_seconds:.2f} seconds\n".encode())
        os._exit(TIMED_OUT)


def sqs_event(messages: Iterable[Mapping[str, Any]], queue_arn: str) -> dict[str, Any]:
    """The event a function gets for received SQS messages (shape: "Using Lambda with Amazon SQS", FIFO example)."""
    return {"Records": [_record(message, queue_arn) for message in messages]}


def failed_messages(response: Any, message_ids: set[str]) -> set[str]:
    """Which messages of a batch a handler's response leaves on the queue.

    No response and an empty or absent list mean none. An entry that names no message of the batch means all of them
    (AWS, "Implementing partial batch responses").
    """
    listed = response.get("batchItemFailures") if isinstance(response, dict) else None
    if not listed:
        return set()
    entries = listed if isinstance(listed, list) else [None]
    names = [entry.get("itemIdentifier") if isinstance(entry, dict) else None for entry in entries]
    known = [name for name in names if isinstance(name, str) and name in message_ids]
    return set(known) if len(known) == len(names) else message_ids


class QueueWorker:
    """Feeds one function from one queue, batch after batch, until it is asked to stop."""

    def __init__(self, function: Function, queue_url: str, *, batch_size: int = 1) -> None:
        self._function = function
        self._queue_url = queue_url
        self._batch_size = batch_size
        self._sqs = boto3.client("sqs")
        found = self._sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
        self._queue_arn: str = found["Attributes"]["QueueArn"]
        self._stopping = False

    def stop(self, *_: object) -> None:
        """Stop after the current batch; also a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Work until `stop`. An error of the queue itself ends the process; whoever started it starts it again."""
        while not self._stopping:
            self.run_once()

    def run_once(self) -> None:
        """Receive one batch, run the function on it, and delete what succeeded; the rest comes back by itself."""
        received = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=self._batch_size,
            WaitTimeSeconds=_POLL_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = received.get("Messages", [])
        if messages:
            failed = self._failed(messages)
            logger.info("batch of %d: %d done, %d left", len(messages), len(messages) - len(failed), len(failed))
            self._delete([message for message in messages if message["MessageId"] not in failed])

    def _failed(self, messages: list[dict[str, Any]]) -> set[str]:
        ids = {message["MessageId"] for message in messages}
        try:
            return failed_messages(self._function(sqs_event(messages, self._queue_arn)), ids)
        except Exception:
            logger.exception("the function failed")
            return ids

    def _delete(self, messages: list[dict[str, Any]]) -> None:
        if not messages:
            return
        entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
        refused = self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries).get("Failed", [])
        for entry in refused:
            logger.warning("message %s was not deleted: %s", messages[int(entry["Id"])]["MessageId"], entry["Code"])


def _record(message: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    attributes = message.get("MessageAttributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {name: _message_attribute(value) for name, value in attributes.items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }


def _message_attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        record["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        record["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return record


def _run_once(function_file: Path, timeout_seconds: float) -> int:
    # What the function prints must not stand between the JSON that the caller reads.
    result_to = os.dup(1)
    os.dup2(2, 1)
    try:
        result, code = Function.load(function_file, timeout_seconds)(json.load(sys.stdin)), 0
    except Exception as error:
        logger.exception("the function failed")
        result, code = {"errorType": type(error).__name__, "errorMessage": str(error)}, 1
    with os.fdopen(result_to, "w") as out:
        json.dump(result, out)
    return code


def main(arguments: list[str] | None = None) -> int:
    """Run the worker process; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m local.lambda_runtime.worker", description="Run a Lambda handler locally."
    )
    parser.add_argument("--function", type=Path, required=True, help="a handler.py with lambda_handler")
    parser.add_argument("--timeout", type=float, default=60, help="seconds until the function is ended")
    parser.add_argument("--batch-size", type=int, default=1, choices=range(1, 11), metavar="1..10")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--queue", help="URL of the queue to work on")
    source.add_argument("--once", action="store_true", help="one event from stdin, its result to stdout")
    options = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if options.once:
        return _run_once(options.function, options.timeout)
    function = Function.load(options.function, options.timeout)
    worker = QueueWorker(function, options.queue, batch_size=options.batch_size)
    signal.signal(signal.SIGTERM, worker.stop)
    worker.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
