"""Lambda's side of SQS on one machine: a handler file, fed from a FIFO queue as the event source mapping does it.

    python -m local.lambda_worker --function functions/calendar_sync/handler.py --queue URL

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
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3

from local.ports import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Handler = Callable[[Any, Any], Any]

_ROOT = Path(__file__).parents[1]
_ACCOUNT = "000000000000"
# Not Lambda's 20: an idle worker stops within a second, and leaves no open receive that would swallow a later message.
_POLL_SECONDS = 1
_WATCH_SECONDS = 0.5
_RESTART_SECONDS = 1  # a worker that cannot even import its handler is not started in a tight loop
_STOP_MARGIN_SECONDS = 5
_TIMED_OUT = 124  # exit code, as of timeout(1)

logger = logging.getLogger(__name__)


class InvocationError(RuntimeError):
    """The function failed or timed out; the message is `ErrorType: text` as Lambda reports it."""


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
        os._exit(_TIMED_OUT)


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


class WorkerPool:
    """N worker processes on one queue, as Lambda's maximum concurrency; one that ends by itself is started again.

    `env` is added to our own environment. Each worker appends to `<function>-<n>.log` in `logs`.
    """

    def __init__(
        self,
        handler_file: Path,
        queue_url: str,
        *,
        workers: int,
        logs: Path,
        env: Mapping[str, str],
        batch_size: int = 1,
        timeout_seconds: float = 60,
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._environment = os.environ | dict(env)
        self._timeout_seconds = timeout_seconds
        self._command = _command(handler_file, timeout_seconds, "--queue", queue_url, "--batch-size", str(batch_size))
        self._stopping = threading.Event()
        self.restarts = 0
        names = [logs / f"{handler_file.resolve().parent.name}-{n}.log" for n in range(1, workers + 1)]
        self._children = [self._start(log) for log in names]
        self._watch = threading.Thread(target=self._restart_ended, name="worker-pool", daemon=True)
        self._watch.start()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [child.pid for child in self._children]

    def stop(self) -> None:
        """Ask every worker to stop and wait for its current batch, which its time limit bounds. Safe to call twice."""
        self._stopping.set()
        self._watch.join()
        for child in self._children:
            child.ask_to_stop()
        for child in self._children:
            child.stop(seconds=self._timeout_seconds + _STOP_MARGIN_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self, log: Path) -> Child:
        return Child(self._command, log=log, environment=self._environment, folder=str(_ROOT))

    def _restart_ended(self) -> None:
        while not self._stopping.wait(_WATCH_SECONDS):
            for n, child in enumerate(self._children):
                if not child.alive and child.age >= _RESTART_SECONDS:
                    child.stop()
                    self._children[n] = self._start(child.log)
                    self.restarts += 1


def invoke(
    handler_file: Path,
    event: Any,
    *,
    timeout_seconds: float,
    env: Mapping[str, str],
    log: Path | None = None,
) -> Any:
    """Run a handler once in a fresh process and return what it returned.

    `env` is added to our own environment. What the function prints goes to `log`, or to our stderr.
    Raises InvocationError with the function's error, or that it timed out.
    """
    command = _command(handler_file, timeout_seconds, "--once")
    stderr = log.open("ab") if log else None
    try:
        # The child ends itself at its time limit; the margin is for its start, and for one that is stuck in C code.
        done = subprocess.run(
            command,
            input=json.dumps(event).encode(),
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=_ROOT,
            env=os.environ | dict(env),
            timeout=timeout_seconds + 10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _timed_out(timeout_seconds) from None
    finally:
        if stderr:
            stderr.close()
    if done.returncode == _TIMED_OUT:
        raise _timed_out(timeout_seconds)
    return _result(done)


def _timed_out(seconds: float) -> InvocationError:
    return InvocationError(f"Task timed out after {seconds:.2f} seconds")


def _result(done: subprocess.CompletedProcess[bytes]) -> Any:
    if not done.stdout:
        raise InvocationError(f"the function ended with exit code {done.returncode} and no result")
    result = json.loads(done.stdout)
    if done.returncode:
        raise InvocationError(f"{result['errorType']}: {result['errorMessage']}")
    return result


def _command(handler_file: Path, timeout_seconds: float, *options: str) -> list[str]:
    function = ["--function", str(handler_file.resolve()), "--timeout", str(timeout_seconds)]
    return [sys.executable, "-m", "local.lambda_worker", *function, *options]


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
    parser = argparse.ArgumentParser(prog="python -m local.lambda_worker", description="Run a Lambda handler locally.")
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
