"""`make invoke-all` without Docker: how it finds an engine, and how it judges what sam prints."""

import json
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from local.lambda_runtime import invoke_all
from local.lambda_runtime.docker_engine import Engine
from local.lambda_runtime.invoke_all import _Sam, main
from local.lambda_runtime.sample_events import SAMPLES, Sample
from local.stack.ports import free_port

Serve = Callable[[dict[str, Any]], str]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start an engine on a unix socket that knows these paths; returns its address."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(tmp_path / "engine.sock"))
    listening.listen()
    threads: list[Thread] = []

    def answer(known: dict[str, Any]) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with closing(client):
                path = client.recv(4096).split()[1].decode()
                body = json.dumps(known.get(path)).encode()
                status = b"200 OK" if path in known else b"404 Not Found"
                client.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))

    def start(known: dict[str, Any]) -> str:
        threads.append(Thread(target=answer, args=(known,)))
        threads[-1].start()
        return f"unix://{tmp_path / 'engine.sock'}"

    yield start
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for thread in threads:
        thread.join()


def network(**config: str) -> dict[str, Any]:
    return {"/_ping": "OK", "/networks/bridge": {"IPAM": {"Config": [config]}}}


@pytest.mark.parametrize(
    ("config", "gateway"),
    [
        ({"Subnet": "172.17.0.0/16"}, "172.17.0.1"),
        ({"Subnet": "10.9.0.0/24", "Gateway": "10.9.0.254"}, "10.9.0.254"),
    ],
)
def test_an_engine_says_where_its_containers_find_this_machine(
    serve: Serve, config: dict[str, str], gateway: str
) -> None:
    engine = Engine(serve(network(**config)))
    assert engine.answers()
    assert engine.gateway() == gateway


def test_an_engine_without_a_default_network_has_no_gateway(serve: Serve) -> None:
    assert Engine(serve({"/_ping": "OK"})).gateway() is None


def test_without_an_engine_it_says_so_in_one_line_and_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(invoke_all, "Surroundings", None)
    for address in (f"unix://{tmp_path / 'none.sock'}", f"tcp://127.0.0.1:{free_port()}"):
        monkeypatch.setenv("DOCKER_HOST", address)
        assert main([]) == 2
        said = capsys.readouterr()
        assert said.err == f"invoke-all: no Docker engine at {address}; start one or set DOCKER_HOST\n"
        assert said.out == ""


def test_a_check_stops_after_finding_one(monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    monkeypatch.setattr(invoke_all, "Surroundings", None)
    monkeypatch.setenv("DOCKER_HOST", serve(network(Subnet="172.17.0.0/16")))
    assert main(["--check"]) == 0


@pytest.fixture
def sam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Invoke through a sam that runs these lines of Python."""

    def invoke(code: str) -> Any:
        program = tmp_path / "sam"
        program.write_text(f"#!{sys.executable}\nimport json, sys\n{code}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(invoke_all, "SAM", program)
        return _Sam(tmp_path, {"ALMANAC_TOKEN_KEYS": "key"}, {}, []).invoke("CalendarSync", {"Records": []})

    return invoke


def test_the_answer_is_the_last_line_that_sam_prints(sam: Callable[[str], Any]) -> None:
    assert sam("print('log line'); print(json.dumps({'batchItemFailures': []}))") == {"batchItemFailures": []}


@pytest.mark.parametrize("code", ["", "print('Killed')", "print('Task timed out', file=sys.stderr)", "sys.exit(1)"])
def test_no_answer_is_a_difference_even_when_sam_ends_well(sam: Callable[[str], Any], code: str) -> None:
    answer = sam(code)
    assert answer["errorType"] == "NoAnswer"
    for sample in SAMPLES:
        assert sample.found(answer) != sample.expected


def test_sam_is_given_the_event_the_settings_and_no_account(
    sam: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    file = "json.load(open(sys.argv[sys.argv.index('--{}') + 1]))"
    code = f"print(json.dumps([sys.argv[1:4], {file.format('event')}, {file.format('env-vars')}]))"
    arguments, event, variables = sam(code)
    assert arguments == ["local", "invoke", "CalendarSync"]
    assert event == {"Records": []}
    assert variables["Parameters"]["ALMANAC_TOKEN_KEYS"] == "key"
    assert variables["Parameters"]["ALMANAC_TOKEN_KEYS_SECRET_ARN"] == "", "declared by the template, absent here"


BATCH = Sample("CalendarSync", "sync-batch-with-poison", {"left": [1, 2]})


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"batchItemFailures": []}, {"left": []}),
        ({"batchItemFailures": [{"itemIdentifier": "250e0693-5f61-5f3a-85c9-15012feeb041"}]}, {"left": [2]}),
        ({"errorType": "KeyError", "errorMessage": "x"}, {"errorType": "KeyError", "errorMessage": "x"}),
        ({"enqueued": 3}, {"left": None}),
        (None, {"left": None}),
    ],
)
def test_of_an_answer_is_shown_what_is_compared_and_every_error(answer: Any, found: dict[str, Any]) -> None:
    assert BATCH.found(answer) == found
