"""Pages without linked events: what exists at a provider because of us becomes no row of its own."""

from collections.abc import Sequence, Set
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.calendar.events import EventPage
from almanac.domain.sync.passes import Checkpoint, PassKind
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


class DivertedPages(CalendarPages):
    """CalendarPages in front of others: it takes linked events out, and notes which of them must be read.

    An echo, the version that was agreed on, is dropped. A workspace without links costs nothing.
    """

    def __init__(self, database: Database, pages: CalendarPages) -> None:
        self._run = database.statements("outbound/outbound.sql")
        self._pages = pages
        self._has_links = False

    @override
    def load_calendars(
        self, lease: Lease, calendar_id: str | None, connection_id: UUID | None = None
    ) -> WorkspaceCalendars:
        calendars = self._pages.load_calendars(lease, calendar_id, connection_id)
        self._has_links = calendars.has_links
        return calendars

    @override
    def open_full_pass(self, lease: Lease, connection: Connection) -> datetime:
        return self._pages.open_full_pass(lease, connection)

    @override
    def apply_page(
        self, lease: Lease, connection: Connection, page: EventPage, kind: PassKind, progress: Progress | None
    ) -> PageCounts:
        if self._has_links and (page.rows or page.tombstones):
            page = page.without(self._linked(lease, connection, page, kind))
        return self._pages.apply_page(lease, connection, page, kind, progress)

    @override
    def note_calendars(self, lease: Lease, account_id: UUID, calendars: Sequence[CalendarEntry]) -> None:
        self._pages.note_calendars(lease, account_id, calendars)

    @override
    def forget_view(self, lease: Lease, connection: Connection) -> None:
        self._pages.forget_view(lease, connection)

    @override
    def limit_page(self, lease: Lease, connection: Connection, events: int) -> None:
        self._pages.limit_page(lease, connection, events)

    @override
    def known_events(self, lease: Lease, connection: Connection, event_ids: Sequence[str]) -> Set[str]:
        known = self._pages.known_events(lease, connection, event_ids)
        if not self._has_links:
            return known
        place = {"provider": connection.provider, "calendar_id": connection.calendar_id}
        linked = self._run("linked_events", ws_id=lease.ws_id, event_ids=arrays.texts(event_ids), **place)
        return known | {row[0] for row in linked}

    @override
    def missing_rows(self, lease: Lease, connection: Connection, checkpoint: Checkpoint) -> MissingRows:
        return self._pages.missing_rows(lease, connection, checkpoint)

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
        if self._has_links and connection.delete_enabled:
            self._run(
                "doubt_missing",
                ws_id=lease.ws_id,
                run_id=lease.run_id,
                fence=lease.fence,
                provider=connection.provider,
                calendar_id=connection.calendar_id,
                connection_id=connection.id,
                since=checkpoint.started_at,
                window_start=checkpoint.window.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
                window_end=checkpoint.window.end.strftime("%Y-%m-%dT%H:%M:%SZ"),
            )
        return self._pages.complete_full_pass(
            lease, connection, checkpoint, sync_token, recheck, access_role=access_role
        )

    @override
    def forget_token(self, lease: Lease, connection: Connection) -> None:
        self._pages.forget_token(lease, connection)

    def _linked(self, lease: Lease, connection: Connection, page: EventPage, kind: PassKind) -> Set[str]:
        found = self._run(
            "divert",
            ws_id=lease.ws_id,
            run_id=lease.run_id,
            fence=lease.fence,
            provider=connection.provider,
            calendar_id=connection.calendar_id,
            connection_id=connection.id,
            ids=arrays.texts([row.external_event_id for row in page.rows]),
            etags=arrays.texts([row.etag for row in page.rows]),
            tombstones=arrays.texts(page.tombstones),
            series=arrays.texts({row.recurring_event_id for row in page.rows if row.recurring_event_id}),
            full_pass=kind == "full",
        )
        return {row[0] for row in found}
