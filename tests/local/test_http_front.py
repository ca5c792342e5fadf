"""The front on 127.0.0.1: requests become events, answers come back, strangers' names are refused."""

import base64
import json
import socket
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from local.http_front.functions import WarmFunction, http_routes
from local.http_front.server import HttpFront

HANDLER = """
import os
def lambda_handler(event, context):
    print("a word for the log")
    if event.get("fail"):
        raise ValueError("no")
    return {"statusCode": 200, "body": f"{os.getpid()} {os.environ['GREETING']}"}
"""


@pytest.fixture
def seen() -> list[Mapping[str, Any]]:
    return []


@pytest.fixture
def front(seen: list[Mapping[str, Any]]) -> Iterator[HttpFront]:
    def answer(event: Mapping[str, Any]) -> Mapping[str, Any]:
        seen.append(event)
        packed = base64.b64encode(b"\x00\x01").decode()
        return {
            "statusCode": 207,
            "headers": {"X-One": "1"},
            "cookies": ["a=1", "b=2"],
            "body": packed,
            "isBase64Encoded": True,
        }

    names = {route.function for route in http_routes()}
    front = HttpFront(0, dict.fromkeys(names, answer)).listen()
    yield front
    front.stop()


def ask(front: HttpFront, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
    host, port = front.url.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=5)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.content = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def test_a_request_becomes_an_event_and_its_answer_comes_back(front: HttpFront, seen: list[Mapping[str, Any]]) -> None:
    answer = ask(front, "POST", "/v1/sync?a=1&a=2", b'{"x": 1}', Cookie="s=1; t=2", Content_Type="application/json")
    assert (answer.status, answer.content, answer.getheader("X-One")) == (207, b"\x00\x01", "1")
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    (event,) = seen
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", "/v1/sync", "a=1&a=2")
    assert event["cookies"] == ["s=1", "t=2"]
    assert base64.b64decode(event["body"]) == b'{"x": 1}'
    assert event["headers"]["content-type"] == "application/json"
    assert event["requestContext"]["http"]["method"] == "POST"


def test_a_body_in_pieces_is_refused_and_is_no_request_of_its_own(
    front: HttpFront, seen: list[Mapping[str, Any]]
) -> None:
    inside = b"POST /v1/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(front.url.rpartition(":")[2])), timeout=5) as connection:
        head = b"POST /v1/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + inside)
        said = b"".join(iter(lambda: connection.recv(65_536), b""))

    assert said.startswith(b"HTTP/1.1 411 ")
    assert said.count(b"HTTP/1.1 ") == 1
    assert seen == []


def test_another_name_is_refused_and_another_path_unknown(front: HttpFront, seen: list[Mapping[str, Any]]) -> None:
    assert ask(front, "GET", "/console", Host="evil.test").status == 421
    assert ask(front, "GET", "/console", Host="localhost:1").status == 207
    assert ask(front, "GET", "/elsewhere").status == 404
    assert ask(front, "DELETE", "/healthz").status == 404
    assert len(seen) == 1


def test_the_routes_are_the_templates_and_what_is_exact_goes_first() -> None:
    routes = http_routes()

    def function(method: str, path: str) -> str | None:
        fitting = (route for route in routes if route.pattern.match(path) and route.method in ("ANY", method))
        return next((route.function for route in fitting), None)

    assert function("POST", "/v1/connect") == "connect"
    assert function("GET", "/v1/runs") == function("GET", "/console") == function("GET", "/console/runs/1") == "api"
    assert function("GET", "/connect/callback") == "connect"


def test_a_function_stays_warm_and_its_failure_is_a_502(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "functions" / "echo"
    folder.mkdir(parents=True)
    (folder / "handler.py").write_text(HANDLER)
    root = Path(__file__).parents[2]
    environment = {"PYTHONPATH": f"{root}:{root / 'layers' / 'almanac'}", "GREETING": "hello", "PATH": "/usr/bin:/bin"}
    monkeypatch.setattr("local.http_front.functions.ROOT", tmp_path)
    function = WarmFunction("echo", environment, tmp_path)
    try:
        first, second = function({}), function({})
        assert first == second
        assert first["body"].endswith(" hello")
        assert function({"fail": True})["statusCode"] == 502
        assert function({}) == first
    finally:
        function.stop()
    assert "a word for the log" in (tmp_path / "echo.log").read_text()
    assert json.dumps(first)
