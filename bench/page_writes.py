"""Ways of writing the same rows into the same table, to compare the store's own with.

Every way is one transaction a statement on one connection, with the settings of one server.
"""

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from uuid import UUID

import pg8000.native

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database, parse_url
from almanac.domain.calendar.events import EventPage, EventRow
from almanac.providers.google.pages import MAPPING_VERSION

_TYPES = dict.fromkeys(EventRow._fields, "text") | {
    "start_at": "timestamptz",
    "end_at": "timestamptz",
    "all_day": "boolean",
    "start_date": "date",
    "end_date": "date",
    "original_start_at": "timestamptz",
    "original_start_date": "date",
    "sequence": "integer",
    "attendees": "jsonb",
    "own_block": "boolean",
    "external_updated_at": "timestamptz",
}
_ENCODERS: Mapping[str, arrays.Encoder] = {
    "text": arrays.texts,
    "jsonb": arrays.texts,
    "timestamptz": arrays.instants,
    "boolean": arrays.booleans,
    "date": arrays.dates,
    "integer": arrays.integers,
}
_COLUMNS = ", ".join(_TYPES)
_INTO = (
    "INSERT INTO workspace_calendar_events"
    f" (ws_id, provider, external_calendar_id, mapping_version, sync_status, last_synced_at, {_COLUMNS})"
)
_FIXED = f"'google', {{}}, {MAPPING_VERSION}, 'synced', now()"
_UPSERT = " ON CONFLICT (ws_id, provider, external_calendar_id, external_event_id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _TYPES
)
_BARE = (
    f"{_INTO} SELECT :ws_id::uuid, {_FIXED.format(':calendar_id')}, p.*"
    f" FROM unnest({', '.join(f':{name}::{type_}[]' for name, type_ in _TYPES.items())}) AS p{_UPSERT}"
)

Write = Callable[[Sequence[EventPage]], None]


def bare(database: Database, ws_id: UUID, calendar_id: str) -> Write:
    """The fastest bare way: a page is one upsert from array literals, and nothing else happens."""

    def write(pages: Sequence[EventPage]) -> None:
        for page in pages:
            columns = zip(_TYPES.items(), zip(*page.rows, strict=True), strict=True)
            encoded = {name: _ENCODERS[type_](values) for (name, type_), values in columns}
            database.run(_BARE, ws_id=ws_id, calendar_id=calendar_id, **encoded)

    return write


def row_values(url: str, ws_id: UUID, calendar_id: str, batch: int, *, no_delay: bool) -> Write:
    """Multi-row VALUES with ON CONFLICT, `batch` rows a statement, not prepared.

    The statement's text is built once, outside the time that counts: its placeholders are the server's own. Without
    `no_delay` the driver's socket stays as it comes: its last small write of a statement waits for the delayed
    acknowledgement of the large one before, some 40 ms a batch that are no work of anybody's.
    """
    statement = _values_statement(batch)

    def write(pages: Sequence[EventPage]) -> None:
        with closing(_connect(url, no_delay)) as connection:
            rows = [row for page in pages for row in page.rows]
            for start in range(0, len(rows), batch):
                values = [ws_id, calendar_id, *_flat(rows[start : start + batch])]
                connection.execute_unnamed(statement, values)

    return write


def _connect(url: str, no_delay: bool) -> pg8000.native.Connection:
    target = parse_url(url)
    sock = socket.create_connection((target.host, target.port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, no_delay)
    return pg8000.native.Connection(target.user, database=target.database, password=target.password, sock=sock)


def _values_statement(rows: int) -> str:
    width, types = len(_TYPES), [*_TYPES.values()]
    texts = []
    for row in range(rows):
        own = ", ".join(f"${3 + row * width + place}::{type_}" for place, type_ in enumerate(types))
        texts.append(f"($1::uuid, {_FIXED.format('$2::text')}, {own})")
    return f"{_INTO} VALUES {', '.join(texts)}{_UPSERT}"


def _flat(rows: Iterable[EventRow]) -> list[object]:
    return [value for row in rows for value in row]
