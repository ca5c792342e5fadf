"""Calendars and their pages in Postgres: the CalendarPages of the services."""

from collections.abc import Callable, Sequence, Set
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.accounts import listed_columns
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.leases import PostgresLeases, lease_lost
from almanac.adapters.postgres.sync_rows import (
    checkpoint_json,
    connection_from,
    delta_stands,
    page_columns,
    place,
    progress_values,
    pruned_span,
)
from almanac.domain.calendar.events import EventPage
from almanac.domain.sync.passes import Checkpoint, PassKind
from almanac.errors import CalendarUnreachable, RemovedMeanwhile
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
from almanac.services.sync.provider import CalendarEntry


class PostgresCalendarPages(CalendarPages):
    """CalendarPages over one Database. `lease_seconds` is how long a silent run keeps its workspace.

    A broken connection ends the run: a server that has crashed or failed over may have lost the pages and ids seen
    that the rest of the run relies on.
    """

    def __init__(
        self, database: Database, *, lease_seconds: float, resident_mb: Callable[[], int] | None = None
    ) -> None:
        """`resident_mb` tells how much memory the run holds, for whoever has to find out what it died of."""
        self._db = database
        self._resident_mb = resident_mb
        self._run = database.statements("sync.sql")
        self._leases = PostgresLeases(database, lease_seconds)

    @override
    def load_calendars(
        self, lease: Lease, calendar_id: str | None, connection_id: UUID | None = None
    ) -> WorkspaceCalendars:
        with self._db.transaction(reconnect=False):
            found = self._run("workspace_zone", ws_id=lease.ws_id)
            if not found:
                raise RemovedMeanwhile("the workspace was removed meanwhile")
            asked = {"calendar_id": calendar_id, "connection_id": connection_id}
            rows = self._run("load_connections", ws_id=lease.ws_id, **asked)
        read = [connection_from(row) for row in rows]
        accounts = {c.account_id: Account(lease.ws_id, c.account_id, *account[:-1]) for c, account in read}
        listed = {c.account_id: account[-1] for c, account in read}
        zone, now, paused, has_links = found[0]
        until = {provider: datetime.fromisoformat(moment) for provider, moment in (paused or {}).items()}
        connections = [connection for connection, _ in read]
        return WorkspaceCalendars(zone or "UTC", accounts, connections, now, until, listed, has_links)

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
            resident_mb=None if self._resident_mb is None else self._resident_mb(),
            rewrite=page.rewrite,
            **delta_stands(kind, progress),
            **progress_values(progress),
        )[0]
        held, inserted, updated, deleted, _restored, there = counts
        if not held:
            raise lease_lost()
        if not there:
            raise _removed()
        return PageCounts(inserted, updated, deleted, unchanged=len(page.rows) - inserted - updated)

    @override
    def missing_rows(self, lease: Lease, connection: Connection, checkpoint: Checkpoint) -> MissingRows:
        where = {"ws_id": lease.ws_id, **place(connection), **pruned_span(checkpoint)}
        missing, stored, sample = self._run("missing_rows", **where)[0]
        return MissingRows(missing, stored, tuple(sample or ()))

    @override
    def known_events(self, lease: Lease, connection: Connection, event_ids: Sequence[str]) -> Set[str]:
        where = {"ws_id": lease.ws_id, "provider": connection.provider, "calendar_id": connection.calendar_id}
        return {row[0] for row in self._run("known_events", **where, event_ids=arrays.texts(event_ids))}

    @override
    def complete_full_pass(
        self,
        lease: Lease,
        connection: Connection,
        checkpoint: Checkpoint,
        sync_token: str,
        recheck: Checkpoint | None = None,
        *,
        access_role: str | None = None,
    ) -> int:
        where = {"ws_id": lease.ws_id, **place(connection), **pruned_span(checkpoint)}
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            pruned: int = self._run("prune", **where)[0][1] if connection.delete_enabled else 0
            self._run("forget_seen", ws_id=lease.ws_id, connection_id=connection.id)
            stored = self._run(
                "complete_full_pass",
                ws_id=lease.ws_id,
                connection_id=connection.id,
                sync_token=sync_token,
                fingerprint=checkpoint.fingerprint,
                window_start=checkpoint.window.start,
                window_end=checkpoint.window.end,
                checkpoint=None if recheck is None else checkpoint_json(recheck),
                access_role=access_role,
                since=checkpoint.started_at,
            )
            if not stored:
                raise _removed()
        return pruned

    @override
    def note_calendars(self, lease: Lease, account_id: UUID, calendars: Sequence[CalendarEntry]) -> None:
        ids = arrays.texts([entry.calendar_id for entry in calendars])
        what = {"ws_id": lease.ws_id, "account_id": account_id, "calendar_ids": ids}
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            said = listed_columns(calendars)
            self._run("note_calendars", error_type=CalendarUnreachable.code, **what, **said)

    @override
    def forget_view(self, lease: Lease, connection: Connection) -> None:
        where = {"ws_id": lease.ws_id, "provider": connection.provider, "calendar_id": connection.calendar_id}
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            self._run("forget_view", **where)

    @override
    def limit_page(self, lease: Lease, connection: Connection, events: int) -> None:
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            self._run("limit_page", ws_id=lease.ws_id, connection_id=connection.id, events=events)

    @override
    def forget_token(self, lease: Lease, connection: Connection) -> None:
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            self._run("forget_token", ws_id=lease.ws_id, connection_id=connection.id)


def _removed() -> RemovedMeanwhile:
    return RemovedMeanwhile("the calendar was removed meanwhile; nothing more was written for it")
