"""Everything a plan is made of, and plans, in Postgres: the PlanStore of the services."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.leases import PostgresLeases, lease_lost
from almanac.adapters.postgres.plan_rows import block, dependency, event, habit, task
from almanac.adapters.postgres.plan_settings import LONGEST_BUFFER, read_hours, read_preferences
from almanac.domain.sync.admission import AdmissionFacts, refuse
from almanac.domain.workspace_plan.changes import Changes, MovedBlock, NewBlock
from almanac.domain.workspace_plan.report import NOTES_KEPT, PlanReport
from almanac.domain.workspace_plan.snapshot import LoadWindow, Workspace
from almanac.errors import AlmanacError, UnknownWorkspace
from almanac.jobs import CalendarSchedule
from almanac.services.plan.ports import PlanStore
from almanac.services.sync.ports import Lease, Refusal

_ERROR_LENGTH = 1000


class _NotAsLoaded(AlmanacError):
    """Rolls the transaction back: the workspace has changed since it was loaded."""


class PostgresPlanStore(PlanStore):
    """PlanStore over one Database; the lease is the one that syncs take too."""

    def __init__(self, database: Database, leases: PostgresLeases) -> None:
        self._db = database
        self._run = database.statements("plan.sql")
        self._leases = leases

    @override
    def begin_run(
        self, job: CalendarSchedule, run_id: UUID, sent_at: datetime | None, message_id: str | None = None
    ) -> Lease | Refusal:
        scope = {"ws_id": job.ws_id, "window_days": job.window_days, "force": job.force_reschedule}
        who = {"run_id": run_id, "source": job.source, "user_id": job.user_id, "request_id": job.request_id}
        asked = scope | who | {"apply": job.apply, "sent_at": sent_at, "message_id": message_id}
        with self._db.transaction():
            facts = self._run("admission_facts", sent_at=sent_at, **scope)
            if not facts:
                raise UnknownWorkspace(job.ws_id)
            now, expires_at, superseded = facts[0]
            admission = AdmissionFacts(now, expires_at, superseded, None)
            refusal = refuse(admission, job.source, "inbound", force=False, cooldown=0)
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
    def prolong(self, lease: Lease) -> None:
        self._leases.renew(lease)

    @override
    def load(self, ws_id: UUID, reach: LoadWindow) -> Workspace:
        of = {"ws_id": ws_id}
        ahead = of | {"since": reach.since}
        span = of | _span(reach)
        with self._db.transaction():
            self._run("one_moment")
            found = self._run("load_workspace", **of)
            if not found:
                raise UnknownWorkspace(ws_id)
            hours, unreadable = read_hours((row[0], row[1]) for row in self._run("load_hours", **of))
            preferences, findings = read_preferences(found[0][1], hours)
            return Workspace(
                time_zone=found[0][0],
                version=self._run("version", **span)[0][0],
                preferences=preferences,
                hours=hours,
                unreadable_hours=unreadable,
                tasks=tuple(task(row) for row in self._run("load_tasks", **of)),
                dependencies=tuple(dependency(row) for row in self._run("load_dependencies", **of)),
                habits=tuple(habit(row) for row in self._run("load_habits", **of)),
                skipped=frozenset((row[0], row[1]) for row in self._run("load_skips", **ahead)),
                events=tuple(event(row) for row in self._run("load_events", **span)),
                blocks=tuple(block(row) for row in self._run("load_blocks", **ahead)),
                findings=tuple(findings),
            )

    @override
    def apply(
        self, lease: Lease, reach: LoadWindow, workspace: Workspace, changes: Changes, report: PlanReport
    ) -> bool:
        try:
            with self._db.transaction():
                self._leases.renew(lease)
                self._write(lease.ws_id, reach, workspace, changes)
                self._finish(lease, report)
        except _NotAsLoaded:
            return False
        return True

    @override
    def finish_run(self, lease: Lease, report: PlanReport) -> None:
        with self._db.transaction():
            self._finish(lease, report)

    def _write(self, ws_id: UUID, reach: LoadWindow, workspace: Workspace, changes: Changes) -> None:
        """Raises _NotAsLoaded when a row has changed, or becomes the user's while it is written."""
        version = self._run("version", ws_id=ws_id, **_span(reach))[0][0]
        if version != workspace.version:
            raise _NotAsLoaded
        if changes.deleted:
            ids = arrays.texts(map(str, changes.deleted))
            if len(self._run("delete_blocks", ws_id=ws_id, ids=ids)) != len(changes.deleted):
                raise _NotAsLoaded
        if changes.moved and self._run("move_blocks", ws_id=ws_id, **_moved(changes.moved))[0][0] != len(changes.moved):
            raise _NotAsLoaded
        if changes.inserted:
            self._run("insert_blocks", ws_id=ws_id, time_zone=workspace.time_zone, **_new(changes.inserted))

    def _finish(self, lease: Lease, report: PlanReport) -> None:
        start, end = report.window or (None, None)
        released = self._run(
            "finish_run",
            run_id=lease.run_id,
            ws_id=lease.ws_id,
            fence=lease.fence,
            status=report.status,
            outcome=report.outcome,
            retry_after=report.retry_after,
            window_start=start,
            window_end=end,
            objective=report.objective,
            warnings=json.dumps([note.as_dict() for note in report.notes[:NOTES_KEPT]]),
            error_type=report.error_type,
            error=None if report.error is None else report.error[:_ERROR_LENGTH],
            **asdict(report.counts),
        )
        if not released:
            raise lease_lost()


def _span(reach: LoadWindow) -> dict[str, datetime]:
    """Which events matter: the time after one that is over may still be kept free."""
    return {"since": reach.since - timedelta(minutes=LONGEST_BUFFER), "until": reach.until}


def _new(blocks: Sequence[NewBlock]) -> dict[str, str]:
    return {
        "id": arrays.texts(str(uuid4()) for _ in blocks),
        "kind": arrays.texts(block.kind for block in blocks),
        "owner": arrays.texts(str(block.owner) for block in blocks),
        "title": arrays.texts(block.title for block in blocks),
        "color": arrays.texts(block.color for block in blocks),
        "start_at": arrays.instants(block.start for block in blocks),
        "end_at": arrays.instants(block.end for block in blocks),
        "minutes": arrays.integers(block.minutes for block in blocks),
        "reason": arrays.texts(block.reason for block in blocks),
        "explanation": arrays.texts(json.dumps(block.explanation.as_dict()) for block in blocks),
        "date": arrays.dates(block.day for block in blocks),
        "instance": arrays.integers(block.instance for block in blocks),
    }


def _moved(blocks: Sequence[MovedBlock]) -> dict[str, str]:
    return {
        "id": arrays.texts(str(block.event_id) for block in blocks),
        "title": arrays.texts(block.title for block in blocks),
        "start_at": arrays.instants(block.start for block in blocks),
        "end_at": arrays.instants(block.end for block in blocks),
        "minutes": arrays.integers(block.minutes for block in blocks),
        "reason": arrays.texts(block.reason for block in blocks),
        "explanation": arrays.texts(
            None if block.explanation is None else json.dumps(block.explanation.as_dict()) for block in blocks
        ),
    }
