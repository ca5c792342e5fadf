"""Whether an answer is one that the OpenAPI document tells of: its status, its code, its form."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from functools import cache
from gzip import decompress
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

_DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
_OF_NO_ROUTE = {"unauthenticated", "not_found", "method_not_allowed", "daily_limit_reached"}
"""What is told before it is known which route is meant."""


def undocumented(event: Mapping[str, Any], answer: Mapping[str, Any]) -> str | None:
    """Return what the document does not tell of an answer to an event; None when it tells all of it."""
    method, status = event["requestContext"]["http"]["method"], answer["statusCode"]
    path = next((each for pattern, each in _patterns() if pattern.match(event["rawPath"])), "")
    code = json.loads(answer["body"])["code"] if status >= 400 else None
    operation = _document()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        known = code in _OF_NO_ROUTE or event["rawPath"] == "/v1/openapi.json"
        return None if known else f"{method} {event['rawPath']} is none of its operations"
    told = operation["responses"].get(str(status))
    if told is None or (code is not None and code not in told["description"].split(", ")):
        return f"{method} {path}: no {status} {code or ''}"
    return None if status == 304 else _misformed(f"{method} {path}: {status}", told["content"], answer)


def _misformed(what: str, contents: Mapping[str, Any], answer: Mapping[str, Any]) -> str | None:
    media = answer["headers"]["Content-Type"].partition(";")[0]
    if media not in contents:
        return f"{what} as {media}"
    if not media.endswith("json") or media.endswith("ndjson"):
        return None
    schema = json.dumps(contents[media]["schema"], sort_keys=True)
    for error in _validator(schema).iter_errors(json.loads(_text(answer))):
        return f"{what} at {error.json_path}: {error.message[:200]}"
    return None


def _text(answer: Mapping[str, Any]) -> str | bytes:
    if not answer["isBase64Encoded"]:
        return str(answer["body"])
    content = b64decode(answer["body"])
    return decompress(content) if answer["headers"].get("Content-Encoding") == "gzip" else content


@cache
def _document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_DOCUMENT.read_text(encoding="utf-8"))
    return found


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """What paths look like; those with fewer parameters first, as /calendar/diff before one with an id there."""
    paths = sorted(_document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + r"\Z"), path) for path in paths]


@cache
def _validator(schema: str) -> Draft202012Validator:
    """Of a schema as text, which may refer to the document's others."""
    whole = {**json.loads(schema), "components": _document()["components"]}
    return Draft202012Validator(whole, format_checker=FormatChecker())
