"""What ran: the latest runs, or one of them with all that is recorded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.operations.job_names import JobName
from almanac.domain.operations.runs import AnyRun, AnyRunDetails, SyncProgress
from almanac.errors import BadInput
from almanac.services.operations.ports import RecordedRuns, WorkspaceStore


@dataclass(frozen=True, slots=True)
class RunHistory:
    """The use case of `almanac runs`."""

    workspaces: WorkspaceStore
    runs: RecordedRuns

    def latest(self, ws_id: UUID | None, *, job: JobName | None, failed: bool, limit: int) -> Sequence[AnyRun]:
        """Return the latest runs of one workspace or of all, newest first; of both jobs, or of one.

        `failed` leaves out those that did not fail, not even partly. Raises UnknownWorkspace.
        """
        if ws_id is not None:
            self.workspaces.require_workspace(ws_id)
        return self.runs.latest(ws_id, job=job, failed=failed, limit=limit)

    def names(self, runs: Iterable[AnyRun]) -> Mapping[UUID, str]:
        """Return what people call the workspaces of the runs; one that was removed meanwhile has no name."""
        return self.workspaces.workspace_names({run.ws_id for run in runs})

    def run(self, run_id: UUID) -> AnyRunDetails:
        """Return one run: a sync with its calendars, a plan with its notes. Raises BadInput when there is none."""
        found = self.runs.run(run_id)
        if found is None:
            raise BadInput("run_id", f"no run {run_id}")
        return found

    def progress(self, ws_id: UUID, run_id: UUID) -> SyncProgress | None:
        """Return how far a running sync has come."""
        return self.runs.sync_progress(ws_id, run_id)
