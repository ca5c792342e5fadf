"""Workspaces found, calendars read between two instants, switches set: over one Database."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.operations.ledger import PACKAGE
from almanac.domain.operations.connections import SWITCHES
from almanac.errors import UnknownWorkspace
from almanac.services.watching.ports import CalendarReader, ConnectionSwitches, Directory, Hit, WorkspaceRow

_COLUMNS = (
    "id",
    "title",
    "description",
    "location",
    "start_at",
    "end_at",
    "all_day",
    "start_date",
    "end_date",
    "time_zone",
    "status",
    "transparency",
    "response",
    "event_type",
    "visibility",
    "provider",
    "external_calendar_id",
    "external_event_id",
    "recurring_event_id",
    "color",
    "html_link",
    "locked",
    "task_id",
    "updated_at",
    "block",
)


class PostgresDirectory(Directory, CalendarReader, ConnectionSwitches):
    """Directory, CalendarReader and ConnectionSwitches of the services."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("directory.sql", PACKAGE)

    @override
    def workspaces(
        self, ws_ids: Collection[UUID] | None, text: str | None, after: tuple[str, UUID] | None, limit: int
    ) -> Sequence[WorkspaceRow]:
        name, ws_id = after or (None, None)
        rows = self._run.alone(
            "workspaces", ws_ids=arrays.ids(ws_ids), text=text, after_name=name, after_id=ws_id, limit=limit
        )
        return [WorkspaceRow(*row) for row in rows]

    @override
    def search(self, ws_ids: Collection[UUID] | None, text: str, limit: int) -> Sequence[Hit]:
        among = arrays.ids(ws_ids)
        found = self._run.alone("search_text", text=text, ws_ids=among, limit=limit)
        with suppress(ValueError):  # no uuid; the other ids are text
            found = [*self._run.alone("search_id", id=UUID(text), ws_ids=among), *found]
        return [Hit(*row) for row in found[:limit]]

    @override
    def zone(self, ws_id: UUID) -> tuple[str, str | None]:
        found = self._run.alone("zone", ws_id=ws_id)
        if not found:
            raise UnknownWorkspace(ws_id)
        return found[0][0], found[0][1]

    @override
    def troubled_accounts(self, ws_id: UUID) -> Sequence[tuple[str, datetime]]:
        return [(row[0], row[1]) for row in self._run.alone("troubled_accounts", ws_id=ws_id)]

    @override
    def between(self, ws_id: UUID, since: datetime, until: datetime, limit: int) -> Sequence[Mapping[str, Any]]:
        rows = self._run.alone("between", ws_id=ws_id, since=since, until=until, limit=limit)
        return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]

    @override
    def set_switches(
        self, ws_id: UUID, connection_id: UUID, switches: Mapping[str, bool], was: Mapping[str, bool]
    ) -> bool:
        wanted = {name: switches.get(name) for name in SWITCHES}
        guards = {f"was_{name}": was.get(name) for name in SWITCHES}
        return bool(self._run.alone("set_switches", ws_id=ws_id, connection_id=connection_id, **wanted, **guards))
