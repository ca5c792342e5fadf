"""What reading and steering the ledger needs. Everything raises DatabaseUnavailable and StorageFailed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from almanac.domain.operations.job_status import RecordedJob, RecordedRun


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted; None leaves a thing out. `ws_ids` are those that the caller may see."""

    ws_ids: Collection[UUID] | None = None
    kind: str | None = None
    statuses: Collection[str] | None = None
    outcome: str | None = None
    error_type: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None


Place = tuple[datetime, UUID]
"""Where a page of runs ended: the beginning of its last run, and its id."""


class Ledger(Protocol):
    """Jobs and runs of every kind, in the workspaces `ws_ids` alone where they are asked for; None: in all."""

    def jobs(self, job_id: str, ws_ids: Collection[UUID] | None) -> Sequence[RecordedJob]:
        """Return the jobs of that id: one, or of a list one a workspace, at most 1,000."""
        ...

    def runs_of_job(self, job_id: str, ws_ids: Collection[UUID] | None) -> Sequence[RecordedRun]:
        """Return all runs of the jobs of that id, in the order in which they began."""
        ...

    def runs(self, wanted: RunFilter, after: Place | None, limit: int) -> Sequence[RecordedRun]:
        """Return the newest runs, or those that follow a place."""
        ...

    def run(self, run_id: UUID, ws_ids: Collection[UUID] | None) -> RecordedRun | None:
        """Return one run; None when there is none."""
        ...

    def cancel(self, job: RecordedJob) -> bool:
        """Call the job off; False when a run of it has begun, or it is called off already."""
        ...
