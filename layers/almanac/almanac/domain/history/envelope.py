"""Changes as CloudEvents 1.0: ids and columns, no text of an event. https://github.com/cloudevents/spec"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from almanac.domain.history.changes import Change


def change_fields(change: Change) -> dict[str, Any]:
    """Return what subscribers hear of a change: `note` of its kind among it, what an event was never."""
    fields: dict[str, Any] = {
        "version": change.version,
        "kind": change.kind,
        "subject": str(change.subject),
        "at": instant(change.at),
        "origin": change.origin,
        **(change.note or {}),
    }
    if change.run_id is not None:
        fields["run_id"] = str(change.run_id)
    if change.changed:
        fields["changed"] = list(change.changed)
    return fields


def change_event(
    ws_id: UUID, change: Change, source: str, *, epoch: int = 0, replay_id: str | None = None
) -> dict[str, Any]:
    """Return the envelope of a change; `id` is the same however often it is published.

    `epoch` counts restores of the database: after one, a version may come again with another content, and another id.
    `replay_id` marks what one subscriber asked for again, so that the rules of the others can leave it out.
    """
    fields = change_fields(change)
    kind, subject = fields.pop("kind"), fields.pop("subject")
    if epoch:
        fields["epoch"] = epoch
    return {
        "specversion": "1.0",
        "id": f"{ws_id}/{change.version}" + (f"/{epoch}" if epoch else ""),
        "source": source,
        "type": kind,
        "subject": subject,
        "time": fields.pop("at"),
        "sequence": f"{change.version:020}",
        **({} if replay_id is None else {"replay_id": replay_id}),
        "data": {"ws_id": str(ws_id), **fields},
    }


def disabled_event(endpoint_id: UUID, ws_id: UUID | None, reason: str, source: str, now: datetime) -> dict[str, Any]:
    """Return the envelope of `webhook.disabled`, which is of no version: an endpoint may be of all workspaces."""
    data = {"endpoint_id": str(endpoint_id), "reason": reason}
    return {
        "specversion": "1.0",
        "id": f"{endpoint_id}/disabled/{int(now.timestamp())}",
        "source": source,
        "type": "webhook.disabled",
        "subject": str(endpoint_id),
        "time": instant(now),
        "data": data if ws_id is None else {"ws_id": str(ws_id), **data},
    }


def instant(moment: datetime) -> str:
    """Return it as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
