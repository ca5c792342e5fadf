"""Why a message is dead: its body says so, or the run that it led to."""

from collections.abc import Callable, Set
from dataclasses import dataclass
from uuid import UUID

from almanac.errors import BadJob, UnknownWorkspace
from almanac.jobs import JOBS, Job
from almanac.services.queues.ports import DeadLetter, DeadLetters, FailedRun, RunsOfMessages

_NEVER_ENDED = "its run never said how it ended: killed, out of time or memory, or cut off from the database"
_NOT_RECORDED = "no run of it is recorded: database, secret or setting was not there; its message id is in the logs"


@dataclass(frozen=True, slots=True)
class Explained:
    """A dead letter and its cause. `job` is None where the body is none, `error_type` where nothing was recorded."""

    letter: DeadLetter
    job: Job | None
    error_type: str | None
    error: str
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ExplainDeadLetters:
    """The use case of `almanac queues --dead`."""

    letters: DeadLetters
    runs: RunsOfMessages

    def __call__(self, job_kind: str, limit: int) -> list[Explained]:
        """At most `limit` dead letters of one job's queue, with their causes; none of them is taken away."""
        read = [(letter, _read(JOBS[job_kind].parse, letter.body)) for letter in self.letters.peek(job_kind, limit)]
        jobs = {letter.message_id: job for letter, job in read if not isinstance(job, BadJob)}
        ws_ids = sorted({job.ws_id for job in jobs.values()})
        failed, known = self.runs.failed_runs(list(jobs), ws_ids), self.runs.known(ws_ids)
        return [
            Explained(letter, None, job.code, str(job))
            if isinstance(job, BadJob)
            else _explained(letter, job, failed.get(letter.message_id), known)
            for letter, job in read
        ]


def _read(parse: Callable[[str], Job], body: str) -> Job | BadJob:
    try:
        return parse(body)
    except BadJob as error:
        return error


def _explained(letter: DeadLetter, job: Job, run: FailedRun | None, known: Set[UUID]) -> Explained:
    if run is not None and run.error_type is not None:
        return Explained(letter, job, run.error_type, run.error or "", run.run_id)
    if run is not None:
        return Explained(letter, job, None, _NEVER_ENDED, run.run_id)
    if job.ws_id not in known:
        unknown = UnknownWorkspace(job.ws_id)
        return Explained(letter, job, unknown.code, str(unknown))
    return Explained(letter, job, None, _NOT_RECORDED)
