"""The ledger in Postgres: one beginning and one end for runs of every kind; and the SyncRuns of the services."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.leases import PostgresLeases, lease_lost
from almanac.adapters.process_memory import RunMemory
from almanac.domain.operations.machine import ROOMY, STICKY_FOR, EscalationCause, KilledRun
from almanac.domain.run_outcomes import EndStatus, Outcome
from almanac.domain.sync.admission import AdmissionFacts, LaterRun, ManualRun, Refuse, RefusedRun
from almanac.domain.sync.report import PROBLEMS_KEPT, ConnectionReport, SyncReport
from almanac.errors import UnknownWorkspace
from almanac.jobs import JOBS, CalendarSync, Job, body_beside, request_id_of
from almanac.services.queues.ports import AskedJobs
from almanac.services.sync.ports import Lease, Refusal, SyncRuns

_ERROR_LENGTH = 1000
_OLD = timedelta(minutes=5)
"""Of a message that may have been received before: a run that was killed hides it for longer."""


class Ending(Protocol):
    """What every report says about the end of its run."""

    @property
    def status(self) -> EndStatus:
        """How it ended."""
        ...

    @property
    def outcome(self) -> Outcome:
        """The name of what it came to."""
        ...

    @property
    def retry_after(self) -> float | None:
        """Seconds, when trying again later can help."""
        ...

    @property
    def error_type(self) -> str | None:
        """The code of what went wrong, if anything did."""
        ...

    @property
    def error(self) -> str | None:
        """The same in one line."""
        ...

    @property
    def escalated(self) -> EscalationCause | None:
        """Why the job belongs into a larger function, if it does."""
        ...


class PostgresLedger:
    """Jobs and runs over one Database. `leases` are the workspaces', one for runs of every kind.

    `memory` is what a run may use; None where nobody limits it.
    """

    def __init__(self, database: Database, leases: PostgresLeases, *, memory: RunMemory | None = None) -> None:
        self._memory = memory
        self._db = database
        self._run = database.statements("runs.sql")
        self.leases = leases

    def begin(
        self, job: Job, run_id: UUID, sent_at: datetime | None, message_id: str | None, refuse: Refuse
    ) -> Lease | Refusal:
        """Take the lease and record a run that begins, or one that does not take place and why. One transaction.

        The job is recorded too, unless whoever asked has done so. Raises UnknownWorkspace.
        """
        said = asked(job, run_id, sent_at, message_id, self._memory)
        with self._db.transaction():
            refused = self._refused(job, str(said["job_id"]), sent_at, message_id, refuse)
            lease = None if refused else self.leases.take(job.ws_id, run_id)
            if lease is not None:
                if self._memory is not None:
                    self._memory.begin()
                began = {"status": "running", "outcome": None, "fence": lease.fence, "retry_after": None}
                self._run("record_run", **said, **began)
                return lease
            refusal = Refusal(*(refused or ("already_running", self.leases.seconds)))
            self._run("record_run", **said, **_skipped(refusal))
            if refusal.escalated == "killed":
                self._move_to_large(job.ws_id)
        return refusal

    def refuse(
        self, job: Job, run_id: UUID, sent_at: datetime | None, message_id: str | None, refusal: Refusal
    ) -> Refusal:
        """Record a run that does not take place, in one round trip; the job too."""
        self._run("record_run", **asked(job, run_id, sent_at, message_id, self._memory), **_skipped(refusal))
        return refusal

    def has_changed(self, ws_id: UUID) -> bool:
        """Return whether the workspace has changed since its last plan, in one round trip; also one that is gone."""
        return bool(self._run.read("has_changed", ws_id=ws_id)[0][0])

    def finish(
        self, lease: Lease, ending: Ending, total_ms: int, report: dict[str, object], seen: str | None = None
    ) -> None:
        """Close the run and release its lease, in one statement. Counts of 0 and what is None or empty are left out.

        What a function limits is told too, as `peak_mb`; a large one prolongs the stay of a workspace that needs it.
        `seen` is the snapshot that a plan was made of: changes that it holds are planned with this.
        Raises LeaseLost when another run holds the lease.
        """
        if ending.escalated == "out_of_memory":
            self._move_to_large(lease.ws_id)
        peak = peak_of(self._memory)
        self._stay_large(lease, peak)
        released = self._run(
            "finish_run",
            run_id=lease.run_id,
            ws_id=lease.ws_id,
            fence=lease.fence,
            status=ending.status,
            outcome=ending.outcome,
            retry_after=ending.retry_after,
            error_type=ending.error_type,
            error=bounded(ending.error),
            total_ms=total_ms,
            report=json.dumps({name: value for name, value in (report | peak).items() if _is_said(value)}),
            seen=seen,
        )
        if not released:
            raise lease_lost()

    def is_gone(self, ws_id: UUID) -> bool:
        """Return whether there is no such workspace any more."""
        return not self._run("is_gone", ws_id=ws_id)

    def _refused(
        self, job: Job, job_id: str, sent_at: datetime | None, message_id: str | None, refuse: Refuse
    ) -> RefusedRun | None:
        kind = JOBS[job.job].name
        connection_id = job.connection_id if isinstance(job, CalendarSync) else None
        about = {"ws_id": job.ws_id, "kind": kind, "connection_id": connection_id, "job_id": job_id}
        found = self._run("admission_facts", sent_at=sent_at, **about)
        if not found:
            raise UnknownWorkspace(job.ws_id)
        now, lease_expires_at, asked, last_push_at, later, large_until, cancelled, paused = found[0]
        if cancelled:
            return "cancelled", None
        waited = sent_at is not None and now - sent_at > _OLD
        killed = self._killed(job.ws_id, kind, message_id) if waited or lease_expires_at is not None else None
        facts = AdmissionFacts(
            now,
            lease_expires_at,
            [ManualRun(datetime.fromisoformat(run["started_at"]), run["scope"]) for run in asked],
            [LaterRun(**run) for run in later],
            last_push_at,
            killed,
            large_until,
            paused,
        )
        return refuse(facts)

    def _killed(self, ws_id: UUID, kind: str, message_id: str | None) -> KilledRun | None:
        """Asked for only where there may be one: its lease was never released, and its message has waited since."""
        found = self._run("killed_run", ws_id=ws_id, kind=kind, message_id=message_id) if message_id else ()
        return KilledRun(*found[0]) if found else None

    def _move_to_large(self, ws_id: UUID) -> None:
        self._run("move_to_large", ws_id=ws_id, seconds=STICKY_FOR.total_seconds())

    def _stay_large(self, lease: Lease, peak: Mapping[str, int]) -> None:
        if self._memory is not None and self._memory.large:
            about = {"ws_id": lease.ws_id, "run_id": lease.run_id, "memory_mb": self._memory.limit_mb, **peak}
            self._run("stay_large", **about, roomy=ROOMY, seconds=STICKY_FOR.total_seconds())


class PostgresSyncRuns(SyncRuns):
    """SyncRuns over one Database; `admit` gives the rule that a job is admitted by."""

    def __init__(self, database: Database, ledger: PostgresLedger, admit: Callable[[CalendarSync], Refuse]) -> None:
        self._run = database.statements("runs.sql")
        self._ledger = ledger
        self._admit = admit

    @override
    def begin_run(
        self, job: CalendarSync, run_id: UUID, sent_at: datetime | None, message_id: str | None = None
    ) -> Lease | Refusal:
        return self._ledger.begin(job, run_id, sent_at, message_id, self._admit(job))

    @override
    def begin_reading(self, lease: Lease, connection_ids: Sequence[UUID]) -> None:
        ids = arrays.texts(map(str, connection_ids))
        if not self._run("begin_reading", **self._ledger.leases.under(lease), connection_ids=ids):
            raise lease_lost()

    @override
    def pause_provider(self, provider: str, error_type: str, error: str) -> None:
        self._run("pause_provider", provider=provider, error_type=error_type, error=bounded(error))

    @override
    def resume_provider(self, provider: str) -> None:
        self._run("resume_provider", provider=provider)

    @override
    def plan_to_ask_for(self, lease: Lease, *, inserted: bool) -> str | None:
        rows = [row[0] for row in self._run("plan_to_ask_for", ws_id=lease.ws_id, inserted=inserted)]
        last = rows[-1] if rows else None
        return last or None

    @override
    def is_gone(self, ws_id: UUID) -> bool:
        return self._ledger.is_gone(ws_id)

    @override
    def record_connection(
        self, lease: Lease, report: ConnectionReport, retry_at: datetime | None, *, blamed: bool = True
    ) -> None:
        problems = [{"id": p.event_id, "reason": p.reason, "stored": p.stored} for p in report.problems[:PROBLEMS_KEPT]]
        recorded = self._run(
            "record_connection",
            **self._ledger.leases.under(lease),
            connection_id=report.connection_id,
            status=report.status,
            outcome=report.outcome,
            problems=json.dumps(problems),
            error_type=report.error_type,
            error=bounded(report.error),
            retry_at=retry_at,
            blamed=blamed,
            **report.tally.as_dict(),
        )
        if not recorded:
            raise lease_lost()

    @override
    def finish_run(self, lease: Lease, report: SyncReport) -> None:
        counts: dict[str, Any] = {"connections": len(report.connections), **report.tally.as_dict()}
        counts["outbound"] = None if report.outbound is None else report.outbound.as_dict() or None
        self._ledger.finish(lease, report, counts.pop("total_ms"), counts)


class PostgresAskedJobs(AskedJobs):
    """AskedJobs over one Database; many jobs are one statement."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("runs.sql")

    @override
    def record(self, jobs: Sequence[Job]) -> None:
        self._run.alone(
            "record_jobs",
            **_keys(jobs),
            bodies=arrays.texts(json.dumps(body_beside(job)) for job in jobs),
            sources=arrays.texts(job.source for job in jobs),
            requested_by=arrays.texts(job.user_id for job in jobs),
        )

    @override
    def mark_sent(self, jobs: Sequence[Job]) -> None:
        self._run.alone("mark_sent", **_keys(jobs))

    @override
    def withdraw(self, jobs: Sequence[Job]) -> None:
        self._run.alone("withdraw_jobs", **_keys(jobs))


def asked(
    job: Job, run_id: UUID, sent_at: datetime | None, message_id: str | None, memory: RunMemory | None
) -> dict[str, Any]:
    """Return what `record_run` keeps of a job and of the run of it that begins."""
    kind = JOBS[job.job]
    return {
        "run_id": run_id,
        "ws_id": job.ws_id,
        "job_id": job.request_id or request_id_of(message_id or str(run_id)),
        "kind": kind.name,
        "body": json.dumps(body_beside(job)),
        "source": job.source,
        "user_id": job.user_id,
        "message_id": message_id,
        "scope": job.model_dump_json(include=set(kind.scope), exclude_none=True),
        "sent_at": sent_at,
        "memory_mb": None if memory is None else memory.limit_mb,
    }


def peak_of(memory: RunMemory | None) -> dict[str, int]:
    """Return what a report says of the memory that its run has used: nothing where nobody limits it."""
    return {} if memory is None else {"peak_mb": memory.peak_mb()}


def _skipped(refusal: Refusal) -> dict[str, Any]:
    return {"status": "skipped", "outcome": refusal.outcome, "retry_after": refusal.retry_after, "fence": None}


def _keys(jobs: Sequence[Job]) -> dict[str, str]:
    return {
        "ids": arrays.texts(job.request_id for job in jobs),
        "ws_ids": arrays.texts(str(job.ws_id) for job in jobs),
        "kinds": arrays.texts(JOBS[job.job].name for job in jobs),
    }


def _is_said(value: object) -> bool:
    """A count of 0 says nothing; a figure of 0.0, such as a plan's objective, does."""
    return isinstance(value, float) or value not in (0, None, [])


def bounded(text: str | None) -> str | None:
    """Return as much of an error's text as a row takes."""
    return None if text is None else text[:_ERROR_LENGTH]
