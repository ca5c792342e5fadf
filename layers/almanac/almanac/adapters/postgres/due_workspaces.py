"""Which workspaces are due, in Postgres: the DueStore of the orchestrator."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database, Rows
from almanac.adapters.postgres.operations.late import PostgresLate
from almanac.adapters.postgres.operations.run_counts import PostgresRunCounts
from almanac.domain.operations.lag import SYNC_BEHIND_AFTER
from almanac.domain.push.channels import RENEW_BEFORE
from almanac.services.push.ports import PushHome
from almanac.services.queues.ports import ChannelStates, DueStore, DueWorkspace, SyncHealth


class PostgresDueStore(DueStore):
    """DueStore over one Database; pages by key, so that a tick's memory does not grow with the workspaces."""

    def __init__(
        self,
        database: Database,
        home: PushHome | None = None,
        daily_budget: int | None = None,
        sync_behind_after: timedelta = SYNC_BEHIND_AFTER,
    ) -> None:
        """`home` is None where push is off: then every calendar is due at every tick.

        `daily_budget` is what may be created and deleted for an account in a day; None where nobody asks about it.
        """
        self._db = database
        self._channels = database.statements("push/channels.sql")
        self._home = {
            "installation": home.installation if home else None,
            "address_fingerprint": home.fingerprint if home else None,
        }
        self._run = database.statements("sync.sql")
        self._summary = database.statements("run_summary.sql")
        self._half_budget = None if daily_budget is None else -(-daily_budget // 2)
        self._counts = PostgresRunCounts(database)
        self._late = PostgresLate(database, home, sync_behind_after)
        self._sync_behind_after = sync_behind_after

    @override
    def due_for_sync(self, after: UUID | None, limit: int) -> Sequence[DueWorkspace]:
        return _due(self._due(after=after, limit=limit))

    def _due(self, **page: object) -> Rows:
        renew_seconds = RENEW_BEFORE.total_seconds()
        return self._run.alone("due_for_sync", renew_seconds=renew_seconds, **page, **self._home)

    @override
    def due_for_outbound(self, after: UUID | None, limit: int) -> Sequence[DueWorkspace]:
        return _due(self._run.alone("due_for_outbound", after=after, limit=limit))

    @override
    def due_for_schedule(self, after: UUID | None, limit: int) -> Sequence[DueWorkspace]:
        return _due(self._run.alone("due_for_schedule", after=after, limit=limit))

    @override
    def due_for_replan(self, after: UUID | None, limit: int) -> Sequence[tuple[DueWorkspace, str]]:
        found = self._run.alone("due_for_replan", after=after, limit=limit)
        return list(zip(_due(found), (row[2] for row in found), strict=True))

    @override
    def now(self) -> datetime:
        now: datetime = self._run.read("now")[0][0]
        return now

    @override
    def known(self, ws_ids: Sequence[UUID]) -> Sequence[DueWorkspace]:
        return _due(self._run.alone("known_workspaces", ws_ids=arrays.texts(map(str, ws_ids))))

    @override
    def mark_queued(self, ws_ids: Sequence[UUID], since: datetime) -> None:
        self._run.alone("mark_queued", ws_ids=arrays.texts(map(str, ws_ids)), since=since)

    @override
    def tell_late(self, now: datetime) -> int:
        return self._late.tell(now)

    @override
    def roll_up_runs(self) -> int:
        return self._counts.roll_up()

    @override
    def sync_health(self, now: datetime) -> SyncHealth:
        before = now - self._sync_behind_after
        asked = {"before": before, "half_budget": self._half_budget, **self._home}
        return SyncHealth(*self._summary.alone("sync_health", **asked)[0])

    @override
    def channel_states(self) -> ChannelStates | None:
        installation = self._home["installation"]
        if installation is None:
            return None
        return ChannelStates(*self._channels.alone("channel_states", installation=installation)[0])


def _due(rows: Rows) -> list[DueWorkspace]:
    """Of rows that begin with a workspace and whether it is large."""
    return [DueWorkspace(row[0], "large" if row[1] else "standard") for row in rows]
