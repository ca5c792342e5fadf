"""The API as one callable: finds the route, asks who calls and whether they may, validates, answers.

Validation and the OpenAPI document are Powertools'; who may do what is decided before it reads a byte of the body.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from almanac.domain.access import Principal
from almanac.strict_json import RepeatedKey, read_json
from almanac.validation import fault_in_words
from almanac.web.api.routes import Route
from almanac.web.call import Call, begin, current
from almanac.web.etag import conditional
from almanac.web.principal import Mode, principal_of
from almanac.web.problem import Problem, not_found, problem_of, unauthenticated
from almanac.web.request import LARGEST_BODY, Answer, Request, field_with_nul, path_pattern
from almanac.web.use_cases import UseCases

DOCUMENT_PATH = "/v1/openapi.json"
ONE_JOB = "/v1/jobs/<job_id>"
_JSON = "application/json"


class Api:
    """Answers the routes of a table. `mode` says how callers are known, `workspaces_claim` what names a token's
    workspaces; `documented` are the routes of the document, which other functions may answer too."""

    def __init__(
        self,
        use: UseCases,
        mode: Mode,
        workspaces_claim: str,
        routes: Sequence[Route],
        documented: Callable[[], Sequence[Route]] = tuple,
    ) -> None:
        self._use = use
        self._mode: Mode = mode
        self._claim = workspaces_claim
        self._routes = routes
        self._documented = documented

    def __call__(self, event: Mapping[str, Any], request: Request, context: Any) -> Answer:
        """Answer one request. Raises nothing: what goes wrong is told as a problem."""
        try:
            return self._answer(event, request, context)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem, and the log its place
            return problem_of(error).answer(request.path, request.request_id)

    def _answer(self, event: Mapping[str, Any], request: Request, context: Any) -> Answer:
        principal = self._principal(request)
        if request.path == DOCUMENT_PATH and request.method == "GET":
            return conditional(Answer(200, self.document, {"Content-Type": _JSON}), request)
        route, parameters = self._route(request)
        _admit(route, principal, parameters)
        _refuse_unknown_filters(route, request)
        _refuse_vain_condition(route, request)
        if len(request.body) > LARGEST_BODY:
            raise Problem(413, "body_too_large", f"at most {LARGEST_BODY // 1024} kB are read")
        _refuse_other_media(request)
        _refuse_vain_body(route, request)
        if not _is_text(request.body):
            raise _no_json()
        begin(Call(self._use, principal, request.headers, request.path, request.request_id))
        told = {"queryStringParameters": _flat(request), "headers": {**request.headers, "content-type": _JSON}}
        said = self._resolver.resolve(dict(event) | told, context)
        headers = {"Cache-Control": "no-store", **said.get("headers", {})}
        body = b64decode(said["body"]) if said.get("isBase64Encoded") else said["body"]
        answer = Answer(said["statusCode"], body, headers)
        return answer if answer.status >= 400 else conditional(answer, request)

    def _principal(self, request: Request) -> Principal:
        """Who calls, before it is told whether the path exists."""
        if "\0" in request.path:
            raise unauthenticated()
        return principal_of(request, self._mode, self._use.api_keys, self._claim)

    def _route(self, request: Request) -> tuple[Route, Mapping[str, str]]:
        found = [(route, match) for route in self._routes if (match := route.pattern.match(request.path))]
        for route, match in found:
            if route.method == request.method:
                return route, match.groupdict()
        if found:
            allowed = ", ".join(sorted({route.method for route, _ in found}))
            raise Problem(405, "method_not_allowed", headers={"Allow": allowed})
        raise not_found()

    @cached_property
    def document(self) -> str:
        """The OpenAPI document."""
        from almanac.web.api.document import openapi_json  # noqa: PLC0415 - few calls ask for it

        routes = [*self._routes, *self._documented()]
        return openapi_json(_resolver_of(routes), routes)

    @cached_property
    def _resolver(self) -> APIGatewayHttpResolver:
        return _resolver_of(self._routes)


class _Resolver(APIGatewayHttpResolver):
    """Powertools' resolver, which finds what the table has found: by itself it knows no path with a quotation mark, a #
    or an emoji in an id, and ids of people and of jobs are others' own."""

    @staticmethod
    def _compile_regex(rule: str, _base_regex: str = "") -> re.Pattern[str]:
        return path_pattern(rule)


def _resolver_of(routes: Sequence[Route]) -> APIGatewayHttpResolver:
    app = _Resolver(enable_validation=True, json_body_deserializer=_read_json)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(Exception)(_failed)
    for route in routes:
        register = app.route(
            route.path,
            method=route.method,
            status_code=route.status,
            summary=(route.answer.__doc__ or "").strip().partition("\n")[0],
            operation_id=route.answer.__name__,
            tags=[route.path.split("/")[2]],
        )
        register(route.answer)
    return app


def _admit(route: Route, principal: Principal, parameters: Mapping[str, str]) -> None:
    """Raise Problem unless the caller has the scope and sees the workspace: a foreign one is as unknown as none."""
    if not principal.may(route.scope):
        raise Problem(403, "forbidden", f"needs the scope {route.scope}")
    if principal.job_id is not None and (route.path, parameters.get("job_id")) != (ONE_JOB, principal.job_id):
        raise Problem(403, "forbidden", "the token is for one job")
    if "ws" in parameters:
        try:
            seen = principal.sees(UUID(parameters["ws"]))
        except ValueError:
            seen = False
        if not seen:
            raise Problem(404, "unknown_workspace")


def _refuse_unknown_filters(route: Route, request: Request) -> None:
    """Raise Problem 422: a filter that is silently not applied shows more than was asked for."""
    for name, values in request.query.items():
        if name not in route.query_names:
            raise Problem(
                422, "bad_input", "is no parameter of this route", field=name if name.isidentifier() else None
            )
        if len(values) > 1:
            raise Problem(422, "bad_input", "is given more than once", field=name)
    if (holding := field_with_nul(request.query)) is not None:
        raise Problem(422, "bad_input", "must not hold a NUL character", field=holding)


def _refuse_vain_condition(route: Route, request: Request) -> None:
    """Raise Problem 422: what is done only if nothing has changed must not be done all the same."""
    kept = {"If-Match"} if route.keeps_condition else set[str]()
    for name in ("If-Match", "If-None-Match"):
        if route.method != "GET" and name.lower() in request.headers and name not in kept:
            raise Problem(422, "bad_input", "counts for no call of this route; look, and ask without it", field=name)


def _refuse_other_media(request: Request) -> None:
    """Raise Problem 415 for a body that says that it is no JSON: Powertools would read forms and files, too."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and kind not in ("", _JSON):
        raise Problem(415, "unsupported_media_type", "send application/json")


def _refuse_vain_body(route: Route, request: Request) -> None:
    """Raise Problem 422 for a body where none is read: what is wished there would silently not be so."""
    if not route.takes_body and request.body.strip() not in (b"", b"{}", b"null"):
        raise Problem(422, "bad_input", "is not read by this route; leave it out", field="body")


def _read_json(text: str) -> Any:
    """Read a body. Raises Problem for what is no JSON, for a field that is given twice, and for what Python does not
    read: thousands of brackets in each other, numbers of thousands of digits."""
    try:
        return read_json(text)
    except RepeatedKey as error:
        field = error.key if error.key.isidentifier() else "body"
        raise Problem(422, "bad_input", "is given more than once", field=field) from None
    except (ValueError, RecursionError):
        raise _no_json() from None


def _no_json() -> Problem:
    return Problem(422, "bad_input", "is not valid JSON", field="body")


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _flat(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in request.query.items()}


def _respond(problem: Problem) -> Response[str]:
    call = current()
    answer = problem.answer(call.path, call.request_id)
    return Response(answer.status, body=str(answer.body), headers={**answer.headers})


def _invalid(error: RequestValidationError) -> Response[str]:
    """The first field that is wrong; the value stays out, it may be anything."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
    kind = str(first["type"])
    said = fault_in_words(kind, first.get("ctx") or {}, f"is unusable ({kind.replace('_', ' ')})")
    return _respond(Problem(422, "bad_input", said, field=".".join(place) or "body"))


def _failed(error: Exception) -> Response[str]:
    return _respond(problem_of(error))
