"""Stored events: a record is an id with its history, a version is one state of it, kept as ready JSON text."""

import json
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from local.google_simulator.world.times import epoch, instant

Json = dict[str, Any]


def dump(value: object) -> str:
    """Compact JSON; every letter as itself."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(slots=True, eq=False)
class Version:
    """One state of one event, a master, an exception, or one generated instance of a series.

    `start` and `end` are epoch seconds; `text` is the whole Google resource. `series` is recurringEventId.
    `content_etag` names the state its generated instances come from: cancelling one instance changes the master's
    etag, yet no other instance.
    """

    id: str
    etag: str
    content_etag: str
    updated: float
    start: float
    end: float
    live: bool
    recurring: bool
    series: str | None
    event_type: str
    text: str
    rendered: dict[str, str] | None = None

    @property
    def body(self) -> Json:
        """The resource as a fresh dict, free to change."""
        value: Json = json.loads(self.text)
        return value


def version_of(body: Json, calendar_zone: tzinfo, *, content_etag: str | None = None) -> Version:
    """Index a complete resource. Raises KeyError and ValueError on one without usable times."""
    start = epoch(body["start"], calendar_zone)
    return Version(
        id=body["id"],
        etag=body["etag"],
        content_etag=content_etag or body["etag"],
        updated=instant(body["updated"]).timestamp(),
        start=start,
        end=max(start, epoch(body["end"], calendar_zone)),
        live=body["status"] != "cancelled",
        recurring="recurrence" in body,
        series=body.get("recurringEventId"),
        event_type=body.get("eventType", "default"),
        text=dump(body),
    )


@dataclass(slots=True, eq=False)
class Record:
    """An event id and everything it ever was: pairs of calendar sequence number and version, oldest first.

    A forgotten record is a deletion Google no longer tells of; its id stays taken.
    """

    id: str
    history: list[tuple[int, Version]] = field(default_factory=list)
    forgotten: bool = False

    @property
    def current(self) -> Version:
        """The newest version."""
        return self.history[-1][1]

    @property
    def changed(self) -> int:
        """The calendar's sequence number of the newest version."""
        return self.history[-1][0]

    def at(self, sequence: int) -> Version | None:
        """The version that was current at `sequence`, or None before the event existed."""
        for number, version in reversed(self.history):
            if number <= sequence:
                return version
        return None
