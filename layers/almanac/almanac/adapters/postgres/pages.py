"""Calendars and their pages in Postgres: the CalendarPages of the services."""

from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.leases import PostgresLeases, lease_lost
from almanac.adapters.postgres.sync_rows import connection_from, page_columns, place, progress_values, pruned_span
from almanac.domain.calendar.events import EventPage
from almanac.domain.sync.passes import Checkpoint, PassKind
from almanac.services.accounts.ports import Account
from almanac.services.sync.ports import (
    CalendarPages,
    Connection,
    Lease,
    MissingRows,
    PageCounts,
    Progress,
    WorkspaceCalendars,
)


class PostgresCalendarPages(CalendarPages):
    """CalendarPages over one Database. `lease_seconds` is how long a silent run keeps its workspace.

    A broken connection ends the run: a server that has crashed or failed over may have lost the pages and ids seen
    that the rest of the run relies on.
    """

    def __init__(self, database: Database, *, lease_seconds: float) -> None:
        self._db = database
        self._run = database.statements("sync.sql")
        self._leases = PostgresLeases(database, lease_seconds)

    @override
    def load_calendars(
        self, lease: Lease, calendar_id: str | None, connection_id: UUID | None = None
    ) -> WorkspaceCalendars:
        with self._db.transaction(reconnect=False):
            zone = self._run("workspace_zone", ws_id=lease.ws_id)[0][0]
            asked = {"calendar_id": calendar_id, "connection_id": connection_id}
            rows = self._run("load_connections", ws_id=lease.ws_id, **asked)
        read = [connection_from(row) for row in rows]
        accounts = {c.account_id: Account(lease.ws_id, c.account_id, *account) for c, account in read}
        return WorkspaceCalendars(zone or "UTC", accounts, [connection for connection, _ in read])

    @override
    def open_full_pass(self, lease: Lease, connection: Connection) -> datetime:
        with self._db.transaction(reconnect=False):
            now = self._leases.renew(lease)
            self._run("forget_seen", ws_id=lease.ws_id, connection_id=connection.id)
        return now

    @override
    def apply_page(
        self, lease: Lease, connection: Connection, page: EventPage, kind: PassKind, progress: Progress | None
    ) -> PageCounts:
        counts = self._run(
            "apply_page",
            **page_columns(page),
            **self._leases.under(lease),
            **place(connection),
            delete_enabled=connection.delete_enabled,
            full_pass=kind == "full",
            mapping_version=page.mapping_version,
            **progress_values(progress),
        )[0]
        held, inserted, updated, deleted, _restored = counts
        if not held:
            raise lease_lost()
        return PageCounts(inserted, updated, deleted, unchanged=len(page.rows) - inserted - updated)

    @override
    def missing_rows(self, lease: Lease, connection: Connection, checkpoint: Checkpoint) -> MissingRows:
        where = {"ws_id": lease.ws_id, **place(connection), **pruned_span(checkpoint)}
        missing, stored, sample = self._run("missing_rows", **where)[0]
        return MissingRows(missing, stored, tuple(sample or ()))

    @override
    def complete_full_pass(self, lease: Lease, connection: Connection, checkpoint: Checkpoint, sync_token: str) -> int:
        where = {"ws_id": lease.ws_id, **place(connection), **pruned_span(checkpoint)}
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            pruned: int = self._run("prune", **where)[0][0] if connection.delete_enabled else 0
            self._run("forget_seen", ws_id=lease.ws_id, connection_id=connection.id)
            self._run(
                "complete_full_pass",
                ws_id=lease.ws_id,
                connection_id=connection.id,
                sync_token=sync_token,
                fingerprint=checkpoint.fingerprint,
                window_start=checkpoint.window.start,
                window_end=checkpoint.window.end,
            )
        return pruned

    @override
    def forget_token(self, lease: Lease, connection: Connection) -> None:
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            self._run("forget_token", ws_id=lease.ws_id, connection_id=connection.id)
