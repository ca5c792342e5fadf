"""Routes of history: changes after a version, of one workspace or of all; the calendar as it is, or was."""

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AwareDatetime, Field

from almanac.errors import CursorExpired
from almanac.web.api.bodies import Model
from almanac.web.api.ledger_routes import After, Limit, Workspace, visible
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.paging import cursor, number, place
from almanac.web.problem import Problem

_LISTED = {"l": "changes"}
Version = Annotated[int, Query(ge=0, description="Changes after this version; 0: from the first on.")]


class Change(Model):
    """One version of a workspace: ids and columns, no text of an event."""

    version: int
    kind: str
    subject: UUID
    at: AwareDatetime
    origin: str
    run_id: UUID | None
    changed: list[str]
    note: dict[str, Any] | None


class ChangeList(Model):
    """Changes in order; `next` goes on after them, `head` is the last version there is."""

    items: list[Change]
    next: int
    head: int
    epoch: int = Field(0, description="Rises when the database was restored: then begin anew with the snapshot.")


class FleetChange(Change):
    """One version of one of many workspaces."""

    ws_id: UUID


class FleetChangeList(Model):
    """Changes of the workspaces that the caller sees, in an order in which none comes late; `next` goes on."""

    items: list[FleetChange]
    next: str | None = Field(description="null: nothing was there to begin with")


def list_changes(ws: Workspace, after: Version = 0, limit: Limit = 50) -> ChangeList:
    """List what changed in a workspace after a version."""
    try:
        page = current().use.history.changes(ws, after, limit)
    except CursorExpired as error:
        raise expired(ws, error, "after") from None
    return ChangeList(
        items=[Change(**_fields(each)) for each in page.items], next=page.next, head=page.head, epoch=page.epoch
    )


def list_all_changes(after: After = None, limit: Limit = 50) -> FleetChangeList:
    """List what changed in all workspaces that the caller sees."""
    epoch, begin = _fleet_place(after) if after else (0, None)
    try:
        found = current().use.history.fleet(begin, visible(None), limit, epoch)
    except CursorExpired as error:
        detail = "what came next is no longer kept; begin without a cursor, and with each workspace's snapshot"
        raise Problem(410, error.code, detail, field="after") from None
    items = [FleetChange(ws_id=ws_id, **_fields(change)) for ws_id, change in found.items]
    following = None if found.next is None else cursor(_LISTED, (found.epoch, *found.next))
    return FleetChangeList(items=items, next=following)


def _fields(change: Any) -> dict[str, Any]:
    names = ("version", "kind", "subject", "at", "origin", "run_id", "note")
    return {name: getattr(change, name) for name in names} | {"changed": list(change.changed)}


def _fleet_place(after: str) -> tuple[int, tuple[int, int, int]]:
    """An epoch and a place in it; cursors of before there were epochs have none, and are of the first one."""
    try:
        epoch, tx, seq, version = map(number, place(after, _LISTED, 4))
    except Problem:
        epoch, (tx, seq, version) = 0, map(number, place(after, _LISTED, 3))
    return epoch, (tx, seq, version)


def expired(ws: UUID, error: CursorExpired, field: str) -> Problem:
    """Return what whoever asks for what is no longer kept is answered with: where to begin anew."""
    more = {"oldest": error.oldest, "snapshot_url": f"/v1/workspaces/{ws}/snapshot"}
    return Problem(410, error.code, error.complaint, field=field, more=more)


ROUTES = (
    Route("GET", "/v1/workspaces/<ws>/changes", "read", list_changes, errors=("cursor_expired",)),
    Route("GET", "/v1/changes", "read", list_all_changes, errors=("cursor_expired",)),
)
