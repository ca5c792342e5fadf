"""Runs, leases, connections and pages in Postgres: the SyncStore of the services."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from almanac.adapters import array_literals as arrays
from almanac.adapters.postgres import Database, Rows, statements
from almanac.domain.sync.admission import AdmissionFacts, refuse
from almanac.domain.sync.events import MAPPING_VERSION, EventRow, MappedPage
from almanac.domain.sync.listing import Checkpoint, PassKind, SyncState, Window
from almanac.domain.sync.report import PROBLEMS_KEPT, ConnectionReport, SyncReport
from almanac.errors import LeaseLost, UnknownWorkspace
from almanac.jobs import CalendarSync
from almanac.services.ports import Absent, Account, Bookmark, Connection, Lease, Refusal, WorkspaceCalendars, Written

_ENCODERS: Mapping[str, arrays.Encoder] = dict.fromkeys(EventRow._fields, arrays.texts) | {
    "start_at": arrays.instants,
    "end_at": arrays.instants,
    "all_day": arrays.booleans,
    "start_date": arrays.dates,
    "end_date": arrays.dates,
    "original_start_at": arrays.instants,
    "original_start_date": arrays.dates,
    "sequence": arrays.integers,
    "own_block": arrays.booleans,
    "external_updated_at": arrays.instants,
}
_ERROR_LENGTH = 1000
_CONNECTION_FIELDS = tuple(name for name in Connection.__slots__ if name != "state")


class PostgresSyncStore:
    """SyncStore over one Database. `lease_seconds` is how long a silent run keeps its workspace."""

    def __init__(self, database: Database, *, lease_seconds: float, cooldown_seconds: float) -> None:
        self._db = database
        self._sql = statements("sync.sql")
        self._lease_seconds = lease_seconds
        self._cooldown = cooldown_seconds

    def begin_run(self, job: CalendarSync, run_id: UUID, sent_at: datetime | None) -> Lease | Refusal:
        """See SyncStore."""
        about = {"ws_id": job.ws_id, "mode": job.mode, "calendar_id": job.calendar_id}
        who = {"run_id": run_id, "source": job.source, "direction": job.direction}
        asked = about | who | {"user_id": job.user_id, "request_id": job.request_id}
        with self._db.transaction():
            facts = self._run("admission_facts", sent_at=sent_at, **about)
            if not facts:
                raise UnknownWorkspace(job.ws_id)
            refusal = refuse(
                AdmissionFacts(*facts[0]), job.source, job.direction, force=job.force, cooldown=self._cooldown
            )
            if refusal is None:
                taken = self._run("take_lease", ws_id=job.ws_id, run_id=run_id, seconds=self._lease_seconds)
                if taken:
                    self._run("close_stale_runs", ws_id=job.ws_id)
                    self._run("open_run", fence=taken[0][0], **asked)
                    return Lease(job.ws_id, run_id, taken[0][0])
                refusal = ("already_running", self._lease_seconds)
            self._run("record_skipped_run", outcome=refusal[0], retry_after=refusal[1], **asked)
        return Refusal(*refusal)

    def load_calendars(self, lease: Lease, calendar_id: str | None) -> WorkspaceCalendars:
        """See SyncStore."""
        with self._db.transaction():
            zone = self._run("workspace_zone", ws_id=lease.ws_id)[0][0]
            accounts = [Account(lease.ws_id, *row) for row in self._run("load_accounts", ws_id=lease.ws_id)]
            rows = self._run("load_connections", ws_id=lease.ws_id, calendar_id=calendar_id)
        return WorkspaceCalendars(zone or "UTC", {a.id: a for a in accounts}, [_connection(row) for row in rows])

    def store_tokens(self, account: Account, access: str, expires_at: datetime, refresh: str) -> Account:
        """See SyncStore."""
        key = {"id": account.id, "ws_id": account.ws_id}
        tokens = {"access_token": access, "refresh_token": refresh, "expires_at": expires_at}
        with self._db.transaction():
            stored = self._run("store_tokens", version=account.version, **key, **tokens) or self._run(
                "load_account", **key
            )
        return Account(account.ws_id, *stored[0])

    def require_reconnect(self, account: Account, reason: str) -> Account:
        """See SyncStore."""
        key = {"id": account.id, "ws_id": account.ws_id}
        with self._db.transaction():
            self._run("require_reconnect", version=account.version, reason=reason[:_ERROR_LENGTH], **key)
            stored = self._run("load_account", **key)
        return Account(account.ws_id, *stored[0])

    def open_full_pass(self, lease: Lease, connection: Connection) -> datetime:
        """See SyncStore."""
        with self._db.transaction():
            now = self._renew(lease)
            self._run("forget_marks", connection_id=connection.id)
        return now

    def apply_page(
        self, lease: Lease, connection: Connection, page: MappedPage, kind: PassKind, bookmark: Bookmark | None
    ) -> Written:
        """See SyncStore."""
        columns = zip(*page.rows, strict=True) if page.rows else ((),) * len(EventRow._fields)
        encoded = {n: _ENCODERS[n](c) for n, c in zip(EventRow._fields, columns, strict=True)}
        counts = self._run(
            "apply_page",
            **encoded,
            **self._under(lease),
            **_place(connection),
            known_ids=arrays.texts([row[0] for row in page.rows] + list(page.unreadable)),
            tombstones=arrays.texts(page.tombstones),
            delete_enabled=connection.delete_enabled,
            full_pass=kind == "full",
            mapping_version=MAPPING_VERSION,
            **_bookmark(bookmark),
        )[0]
        held, inserted, updated, deleted = counts
        if not held:
            raise _lost()
        return Written(inserted, updated, deleted, unchanged=len(page.rows) - inserted - updated)

    def absent(self, lease: Lease, connection: Connection, checkpoint: Checkpoint) -> Absent:
        """See SyncStore."""
        place = {"ws_id": lease.ws_id, **_place(connection), **_span(checkpoint)}
        missing, stored, sample = self._run("absent", **place)[0]
        return Absent(missing, stored, tuple(sample or ()))

    def complete_full_pass(self, lease: Lease, connection: Connection, checkpoint: Checkpoint, sync_token: str) -> int:
        """See SyncStore."""
        place = {"ws_id": lease.ws_id, **_place(connection), **_span(checkpoint)}
        with self._db.transaction():
            self._renew(lease)
            swept = self._db.run(self._sql["sweep"] + " RETURNING 1", **place) if connection.delete_enabled else ()
            self._run("forget_marks", connection_id=connection.id)
            self._run(
                "complete_full_pass",
                connection_id=connection.id,
                sync_token=sync_token,
                fingerprint=checkpoint.fingerprint,
                window_start=checkpoint.window.start,
                window_end=checkpoint.window.end,
            )
        return len(swept)

    def forget_token(self, lease: Lease, connection: Connection) -> None:
        """See SyncStore."""
        with self._db.transaction():
            self._renew(lease)
            self._run("forget_token", connection_id=connection.id)

    def record_connection(self, lease: Lease, report: ConnectionReport, retry_at: datetime | None) -> None:
        """See SyncStore."""
        problems = [{"id": p.event_id, "reason": p.reason, "stored": p.stored} for p in report.problems[:PROBLEMS_KEPT]]
        self._run(
            "record_connection",
            run_id=lease.run_id,
            ws_id=lease.ws_id,
            connection_id=report.connection_id,
            status=report.status,
            outcome=report.outcome,
            problems=json.dumps(problems),
            error_type=report.error_type,
            error=_bounded(report.error),
            retry_at=retry_at,
            **report.tally.as_dict(),
        )

    def finish_run(self, lease: Lease, report: SyncReport) -> None:
        """See SyncStore."""
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
            raise _lost()

    def _run(self, name: str, **values: Any) -> Rows:
        return self._db.run(self._sql[name], **values)

    def _under(self, lease: Lease) -> dict[str, Any]:
        return {
            "ws_id": lease.ws_id,
            "run_id": lease.run_id,
            "fence": lease.fence,
            "seconds": self._lease_seconds,
        }

    def _renew(self, lease: Lease) -> datetime:
        renewed = self._run("renew_lease", **self._under(lease))
        if not renewed:
            raise _lost()
        now: datetime = renewed[0][0]
        return now


def _lost() -> LeaseLost:
    return LeaseLost("another run holds the workspace's lease; nothing more was written")


def _bounded(text: str | None) -> str | None:
    return None if text is None else text[:_ERROR_LENGTH]


def _place(connection: Connection) -> dict[str, Any]:
    return {"connection_id": connection.id, "calendar_id": connection.calendar_id}


def _span(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "window_start": checkpoint.window.start,
        "window_end": checkpoint.window.end,
        "since": checkpoint.started_at,
    }


def _bookmark(bookmark: Bookmark | None) -> dict[str, Any]:
    if bookmark is None:
        nothing = dict.fromkeys(("sync_token", "fingerprint", "window_start", "window_end", "checkpoint"))
        return {"bookmark": False, **nothing}
    return {
        "bookmark": True,
        "sync_token": bookmark.sync_token,
        "fingerprint": bookmark.fingerprint,
        "window_start": bookmark.window.start,
        "window_end": bookmark.window.end,
        "checkpoint": None if bookmark.checkpoint is None else _checkpoint_json(bookmark.checkpoint),
    }


def _checkpoint_json(checkpoint: Checkpoint) -> str:
    return json.dumps(
        {
            "kind": checkpoint.kind,
            "page_token": checkpoint.page_token,
            "fingerprint": checkpoint.fingerprint,
            "window": [checkpoint.window.start.isoformat(), checkpoint.window.end.isoformat()],
            "started_at": checkpoint.started_at.isoformat(),
            "reading": checkpoint.reading,
            "listed": checkpoint.listed,
        }
    )


def _checkpoint(stored: dict[str, Any] | None) -> Checkpoint | None:
    if stored is None:
        return None
    start, end = (datetime.fromisoformat(edge) for edge in stored["window"])
    moved = {"window": Window(start, end), "started_at": datetime.fromisoformat(stored["started_at"])}
    return Checkpoint(**{**stored, **moved})


def _connection(row: Sequence[Any]) -> Connection:
    own, (token, fingerprint, start, end, checkpoint) = row[:9], row[9:]
    window = Window(start, end) if start is not None else None
    state = SyncState(token, fingerprint, window, _checkpoint(checkpoint))
    return Connection(**dict(zip(_CONNECTION_FIELDS, own, strict=True)), state=state)
