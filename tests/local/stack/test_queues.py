import json
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from almanac.adapters.aws.event_bus import EventBridgeBus
from local.stack.ports import StartError
from local.stack.queues import Queues, QueueServer, create_bus

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueueServer]:
    with QueueServer.start(tmp_path_factory.mktemp("queues"), visibility_seconds=360) as server:
        yield server


@pytest.fixture
def queues(server: QueueServer) -> Queues:
    return server.queues


@pytest.fixture
def sqs(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in queues.environment().items():
        monkeypatch.setenv(name, value)
    with closing(boto3.client("sqs")) as client:
        yield client


def attributes(sqs: Any, url: str) -> dict[str, str]:
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


@pytest.mark.parametrize("name", ["sync", "schedule"])
def test_a_queue_has_what_the_template_gives_it(name: str, sqs: Any, queues: Queues) -> None:
    url, dead_url = getattr(queues, f"{name}_url"), getattr(queues, f"{name}_dead_url")
    main, dead = attributes(sqs, url), attributes(sqs, dead_url)
    for found in (main, dead):
        assert found["FifoQueue"] == "true"
        assert found["DeduplicationScope"] == "messageGroup"
        assert found["FifoThroughputLimit"] == "perMessageGroupId"
    assert main["VisibilityTimeout"] == "360"
    assert json.loads(main["RedrivePolicy"]) == {"deadLetterTargetArn": dead["QueueArn"], "maxReceiveCount": 3}
    assert dead["MessageRetentionPeriod"] == str(14 * 24 * 3600)


def test_a_message_that_fails_three_times_is_a_dead_letter(sqs: Any, queues: Queues) -> None:
    sqs.send_message(QueueUrl=queues.sync_url, MessageBody="poison", MessageGroupId="g", MessageDeduplicationId="p1")
    for _ in range(3):
        received = sqs.receive_message(QueueUrl=queues.sync_url, VisibilityTimeout=0)
        assert [message["Body"] for message in received["Messages"]] == ["poison"]
    assert "Messages" not in sqs.receive_message(QueueUrl=queues.sync_url)
    dead = sqs.receive_message(QueueUrl=queues.sync_dead_url)
    assert [message["Body"] for message in dead["Messages"]] == ["poison"]


def test_a_group_with_a_message_in_flight_waits_and_the_others_do_not(sqs: Any, queues: Queues) -> None:
    for group, body in (("a", "a1"), ("a", "a2"), ("b", "b1")):
        sqs.send_message(
            QueueUrl=queues.schedule_url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body
        )
    taken = [sqs.receive_message(QueueUrl=queues.schedule_url).get("Messages", []) for _ in range(3)]
    assert [[message["Body"] for message in messages] for messages in taken] == [["a1"], ["b1"], []]


def test_a_bus_hands_a_subscriber_what_is_put(sqs: Any, queues: Queues) -> None:
    bus, url = create_bus(queues)
    with closing(boto3.client("events")) as events:
        told = [{"id": f"ws/{number}", "type": "event.created", "data": {"version": number}} for number in range(3)]
        assert EventBridgeBus(events, bus, threads=1).put(told) == [True] * 3

    heard = []
    while len(heard) < 3:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)
        heard += [json.loads(message["Body"]) for message in answer["Messages"]]
    assert sorted(each["detail"]["id"] for each in heard) == ["ws/0", "ws/1", "ws/2"]
    assert {each["detail-type"] for each in heard} == {"event.created"}


def test_the_environment_keeps_boto3_on_this_machine(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    environment = queues.environment()
    assert environment["AWS_ENDPOINT_URL"] == queues.endpoint_url
    assert urlsplit(queues.endpoint_url).hostname == "127.0.0.1"
    assert environment["NO_PROXY"] == environment["no_proxy"] == "intranet.example,127.0.0.1"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8")
def test_it_listens_on_127_0_0_1_and_nowhere_else(queues: Queues) -> None:
    port = urlsplit(queues.endpoint_url).port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=2)


def test_it_writes_only_into_its_folder_and_frees_its_port(tmp_path: Path) -> None:
    with QueueServer.start(tmp_path, visibility_seconds=1) as server:
        address = urlsplit(server.queues.endpoint_url)
        assert list(tmp_path.glob("ministack-*.pid"))
    server.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["ministack.log"]
    assert not answers(address.hostname or "", address.port or 0)


def test_it_ends_with_its_owner_however_that_dies(tmp_path: Path) -> None:
    script = f"""
        import os, signal
        from pathlib import Path
        from local.stack.queues import QueueServer
        server = QueueServer.start(Path({str(tmp_path)!r}), visibility_seconds=1)
        print(server.queues.endpoint_url, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    address = urlsplit(done.stdout.strip())
    deadline = time.monotonic() + 20
    while answers(address.hostname or "", address.port or 0):
        assert time.monotonic() < deadline, "ministack outlived its owner"
        time.sleep(0.05)


def test_a_missing_ministack_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="run `make setup`"):
        QueueServer.start(tmp_path, visibility_seconds=1, program=tmp_path / "ministack")


def test_a_ministack_that_does_not_start_is_reported_and_not_left(tmp_path: Path) -> None:
    broken = tmp_path / "ministack"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(StartError, match="did not start, see"):
        QueueServer.start(tmp_path / "queues", visibility_seconds=1, program=broken)
    assert [path.name for path in (tmp_path / "queues").iterdir()] == ["ministack.log"]
