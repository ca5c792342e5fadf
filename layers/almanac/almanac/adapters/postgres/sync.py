"""Runs, leases, connections and pages in Postgres: the SyncStore of the services."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database, Rows, statements
from almanac.adapters.postgres.leases import PostgresLeases, lease_lost
from almanac.adapters.postgres.sync_rows import connection_from, page_columns, place, progress_values, span
from almanac.domain.calendar.events import MAPPING_VERSION, MappedPage
from almanac.domain.sync.admission import AdmissionFacts, refuse
from almanac.domain.sync.listing import Checkpoint, PassKind
from almanac.domain.sync.report import PROBLEMS_KEPT, ConnectionReport, SyncReport
from almanac.errors import ReconnectRequired, UnknownWorkspace
from almanac.jobs import CalendarSync
from almanac.services.accounts.ports import Account
from almanac.services.sync.ports import (
    Connection,
    Lease,
    MissingRows,
    PageCounts,
    Progress,
    Refusal,
    SyncStore,
    WorkspaceCalendars,
)

_ERROR_LENGTH = 1000


class PostgresSyncStore(SyncStore):
    """SyncStore over one Database. `lease_seconds` is how long a silent run keeps its workspace.

    After `begin_run` a broken connection ends the run: a server that has crashed or failed over may have lost the pages
    and marks that the rest of the run relies on.
    """

    def __init__(self, database: Database, *, lease_seconds: float, cooldown_seconds: float) -> None:
        self._db = database
        self._sql = statements("sync.sql")
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
    def load_calendars(self, lease: Lease, calendar_id: str | None) -> WorkspaceCalendars:
        with self._db.transaction(reconnect=False):
            zone = self._run("workspace_zone", ws_id=lease.ws_id)[0][0]
            rows = self._run("load_connections", ws_id=lease.ws_id, calendar_id=calendar_id)
        read = [connection_from(row) for row in rows]
        accounts = {c.account_id: Account(lease.ws_id, c.account_id, *account) for c, account in read}
        return WorkspaceCalendars(zone or "UTC", accounts, [connection for connection, _ in read])

    @override
    def store_tokens(self, account: Account, access: str, expires_at: datetime, refresh: str) -> Account:
        key = {"id": account.id, "ws_id": account.ws_id}
        tokens = {"access_token": access, "refresh_token": refresh, "expires_at": expires_at}
        with self._db.transaction(reconnect=False):
            stored = self._run("store_tokens", version=account.version, **key, **tokens)
            return _the_account(account.ws_id, stored or self._run("load_account", **key))

    @override
    def require_reconnect(self, account: Account, reason: str) -> Account:
        key = {"id": account.id, "ws_id": account.ws_id}
        with self._db.transaction(reconnect=False):
            self._run("require_reconnect", version=account.version, reason=reason[:_ERROR_LENGTH], **key)
            return _the_account(account.ws_id, self._run("load_account", **key))

    @override
    def open_full_pass(self, lease: Lease, connection: Connection) -> datetime:
        with self._db.transaction(reconnect=False):
            now = self._leases.renew(lease)
            self._run("forget_marks", ws_id=lease.ws_id, connection_id=connection.id)
        return now

    @override
    def apply_page(
        self, lease: Lease, connection: Connection, page: MappedPage, kind: PassKind, progress: Progress | None
    ) -> PageCounts:
        counts = self._run(
            "apply_page",
            **page_columns(page),
            **self._leases.under(lease),
            **place(connection),
            delete_enabled=connection.delete_enabled,
            full_pass=kind == "full",
            mapping_version=MAPPING_VERSION,
            **progress_values(progress),
        )[0]
        held, inserted, updated, deleted, _restored = counts
        if not held:
            raise lease_lost()
        return PageCounts(inserted, updated, deleted, unchanged=len(page.rows) - inserted - updated)

    @override
    def absent(self, lease: Lease, connection: Connection, checkpoint: Checkpoint) -> MissingRows:
        where = {"ws_id": lease.ws_id, **place(connection), **span(checkpoint)}
        missing, stored, sample = self._run("absent", **where)[0]
        return MissingRows(missing, stored, tuple(sample or ()))

    @override
    def complete_full_pass(self, lease: Lease, connection: Connection, checkpoint: Checkpoint, sync_token: str) -> int:
        where = {"ws_id": lease.ws_id, **place(connection), **span(checkpoint)}
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            swept: int = self._run("sweep", **where)[0][0] if connection.delete_enabled else 0
            self._run("forget_marks", ws_id=lease.ws_id, connection_id=connection.id)
            self._run(
                "complete_full_pass",
                ws_id=lease.ws_id,
                connection_id=connection.id,
                sync_token=sync_token,
                fingerprint=checkpoint.fingerprint,
                window_start=checkpoint.window.start,
                window_end=checkpoint.window.end,
            )
        return swept

    @override
    def forget_token(self, lease: Lease, connection: Connection) -> None:
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            self._run("forget_token", ws_id=lease.ws_id, connection_id=connection.id)

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

    def _run(self, name: str, **values: Any) -> Rows:
        return self._db.run(self._sql[name], **values)


def _the_account(ws_id: UUID, rows: Rows) -> Account:
    if not rows:
        raise ReconnectRequired("the account was removed meanwhile")
    return Account(ws_id, *rows[0])


def _bounded(text: str | None) -> str | None:
    return None if text is None else text[:_ERROR_LENGTH]
