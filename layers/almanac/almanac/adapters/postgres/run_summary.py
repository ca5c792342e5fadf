"""How runs went and who is behind, counted by Postgres. Every statement only reads."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from almanac.adapters.postgres.connection import Database
from almanac.domain.operations.lag import PLAN_BEHIND_AFTER, SYNC_BEHIND_AFTER, WorkspaceProgress
from almanac.domain.operations.run_statistics import SHARES, Behind, Ending, Figures, Job, Latency, ProviderCalls

_BEHIND: dict[Job, tuple[str, timedelta]] = {
    "sync": ("behind_with_sync", SYNC_BEHIND_AFTER),
    "schedule": ("behind_with_plan", PLAN_BEHIND_AFTER),
}


class PostgresRunSummary:
    """Figures of all workspaces or of one. Raises DatabaseUnavailable and StorageFailed.

    `provider` is the one that syncs call, `quota_per_minute` what it allows all of them together.
    """

    def __init__(self, database: Database, provider: str, quota_per_minute: int) -> None:
        self._db = database
        self._called = (provider, quota_per_minute)
        self._run = database.statements("run_summary.sql")

    def figures(self, ws_id: UUID | None, since: datetime, now: datetime, limit: int) -> Figures:
        """Of the runs that began since then, and at most `limit` of the workspaces that are behind now."""
        span = {"ws_id": ws_id, "since": since}
        shares = "{" + ",".join(map(str, SHARES.values())) + "}"
        behind: list[Behind] = []
        all_behind: dict[Job, int] = {}
        with self._db.transaction():
            for job, (statement, after) in _BEHIND.items():
                found = self._run(statement, ws_id=ws_id, before=now - after, limit=limit)
                all_behind[job] = found[0][0] if found else 0
                behind += [Behind(job, row[1], WorkspaceProgress(*row[2:])) for row in found]
            endings = [Ending(*row) for row in self._run("endings", **span)]
            latencies = [_latency(row) for row in self._run("latencies", shares=shares, **span)]
            calls = [(int(row[2]), int(row[1]), row[0]) for row in self._run("provider_calls", **span)]
        stalest = sorted(behind, key=lambda each: each.standing.fresh_at)[:limit]
        total, peak, minute = calls[0] if calls else (0, 0, None)
        return Figures(endings, latencies, ProviderCalls(*self._called, total, peak, minute), stalest, all_behind)


def _latency(row: Sequence[Any]) -> Latency:
    job, waited, took = row
    in_ms = None if waited is None else [max(0, round(each.total_seconds() * 1000)) for each in waited]
    return Latency(cast("Job", job), in_ms, took)
