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
            if was.get("x-scope") != now.get("x-scope"):
                yield f"{method} {path} takes the scope {now.get('x-scope')} now"
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
        yield from _fields(name, was.get("properties", {}), now["properties"])
        is_body = was.get("additionalProperties") is False
        more = set(now.get("required", ())) - set(was.get("required", ()))
        yield from (f"{name}.{field} is required now" for field in sorted(more) if is_body)


def _fields(name: str, old: Document, new: Document) -> Iterator[str]:
    """What is still there is what it was: its type, and every value that it could have."""
    for field, was in old.items():
        now = new.get(field)
        if now is None:
            continue
        if _types(was) - _types(now):
            yield f"{name}.{field} is no {', '.join(sorted(_types(was) - _types(now)))} any more"
        yield from (
            f"{name}.{field} does not know {value} any more"
            for value in was.get("enum", ())
            if "enum" in now and value not in now["enum"]
        )


def _types(field: Document) -> set[str]:
    """The types of a field, and the schemas that it refers to."""
    forms = [form for key in ("anyOf", "oneOf", "allOf") for form in field.get(key, ())] or [field]
    said = {str(form.get("type") or form.get("$ref") or "") for form in forms}
    return said - {""}
