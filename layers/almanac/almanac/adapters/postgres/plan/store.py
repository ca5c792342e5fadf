"""Everything a plan is made of, and plans, in Postgres: the PlanStore of the services."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.plan import people
from almanac.adapters.postgres.plan.people import StoredHours
from almanac.adapters.postgres.plan.rows import block, dependency, event, habit, task
from almanac.adapters.postgres.plan.settings import read_open_hours, read_preferences
from almanac.adapters.postgres.runs import PostgresLedger
from almanac.domain.history.plan_basis import basis_of
from almanac.domain.hours.preferences import LONGEST_BUFFER
from almanac.domain.sync.admission import Refuse
from almanac.domain.workspace_plan.changes import Changes, MovedBlock, NewBlock
from almanac.domain.workspace_plan.report import NOTES_KEPT, PlanReport
from almanac.domain.workspace_plan.snapshot import LoadWindow, Workspace
from almanac.errors import AlmanacError, DatabaseUnavailable, StorageFailed, UnknownWorkspace
from almanac.jobs import CalendarSchedule
from almanac.services.plan.ports import PlanStore
from almanac.services.sync.ports import Lease, Refusal

ZONES_APART = timedelta(hours=26)
"""The longest between the beginnings of a date in two zones: it may have ended in one and not in the other."""
_WRITES = 3
"""Of one plan: what another transaction has just written makes this one begin anew, and see whether it matters."""
_CHANGED_MEANWHILE = ("40001", "40P01", "23503", "23505")
"""Rows of the plan were changed, their task or habit deleted, or their occurrence placed, since the first statement."""


class _NotAsLoaded(AlmanacError):
    """Rolls the transaction back: the workspace has changed since it was loaded."""


class PostgresPlanStore(PlanStore):
    """PlanStore over one Database; `admit` gives the rule that a job is admitted by."""

    def __init__(self, database: Database, ledger: PostgresLedger, admit: Callable[[CalendarSchedule], Refuse]) -> None:
        self._db = database
        self._run = database.statements("plan/plan.sql")
        self._people = database.statements("plan/people.sql")
        self._ledger = ledger
        self._admit = admit

    @override
    def begin_run(
        self, job: CalendarSchedule, run_id: UUID, sent_at: datetime | None, message_id: str | None = None
    ) -> Lease | Refusal:
        if job.source == "sync" and not self._ledger.has_changed(job.ws_id):
            return self._ledger.refuse(job, run_id, sent_at, message_id, Refusal("superseded"))
        return self._ledger.begin(job, run_id, sent_at, message_id, self._admit(job))

    @override
    def prolong(self, lease: Lease) -> None:
        self._ledger.leases.renew(lease)

    @override
    def load(self, ws_id: UUID, reach: LoadWindow) -> Workspace:
        of = {"ws_id": ws_id}
        ahead = of | {"since": reach.since}
        span = of | _span(reach)
        with self._db.transaction(snapshot=True):
            found = self._run("load_workspace", **of)
            if not found:
                raise UnknownWorkspace(ws_id)
            time_zone, stored_preferences, creator, has_members = found[0]
            seen, version = self._run("version", **span)[0]
            stored_hours = StoredHours.of(self._run("load_hours", **of))
            hours, unreadable = read_open_hours(stored_hours.of_all.items())
            preferences, findings = read_preferences(stored_preferences, hours)
            workspace = Workspace(
                time_zone=time_zone,
                version=version,
                preferences=preferences,
                hours=hours,
                unreadable_hours=unreadable,
                tasks=tuple(task(row) for row in self._run("load_tasks", **of)),
                dependencies=tuple(dependency(row) for row in self._run("load_dependencies", **of)),
                habits=tuple(habit(row) for row in self._run("load_habits", **of)),
                skipped=frozenset((row[0], row[1]) for row in self._run("load_skips", **ahead)),
                events=() if has_members else tuple(event(row) for row in self._run("load_events", **span)),
                blocks=tuple(block(row) for row in self._run("load_blocks", **ahead)),
                findings=tuple(findings),
                seen=seen,
                creator=creator,
            )
            return (
                self._with_people(ws_id, workspace, stored_hours, stored_preferences, reach)
                if has_members
                else workspace
            )

    def _with_people(
        self, ws_id: UUID, workspace: Workspace, hours: StoredHours, preferences: object, reach: LoadWindow
    ) -> Workspace:
        """Return a workspace with its members, and whose everything is."""
        of, run = {"ws_id": ws_id}, self._people
        ((stored, assignees, meetings, waiting),) = run("load_people", **of)
        found, findings = people.members(stored, hours, preferences)
        return replace(
            workspace,
            members=found,
            assignments=tuple(map(people.assignment, assignees)),
            meetings=tuple(map(people.meeting, meetings)),
            meeting_dependencies=tuple(map(people.meeting_dependency, waiting)),
            events=tuple(map(event, run("load_events_of_people", **of, **_span(reach)))),
            findings=(*workspace.findings, *findings),
        )

    @override
    def apply(
        self, lease: Lease, reach: LoadWindow, workspace: Workspace, changes: Changes, report: PlanReport
    ) -> bool:
        if changes.empty:  # nothing to keep apart from what others write
            if self._version(lease.ws_id, reach) != workspace.version:
                return False
            # Not in one transaction: a run that dies between the two has moved nothing to explain.
            self._keep_basis(lease, workspace)
            self._finish(lease, report, workspace.seen)
            return True
        for _ in range(_WRITES):
            try:
                with self._db.transaction(snapshot=True):
                    self._ledger.leases.renew(lease)
                    self._write(lease.ws_id, reach, workspace, changes)
                    self._keep_basis(lease, workspace)
                    self._finish(lease, report, workspace.seen)
            except _NotAsLoaded:
                return False
            except (DatabaseUnavailable, StorageFailed) as error:
                if error.sqlstate not in _CHANGED_MEANWHILE:
                    raise
            else:
                return True
        return False

    @override
    def is_gone(self, ws_id: UUID) -> bool:
        return self._ledger.is_gone(ws_id)

    @override
    def finish_run(self, lease: Lease, report: PlanReport, seen: str | None = None) -> None:
        self._finish(lease, report, seen)

    def _version(self, ws_id: UUID, reach: LoadWindow) -> str:
        return str(self._run("version", ws_id=ws_id, **_span(reach))[0][1])

    def _write(self, ws_id: UUID, reach: LoadWindow, workspace: Workspace, changes: Changes) -> None:
        """Raises _NotAsLoaded when a row has changed, or becomes the user's while it is written."""
        if self._version(ws_id, reach) != workspace.version:
            raise _NotAsLoaded
        if changes.deleted and changes.moved:
            self._run("lock_blocks", ws_id=ws_id, ids=arrays.texts(str(block.event_id) for block in changes.moved))
        if changes.deleted:
            ids = arrays.texts(map(str, changes.deleted))
            if len(self._run("delete_blocks", ws_id=ws_id, ids=ids)) != len(changes.deleted):
                raise _NotAsLoaded
        if changes.moved and self._run("move_blocks", ws_id=ws_id, **_moved(changes.moved))[0][0] != len(changes.moved):
            raise _NotAsLoaded
        if changes.inserted:
            self._run("insert_blocks", ws_id=ws_id, time_zone=workspace.time_zone, **_new(changes.inserted))

    def _keep_basis(self, lease: Lease, workspace: Workspace) -> None:
        facts = json.dumps(basis_of(workspace))
        self._run("keep_basis", ws_id=lease.ws_id, run_id=lease.run_id, fence=lease.fence, facts=facts)

    def _finish(self, lease: Lease, report: PlanReport, seen: str | None) -> None:
        counts = asdict(report.counts)
        start, end = report.window or (None, None)
        kept: dict[str, object] = {
            "window_start": start and start.isoformat(),
            "window_end": end and end.isoformat(),
            "objective": report.objective,
            "warnings": [note.as_dict() for note in report.notes[:NOTES_KEPT]],
        }
        self._ledger.finish(lease, report, counts.pop("total_ms"), counts | kept, seen)


def _span(reach: LoadWindow) -> dict[str, datetime]:
    """Which events matter: the time after one that is over may be kept free, and its date go on in a person's zone."""
    return {"since": reach.since - ZONES_APART - timedelta(minutes=LONGEST_BUFFER), "until": reach.until + ZONES_APART}


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
        "user_id": arrays.texts(block.user or None for block in blocks),
        "attending": arrays.texts(json.dumps(block.attending) for block in blocks),
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
        "attending": arrays.texts(json.dumps(block.attending) for block in blocks),
    }
