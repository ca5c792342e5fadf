"""Dead letters: which there are and why, sent back into their queue, or deleted."""

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.operations.job_names import JobName
from almanac.errors import BadInput, BadJob, UnknownWorkspace
from almanac.jobs import JOBS, KIND_OF_NAME, Job
from almanac.services.queues.configured_queues import configured_jobs
from almanac.services.queues.ports import DeadLetter, DeadLetterQueues, FailedRun, RunsOfMessages

_NEVER_ENDED = "its run never said how it ended: killed, out of time or memory, or cut off from the database"
_NOT_RECORDED = "no run of it is recorded: database, secret or setting was not there; its message id is in the logs"


@dataclass(frozen=True, slots=True)
class ExplainedLetter:
    """A dead letter and its cause. `job` is None where the body is none, `error_type` where nothing was recorded."""

    queue: JobName
    letter: DeadLetter
    job: Job | None
    error_type: str | None
    error: str
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ExplainedLetters:
    """Dead letters with their causes, and about how many each queue that was asked has."""

    counts: Mapping[JobName, int]
    letters: Sequence[ExplainedLetter]


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The use case of `almanac queues --dead`, `redrive` and `discard`. `kinds` are the jobs that have a queue.

    `runs` is asked for by `listed` alone: sending letters back and deleting them needs no database.
    """

    queues: DeadLetterQueues
    runs: Callable[[], RunsOfMessages]
    kinds: Collection[str]

    def listed(self, job: JobName | None, limit: int) -> ExplainedLetters:
        """Return at most `limit` dead letters a queue, of one job or of all; none of them is taken away.

        Raises QueueUnavailable, DatabaseUnavailable, and BadSettings where there is no queue or no dead-letter queue.
        """
        chosen = configured_jobs(self.kinds) if job is None else (job,)
        with ThreadPoolExecutor(len(chosen)) as pool:  # an empty queue is looked into for a second
            counts = pool.map(lambda name: self.queues.count(KIND_OF_NAME[name]), chosen)
            peeked = pool.map(lambda name: self.queues.peek(KIND_OF_NAME[name], limit), chosen)
            found = list(zip(chosen, counts, peeked, strict=True))
        letters = [each for name, _, read in found for each in self._explained(name, read)]
        return ExplainedLetters({name: count for name, count, _ in found}, letters)

    def redrive(self, job: JobName, limit: int) -> int:
        """Send at most `limit` dead letters of a job back into its queue; return how many. Raises QueueUnavailable."""
        return self.queues.redrive(KIND_OF_NAME[job], limit)

    def redrive_chosen(
        self, job: JobName, limit: int, ws_ids: Collection[UUID] | None, message_ids: Collection[str] | None
    ) -> Sequence[str]:
        """Send those of these workspaces (None: of any) and ids (None: all) back; return the ids that went.

        Asks again while something goes: of a workspace only its first letters are seen at a time.
        """
        groups, gone = None if ws_ids is None else {str(ws_id) for ws_id in ws_ids}, list[str]()
        while len(gone) < limit:
            went = self.queues.redrive_chosen(KIND_OF_NAME[job], limit - len(gone), groups, message_ids)
            gone += went
            if not went or (message_ids is not None and set(message_ids) <= set(gone)):
                break
        return gone

    def discard(self, job: JobName, message_id: str) -> None:
        """Delete one dead letter. Raises BadInput when none of that id can be seen, QueueUnavailable."""
        if not self.queues.discard(KIND_OF_NAME[job], message_id):
            raise BadInput("message_id", f"no dead letter of that id can be seen in the {job} queue's")

    def _explained(self, name: JobName, letters: Sequence[DeadLetter]) -> list[ExplainedLetter]:
        read = [(letter, _read(JOBS[KIND_OF_NAME[name]].parse, letter.body)) for letter in letters]
        jobs = {letter.message_id: job for letter, job in read if not isinstance(job, BadJob)}
        ws_ids = sorted({job.ws_id for job in jobs.values()})
        runs = self.runs()
        failed, known = runs.failed_runs(list(jobs), ws_ids), runs.known(ws_ids)
        return [
            ExplainedLetter(name, letter, None, job.code, str(job))
            if isinstance(job, BadJob)
            else _explained(name, letter, job, failed.get(letter.message_id), known)
            for letter, job in read
        ]


def _read(parse: Callable[[str], Job], body: str) -> Job | BadJob:
    try:
        return parse(body)
    except BadJob as error:
        return error


def _explained(name: JobName, letter: DeadLetter, job: Job, run: FailedRun | None, known: Set[UUID]) -> ExplainedLetter:
    if run is not None and run.error_type is not None:
        return ExplainedLetter(name, letter, job, run.error_type, run.error or "", run.run_id)
    if run is not None:
        return ExplainedLetter(name, letter, job, None, _NEVER_ENDED, run.run_id)
    if job.ws_id not in known:
        unknown = UnknownWorkspace(job.ws_id)
        return ExplainedLetter(name, letter, job, unknown.code, str(unknown))
    return ExplainedLetter(name, letter, job, None, _NOT_RECORDED)
