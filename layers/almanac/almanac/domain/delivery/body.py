"""What a delivery says: a range of versions of one workspace, thin."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from almanac.domain.history.changes import Change
from almanac.domain.history.envelope import change_fields, instant

MOST_CHANGES, MOST_BYTES = 100, 20_000
_FRAME_BYTES = 400


def fitting(changes: Sequence[Change]) -> int:
    """Return how many of the changes, from the first on, one delivery holds: at least one of any."""
    size = _FRAME_BYTES
    for count, change in enumerate(changes[:MOST_CHANGES]):
        size += len(json.dumps(change_fields(change), separators=(",", ":"))) + 1
        if size > MOST_BYTES and count:
            return count
    return min(len(changes), MOST_CHANGES)


def range_body(
    ws_id: UUID,
    span: tuple[int, int],
    changes: Sequence[Change],
    *,
    more: bool,
    replayed: bool,
    at: datetime,
    epoch: int = 0,
) -> bytes:
    """Return the body for versions from and to; `at` is when the range was cut, so that a repetition is the same."""
    first, last = span
    data: dict[str, Any] = {"ws_id": str(ws_id), "from": first, "to": last, "more": more}
    data["changes"] = [change_fields(change) for change in changes]
    if replayed:
        data["replayed"] = True
    if epoch:
        data["epoch"] = epoch
    return _encoded("workspace.changed", at, data)


def probe_body(endpoint_id: UUID, at: datetime) -> bytes:
    """Return the body of `webhook.test`."""
    return _encoded("webhook.test", at, {"endpoint_id": str(endpoint_id)})


def _encoded(kind: str, at: datetime, data: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "timestamp": instant(at), "data": data}, separators=(",", ":")).encode()
