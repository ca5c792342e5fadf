"""The door from the internet: which routes there are, who answers them, and what guards each."""

import json
import re
from typing import Any

import pytest

from almanac.web.api.table import ROUTES as API_ROUTES
from almanac.web.connect.routes import ROUTES as CONNECT_ROUTES
from tests.template.stack import ALIAS, Stack

ROUTES = {
    ("any", "/v1/{proxy+}"): ("Api", "callers"),
    ("post", "/v1/connect"): ("Connect", "callers"),
    ("delete", "/v1/workspaces/{ws}/accounts/{account_id}"): ("Connect", "callers"),
    ("put", "/v1/workspaces/{ws}/members/{user_id}/target"): ("Connect", "callers"),
    ("any", "/console"): ("Api", "session"),
    ("any", "/console/{proxy+}"): ("Api", "session"),
    ("get", "/connect/{proxy+}"): ("Connect", "state"),
    ("get", "/ics/{file}"): ("Api", "token"),
    ("get", "/healthz"): ("Api", "says nothing"),
    ("get", "/readyz"): ("Api", "says nothing"),
}
"""Every route with the function behind it and what guards it. `callers`: checked by the gateway too, unless by key."""
ELSEWHERE = {("post", "/google/push")}
"""Routes that other tests look at."""


@pytest.fixture(scope="module")
def body(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = stack.of("AWS::ApiGatewayV2::Api")["HttpApi"]["Body"]
    return found


def routes(body: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.replace("x-amazon-apigateway-any-method", "any"), path): said
        for path, each in body["paths"].items()
        for method, said in each.items()
    }


def test_exactly_these_routes_are_reachable(body: dict[str, Any]) -> None:
    found = routes(body)
    assert found.keys() - ELSEWHERE == ROUTES.keys()
    for route, (function, _) in ROUTES.items():
        uri = json.dumps(found[route]["x-amazon-apigateway-integration"]["uri"])
        assert f"${{{function}{ALIAS}}}" in uri
        assert found[route]["x-amazon-apigateway-integration"]["payloadFormatVersion"] == "2.0"


def test_the_gateway_checks_callers_where_it_can_and_nothing_else(body: dict[str, Any]) -> None:
    for route, (_, guard) in ROUTES.items():
        security = routes(body)[route].get("security")
        if guard != "callers":
            assert security is None
            continue
        condition, by_jwt, otherwise = security["Fn::If"]
        assert (condition, by_jwt) == ("CallersByJwt", [{"Callers": []}])
        assert otherwise["Fn::If"][:2] == ["CallersByIam", [{"Callers": []}]]


def test_tokens_are_those_of_the_issuer_for_the_audience(body: dict[str, Any]) -> None:
    jwt = body["components"]["securitySchemes"]["Fn::If"][1]["Callers"]["x-amazon-apigateway-authorizer"]
    assert jwt["jwtConfiguration"] == {"issuer": {"Ref": "ApiIssuer"}, "audience": [{"Ref": "ApiAudience"}]}


def test_pages_of_listed_origins_are_let_in_by_the_gateway_to_every_route_and_nobody_else(body: dict[str, Any]) -> None:
    condition, said, otherwise = body["x-amazon-apigateway-cors"]["Fn::If"]
    assert (condition, otherwise) == ("LetsPagesIn", {"Ref": "AWS::NoValue"})
    assert said["allowOrigins"] == {"Fn::Split": [",", {"Ref": "ApiCorsOrigins"}]}
    assert "allowCredentials" not in said
    assert {*said["allowMethods"]} == {route.method for route in (*API_ROUTES, *CONNECT_ROUTES)}
    once = {"authorization", "content-type", "idempotency-key", "if-match", "if-none-match"}
    assert ({*said["allowHeaders"]}, {*said["exposeHeaders"]}) == (once, {"etag", "retry-after"})


def test_an_origin_is_exact(stack: Stack) -> None:
    pattern = stack.cloudformation["Parameters"]["ApiCorsOrigins"]["AllowedPattern"]
    for good in ("", "https://app.example.org", "https://a.example.org:8443,https://b.example.org"):
        assert re.fullmatch(pattern, good)
    for bad in (
        "*",
        "https://*.example.org",
        "https://a.example.org/",
        "http://a.example.org",
        "https://a.b, https://c.d",
        "null",
    ):
        assert not re.fullmatch(pattern, bad)


def test_calls_are_throttled_and_logged_without_what_they_ask(stack: Stack) -> None:
    (stage,) = stack.of("AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}
    assert not {word for word in ("queryString", "path", "uri") if word in stage["AccessLogSettings"]["Format"]}


def test_each_route_may_invoke_its_own_function_only(stack: Stack) -> None:
    allowed = [
        each for each in stack.of("AWS::Lambda::Permission").values() if each["Principal"] == "apigateway.amazonaws.com"
    ]
    functions = [function for _, (function, _) in sorted(ROUTES.items())]
    invoked = [each["FunctionName"]["Ref"].removesuffix(ALIAS) for each in allowed]
    found = [function for function in invoked if function in functions]
    assert sorted(found) == sorted(functions)
