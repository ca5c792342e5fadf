"""How an event is shown to one reader: role, zone of the answer, field mask; each text rendered once and kept."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from local.google_simulator.api.fields import Mask, parse, select
from local.google_simulator.world.changes import tombstone
from local.google_simulator.world.event import Json, Version, dump
from local.google_simulator.world.times import wall_text, zone

_SHOWN_OF_PRIVATE = (
    "kind", "etag", "id", "status", "htmlLink", "created", "updated", "start", "end", "visibility",
    "endTimeUnspecified", "transparency", "iCalUID", "sequence", "eventType", "recurrence", "recurringEventId",
    "originalStartTime",
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """One way to show events. `hides_private`: the account is a reader, who sees times only of private events.

    `zone_name` is the timeZone parameter, `fields` the mask of one item, as text.
    """

    hides_private: bool = False
    zone_name: str | None = None
    fields: str = ""
    max_attendees: int | None = None
    tombstones: Literal["minimal", "full", "bare"] = "minimal"

    @cached_property
    def key(self) -> str:
        """Names this view in the cache of rendered texts."""
        return repr(self)

    @cached_property
    def mask(self) -> Mask:
        """The parsed mask of one item."""
        return parse(self.fields) if self.fields else {}

    @cached_property
    def plain(self) -> bool:
        """Whether a live event is shown just as it is stored."""
        return not (self.hides_private or self.zone_name or self.fields or self.max_attendees)

    def text(self, version: Version) -> str:
        """The event as JSON text."""
        if self.plain and version.live:
            return version.text
        if version.rendered is None:
            version.rendered = {}
        text = version.rendered.get(self.key)
        if text is None:
            text = version.rendered[self.key] = dump(self.body(version))
        return text

    def body(self, version: Version) -> Json:
        """The event as a dict of its own."""
        body = version.body
        if not version.live:
            body = tombstone(body, self.tombstones)
        elif self.hides_private and body.get("visibility") in ("private", "confidential"):
            body = {name: body[name] for name in _SHOWN_OF_PRIVATE if name in body}
        if self.zone_name:
            body = _in_zone(body, self.zone_name)
        if self.max_attendees and len(body.get("attendees", ())) > self.max_attendees:
            own = [guest for guest in body["attendees"] if guest.get("self")]
            body |= {"attendees": own, "attendeesOmitted": True}
        shown: Json = select(body, self.mask)
        return shown


def _in_zone(body: Json, name: str) -> Json:
    place = zone(name)
    for point in ("start", "end", "originalStartTime"):
        if "dateTime" in body.get(point, ()):
            moment = datetime.fromisoformat(body[point]["dateTime"])
            body[point] = body[point] | {"dateTime": wall_text(moment, place)}
    return body
