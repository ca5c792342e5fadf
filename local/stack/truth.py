"""Stored rows against the simulated Google's truth: the same events, at the same times, under the same titles."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from almanac.adapters.postgres.connection import Database
from local.google_simulator.control.client import Control
from local.google_simulator.world.times import epoch, zone

Seen = Mapping[str, tuple[object, ...]]
"""Start, end and title by event id: dates for an all-day event, else seconds since 1970."""
Versions = Mapping[tuple[str, str], str]
"""Etag by calendar id and event id."""

_TITLE_COMPARED = 200
"""Characters of a title: a longer one may have been cut where a reader sees a character end."""
_CALENDARS = """
SELECT c.calendar_id, c.calendar_name, coalesce(c.time_zone, 'UTC'), s.window_start, s.window_end
FROM calendar_connections c JOIN calendar_sync_states s ON s.connection_id = c.id
WHERE c.ws_id = :ws_id AND s.window_start IS NOT NULL ORDER BY NOT c.is_primary, c.calendar_name, c.calendar_id
"""
_ROWS = """
SELECT external_event_id, start_at, end_at, start_date, end_date, title FROM workspace_calendar_events
WHERE ws_id = :ws_id AND external_calendar_id = :calendar_id AND end_at > :since AND start_at < :until
"""
_LINKED = """
SELECT external_event_id FROM calendar_event_links
WHERE ws_id = :ws_id AND calendar_id = :calendar_id AND kind <> 'edit' AND state NOT IN ('gone', 'detached')
"""
_UNSTORABLE = """
SELECT DISTINCT p ->> 'id' FROM workspace_calendar_sync_log_connections k
JOIN calendar_connections c ON c.id = k.connection_id, jsonb_array_elements(k.problems) p
WHERE c.ws_id = :ws_id AND c.calendar_id = :calendar_id AND p ->> 'stored' = 'false'
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One calendar, inside the window of its sync token. `unstorable` events are left out of `true`: runs name them."""

    name: str
    calendar_id: str
    stored: int
    true: int
    different: int
    unstorable: int

    @property
    def equal(self) -> bool:
        """Whether rows and truth say the same."""
        return self.different == 0 and self.stored == self.true


def compare(database: Database, google: Control, ws_id: UUID) -> list[Comparison]:
    """Every calendar of the workspace that has been read to its end. Raises ControlError."""
    found = []
    for calendar_id, name, zone_name, since, until in database.run(_CALENDARS, ws_id=ws_id):
        place = {"ws_id": ws_id, "calendar_id": calendar_id}
        stored = _stored(database, since=since, until=until, **place)
        linked = {row[0] for row in database.run(_LINKED, **place)}  # what we have written is no row of its own
        shown = truth(google, calendar_id, zone_name, since, until)
        true = {event_id: seen for event_id, seen in shown.items() if event_id not in linked}
        reported = {row[0] for row in database.run(_UNSTORABLE, **place)} & (true.keys() - stored.keys())
        true = {event_id: seen for event_id, seen in true.items() if event_id not in reported}
        different = sum(stored.get(event_id) != true.get(event_id) for event_id in stored.keys() | true.keys())
        found.append(Comparison(name, calendar_id, len(stored), len(true), different, len(reported)))
    return found


def truth(google: Control, calendar_id: str, zone_name: str, since: datetime, until: datetime) -> Seen:
    """What Google shows of a window. Raises ControlError."""
    events = google.truth(calendar_id, since.isoformat(), until.isoformat())
    return {event["id"]: _seen(event, zone_name) for event in events}


def versions(database: Database, google: Control, ws_id: UUID) -> Versions:
    """What Google shows now of the workspace's calendars, each in the window of its sync token. Raises ControlError."""
    found = {}
    for calendar_id, _, _, since, until in database.run(_CALENDARS, ws_id=ws_id):
        for event in google.truth(calendar_id, since.isoformat(), until.isoformat()):
            found[calendar_id, event["id"]] = str(event["etag"])
    return found


def changes(before: Versions, after: Versions) -> tuple[int, int, int]:
    """How many events came, changed and went between two looks."""
    changed = sum(before[key] != after[key] for key in before.keys() & after.keys())
    return len(after.keys() - before.keys()), changed, len(before.keys() - after.keys())


def _stored(database: Database, **place: Any) -> Seen:
    rows = database.run(_ROWS, **place)
    return {row[0]: (*_when(*row[1:5]), row[5][:_TITLE_COMPARED]) for row in rows}


def _when(start: datetime, end: datetime, first: date | None, after: date | None) -> tuple[object, object]:
    if first is not None:
        return first, after
    return start.astimezone(UTC).timestamp(), end.astimezone(UTC).timestamp()


def _seen(event: Mapping[str, Any], zone_name: str) -> tuple[object, ...]:
    title = str(event.get("summary") or "").replace("\0", "")[:_TITLE_COMPARED]
    if "date" in event["start"]:
        first, after = (date.fromisoformat(event[end]["date"]) for end in ("start", "end"))
        return first, max(after, first + timedelta(days=1)), title
    place = zone(zone_name)
    return epoch(event["start"], place), epoch(event["end"], place), title
