"""A workspace's changes, and its calendar at a version, as JSON and as text."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from almanac.domain.history.changes import Change, ChangePage
from almanac.domain.history.fold import State, span
from almanac.domain.history.sides import ShownChange
from almanac.domain.readable_years import instant
from almanac.presentation.tables import instant_text, table, unshown


def change_fields(change: Change) -> Mapping[str, object]:
    """Return a change as JSON documents tell it: ids and columns, no text of an event."""
    return {
        "version": change.version,
        "kind": change.kind,
        "subject": str(change.subject),
        "at": change.at,
        "origin": change.origin,
        "run_id": None if change.run_id is None else str(change.run_id),
        "changed": list(change.changed),
        **(change.note or {}),
    }


def page_document(ws_id: UUID, page: ChangePage) -> Mapping[str, object]:
    """Return the JSON document of a page of changes, with what events were before."""
    items = [{**change_fields(change), "was": change.was} for change in page.items]
    stands = {"oldest": page.oldest, "head": page.head, "next": page.next, "epoch": page.epoch}
    return {"ws_id": str(ws_id), **stands, "changes": items}


def page_text(page: ChangePage, shown: Sequence[ShownChange]) -> str:
    """Return the changes as a table with the titles of their events, and where to go on."""
    if not page.items:
        return f"no change after version {page.next}"
    head = ("VERSION", "AT", "WHAT", "BY", "SUBJECT", "CHANGED", "TITLE")
    rows = (
        (
            *(each.change.version, instant_text(each.change.at), each.change.kind, each.change.origin),
            *(each.change.subject, ", ".join(each.change.changed), each.title),
        )
        for each in shown
    )
    rest = f"\n{page.head - page.next} more after version {page.next}" if page.next < page.head else ""
    return table(head, rows) + rest


def event_fields(event_id: UUID, state: State) -> Mapping[str, object]:
    """Return an event as JSON documents tell it: its columns by their names, those that are null left out."""
    return {"id": str(event_id), **state}


def calendar_document(ws_id: UUID, version: int, events: Mapping[UUID, State]) -> Mapping[str, object]:
    """Return the JSON document of a calendar at a version."""
    return {
        "ws_id": str(ws_id),
        "version": version,
        "events": [event_fields(event_id, state) for event_id, state in by_start(events)],
    }


def event_lines(events: Mapping[UUID, State]) -> str:
    """Return events as NDJSON: a line an event with its id."""
    return "".join(f"{json.dumps(event_fields(event_id, state))}\n" for event_id, state in by_start(events))


def calendar_text(version: int, events: Mapping[UUID, State]) -> str:
    """Return the calendar as a table."""
    if not events:
        return f"version {version}: no event"
    rows = ((_time(state, "start"), _time(state, "end"), state.get("title")) for _, state in by_start(events))
    return f"version {version}\n{table(('START', 'END', 'TITLE'), rows)}"


def by_start(events: Mapping[UUID, State]) -> list[tuple[UUID, State]]:
    """Return the events in the order of their beginnings."""
    return sorted(events.items(), key=lambda item: (span(item[1])[0], str(item[0])))


def _time(state: State, end: str) -> str:
    day = state.get(f"{end}_date")
    if day is not None:
        return str(day)
    moment = instant(state[f"{end}_at"])
    return unshown(moment) or instant_text(moment)
