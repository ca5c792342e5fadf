"""How runs went and who is behind, counted by Postgres. Every statement only reads."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.operations.run_counts import PostgresRunCounts, RunCounts
from almanac.domain.operations.job_names import KEPT_UP, JobName
from almanac.domain.operations.lag import SYNC_BEHIND_AFTER, WorkspaceProgress, behind_after
from almanac.domain.operations.overview import at_share
from almanac.domain.operations.run_statistics import (
    SHARES,
    Behind,
    LaggingWorkspace,
    Latency,
    OutcomeCount,
    ProviderCalls,
    RunStatistics,
)
from almanac.services.operations.ports import CountedRuns, ProgressStore
from almanac.services.push.ports import PushHome

_BEHIND: dict[JobName, str] = {"sync": "behind_with_sync", "schedule": "behind_with_plan"}


class PostgresRunSummary(CountedRuns, ProgressStore):
    """Statistics of all workspaces or of one, over one Database."""

    def __init__(
        self, database: Database, home: PushHome | None = None, sync_behind_after: timedelta = SYNC_BEHIND_AFTER
    ) -> None:
        """`home` is None where push is off: then no calendar may wait for longer because it would ring."""
        self._db = database
        self._home = {
            "installation": home.installation if home else None,
            "address_fingerprint": home.fingerprint if home else None,
        }
        self._behind_after = behind_after(sync_behind_after)
        self._counts = PostgresRunCounts(database)
        self._run = database.statements("run_summary.sql")

    @override
    def progress(self, ws_id: UUID, now: datetime) -> Sequence[LaggingWorkspace]:
        found: list[LaggingWorkspace] = []
        ids = arrays.texts([str(ws_id)])
        for job, statement in _BEHIND.items():
            whose = self._home if job == "sync" else {}
            rows = self._run.alone(statement, ws_ids=ids, before=now, limit=1, **whose)
            found += [LaggingWorkspace(job, row[1], WorkspaceProgress(*row[2:])) for row in rows]
        return found

    @override
    def statistics(self, ws_id: UUID | None, since: datetime, now: datetime, limit: int) -> RunStatistics:
        ws_ids = None if ws_id is None else [ws_id]
        counts, behind = self._counts.since(ws_ids, since), self.behind(ws_ids, now, limit)
        outcomes: Counter[tuple[JobName, str, str | None, str | None]] = Counter()
        for job in KEPT_UP:
            for each in (ending for ending in counts.endings if ending.kind == job):
                outcomes[job, each.status, each.outcome, each.error_type] += each.runs
        return RunStatistics(
            [OutcomeCount(*ending, runs) for ending, runs in outcomes.items()],
            [_latency(job, counts) for job in KEPT_UP],
            ProviderCalls(counts.calls, counts.peak, counts.peak_minute),
            behind.stalest,
            behind.all_behind,
        )

    @override
    def behind(self, ws_ids: Collection[UUID] | None, now: datetime, limit: int) -> Behind:
        ids = arrays.ids(ws_ids)
        found: list[LaggingWorkspace] = []
        all_behind: dict[JobName, int] = {}
        with self._db.transaction():
            for job, statement in _BEHIND.items():
                whose = self._home if job == "sync" else {}
                before = now - self._behind_after[job]
                rows = self._run(statement, ws_ids=ids, before=before, limit=limit, **whose)
                all_behind[job] = rows[0][0] if rows else 0
                found += [LaggingWorkspace(job, row[1], WorkspaceProgress(*row[2:])) for row in rows]
        found.sort(key=lambda each: (each.progress.fresh_at, str(each.ws_id), each.job))
        return Behind(found[:limit], all_behind)


def _latency(job: JobName, counts: RunCounts) -> Latency:
    waited: Counter[int] = Counter()
    took: Counter[int] = Counter()
    for each in counts.times:
        if each.kind == job:
            waited[each.bucket] += each.waited
            took[each.bucket] += each.took
    return Latency(job, _at_shares(waited), _at_shares(took))


def _at_shares(buckets: Counter[int]) -> list[int] | None:
    found = [at_share(buckets, share) for share in SHARES.values()]
    return [each for each in found if each is not None] or None
