"""What is written to a provider, and what it says about it: neutral fields, our mark, an event as it stands there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from almanac.domain.calendar.events import EventRow

Fields = Mapping[str, Any]
"""JSON-ready: title, description, location, transparency, visibility as texts, and `when`.

`when` is {"start", "end", "zone"} (UTC instants as texts, an IANA name) or, all day, {"first", "after"} (dates, the
second one exclusive). The same as `almanac_event_fields` of the migrations, which a test holds together.
"""
FIELD_NAMES = ("title", "description", "location", "when", "transparency", "visibility")


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose an event of ours is, as it bears it at the provider: seen by its own calendar only.

    `revision` tells which of our bodies the provider holds.
    """

    installation: str
    ws_id: str
    event_id: str
    revision: int
    item: str | None = None
    """What a block is a piece of: so a database that forgot it can be told."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to be written: the fields to set, all of them or only those that change.

    `quiet`: no reminder rings for it. `plain`: its description is text, not markup.
    """

    event_id: str
    fields: Fields
    mark: Mark | None
    quiet: bool = False
    plain: bool = True


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """An event as the provider has it now; `row` is None when it is cancelled, or has no storable form.

    `repeats`: it has become a series; `guests`: it has been given some.
    """

    event_id: str
    etag: str
    row: EventRow | None
    mark: Mark | None = None
    repeats: bool = False
    guests: bool = False
    made_at: datetime | None = None
    updated_at: datetime | None = None
    """When it was made, and when it was changed or cancelled last, by the provider's clock, if it says so."""

    @property
    def fields(self) -> Fields:
        """Its fields; empty when it is cancelled."""
        return {} if self.row is None else fields_of(self.row)


def fields_of(row: EventRow) -> Fields:
    """Return the neutral fields of a provider's event."""
    return {
        "title": row.title,
        "description": row.description,
        "location": row.location,
        "when": _when(row),
        "transparency": row.transparency,
        "visibility": row.visibility,
    }


def _when(row: EventRow) -> Mapping[str, str]:
    if row.start_date is not None and row.end_date is not None:
        return {"first": row.start_date.isoformat(), "after": row.end_date.isoformat()}
    return {"start": instant_text(row.start_at), "end": instant_text(row.end_at), "zone": row.time_zone or "UTC"}


def instant_text(moment: datetime) -> str:
    """Return an instant as fields hold it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
