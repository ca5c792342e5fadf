"""JSON that people write by hand: a key that stands twice in one object is an error, else the last one would count."""

import json
from collections.abc import Mapping
from typing import Any


class RepeatedKey(ValueError):
    """An object of the document has a key more than once; `holder` is the object without the earlier values."""

    def __init__(self, key: str, holder: Mapping[str, Any]) -> None:
        super().__init__("a key is given more than once")
        self.key = key
        self.holder = holder


def read_json(text: str | bytes) -> Any:
    """Return what a JSON document holds. Raises RepeatedKey, and what json.loads raises."""
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise RepeatedKey(key, found)
            seen.add(key)
    return found
