"""What a link is due for: one write, a look, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from almanac.domain.calendar.written import Fields
from almanac.domain.outbound.link import Link, Operation, is_empty, is_past

MOST_REFUSALS = 3
"""Writes in a row that met another version than the one they were made for: then somebody goes on typing."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write: the fields to send, and the whole body that the provider has after it (empty of a delete)."""

    operation: Operation
    fields: Mapping[str, Any]
    body: Fields


@dataclass(frozen=True, slots=True)
class Look:
    """Read the event: nobody knows what the provider has."""


@dataclass(frozen=True, slots=True)
class LetBe:
    """Leave what the provider has as it is, for good: it is over, and history is nobody's to delete or to invent."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """It cannot be written as it is, whoever is asked: it waits, and says so, until it is changed here."""

    reason: str


Step = Write | Look | LetBe | Refuse | None


def next_step(link: Link, now: datetime) -> Step:
    """Return what the link is due for; None when there is nothing to do."""
    if link.state == "sent" or link.given_up:
        return Look()
    if link.state == "wanted" and link.desired is not None:
        return LetBe() if is_past(link.desired, now) else Write("insert", link.desired, link.desired)
    if link.state != "dirty" or link.base is None:
        return None
    if link.desired is None:
        return LetBe() if link.kind != "edit" and is_past(link.base, now) else Write("delete", {}, {})
    changed = link.changed_here
    if is_empty(changed):
        return Refuse("empty_range")
    return Write("patch", changed, {**(link.ours or {}), **link.desired}) if changed else None
