"""What of an earlier OpenAPI document a later one has lost: an API grows, and what a caller relies on stays."""

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]


def lost(old: Document, new: Document) -> list[str]:
    """Routes, answers, parameters and fields that are gone, and what has become required of callers."""
    return [*_routes(old, new), *_schemas(old, new)]


def _routes(old: Document, new: Document) -> Iterator[str]:
    for path, methods in old["paths"].items():
        for method, was in methods.items():
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{method} {path} is gone"
                continue
            yield from (
                f"{method} {path}: no {code} any more" for code in was["responses"] if code not in now["responses"]
            )
            known, there = _parameters(was), _parameters(now)
            yield from (f"{method} {path}: {name} is gone" for name in known if name not in there)
            yield from (
                f"{method} {path}: {n} is required now" for n, must in there.items() if must and not known.get(n)
            )


def _parameters(operation: Document) -> dict[str, bool]:
    return {each["name"]: each.get("required", False) for each in operation.get("parameters", ())}


def _schemas(old: Document, new: Document) -> Iterator[str]:
    """A field of an answer may not go; one of a body may not become required. Bodies refuse what they do not know."""
    schemas = new["components"]["schemas"]
    for name, was in old["components"]["schemas"].items():
        now = schemas.get(name)
        if now is None:
            yield f"{name} is gone"
            continue
        yield from (f"{name}.{field} is gone" for field in was.get("properties", {}) if field not in now["properties"])
        is_body = was.get("additionalProperties") is False
        more = set(now.get("required", ())) - set(was.get("required", ()))
        yield from (f"{name}.{field} is required now" for field in sorted(more) if is_body)
