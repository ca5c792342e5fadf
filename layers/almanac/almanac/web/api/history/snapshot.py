"""A calendar as it is, as lines: whole where an answer holds it, else in parts of the same version."""

import json
import zlib
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from almanac.errors import CursorExpired
from almanac.presentation.history.changes import event_lines
from almanac.services.history.read import CalendarPart
from almanac.web.api.history_routes import expired
from almanac.web.api.ledger_routes import After, Workspace
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.paging import cursor, foreign_cursor, number, place

NDJSON = "application/x-ndjson"
"""Lines, each a JSON document."""
_BEGINNING: tuple[int | None, UUID | None] = (None, None)
_EVENTS_AT_ONCE = 500
_MOST, _MOST_UNPACKED = 2_500_000, 30_000_000
"""Bytes that go out, and bytes of lines. A Lambda answers with 6 MB of JSON: a quotation mark takes two there, and what
is packed goes as base64."""


@dataclass(slots=True)
class _Answer:
    """Lines of one answer; what will be packed counts as it will be packed."""

    packed: bool
    parts: list[str] = field(default_factory=list)
    _lines: int = 0
    _size: int = 0

    def takes(self, text: str) -> bool:
        """Add the lines, unless they would be too much."""
        size = len(zlib.compress(text.encode(), 1)) if self.packed else len(text)
        if self._size + size > _MOST or self._lines + len(text) > _MOST_UNPACKED:
            return False
        self.parts.append(text)
        self._size, self._lines = self._size + size, self._lines + len(text)
        return True


def show_snapshot(
    ws: Workspace,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=100_000, description="Events of one answer at most.")] = 100_000,
) -> Response[str]:
    """Give the calendar as it is, one JSON document a line; the first is the version that it is of.

    Where more is left than an answer holds, the first line has `next` beside it, which goes into `after`.
    """
    call, listed = current(), {"l": "snapshot", "w": ws}
    version, last = _place(after, listed) if after else _BEGINNING
    answer = _Answer("gzip" in call.headers.get("accept-encoding", ""))
    step, more, epoch = min(limit, _EVENTS_AT_ONCE), True, 0
    while more and limit > 0:
        part = _part(ws, version, last, min(step, limit))
        version, epoch = part.version, part.epoch
        if answer.takes(event_lines(part.events)):
            limit -= step
            last, more = part.last, part.last is not None
        elif answer.parts:
            break
        else:
            step = max(1, step // 8)  # long texts; one event alone always fits
    stands = {"version": version, **({"epoch": epoch} if epoch else {})}
    head = json.dumps({**stands, **({"next": cursor(listed, (version, last))} if more else {})})
    return Response(200, NDJSON, f"{head}\n{''.join(answer.parts)}", compress=True)


def _part(ws: UUID, version: int | None, last: UUID | None, events: int) -> CalendarPart:
    try:
        return current().use.history.calendar_part(ws, version, last, events)
    except CursorExpired as error:
        raise expired(ws, error, "after") from None


def _place(after: str, listed: dict[str, object]) -> tuple[int, UUID]:
    version, last = place(after, listed, 2)
    try:
        return number(version), UUID(last)
    except ValueError:
        raise foreign_cursor() from None


ROUTES = (
    Route("GET", "/v1/workspaces/<ws>/snapshot", "read", show_snapshot, errors=("cursor_expired",), media=NDJSON),
)
