"""What ran, in Postgres: lists, single runs, and the runs of a request or of a message."""

from collections.abc import Mapping, Sequence, Set
from operator import attrgetter
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.operations.job_names import JobName
from almanac.domain.operations.runs import (
    AnyRun,
    AnyRunDetails,
    CalendarResult,
    PlanCounts,
    PlanRun,
    PlanRunDetails,
    SyncProgress,
    SyncRun,
    SyncRunDetails,
)
from almanac.domain.sync.report import Tally
from almanac.services.operations.ports import RecordedRuns, RunsOfRequests
from almanac.services.queues.ports import FailedRun, RunsOfMessages

_ALL = 2**31 - 1


class PostgresRunHistory(RecordedRuns, RunsOfRequests[SyncRun], RunsOfMessages):
    """Syncs and plans that ran, and of requests those for a sync, over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("run_history.sql")

    @override
    def latest(self, ws_id: UUID | None, *, job: JobName | None, failed: bool, limit: int) -> Sequence[AnyRun]:
        found: list[AnyRun] = []
        if job != "schedule":
            found += self._syncs(ws_id=ws_id, failed=failed, limit=limit)
        if job != "sync":
            found += self._plans(ws_id=ws_id, failed=failed, limit=limit)
        return sorted(found, key=attrgetter("started_at"), reverse=True)[:limit]

    @override
    def run(self, run_id: UUID) -> AnyRunDetails | None:
        for sync in self._syncs(run_id=run_id):
            rows = self._run.alone("run_connections", run_id=run_id)
            calendars = [CalendarResult(*(*row[:8], Tally(*row[8:]))) for row in rows]
            return SyncRunDetails(sync, calendars, *self._remarks(run_id))
        for plan in self._plans(run_id=run_id):
            notes = self._run.alone("plan_notes", run_id=run_id)[0][0]
            return PlanRunDetails(plan, notes, *self._remarks(run_id))
        return None

    @override
    def runs_of_request(self, ws_id: UUID, request_id: str) -> Sequence[SyncRun]:
        """Return what a request for a sync has led to, oldest first: refused, interrupted and continued runs too."""
        return self._syncs(ws_id=ws_id, request_id=request_id)[::-1]

    @override
    def sync_progress(self, ws_id: UUID, run_id: UUID) -> SyncProgress:
        done, events, calendars = self._run.alone("progress", ws_id=ws_id, run_id=run_id)[0]
        return SyncProgress(int(done), int(events), None if calendars is None else int(calendars))

    @override
    def failed_runs(self, message_ids: Sequence[str], ws_ids: Sequence[UUID]) -> Mapping[str, FailedRun]:
        """Return them by message id, of those that have a run which failed or never ended."""
        wanted = {"message_ids": arrays.texts(message_ids), "ws_ids": arrays.texts(map(str, ws_ids))}
        return {row[0]: FailedRun(*row[1:]) for row in self._run.alone("failed_runs_of_messages", **wanted)}

    @override
    def known(self, ws_ids: Sequence[UUID]) -> Set[UUID]:
        return {row[0] for row in self._run.alone("known_workspaces", ws_ids=arrays.texts(map(str, ws_ids)))}

    def _remarks(self, run_id: UUID) -> tuple[Sequence[str], int | None, int | None]:
        ignored, peak_mb, memory_mb = self._run.alone("remarks", run_id=run_id)[0]
        return ignored, peak_mb, memory_mb

    def _syncs(
        self,
        *,
        ws_id: UUID | None = None,
        run_id: UUID | None = None,
        request_id: str | None = None,
        failed: bool = False,
        limit: int = _ALL,
    ) -> list[SyncRun]:
        wanted = {"ws_id": ws_id, "run_id": run_id, "request_id": request_id, "failed": failed, "limit": limit}
        return [SyncRun(*(*row[:17], Tally(*row[17:]))) for row in self._run.alone("sync_runs", **wanted)]

    def _plans(
        self, *, ws_id: UUID | None = None, run_id: UUID | None = None, failed: bool = False, limit: int = _ALL
    ) -> list[PlanRun]:
        wanted = {"ws_id": ws_id, "run_id": run_id, "failed": failed, "limit": limit}
        rows = self._run.alone("plan_runs", **wanted)
        return [PlanRun(*(*row[:17], PlanCounts(*row[17:31]), *row[31:])) for row in rows]
