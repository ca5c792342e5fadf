"""The OpenAPI document: Powertools' own, with what it leaves out put in: problems, keys, what each route needs."""

import json
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from almanac.web.api.routes import Route
from almanac.web.problem import CONTENT_TYPE, problem_status

VERSION = "1.0.0"
"""Of the API; what is there stays as it is while it begins with 1."""
_ABOUT = (
    "Keeps workspaces' calendars true and their weeks planned: ask for syncs and plans, follow them, look at health."
)
_PROBLEM = {
    "title": "Problem",
    "description": "What is wrong (RFC 9457). `code` is stable, `field` names the place.",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "field": {"type": ["string", "null"]},
        "request_id": {"type": ["string", "null"]},
        "retry_after": {"type": ["number", "null"]},
    },
}
_EVERY_ROUTE = (
    "unauthenticated",
    "forbidden",
    "bad_input",
    "answer_too_large",
    "daily_limit_reached",
    "internal",
    "database_unavailable",
)
_WITH_A_BODY = ("body_too_large", "unsupported_media_type")
_DONE_ONCE = ("idempotency_mismatch", "in_progress")
_STILL_SO = "What If-None-Match names is still so; without a body."
_ONCE = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "For 24 hours the same key is the same request: it is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def openapi_json(resolver: APIGatewayHttpResolver, routes: Sequence[Route]) -> str:
    """Return the document as text: two spaces of indentation, keys in order, a line break at its end."""
    text = resolver.get_openapi_json_schema(title="Almanac", version=VERSION, description=_ABOUT)
    said: dict[str, Any] = json.loads(text)
    for route in routes:
        _complete(said["paths"][_braces(route.path)][route.method.lower()], route)
    schemas = said["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    said["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "A key of `almanac api-key add`, or a JWT."}
    }
    said["security"] = [{"key": []}]
    return json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _complete(operation: dict[str, Any], route: Route) -> None:
    """Put in what ends the route, which scope it takes, and that it may be asked twice."""
    responses = {status: each for status, each in operation["responses"].items() if status != "422"}
    codes: dict[int, list[str]] = {}
    for code in (*_EVERY_ROUTE, *_by_its_kind(route, has_body="requestBody" in operation), *route.errors):
        codes.setdefault(problem_status(code), []).append(code)
    for status, found in codes.items():
        responses[str(status)] = {
            "description": ", ".join(dict.fromkeys(found)),
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    if route.media != "application/json":
        responses[str(route.status)]["content"] = {route.media: {"schema": {"type": "string"}}}
    if route.method == "GET":
        responses["304"] = {"description": _STILL_SO}
    operation["responses"] = responses
    operation["x-scope"] = route.scope
    if route.is_once:
        operation["parameters"] = [*operation.get("parameters", []), _ONCE]


def _by_its_kind(route: Route, *, has_body: bool) -> tuple[str, ...]:
    """The codes that a route ends in because of what every route like it does."""
    return (
        *(("unknown_workspace",) if "<ws>" in route.path else ()),
        *(_WITH_A_BODY if has_body else ()),
        *(_DONE_ONCE if route.is_once else ()),
    )


def _braces(path: str) -> str:
    return path.replace("<", "{").replace(">", "}")
