"""Which workspaces are due, in Postgres: the DueStore of the orchestrator."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database, Rows, statements
from almanac.services.queues.ports import DueStore, SyncHealth


class PostgresDueStore(DueStore):
    """DueStore over one Database; pages by key, so that a tick's memory does not grow with the workspaces."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._sql = statements("sync.sql")

    @override
    def due_for_sync(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        return [row[0] for row in self._run("due_for_sync", after=after, limit=limit)]

    @override
    def due_for_schedule(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        return [row[0] for row in self._run("due_for_schedule", after=after, limit=limit)]

    @override
    def known(self, ws_ids: Sequence[UUID]) -> Set[UUID]:
        return {row[0] for row in self._run("known_workspaces", ws_ids=arrays.texts(map(str, ws_ids)))}

    @override
    def mark_queued(self, ws_ids: Sequence[UUID], since: datetime) -> None:
        self._run("mark_queued", ws_ids=arrays.texts(map(str, ws_ids)), since=since)

    @override
    def sync_health(self, before: datetime) -> SyncHealth:
        with self._db.transaction():
            return SyncHealth(*self._db.run(statements("run_summary.sql")["sync_health"], before=before)[0])

    def _run(self, name: str, **values: Any) -> Rows:
        with self._db.transaction():
            return self._db.run(self._sql[name], **values)
