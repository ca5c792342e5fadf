"""Pages of other origins in a browser: by themselves none may call the API, listed ones may with a token."""

from collections.abc import Iterator

import pytest

from almanac.errors import BadSettings
from almanac.settings import CorsSettings, load
from almanac.web.api.table import ROUTES
from almanac.wiring.outside.api import ApiWiring
from tests.web.conftest import Client, ListQueue, Reply, event, new_wiring
from tests.web.visitors import Visitor

pytestmark = pytest.mark.integration
PAGE = "https://app.example.org"
ASKS = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def opened(database_url: str, queue: ListQueue) -> Iterator[ApiWiring]:
    made = new_wiring(database_url, queue, {"ALMANAC_API_CORS_ORIGINS": f"{PAGE}, http://localhost:3000"})
    yield made
    made.close()


def cors(reply: Reply) -> dict[str, str]:
    return {name: value for name, value in reply.headers.items() if name.startswith("Access-Control-")}


def test_by_itself_no_page_is_let_in(admin: Client, wiring: ApiWiring) -> None:
    assert cors(admin("GET", "/v1/workspaces", headers={"Origin": PAGE})) == {}
    asked = Client(wiring).send(event("OPTIONS", "/v1/sync", headers=ASKS))
    assert (asked.status, cors(asked)) == (401, {})


def test_a_listed_page_asks_first_and_may_then(opened: ApiWiring) -> None:
    asked = Client(opened).send(event("OPTIONS", "/v1/sync", headers=ASKS))
    assert (asked.status, asked.text) == (204, "")
    assert cors(asked) == {
        "Access-Control-Allow-Origin": PAGE,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match",
        "Access-Control-Max-Age": "600",
        "Access-Control-Expose-Headers": "ETag, Retry-After",
    }
    assert asked.headers["Vary"] == "Origin"
    token = opened.api_keys.add("page", {"read"}, None).token
    found = Client(opened, token)("GET", "/v1/workspaces", headers={"Origin": PAGE})
    assert (found.status, found.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
    again = Client(opened, token)(
        "GET", "/v1/workspaces", headers={"Origin": PAGE, "If-None-Match": found.headers["ETag"]}
    )
    assert (again.status, again.headers["Access-Control-Allow-Origin"]) == (304, PAGE)


def test_it_reads_what_went_wrong_too(opened: ApiWiring) -> None:
    refused = Client(opened)("GET", "/v1/workspaces", headers={"Origin": PAGE})
    assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (401, PAGE)


@pytest.mark.parametrize(
    "origin",
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
def test_only_listed_origins_are_let_in_and_exactly(opened: ApiWiring, origin: str) -> None:
    asked = Client(opened).send(event("OPTIONS", "/v1/sync", headers=ASKS | {"Origin": origin}))
    assert (asked.status, cors(asked)) == (401, {})
    found = Client(opened)("GET", "/v1/workspaces", headers={"Origin": origin})
    assert cors(found) == {}
    assert found.headers["Vary"] == "Origin", "whoever keeps answers must not give it to a listed page"


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/connect", "/console", "/healthz", "/ics/x.ics"])
def test_what_is_no_route_of_the_api_lets_nobody_in(opened: ApiWiring, path: str) -> None:
    assert "Access-Control-Allow-Methods" not in Client(opened).send(event("OPTIONS", path, headers=ASKS)).headers
    if not path.startswith("/v1"):
        assert cors(Client(opened).send(event("GET", path, headers={"Origin": PAGE}))) == {}


def test_every_route_says_its_methods(opened: ApiWiring) -> None:
    for route in ROUTES:
        path = route.path.replace("<", "").replace(">", "")
        asked = Client(opened).send(event("OPTIONS", path, headers=ASKS))
        assert route.method in asked.headers["Access-Control-Allow-Methods"].split(", ")


def test_no_cookie_opens_anything_under_v1(opened: ApiWiring) -> None:
    visitor = Visitor(opened)
    found = visitor.get("/v1/workspaces", Origin=PAGE)
    assert found.status == 401
    assert "Access-Control-Allow-Credentials" not in found.headers


@pytest.mark.parametrize("given", ["*", "https://*.example.org", "app.example.org", "https://app.example.org/", "null"])
def test_what_is_no_origin_is_refused(given: str) -> None:
    with pytest.raises(BadSettings, match="ALMANAC_API_CORS_ORIGINS"):
        load(CorsSettings, {"ALMANAC_API_CORS_ORIGINS": given})
