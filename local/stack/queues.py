"""Local SQS: ministack in an environment of its own, with the queues of the bundle as template.yaml declares them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config

from local.stack.ports import LOOPBACK, Child, StartError, clock_of_ours, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MINISTACK = Path(__file__).parents[2] / ".tools" / "ministack" / "bin" / "ministack"
REGION = "us-east-1"
MAX_RECEIVES = 3
BUS = "changes"
DEAD_LETTER_SECONDS = 14 * 24 * 3600

_START_SECONDS = 60
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": ""}
_FIFO = {"FifoQueue": "true", "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}


@dataclass(frozen=True, slots=True)
class Queues:
    """Where the local queues are: the endpoint for boto3 and the URL of each queue."""

    endpoint_url: str
    sync_url: str
    schedule_url: str
    sync_dead_url: str
    schedule_dead_url: str
    deliver_url: str
    export_url: str
    nudge_url: str
    sync_large_url: str
    schedule_large_url: str

    def environment(self) -> dict[str, str]:
        """Variables under which boto3 talks to these queues, whatever account and proxy the shell has set."""
        no_proxy = ",".join(filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), LOOPBACK]))
        return _CREDENTIALS | {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
        }

    def client(self) -> Any:
        """Return a boto3 client for them, whatever the shell has set; whoever asks closes it."""
        return _client(self.endpoint_url)


class QueueServer:
    """A running ministack with the queues; also a context manager that stops it. A stop loses its messages."""

    def __init__(self, child: Child, queues: Queues) -> None:
        self._child = child
        self.queues = queues

    @classmethod
    def start(cls, folder: Path, *, visibility_seconds: int, program: Path = MINISTACK) -> Self:
        """Start ministack on a free port of 127.0.0.1 and create the queues; its files and log stay in `folder`.

        visibility_seconds: how long a received message stays hidden; the template has six times the function timeout.
        Raises StartError if ministack is not installed or does not come up.
        """
        child, endpoint_url = start_ministack(folder, ["sqs", "events"], program)
        try:
            return cls(child, _create_queues(endpoint_url, visibility_seconds))
        except BaseException:
            child.stop()
            raise

    def stop(self) -> None:
        """Stop ministack; the messages in its queues are gone. Safe to call twice."""
        self._child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_ministack(folder: Path, services: Sequence[str], program: Path = MINISTACK) -> tuple[Child, str]:
    """Start ministack with those services on a free port of 127.0.0.1; returns it and its endpoint.

    Its files and log stay in `folder`, what it holds ends with it. Raises StartError if it is not installed or does
    not come up.
    """
    if not program.exists():
        raise StartError(f"ministack is not installed at {program}: run `make setup`")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = _server_environment(folder, port) | {"SERVICES": ",".join(services)}
    child = Child([str(program)], log=folder / "ministack.log", environment=environment, folder=str(folder))
    try:
        _await_ready(child, port)
    except BaseException:
        child.stop()
        raise
    return child, f"http://{LOOPBACK}:{port}"


def _server_environment(folder: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),  # no ~/.aws, no ~/.docker of the person at the terminal
        "TMPDIR": str(folder),
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "0",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "LOG_LEVEL": "WARNING",
        # By default it also listens on port 8883, and removes containers that an earlier run left.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder / 'no-docker.sock'}",
        **clock_of_ours(),
    }


def _await_ready(child: Child, port: int) -> None:
    if not child.wait_until(lambda: _is_ready(port), seconds=_START_SECONDS):
        raise StartError(f"ministack did not start, see {child.log}")


def _is_ready(port: int) -> bool:
    connection = HTTPConnection(LOOPBACK, port, timeout=2)  # http.client: never through the shell's proxy
    try:
        connection.request("GET", "/_ministack/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def create_bus(queues: Queues) -> tuple[str, str]:
    """Create the bus that hears of changes, and a queue that a rule fills with all of them; bus and queue URL."""
    sqs, events = queues.client(), _client(queues.endpoint_url, "events")
    try:
        url: str = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        events.create_event_bus(Name=BUS)
        events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["almanac"]}))
        target = {"Id": "subscriber", "Arn": found["Attributes"]["QueueArn"]}
        events.put_targets(Rule="all", EventBusName=BUS, Targets=[target])
    finally:
        sqs.close()
        events.close()
    return BUS, url


def _client(endpoint_url: str, service: str = "sqs") -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}),
    )


def _create_queues(endpoint_url: str, visibility_seconds: int) -> Queues:
    sqs = _client(endpoint_url)
    try:
        sync_url, sync_dead_url = _create_pair(sqs, "sync", visibility_seconds)
        schedule_url, schedule_dead_url = _create_pair(sqs, "schedule", visibility_seconds)
        lanes = {"VisibilityTimeout": str(visibility_seconds)}
        export_url, _ = _create_pair(sqs, "export", visibility_seconds)
        sync_large_url, _ = _create_pair(sqs, "sync-large", visibility_seconds)
        schedule_large_url, _ = _create_pair(sqs, "schedule-large", visibility_seconds)
        deliver_url: str = sqs.create_queue(QueueName="deliver", Attributes=lanes)["QueueUrl"]
        nudge_url: str = sqs.create_queue(QueueName="nudges", Attributes=lanes)["QueueUrl"]
    finally:
        sqs.close()
    urls = (sync_url, schedule_url, sync_dead_url, schedule_dead_url, deliver_url, export_url, nudge_url)
    return Queues(endpoint_url, *urls, sync_large_url, schedule_large_url)


def _create_pair(sqs: Any, name: str, visibility_seconds: int) -> tuple[str, str]:
    """Create `name`.fifo and the dead-letter queue that takes a message after its third failed receive."""
    dead_url = _create(sqs, f"{name}-dead.fifo", {"MessageRetentionPeriod": str(DEAD_LETTER_SECONDS)})
    found = sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])
    redrive = {"deadLetterTargetArn": found["Attributes"]["QueueArn"], "maxReceiveCount": MAX_RECEIVES}
    attributes = {"VisibilityTimeout": str(visibility_seconds), "RedrivePolicy": json.dumps(redrive)}
    return _create(sqs, f"{name}.fifo", attributes), dead_url


def _create(sqs: Any, name: str, attributes: Mapping[str, str]) -> str:
    url: str = sqs.create_queue(QueueName=name, Attributes=_FIFO | dict(attributes))["QueueUrl"]
    return url
