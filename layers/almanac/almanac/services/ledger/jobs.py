"""A job and what became of it: looked at, done again, called off."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.access import Principal
from almanac.domain.operations.job_status import JobState, RecordedJob, RecordedRun, job_state, next_look
from almanac.errors import BadInput, PermanentError, WorkspacePaused
from almanac.jobs import JOBS, KIND_OF_NAME, Job
from almanac.services.clock import Clock
from almanac.services.ledger.ports import Ledger, Place, RunFilter
from almanac.services.operations.ports import WorkspaceStore
from almanac.services.operations.requests import send_requests
from almanac.services.queues.ports import JobQueue


class UnknownJob(BadInput):
    """No job of that id that the caller may see."""

    code = "unknown_job"

    def __init__(self) -> None:
        super().__init__("id", "no job of that id")


class UnknownRun(BadInput):
    """No run of that id that the caller may see."""

    code = "unknown_run"

    def __init__(self) -> None:
        super().__init__("id", "no run of that id")


class NotCancellable(PermanentError):
    """A run of the job has begun, or it is over."""

    code = "not_cancellable"


@dataclass(frozen=True, slots=True)
class FollowedJob:
    """A job with its attempts and where it stands."""

    job: RecordedJob
    runs: Sequence[RecordedRun]
    state: JobState


@dataclass(frozen=True, slots=True)
class Jobs:
    """The use case of a job's page, and of what can be done with it."""

    ledger: Ledger
    queue: JobQueue
    clock: Clock
    workspaces: WorkspaceStore

    def jobs(self, job_id: str, caller: Principal) -> Sequence[FollowedJob]:
        """Return the jobs of that id in the caller's workspaces. Raises UnknownJob when there is none."""
        found = self.ledger.jobs(job_id, caller.ws_ids)
        if not found:
            raise UnknownJob
        runs = self.ledger.runs_of_job(job_id, caller.ws_ids)
        return [_followed(job, runs) for job in found]

    def next_look(self, followed: Sequence[FollowedJob]) -> float | None:
        """Return the seconds after which asking about them again makes sense; None when all are over."""
        now = self.clock()
        waits = [next_look(each.job, each.runs, each.state, now) for each in followed if not each.state.over]
        return min(waits, default=None)

    def runs(self, wanted: RunFilter, after: Place | None, limit: int) -> Sequence[RecordedRun]:
        """Return runs, the newest first, from a place on."""
        return self.ledger.runs(wanted, after, limit)

    def run(self, run_id: UUID, caller: Principal) -> RecordedRun:
        """Return one run. Raises UnknownRun, of a foreign one too."""
        found = self.ledger.run(run_id, caller.ws_ids)
        if found is None:
            raise UnknownRun
        return found

    def of_run(self, run: RecordedRun) -> FollowedJob | None:
        """Return the job of a run with all its attempts; None of a run that nobody asked for by name."""
        if run.job_id is None:
            return None
        jobs = self.ledger.jobs(run.job_id, [run.ws_id])
        mine = next((job for job in jobs if job.kind == run.kind), None)
        return None if mine is None else _followed(mine, self.ledger.runs_of_job(run.job_id, [run.ws_id]))

    def again(self, jobs: Sequence[RecordedJob], request_id: str) -> None:
        """Ask for the same once more, under a new id: for one job, or for all that a list has asked for.

        Raises UnknownJob, QueueUnavailable, and WorkspacePaused where each of their workspaces is, but for files.
        """
        paused = self.workspaces.paused_of([job.ws_id for job in jobs if job.kind != "export"])
        wanted = [job for job in jobs if job.kind == "export" or job.ws_id not in paused]
        if not wanted:
            raise WorkspacePaused
        send_requests(self.queue, [self._anew(job, request_id) for job in wanted])

    def _anew(self, job: RecordedJob, request_id: str) -> Job:
        kind = KIND_OF_NAME.get(job.kind)  # type: ignore[call-overload] # a kind that a later version wrote is no name
        if kind is None:
            raise UnknownJob
        said = {**job.body, "job": kind, "ws_id": job.ws_id, "source": "manual"}
        said |= {"requested_at": self.clock(), "request_id": request_id, "user_id": job.requested_by}
        new: Job = JOBS[kind].model.model_validate(said)
        return new

    def cancel(self, job_id: str, caller: Principal) -> FollowedJob:
        """Call a job off that nobody has begun; its message is refused. Raises UnknownJob and NotCancellable."""
        followed = self.jobs(job_id, caller)
        if len(followed) > 1:
            raise NotCancellable("the id is that of a list; give the id of one job")
        if followed[0].state.status != "queued" or not self.ledger.cancel(followed[0].job):
            raise NotCancellable("only a job that waits in the queue can be called off")
        return self.jobs(job_id, caller)[0]


def _followed(job: RecordedJob, runs: Sequence[RecordedRun]) -> FollowedJob:
    mine = [run for run in runs if (run.ws_id, run.kind) == (job.ws_id, job.kind)]
    return FollowedJob(job, mine, job_state(job, mine))
