import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.lambda_runtime.worker import failed_messages, sqs_event
from local.lambda_runtime.worker_pool import InvocationError, WorkerPool, invoke
from local.stack.queues import Queues, QueueServer

VISIBILITY_SECONDS = 1

HANDLER = """
    import json, os, pathlib, time

    SEEN = pathlib.Path(os.environ["SEEN"])

    def lambda_handler(event, context):
        fails = []
        for record in event["Records"]:
            body = json.loads(record["body"])
            with SEEN.open("a") as seen:
                seen.write(json.dumps({"record": record, "pid": os.getpid(), "time_ms":
                    context.get_remaining_time_in_millis(), "function": context.function_name,
                    "memory": context.memory_limit_in_mb, "arn": context.invoked_function_arn,
                    "request": context.aws_request_id}) + "\\n")
            first = record["attributes"]["ApproximateReceiveCount"] == "1"
            if body.get("raise") and first:
                raise ValueError("bad luck")
            if body.get("exit") and first:
                os._exit(7)
            if body.get("hang") and first:
                time.sleep(60)
            while body.get("wait_for") and not pathlib.Path(body["wait_for"]).exists():
                time.sleep(0.02)
            if body.get("touch"):
                pathlib.Path(body["touch"]).touch()
            if body.get("fail") and first:
                fails.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": fails}
"""


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.05)


def write_handler(folder: Path, source: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "handler.py"
    file.write_text(textwrap.dedent(source))
    return file


@pytest.fixture(scope="module")
def queues(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queues]:
    with QueueServer.start(tmp_path_factory.mktemp("queues"), visibility_seconds=VISIBILITY_SECONDS) as server:
        yield server.queues


class Bench:
    """One function, one queue of its own, and what the function has seen."""

    def __init__(self, folder: Path, queues: Queues, sqs: Any) -> None:
        self.folder = folder
        self.handler = write_handler(folder / "functions" / "example", HANDLER)
        self.env = queues.environment() | {"SEEN": str(folder / "seen.jsonl")}
        self.sqs = sqs
        attributes = {"FifoQueue": "true", "VisibilityTimeout": str(VISIBILITY_SECONDS)}
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        self.url = sqs.create_queue(QueueName=f"{name}.fifo", Attributes=attributes)["QueueUrl"]

    def send(self, group: str, **body: Any) -> None:
        self.sqs.send_message(
            QueueUrl=self.url,
            MessageBody=json.dumps(body),
            MessageGroupId=group,
            MessageDeduplicationId=f"{group}-{body['n']}",
        )

    def seen(self) -> list[dict[str, Any]]:
        file = Path(self.env["SEEN"])
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def order(self) -> list[int]:
        return [json.loads(entry["record"]["body"])["n"] for entry in self.seen()]

    def is_empty(self) -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return [found[name] for name in names] == ["0", "0"]

    def pool(self, workers: int = 1, **options: Any) -> WorkerPool:
        logs = self.folder / "logs"
        return WorkerPool(self.handler, self.url, workers=workers, logs=logs, env=self.env, **options)

    def log(self) -> str:
        return (self.folder / "logs" / "example-1.log").read_text()


@pytest.fixture
def bench(tmp_path: Path, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name, value in queues.environment().items():
        monkeypatch.setenv(name, value)
    with closing(boto3.client("sqs")) as sqs:
        yield Bench(tmp_path, queues, sqs)


@pytest.mark.parametrize(
    ("response", "left"),
    [
        (None, set()),
        ("done", set()),
        ({}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        ({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "a"}]}, {"a"}),
        ({"batchItemFailures": [{"itemIdentifier": "x"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": ["a"]}]}, {"a", "b"}),
        ({"batchItemFailures": [{"id": "a"}]}, {"a", "b"}),
        ({"batchItemFailures": ["a"]}, {"a", "b"}),
        ({"batchItemFailures": "a"}, {"a", "b"}),
    ],
)
def test_the_response_says_what_stays_on_the_queue(response: Any, left: set[str]) -> None:
    assert failed_messages(response, {"a", "b"}) == left


def test_message_attributes_have_the_shape_that_lambda_gives_them() -> None:
    message = {
        "MessageId": "m",
        "ReceiptHandle": "r",
        "Body": "b",
        "MD5OfBody": "5",
        "MessageAttributes": {
            "text": {"StringValue": "x", "DataType": "String"},
            "bytes": {"BinaryValue": b"\x00\x01", "DataType": "Binary"},
        },
    }
    [record] = sqs_event([message], "arn:aws:sqs:eu-west-1:1:q.fifo")["Records"]
    empty: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
    assert record["awsRegion"] == "eu-west-1"
    assert record["messageAttributes"] == {
        "text": {"stringValue": "x", "dataType": "String", **empty},
        "bytes": {"binaryValue": "AAE=", "dataType": "Binary", **empty},
    }


@pytest.mark.integration
def test_a_handler_sees_the_event_and_context_that_lambda_gives(bench: Bench) -> None:
    bench.send("ws-1", n=1)
    with bench.pool(timeout_seconds=30):
        eventually(lambda: len(bench.seen()) == 1)
        eventually(bench.is_empty)
    [seen] = bench.seen()
    record = seen["record"]
    assert set(record) == {
        "messageId",
        "receiptHandle",
        "body",
        "attributes",
        "messageAttributes",
        "md5OfBody",
        "eventSource",
        "eventSourceARN",
        "awsRegion",
    }
    assert {name: record["attributes"][name] for name in ("MessageGroupId", "MessageDeduplicationId")} == {
        "MessageGroupId": "ws-1",
        "MessageDeduplicationId": "ws-1-1",
    }
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"].keys() >= {"SentTimestamp", "SequenceNumber", "ApproximateFirstReceiveTimestamp"}
    assert record["eventSource"] == "aws:sqs"
    assert record["awsRegion"] == "us-east-1"
    assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()
    assert 0 < seen["time_ms"] <= 30_000
    assert (seen["function"], seen["memory"]) == ("example", "512")
    assert seen["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:example"


@pytest.mark.integration
def test_what_succeeds_is_deleted_and_what_fails_comes_back_in_order(bench: Bench) -> None:
    bench.send("ws-1", n=1)
    bench.send("ws-1", n=2, fail=True)
    bench.send("ws-1", n=3)
    with bench.pool():
        eventually(bench.is_empty)
    assert bench.order() == [1, 2, 2, 3]


@pytest.mark.integration
def test_a_batch_leaves_only_its_failures(bench: Bench) -> None:
    bench.send("ws-1", n=1)
    bench.send("ws-2", n=2, fail=True)
    with bench.pool(batch_size=10):
        eventually(bench.is_empty)
    assert bench.order() == [1, 2, 2]
    assert "batch of 2: 1 done, 1 left" in bench.log()


@pytest.mark.integration
def test_an_exception_leaves_the_whole_batch_and_the_worker_goes_on(bench: Bench) -> None:
    bench.send("ws-1", n=1)
    bench.send("ws-2", n=2, **{"raise": True})
    with bench.pool(batch_size=10) as pool:
        eventually(bench.is_empty)
        assert pool.restarts == 0
    assert sorted(bench.order()) == [1, 1, 2, 2]
    assert "ValueError: bad luck" in bench.log()


@pytest.mark.integration
@pytest.mark.parametrize("way", ["exit", "hang"])
def test_a_function_that_dies_or_hangs_is_started_again_and_its_message_comes_back(bench: Bench, way: str) -> None:
    bench.send("ws-1", n=1, **{way: True})
    with bench.pool(timeout_seconds=2) as pool:
        eventually(bench.is_empty)
        assert pool.restarts >= 1
    first, *_, last = bench.seen()
    assert first["pid"] != last["pid"]
    assert int(last["record"]["attributes"]["ApproximateReceiveCount"]) > 1
    assert ("Task timed out after 2.00 seconds" in bench.log()) == (way == "hang")


@pytest.mark.integration
def test_a_killed_worker_is_replaced(bench: Bench) -> None:
    with bench.pool() as pool:
        [killed] = pool.pids
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: pool.pids != [killed])
        bench.send("ws-1", n=1)
        eventually(lambda: bench.order() == [1])


@pytest.mark.integration
def test_two_workers_run_two_groups_at_once_and_one_group_never_twice(bench: Bench) -> None:
    met = bench.folder / "met"
    bench.send("ws-1", n=1, wait_for=str(met))
    bench.send("ws-1", n=2)
    bench.send("ws-2", n=3, touch=str(met))
    with bench.pool(workers=2):
        eventually(bench.is_empty)
    assert [n for n in bench.order() if n != 3] == [1, 2]
    assert len({entry["pid"] for entry in bench.seen() if json.loads(entry["record"]["body"])["n"] != 2}) == 2


@pytest.mark.integration
def test_a_worker_asked_to_stop_finishes_its_batch_first(bench: Bench) -> None:
    gate = bench.folder / "gate"
    bench.send("ws-1", n=1, wait_for=str(gate))
    bench.send("ws-1", n=2)
    command = [
        sys.executable,
        "-m",
        "local.lambda_runtime.worker",
        "--function",
        str(bench.handler),
        "--queue",
        bench.url,
    ]
    with subprocess.Popen(command, env=os.environ | bench.env, stderr=subprocess.PIPE, text=True) as worker:
        eventually(lambda: bench.order() == [1])
        worker.send_signal(signal.SIGTERM)
        gate.touch()
        _, log = worker.communicate(timeout=20)
    assert worker.returncode == 0
    assert "batch of 1: 1 done, 0 left" in log
    assert bench.order() == [1]


def test_invoking_returns_what_the_handler_returned_and_not_what_it_printed(tmp_path: Path) -> None:
    (tmp_path / "sibling.py").write_text("NAME = 'beside the handler'\n")
    source = """
        import os, sibling
        def lambda_handler(event, context):
            print("chatter")
            return {"event": event, "found": sibling.NAME, "env": os.environ["WHO"], "function": context.function_name}
    """
    log = tmp_path / "log"
    handler = write_handler(tmp_path, source)
    result = invoke(handler, {"job": "calendar.sync"}, timeout_seconds=20, env={"WHO": "me"}, log=log)
    assert result == {
        "event": {"job": "calendar.sync"},
        "found": "beside the handler",
        "env": "me",
        "function": tmp_path.name,
    }
    assert log.read_text() == "chatter\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise KeyError('ws_id')", "^KeyError: 'ws_id'$"),
        ("return {1, 2}", "^TypeError: Object of type set is not JSON serializable$"),
        ("import time; time.sleep(60)", r"^Task timed out after 1\.00 seconds$"),
        ("import os; os._exit(9)", "^the function ended with exit code 9 and no result$"),
    ],
)
def test_invoking_raises_the_functions_own_error(tmp_path: Path, body: str, message: str) -> None:
    handler = write_handler(tmp_path, f"def lambda_handler(event, context):\n    {body}\n")
    with pytest.raises(InvocationError, match=message):
        invoke(handler, {}, timeout_seconds=1, env={}, log=tmp_path / "log")


def test_a_handler_that_cannot_be_imported_is_an_error_of_the_function(tmp_path: Path) -> None:
    handler = write_handler(tmp_path, "import no_such_module\n")
    with pytest.raises(InvocationError, match="ModuleNotFoundError: No module named 'no_such_module'"):
        invoke(handler, {}, timeout_seconds=20, env={}, log=tmp_path / "log")
