"""Which workspaces are due, in Postgres: the DueStore of the orchestrator."""

from collections.abc import Sequence, Set
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.services.queues.ports import DueStore, SyncHealth


class PostgresDueStore(DueStore):
    """DueStore over one Database; pages by key, so that a tick's memory does not grow with the workspaces."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("sync.sql")
        self._summary = database.statements("run_summary.sql")

    @override
    def due_for_sync(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        return [row[0] for row in self._run.alone("due_for_sync", after=after, limit=limit)]

    @override
    def due_for_outbound(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        return [row[0] for row in self._run.alone("due_for_outbound", after=after, limit=limit)]

    @override
    def due_for_schedule(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        return [row[0] for row in self._run.alone("due_for_schedule", after=after, limit=limit)]

    @override
    def known(self, ws_ids: Sequence[UUID]) -> Set[UUID]:
        return {row[0] for row in self._run.alone("known_workspaces", ws_ids=arrays.texts(map(str, ws_ids)))}

    @override
    def mark_queued(self, ws_ids: Sequence[UUID], since: datetime) -> None:
        self._run.alone("mark_queued", ws_ids=arrays.texts(map(str, ws_ids)), since=since)

    @override
    def sync_health(self, before: datetime) -> SyncHealth:
        return SyncHealth(*self._summary.alone("sync_health", before=before)[0])
