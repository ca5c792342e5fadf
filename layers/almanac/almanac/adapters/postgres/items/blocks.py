"""Blocks of plans in Postgres, as people look at them and keep them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.domain.items.blocks import ListedBlock
from almanac.services.items.ports import BlockStore


class PostgresBlocks(BlockStore):
    """BlockStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("items/blocks.sql")

    @override
    def between(self, ws_id: UUID, since: datetime, until: datetime) -> Sequence[ListedBlock]:
        rows = self._run.alone("list_blocks", ws_id=ws_id, event_id=None, since=since, until=until)
        return [_listed(row) for row in rows]

    @override
    def lock(self, ws_id: UUID, event_id: UUID, *, locked: bool) -> ListedBlock | None:
        with self._db.transaction():
            self._run("lock", ws_id=ws_id, event_id=event_id, locked=locked)
            found = self._run("list_blocks", ws_id=ws_id, event_id=event_id, since=None, until=None)
        return _listed(found[0]) if found else None


def _listed(row: Sequence[Any]) -> ListedBlock:
    event_id, kind, title, start, end, users, locked = row
    return ListedBlock(event_id, kind, title, start, end, tuple(user for user in users or () if user), locked)
