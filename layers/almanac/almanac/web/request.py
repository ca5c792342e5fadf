"""A request as API Gateway hands it over (payload format 2.0), and an answer as it takes it back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

LARGEST_BODY = 64 * 1024
"""Bytes of a body: nothing that is asked for is larger."""
LARGEST_ANSWER = 6_000_000
"""Bytes of a body as JSON, in which it leaves a Lambda, which answers with 6 MB."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are in lower case; `query` and `form` keep every value of a name."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes
    authorizer: Mapping[str, Any]
    request_id: str

    @staticmethod
    def of(event: Mapping[str, Any]) -> "Request":
        """Read an event; what is missing is empty."""
        context = event.get("requestContext") or {}
        http = context.get("http") or {}
        text = event.get("body") or ""
        body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
        pairs = (cookie.partition("=") for cookie in event.get("cookies") or ())
        return Request(
            method=str(http.get("method", "GET")).upper(),
            path=str(event.get("rawPath") or http.get("path") or "/"),
            query=parse_qs(event.get("rawQueryString") or "", keep_blank_values=True),
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            cookies={name.strip(): value for name, _, value in pairs},
            body=body,
            authorizer=context.get("authorizer") or {},
            request_id=str(context.get("requestId", "")),
        )

    @property
    def form(self) -> Mapping[str, list[str]]:
        """The fields of a form that was sent."""
        return parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)


def field_with_nul(fields: Mapping[str, list[str]]) -> str | None:
    """Return the name of a field whose value holds a NUL, which no text of the database can; None when none does."""
    return next((name for name, values in fields.items() if any("\0" in value for value in values)), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `cookies` are whole Set-Cookie values."""

    status: int
    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()

    @property
    def is_too_large(self) -> bool:
        """Whether no Lambda can give it."""
        if isinstance(self.body, bytes):
            return len(self.body) * 4 // 3 > LARGEST_ANSWER  # in base64
        if len(self.body) < LARGEST_ANSWER // 6:  # no character takes more
            return False
        return len(json.dumps(self.body)) > LARGEST_ANSWER

    def as_event(self) -> dict[str, Any]:
        """Return it as API Gateway takes it: bytes in base64."""
        plain = isinstance(self.body, str)
        return {
            "statusCode": self.status,
            "headers": dict(self.headers),
            "cookies": list(self.cookies),
            "body": self.body if plain else base64.b64encode(self.body).decode(),  # type: ignore[arg-type]
            "isBase64Encoded": not plain,
        }


def see_other(place: str, cookies: tuple[str, ...] = ()) -> Answer:
    """Return what sends a browser to another page with GET."""
    return Answer(303, "", {"Location": place, "Cache-Control": "no-store"}, cookies)


def path_pattern(path: str) -> re.Pattern[str]:
    """Return what fits a path with parameters as <name>: each is any text without a slash."""
    return re.compile(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path) + r"\Z")
