"""What changed on a calendar between two sequence numbers: the difference of its two views, never a guess.

A client that applies the listing at `since` and then this difference holds the listing at `until`.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from local.google_simulator.world.event import Json, Version, dump
from local.google_simulator.world.recurrence import series_of
from local.google_simulator.world.state import Calendar, Settings
from local.google_simulator.world.views import Window, belongs, in_window, series_view

_INSTANCE_LINK = ("recurringEventId", "originalStartTime")


def delta(
    calendar: Calendar, window: Window, since: int, until: int, *, single: bool, settings: Settings
) -> Iterator[Version]:
    """Changed events and tombstones after `since` up to `until`, as a sync token's listing tells them."""
    changed = _changed_ids(calendar, since, until)
    if not single:
        for event_id in changed:
            yield from _changed_record(calendar, event_id, window, since, until, settings)
        return
    series: dict[str, None] = {}
    for event_id in changed:
        lead = _series_of(calendar, event_id)
        if lead is None:
            yield from _changed_record(calendar, event_id, window, since, until, settings)
        else:
            series[lead] = None
    for series_id in series:
        yield from _changed_series(calendar, series_id, window, since, until, settings)


def _changed_ids(calendar: Calendar, since: int, until: int) -> list[str]:
    found = []
    for record in reversed(calendar.records.values()):
        if record.changed <= since:
            break
        if record.history[0][0] <= until and record.at(until) is not record.at(since):
            found.append(record.id)
    return found


def _series_of(calendar: Calendar, event_id: str) -> str | None:
    """The master whose view tells this change; None for an event that never was part of a series here."""
    record = calendar.records[event_id]
    lead = record.current.series or event_id
    record_of_lead = calendar.records.get(lead)
    if record_of_lead and any(version.recurring for _, version in record_of_lead.history):
        return lead
    return None


def _changed_record(
    calendar: Calendar, event_id: str, window: Window, since: int, until: int, settings: Settings
) -> Iterator[Version]:
    record = calendar.records[event_id]
    before, now = record.at(since), record.at(until)
    if now is None:
        return
    was_told = before is not None and before.live and in_window(calendar, before, window)
    if not now.live:
        if was_told or in_window(calendar, now, window):
            yield _out_of_rule(calendar, now, until)
    elif in_window(calendar, now, window) or (was_told and settings.left_window == "event"):
        yield now
    elif was_told:
        yield cancelled(now)


def _out_of_rule(calendar: Calendar, tombstone: Version, at: int) -> Version:
    """A cancelled instance whose slot the series lost afterwards is told without its series, as Google does."""
    record = calendar.records.get(tombstone.series or "")
    master = record.at(at) if record else None
    body = tombstone.body
    if master is None or not (master.live and master.recurring) or "originalStartTime" not in body:
        return tombstone
    if belongs(tombstone, series_of(master.body, calendar.zone)):
        return tombstone
    body = {key: value for key, value in body.items() if key not in _INSTANCE_LINK}
    return replace(tombstone, text=dump(body), rendered=None)


def _changed_series(
    calendar: Calendar, series_id: str, window: Window, since: int, until: int, settings: Settings
) -> Iterator[Version]:
    record = calendar.records[series_id]
    master = record.at(until)
    before, now = _view(calendar, series_id, window, since), _view(calendar, series_id, window, until)
    ended = master is not None and not master.live
    made_and_ended = ended and not before and record.at(since) is None
    if master is not None and (made_and_ended or (ended and before and settings.series_deletion == "master")):
        yield master
        return
    for instance_id, version in now.items():
        if instance_id not in before or before[instance_id].etag != version.etag:
            yield version
    for instance_id in before.keys() - now.keys():
        yield _gone(calendar, before[instance_id], master, until, settings)


def _view(calendar: Calendar, series_id: str, window: Window, at: int) -> dict[str, Version]:
    """A series' instances, or the event itself in the times when it was a single one under the same id."""
    version = calendar.records[series_id].at(at)
    if version is None or version.recurring or not version.live:
        return series_view(calendar, series_id, window, at)
    return {series_id: version} if window.holds(version) else {}


def _gone(calendar: Calendar, before: Version, master: Version | None, at: int, settings: Settings) -> Version:
    record = calendar.records.get(before.id)
    stored = record.at(at) if record else None
    if stored is None or (stored.live and master is not None and not master.live):
        return cancelled(before, master)
    if stored.live and settings.left_window == "event" and _still_shown(calendar, stored, master):
        return stored
    return cancelled(stored) if stored.live else stored


def _still_shown(calendar: Calendar, stored: Version, master: Version | None) -> bool:
    """Whether an event missing from the window lives on outside it."""
    if stored.series is None:
        return not stored.recurring
    return master is not None and master.recurring and belongs(stored, series_of(master.body, calendar.zone))


def cancelled(version: Version, cause: Version | None = None) -> Version:
    """The tombstone of a version; `cause` is the master whose change removed it and lends its etag and time."""
    body = version.body | {"status": "cancelled"}
    if cause is not None:
        body |= {"etag": cause.etag, "updated": cause.body["updated"]}
    return replace(version, live=False, etag=body["etag"], text=dump(body), rendered=None)


def tombstone(body: Json, shape: Literal["minimal", "full", "bare"]) -> Json:
    """A cancelled resource in the shape Google gives it: see `Settings.tombstones`.

    Minimal: id and status, and for an instance what names its slot. Bare drops that too (seen in the wild).
    """
    if shape == "full":
        return body
    kept = ("kind", "etag", "id", "status", *(() if shape == "bare" else _INSTANCE_LINK))
    return {key: body[key] for key in kept if key in body}
