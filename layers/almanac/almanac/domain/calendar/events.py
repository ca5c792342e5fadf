"""What one provider event becomes, and what a page of them does to a calendar."""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple


class EventRow(NamedTuple):
    """One row of `workspace_calendar_events`, provider-owned columns only, in the order the bulk write sends them.

    A named tuple, not a dataclass: 2,500 of them are transposed into columns with one `zip` a page.
    Instants are aware; an all-day event has dates (end exclusive), and midnights of the workspace's zone as instants.
    """

    external_event_id: str
    title: str
    description: str
    location: str
    start_at: datetime
    end_at: datetime
    all_day: bool
    start_date: date | None
    end_date: date | None
    time_zone: str | None
    status: str
    transparency: str
    response: str | None
    event_type: str
    visibility: str
    recurring_event_id: str | None
    original_start_at: datetime | None
    original_start_date: date | None
    ical_uid: str | None
    etag: str | None
    sequence: int
    color: str
    provider_color: str | None
    html_link: str | None
    attendees: str | None
    """JSON text of a list of {email, name, response, self, organizer, optional, resource}."""
    creator_email: str | None
    organizer_email: str | None
    own_block: bool
    external_updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class CalendarZones:
    """IANA zones that a page is read in: the calendar's for floating times, the workspace's for all-day midnights."""

    calendar: str
    workspace: str


@dataclass(frozen=True, slots=True)
class EventProblem:
    """An event that could not be stored as it came. `stored` tells whether a repaired form of it was."""

    event_id: str
    reason: str
    stored: bool


@dataclass(frozen=True, slots=True)
class EventPage:
    """One page in neutral form, one entry an event id: rows to store, ids that are deleted, events with a problem.

    `unreadable` holds the ids of events that exist at the provider but have no storable form: their rows are kept.
    `mapping_version` is the provider's: rows of another version are rewritten although they look equal; with `rewrite`
    all are, for they were read with other eyes.
    """

    rows: tuple[EventRow, ...]
    tombstones: tuple[str, ...]
    problems: tuple[EventProblem, ...]
    unreadable: tuple[str, ...]
    mapping_version: int
    rewrite: bool = False

    def without(self, event_ids: Set[str]) -> "EventPage":
        """Return the page without the rows and tombstones of these events."""
        if not event_ids:
            return self
        return replace(
            self,
            rows=tuple(row for row in self.rows if row.external_event_id not in event_ids),
            tombstones=tuple(event_id for event_id in self.tombstones if event_id not in event_ids),
        )
