"""Jobs and runs of every kind over one Database."""

from collections.abc import Collection, Sequence
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.operations.job_status import RecordedJob, RecordedRun
from almanac.jobs import JOBS
from almanac.services.ledger.ports import Ledger, Place, RunFilter

PACKAGE = "almanac.adapters.postgres.operations"
_FAILURES = {"failed", "partial"}


class PostgresJobs(Ledger):
    """The Ledger of the services."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("ledger.sql", PACKAGE)

    @override
    def jobs(self, job_id: str, ws_ids: Collection[UUID] | None) -> Sequence[RecordedJob]:
        return [RecordedJob(*row) for row in self._run.alone("jobs", job_id=job_id, ws_ids=arrays.ids(ws_ids))]

    @override
    def runs_of_job(self, job_id: str, ws_ids: Collection[UUID] | None) -> Sequence[RecordedRun]:
        return [RecordedRun(*row) for row in self._run.alone("runs_of_job", job_id=job_id, ws_ids=arrays.ids(ws_ids))]

    @override
    def runs(self, wanted: RunFilter, after: Place | None, limit: int) -> Sequence[RecordedRun]:
        kinds = [wanted.kind] if wanted.kind else [kind.name for kind in JOBS.values()]
        after_at, after_id = after or (None, None)
        rows = self._run.alone(
            "runs",
            kinds=arrays.texts(kinds),
            ws_ids=arrays.ids(wanted.ws_ids),
            statuses=None if wanted.statuses is None else arrays.texts(wanted.statuses),
            failed=wanted.statuses is not None and set(wanted.statuses) <= _FAILURES,
            outcome=wanted.outcome,
            error_type=wanted.error_type,
            source=wanted.source,
            since=wanted.since,
            until=wanted.until,
            after_at=after_at,
            after_id=after_id,
            limit=limit,
        )
        return [RecordedRun(*row) for row in rows]

    @override
    def run(self, run_id: UUID, ws_ids: Collection[UUID] | None) -> RecordedRun | None:
        found = self._run.alone("run", run_id=run_id, ws_ids=arrays.ids(ws_ids))
        return RecordedRun(*found[0]) if found else None

    @override
    def cancel(self, job: RecordedJob) -> bool:
        return bool(self._run.alone("cancel", job_id=job.job_id, ws_id=job.ws_id, kind=job.kind))
