"""A workspace's versions in Postgres: the HistoryStore of the services."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database, Statements
from almanac.domain.history.changes import Change, FeedPlace, Head
from almanac.domain.history.fold import State
from almanac.errors import UnknownWorkspace
from almanac.services.history.ports import HistoryStore

_STEP = 2000
"""Changes that are read at a time on the way back."""
_BEYOND = 2**63 - 1


class PostgresHistory(HistoryStore):
    """HistoryStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run: Statements = database.statements("history/history.sql")

    @override
    def head(self, ws_id: UUID) -> Head:
        found = self._run("head", ws_id=ws_id)
        if not found:
            raise UnknownWorkspace(ws_id)
        return Head(*found[0])

    @override
    def changes(self, ws_id: UUID, after: int, limit: int) -> Sequence[Change]:
        return [Change(*row) for row in self._run("changes", ws_id=ws_id, after=after, limit=limit)]

    @override
    def version_at(self, ws_id: UUID, moment: datetime) -> int:
        found = self._run("version_at", ws_id=ws_id, moment=moment)
        return found[0][0] if found else self.head(ws_id).oldest - 1

    @override
    def newest_first(self, ws_id: UUID, after: int) -> Iterator[Change]:
        before = _BEYOND
        while rows := self._run("newest_first", ws_id=ws_id, after=after, before=before, limit=_STEP):
            yield from (Change(*row) for row in rows)
            before = rows[-1][0]

    @override
    def events(self, ws_id: UUID) -> Mapping[UUID, State]:
        return {row[0]: row[1] for row in self._run("events", ws_id=ws_id)}

    @override
    def some_events(self, ws_id: UUID, after: UUID | None, limit: int) -> Mapping[UUID, State]:
        rows = self._run("some_events", ws_id=ws_id, after=after, limit=limit)
        return {row[0]: row[1] for row in rows}

    @contextmanager
    @override
    def one_moment(self) -> Iterator[None]:
        with self._db.transaction():
            self._run("one_moment")
            yield

    @override
    def fleet(
        self, after: FeedPlace, ws_ids: Sequence[UUID] | None, limit: int
    ) -> Sequence[tuple[FeedPlace, UUID, Change]]:
        tx, seq, version = after
        named = arrays.ids(ws_ids)
        rows = self._run.alone("fleet", tx=tx, seq=seq, version=version, ws_ids=named, limit=limit)
        return [((row[0], row[1], row[3]), row[2], Change(*row[3:])) for row in rows]

    @override
    def feed_reaches(self, place: FeedPlace) -> bool:
        return self._run.alone("feed_reaches", tx=place[0], seq=place[1])[0][0] is True

    @override
    def epoch(self) -> int:
        found: int = self._run.alone("epoch")[0][0]
        return found

    @override
    def begin_epoch(self) -> int:
        begun: int = self._run.alone("begin_epoch")[0][0]
        return begun

    @override
    def redact(self, ws_id: UUID, event_id: UUID) -> int | None:
        redacted, known = self._run.alone("redact", ws_id=ws_id, event_id=event_id)[0]
        return redacted if known else None
