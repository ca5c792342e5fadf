"""How runs went and who is behind, counted by Postgres. Every statement only reads."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.domain.operations.job_names import JobName
from almanac.domain.operations.lag import PLAN_BEHIND_AFTER, SYNC_BEHIND_AFTER, WorkspaceProgress
from almanac.domain.operations.run_statistics import (
    SHARES,
    LaggingWorkspace,
    Latency,
    OutcomeCount,
    ProviderCalls,
    RunStatistics,
)
from almanac.services.operations.ports import CountedRuns
from almanac.services.push.ports import PushHome

_BEHIND: dict[JobName, tuple[str, timedelta]] = {
    "sync": ("behind_with_sync", SYNC_BEHIND_AFTER),
    "schedule": ("behind_with_plan", PLAN_BEHIND_AFTER),
}


class PostgresRunSummary(CountedRuns):
    """Statistics of all workspaces or of one, over one Database."""

    def __init__(self, database: Database, home: PushHome | None = None) -> None:
        """`home` is None where push is off: then no calendar may wait for longer because it would ring."""
        self._db = database
        self._home = {
            "installation": home.installation if home else None,
            "address_fingerprint": home.fingerprint if home else None,
        }
        self._run = database.statements("run_summary.sql")

    @override
    def statistics(self, ws_id: UUID | None, since: datetime, now: datetime, limit: int) -> RunStatistics:
        span = {"ws_id": ws_id, "since": since}
        shares = "{" + ",".join(map(str, SHARES.values())) + "}"
        behind: list[LaggingWorkspace] = []
        all_behind: dict[JobName, int] = {}
        with self._db.transaction():
            for job, (statement, after) in _BEHIND.items():
                whose = self._home if job == "sync" else {}
                found = self._run(statement, ws_id=ws_id, before=now - after, limit=limit, **whose)
                all_behind[job] = found[0][0] if found else 0
                behind += [LaggingWorkspace(job, row[1], WorkspaceProgress(*row[2:])) for row in found]
            outcomes = [OutcomeCount(*row) for row in self._run("endings", **span)]
            latencies = [
                Latency(job, _milliseconds(waited), took)
                for job, waited, took in self._run("latencies", shares=shares, **span)
            ]
            calls = [ProviderCalls(int(row[2]), int(row[1]), row[0]) for row in self._run("provider_calls", **span)]
        stalest = sorted(behind, key=lambda each: each.progress.fresh_at)[:limit]
        return RunStatistics(outcomes, latencies, calls[0] if calls else ProviderCalls(), stalest, all_behind)


def _milliseconds(waited: Sequence[timedelta] | None) -> list[int] | None:
    """Whole milliseconds; the clocks of queue and database may differ a little."""
    return None if waited is None else [max(0, round(each.total_seconds() * 1000)) for each in waited]
