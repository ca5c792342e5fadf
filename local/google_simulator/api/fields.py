"""Partial responses: Google's `fields` parameter, such as `items(id,start/dateTime),nextPageToken`."""

import re
from functools import lru_cache
from typing import Any

from local.google_simulator.api.errors import ApiError, invalid

Mask = dict[str, Any]
"""Field name to the mask of what lies below it; an empty mask selects everything below."""

_WORD = re.compile(r"[A-Za-z0-9_.*-]+")


@lru_cache(maxsize=256)
def parse(text: str) -> Mask:
    """The mask a `fields` value describes. Raises 400 when it cannot be read."""
    tokens = re.findall(r"[A-Za-z0-9_.*-]+|[(),/]|\S", text)
    mask, rest = _selection(tokens, text)
    if rest:
        raise _unreadable(text)
    return mask


def _selection(tokens: list[str], text: str) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        name, below, tokens = _path(tokens, text)
        mask[name] = _joined(mask[name], below) if name in mask else below
        if tokens[:1] != [","]:
            return mask, tokens
        tokens = tokens[1:]


def _path(tokens: list[str], text: str) -> tuple[str, Mask, list[str]]:
    if not tokens or not _WORD.fullmatch(tokens[0]):
        raise _unreadable(text)
    name, rest = tokens[0], tokens[1:]
    if rest[:1] == ["/"]:
        inner, below, rest = _path(rest[1:], text)
        return name, {inner: below}, rest
    if rest[:1] == ["("]:
        below, rest = _group(rest[1:], text)
        return name, below, rest
    return name, {}, rest


def _group(tokens: list[str], text: str) -> tuple[Mask, list[str]]:
    mask, rest = _selection(tokens, text)
    if rest[:1] != [")"]:
        raise _unreadable(text)
    return mask, rest[1:]


def _joined(first: Mask, second: Mask) -> Mask:
    if not first or not second:
        return {}
    both = {name: _joined(first[name], second[name]) for name in first.keys() & second.keys()}
    return first | second | both


def _unreadable(text: str) -> ApiError:
    return invalid(f"Invalid field selection {text[:80]}", "fields", "invalidParameter")


def select(value: Any, mask: Mask) -> Any:
    """What of `value` the mask keeps; lists are selected item by item."""
    if not mask:
        return value
    if isinstance(value, list):
        return [select(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    if "*" in mask:
        return {name: select(item, mask["*"]) for name, item in value.items()}
    return {name: select(value[name], below) for name, below in mask.items() if name in value}
