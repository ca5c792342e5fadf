"""How pages and their progress look to the statements of `sync.sql`, and connections to the services."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from almanac.adapters.postgres import arrays
from almanac.domain.calendar.events import EventPage, EventRow
from almanac.domain.sync.passes import Checkpoint, PassKind, SyncState
from almanac.domain.sync.view import View
from almanac.domain.sync.window import Window
from almanac.services.sync.ports import Connection, Progress

_ENCODERS: Mapping[str, arrays.Encoder] = dict.fromkeys(EventRow._fields, arrays.texts) | {
    "start_at": arrays.instants,
    "end_at": arrays.instants,
    "all_day": arrays.booleans,
    "start_date": arrays.dates,
    "end_date": arrays.dates,
    "original_start_at": arrays.instants,
    "original_start_date": arrays.dates,
    "sequence": arrays.integers,
    "own_block": arrays.booleans,
    "external_updated_at": arrays.instants,
}
_CONNECTION_FIELDS = tuple(name for name in Connection.__slots__ if name not in ("state", "view"))


def page_columns(page: EventPage) -> dict[str, str]:
    """Return each column of a page as one array literal, by the column's name, and the ids it is about."""
    columns = zip(*page.rows, strict=True) if page.rows else ((),) * len(EventRow._fields)
    encoded = {name: _ENCODERS[name](column) for name, column in zip(EventRow._fields, columns, strict=True)}
    ids = [row.external_event_id for row in page.rows]
    return encoded | {
        "known_ids": arrays.texts([*ids, *page.unreadable]),
        "tombstones": arrays.texts(page.tombstones),
    }


def place(connection: Connection) -> dict[str, Any]:
    """Return which calendar."""
    return {"connection_id": connection.id, "provider": connection.provider, "calendar_id": connection.calendar_id}


def pruned_span(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return which rows a full pass may prune."""
    return {
        "window_start": checkpoint.window.start,
        "window_end": checkpoint.window.end,
        "since": checkpoint.started_at,
    }


def progress_values(progress: Progress | None) -> dict[str, Any]:
    """Return where the pass stands after a page; None leaves it as it is."""
    if progress is None:
        nothing = dict.fromkeys(("sync_token", "fingerprint", "window_start", "window_end", "checkpoint"))
        return {"has_progress": False, **nothing}
    return {
        "has_progress": True,
        "sync_token": progress.sync_token,
        "fingerprint": progress.fingerprint,
        "window_start": progress.window.start,
        "window_end": progress.window.end,
        "checkpoint": None if progress.checkpoint is None else checkpoint_json(progress.checkpoint),
    }


def delta_stands(kind: PassKind, progress: Progress | None) -> dict[str, bool]:
    """Return whether a page of a delta is one of several: one that others follow, or their last one."""
    left = progress.checkpoint if kind == "incremental" and progress is not None else None
    return {
        "delta_goes_on": left is not None and left.page_token is not None and not left.recheck,
        "delta_has_ended": left is not None and progress is not None and progress.sync_token is not None,
    }


def checkpoint_json(checkpoint: Checkpoint) -> str:
    """Return a checkpoint as it is stored."""
    return json.dumps(
        {
            "kind": checkpoint.kind,
            "page_token": checkpoint.page_token,
            "fingerprint": checkpoint.fingerprint,
            "window": [checkpoint.window.start.isoformat(), checkpoint.window.end.isoformat()],
            "started_at": checkpoint.started_at.isoformat(),
            "reading": checkpoint.attempt,  # its stored name
            "listed": checkpoint.listed,
            "pages": checkpoint.pages,
            "changed_since": None if checkpoint.changed_since is None else checkpoint.changed_since.isoformat(),
            "recheck": checkpoint.recheck,
            "found": checkpoint.found,
            "rechecks": checkpoint.rechecks,
            "relisted": checkpoint.relisted,
        }
    )


def _checkpoint(stored: dict[str, Any] | None) -> Checkpoint | None:
    if stored is None:
        return None
    start, end = (datetime.fromisoformat(edge) for edge in stored["window"])
    since = stored.get("changed_since")  # an earlier release's checkpoint has none
    return Checkpoint(
        kind=stored["kind"],
        page_token=stored["page_token"],
        fingerprint=stored["fingerprint"],
        window=Window(start, end),
        started_at=datetime.fromisoformat(stored["started_at"]),
        attempt=stored["reading"],
        listed=stored["listed"],
        pages=stored["pages"],
        changed_since=datetime.fromisoformat(since) if since is not None else None,
        recheck=stored.get("recheck", False),
        found=stored.get("found", False),
        rechecks=stored.get("rechecks", 0),
        relisted=stored.get("relisted", False),
    )


def connection_from(row: Sequence[Any]) -> tuple[Connection, Sequence[Any]]:
    """Return the connection in a row of `load_connections`, and the rest of the row: its account's fields."""
    own, (seen, reader, role), (token, fingerprint, start, end, checkpoint) = row[:14], row[14:17], row[17:22]
    window = Window(start, end) if start is not None else None
    state = SyncState(token, fingerprint, window, _checkpoint(checkpoint))
    view = View(reader, role) if seen else None
    return Connection(**dict(zip(_CONNECTION_FIELDS, own, strict=True)), state=state, view=view), row[22:]
