"""Runs of syncs in Postgres: the SyncRuns of the services."""

import json
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.leases import PostgresLeases, lease_lost
from almanac.domain.sync.admission import AdmissionFacts, refuse
from almanac.domain.sync.report import PROBLEMS_KEPT, ConnectionReport, SyncReport
from almanac.errors import UnknownWorkspace
from almanac.jobs import CalendarSync
from almanac.services.sync.ports import (
    Lease,
    Refusal,
    SyncRuns,
)

_ERROR_LENGTH = 1000


class PostgresSyncRuns(SyncRuns):
    """SyncRuns over one Database. `lease_seconds` is how long a silent run keeps its workspace."""

    def __init__(self, database: Database, *, lease_seconds: float, cooldown_seconds: float) -> None:
        self._db = database
        self._run = database.statements("sync.sql")
        self._leases = PostgresLeases(database, lease_seconds)
        self._cooldown = cooldown_seconds

    @override
    def begin_run(
        self, job: CalendarSync, run_id: UUID, sent_at: datetime | None, message_id: str | None = None
    ) -> Lease | Refusal:
        about = {"ws_id": job.ws_id, "mode": job.mode, "calendar_id": job.calendar_id}
        who = {"run_id": run_id, "source": job.source, "direction": job.direction}
        message = {"sent_at": sent_at, "message_id": message_id}
        asked = {**about, **who, **message, "user_id": job.user_id, "request_id": job.request_id}
        with self._db.transaction():
            facts = self._run("admission_facts", sent_at=sent_at, source=job.source, **about)
            if not facts:
                raise UnknownWorkspace(job.ws_id)
            refusal = refuse(
                AdmissionFacts(*facts[0]), job.source, job.direction, force=job.force, cooldown=self._cooldown
            )
            if refusal is None:
                lease = self._leases.take(job.ws_id, run_id)
                if lease is not None:
                    self._run("close_stale_runs", ws_id=job.ws_id)
                    self._run("open_run", fence=lease.fence, **asked)
                    return lease
                refusal = ("already_running", self._leases.seconds)
            self._run("record_skipped_run", outcome=refusal[0], retry_after=refusal[1], **asked)
        return Refusal(*refusal)

    @override
    def record_connection(self, lease: Lease, report: ConnectionReport, retry_at: datetime | None) -> None:
        problems = [{"id": p.event_id, "reason": p.reason, "stored": p.stored} for p in report.problems[:PROBLEMS_KEPT]]
        recorded = self._run(
            "record_connection",
            **self._leases.under(lease),
            connection_id=report.connection_id,
            status=report.status,
            outcome=report.outcome,
            problems=json.dumps(problems),
            error_type=report.error_type,
            error=_bounded(report.error),
            retry_at=retry_at,
            **report.tally.as_dict(),
        )
        if not recorded:
            raise lease_lost()

    @override
    def finish_run(self, lease: Lease, report: SyncReport) -> None:
        released = self._run(
            "finish_run",
            run_id=lease.run_id,
            ws_id=lease.ws_id,
            fence=lease.fence,
            status=report.status,
            outcome=report.outcome,
            retry_after=report.retry_after,
            connections=len(report.connections),
            error_type=report.error_type,
            error=_bounded(report.error),
            **report.tally.as_dict(),
        )
        if not released:
            raise lease_lost()


def _bounded(text: str | None) -> str | None:
    return None if text is None else text[:_ERROR_LENGTH]
