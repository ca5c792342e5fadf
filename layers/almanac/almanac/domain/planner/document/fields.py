"""Reading one JSON object of an instance, with errors that name the item and the field."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from almanac.domain.wall_clock import DAY_MINUTES, EPOCH, minutes_of

FRAME = "instance"
"""Where the fields are that belong to no item."""
LARGEST_NUMBER = 1_000_000_000
"""Points; sums of larger ones would no longer be exact, or no numbers at all."""
WALL = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


class InstanceError(ValueError):
    """An instance breaks its format; the text names item and field, never a title. Sending it again cannot help."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


class Fields:
    """Typed access to one JSON object; `where` is its place in the instance, as in `tasks[2] 't3'`."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise InstanceError(where, f"must be an object, is {kind(value)}")
        self.values: Mapping[str, Any] = value
        name = value.get("id")
        self.where = f"{where} '{name}'" if isinstance(name, str) and "[" in where else where

    def error(self, name: str, problem: str) -> InstanceError:
        """Return the error that field `name` causes."""
        return InstanceError(self.where, f"{name} {problem}")

    def only(self, *known: str) -> None:
        """Raise InstanceError for a field that is none of these: a misspelt one would go unheard."""
        for name in self.values:
            if name not in known:
                near = get_close_matches(str(name), known, n=1)
                raise self.error(f"'{name}'", f"is unknown, did you mean {near[0]}?" if near else _all_known(known))

    def has(self, name: str) -> bool:
        """Return whether the field is there and not null."""
        return self.values.get(name) is not None

    def text(self, name: str) -> str:
        """Return a string that is not empty."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            raise self.error(name, f"must be a text, is {'empty' if value == '' else kind(value)}")
        return value

    def choice(self, name: str, known: Collection[str]) -> str:
        """Return one of the known names."""
        value = self.text(name)
        if value not in known:
            raise self.error(name, f"'{value}' is unknown, known are {', '.join(known)}")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.error(name, f"must be true or false, is {kind(value)}")
        return value

    def minutes(self, name: str, *, least: int, default: int | None = None) -> int:
        """Return a whole number of minutes."""
        value = self.values.get(name, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(name, f"must be a whole number of minutes, is {kind(value)}")
        if value < least:
            raise self.error(name, f"must be at least {least}, is {value}")
        return value

    def number(self, name: str, default: float) -> float:
        """Return a number, zero or more."""
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise self.error(name, "must be a number, zero or more")
        if value > LARGEST_NUMBER:
            raise self.error(name, f"must be at most {LARGEST_NUMBER}")
        return value

    def instant(self, name: str, *, up: bool = False) -> int:
        """Return an ISO 8601 instant with an offset as minutes since the epoch; seconds are cut, or rounded `up`."""
        text = self.text(name)
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            raise self.error(name, f"'{text}' is no ISO 8601 instant") from None
        if value.tzinfo is None:
            raise self.error(name, f"'{text}' has no UTC offset")
        minutes = minutes_of(value)
        return minutes + 1 if up and value - EPOCH > timedelta(minutes=minutes) else minutes

    def instant_or_none(self, name: str, *, up: bool = False) -> int | None:
        """Return an instant, or None where the field is missing or null."""
        return self.instant(name, up=up) if self.has(name) else None

    def wall(self, name: str) -> int:
        """Return a wall time "HH:MM" ("24:00" = end of day) as minutes after midnight."""
        return wall_minutes(self.text(name), self.where, name)

    def zone(self, name: str) -> ZoneInfo:
        """Return an IANA zone."""
        value = self.text(name)
        try:
            return ZoneInfo(value)
        except (ValueError, OSError, KeyError):  # unknown, malformed, or a folder of the zone database
            raise self.error(name, f"'{value}' is no IANA time zone") from None

    def items(self, name: str) -> list[object]:
        """Return a list; a missing or null one is empty."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise self.error(name, f"must be a list, is {kind(value)}")
        return list(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self.items(name)
        for value in values:
            if not isinstance(value, str):
                raise self.error(name, f"must hold texts, holds {kind(value)}")
        return tuple(str(value) for value in values)

    def section(self, name: str) -> "Fields":
        """Return a nested object; a missing or null one is empty."""
        value = self.values.get(name)
        return Fields({} if value is None else value, name if self.where == FRAME else f"{self.where} {name}")


def _all_known(known: Collection[str]) -> str:
    return f"is unknown, known are {', '.join(known)}"


def wall_minutes(text: object, where: str, name: str) -> int:
    """Return "HH:MM" as minutes after midnight, up to 1440 for "24:00"."""
    match = WALL.fullmatch(text) if isinstance(text, str) else None
    minutes = 60 * int(match[1]) + int(match[2]) if match else DAY_MINUTES + 1
    if minutes > DAY_MINUTES:
        raise InstanceError(where, f"{name} '{text}' is no wall time HH:MM")
    return minutes


def kind(value: object) -> str:
    """Return what a JSON value is, for an error text."""
    names = {type(None): "missing", bool: "true or false", int: "a number", float: "a number", str: "a text"}
    return names.get(type(value), "an object" if isinstance(value, Mapping) else "a list")
