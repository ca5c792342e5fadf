"""Pages of other origins in a browser, as the front lets them in: by itself none, listed ones to every answer."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from local.http_front.cors import Cors, origin
from local.http_front.functions import http_routes
from local.http_front.server import HttpFront

PAGE = "https://app.example.org"
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


def front(*origins: str) -> Iterator[HttpFront]:
    def refuse(_event: object) -> dict[str, object]:
        return {"statusCode": 401, "headers": {"ETag": '"a"'}, "body": "who are you?"}

    names = {route.function for route in http_routes()}
    made = HttpFront(0, dict.fromkeys(names, refuse), Cors(origins)).listen()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def opened() -> Iterator[HttpFront]:
    yield from front(PAGE, "http://localhost:3000")


@pytest.fixture(scope="module")
def closed() -> Iterator[HttpFront]:
    yield from front()


def ask(front: HttpFront, method: str, path: str, **headers: str) -> HTTPResponse:
    connection = HTTPConnection(front.url.removeprefix("http://"), timeout=5)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def cors(answer: HTTPResponse) -> dict[str, str]:
    return {name: value for name, value in answer.getheaders() if name.startswith("Access-Control-")}


@pytest.mark.parametrize("path", ["/v1/sync", "/v1/connect", "/v1/workspaces/w/accounts/a", "/nothing"])
def test_a_listed_page_asks_first_and_no_function_is_troubled(opened: HttpFront, path: str) -> None:
    asked = ask(opened, "OPTIONS", path, Origin=PAGE, **ASKS)
    assert asked.status == 204
    assert cors(asked) == {
        "Access-Control-Allow-Origin": PAGE,
        "Access-Control-Allow-Methods": "GET,POST,PUT,PATCH,DELETE",
        "Access-Control-Allow-Headers": "authorization,content-type,idempotency-key,if-match,if-none-match",
        "Access-Control-Max-Age": "600",
        "Access-Control-Expose-Headers": "etag,retry-after",
    }


@pytest.mark.parametrize(("path", "status"), [("/v1/sync", 401), ("/v1/connect", 401), ("/nothing", 404)])
def test_it_reads_every_answer_and_what_went_wrong_too(opened: HttpFront, path: str, status: int) -> None:
    answer = ask(opened, "POST", path, Origin=PAGE)
    assert answer.status == status
    assert cors(answer) == {
        "Access-Control-Allow-Origin": PAGE,
        "Access-Control-Expose-Headers": "etag,retry-after",
    }, "no cookie is let along"


@pytest.mark.parametrize(
    "other",
    [
        "https://app.example.org.evil.test",
        "https://app.example.org:8443",
        "http://app.example.org",
        "https://APP.example.org",
        "https://app.example.org/",
        "null",
        "",
    ],
)
def test_only_listed_origins_are_let_in_and_exactly(opened: HttpFront, other: str) -> None:
    for method, more in (("OPTIONS", ASKS), ("GET", {})):
        assert cors(ask(opened, method, "/v1/sync", Origin=other, **more)) == {}


def test_by_itself_no_page_is_let_in(closed: HttpFront) -> None:
    asked = ask(closed, "OPTIONS", "/v1/sync", Origin=PAGE, **ASKS)
    assert (asked.status, cors(asked)) == (401, {}), "that is a question for the function, as any other"
    assert cors(ask(closed, "GET", "/v1/sync", Origin=PAGE)) == {}


@pytest.mark.parametrize("given", ["*", "https://*.example.org", "app.example.org", "https://app.example.org/", "null"])
def test_what_is_no_origin_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(given)):
        origin(given)
