"""What a later JSON Schema may not do to an earlier one: refuse or read differently what was accepted before."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_SPOKEN = {"$schema", "$defs", "title", "description", "examples", "deprecated"}
_LOWER = {"minimum", "exclusiveMinimum", "minLength", "minItems"}
_UPPER = {"maximum", "exclusiveMaximum", "maxLength", "maxItems"}
_COMPARED = {"$ref", "anyOf", "type", "enum", "const", "default", "properties", "required", "items", *_LOWER, *_UPPER}


def broken_promises(old: Schema, new: Schema) -> list[str]:
    """Every place where `new` takes back what `old` promised; empty when it only grows.

    Understood are the keywords that pydantic writes. Any other one must stay as it is: what it would do is not known.
    """
    return sorted(set(_Comparison(old, new).of(old, new, "job")))


def no_longer_told(old: Schema, new: Schema, place: str = "event") -> list[str]:
    """Every place where what goes out would miss something: a field, that it is always there, its type."""
    found = []
    for name, was in old.get("properties", {}).items():
        now, at = new.get("properties", {}).get(name), f"{place}.{name}"
        if now is None:
            found.append(f"{at}: is gone")
            continue
        if was.get("type") != now.get("type") or was.get("const") != now.get("const"):
            found.append(f"{at}: is something else")
        found += no_longer_told(was, now, at)
    found += [f"{place}.{n}: may be missing" for n in set(old.get("required", ())) - set(new.get("required", ()))]
    return sorted(found)


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new

    def of(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        """Complaints about one place: each form that was accepted must fit one that is."""
        forms = _forms(new, self._new)
        for was in _forms(old, self._old):
            yield from self._best([form for form in forms if _same_kind(was, form)], was, place)

    def _best(self, candidates: list[Schema], was: Schema, place: str) -> Iterator[str]:
        if not candidates:
            yield f"{place}: {was.get('type')} is no longer accepted"
            return
        complaints = [list(self._form(was, now, place)) for now in candidates]
        yield from min(complaints, key=len)

    def _form(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        yield from _values(old, new, place)
        yield from _bounds(old, new, place)
        yield from (
            f"{place}: {keyword} has changed"
            for keyword in (old.keys() | new.keys()) - _COMPARED - _SPOKEN
            if old.get(keyword) != new.get(keyword)
        )
        yield from self._fields(old, new, place)
        if "items" in new:
            yield from self.of(old.get("items", {}), new["items"], f"{place}[]")

    def _fields(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        before, now = old.get("properties", {}), new.get("properties", {})
        was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
        yield from (f"{place}.{name}: is required now" for name in is_required - was_required)
        for name, was in before.items():
            if name not in now:
                yield f"{place}.{name}: is gone"
                continue
            if name not in was_required and was.get("default") != now[name].get("default"):
                yield f"{place}.{name}: its default has changed"
            yield from self.of(was, now[name], f"{place}.{name}")


def _forms(schema: Schema, whole: Schema) -> list[Schema]:
    """The alternatives of a schema, references followed."""
    if "$ref" in schema:
        return _forms(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "anyOf" in schema:
        return [form for each in schema["anyOf"] for form in _forms(each, whole)]
    return [schema]


def _same_kind(old: Schema, new: Schema) -> bool:
    """Whether the new form takes values of the old one's type at all; every integer is a number."""
    kinds = (old.get("type"), new.get("type"))
    return kinds[1] in (None, kinds[0]) or kinds == ("integer", "number")


def _values(old: Schema, new: Schema, place: str) -> Iterator[str]:
    before, now = _listed(old), _listed(new)
    if now is not None and before is None:
        yield f"{place}: is limited to some values now"
    elif now is not None and before is not None:
        yield from (f"{place}: the value {value!r} is gone" for value in before if value not in now)


def _listed(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _bounds(old: Schema, new: Schema, place: str) -> Iterator[str]:
    for keyword in sorted(_LOWER | _UPPER):
        if keyword not in new:
            continue
        nearer = keyword not in old or (
            new[keyword] > old[keyword] if keyword in _LOWER else new[keyword] < old[keyword]
        )
        if nearer:
            yield f"{place}: {keyword} is tighter"
