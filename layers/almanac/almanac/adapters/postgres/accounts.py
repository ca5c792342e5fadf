"""What the command line reads and writes in Postgres: workspaces, and accounts with their calendars."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.zones import zone_given
from almanac.domain.operations.connections import ConnectedCalendar
from almanac.domain.operations.workspaces import ListedAccount, ListedWorkspace, Pause
from almanac.errors import CalendarUnreachable, UnknownWorkspace, WorkspacePaused
from almanac.services.accounts.ports import Account, AccountStore, SealedSecrets
from almanac.services.operations.ports import AccountSwitches, ConnectionStore, PauseStore, WorkspaceStore
from almanac.services.sync.provider import CalendarEntry

_UNREADABLE = ("freeBusyReader", "none")
"""Access roles under which an account sees no events."""


class PostgresWorkspaces(WorkspaceStore, PauseStore, ConnectionStore, AccountSwitches):
    """Workspaces and their calendars over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("accounts.sql")

    @override
    def add_workspace(self, ws_id: UUID, name: str, zone: str) -> tuple[str, str | None]:
        with zone_given(), self._db.transaction():
            self._run("add_workspace", ws_id=ws_id, name=name, zone=zone)
            stored = self._run("workspace", ws_id=ws_id)[0]
        return stored[0], stored[1]

    @override
    def require_workspace(self, ws_id: UUID) -> None:
        if not self._run.alone("workspace", ws_id=ws_id):
            raise UnknownWorkspace(ws_id)

    @override
    def require_at_work(self, ws_id: UUID) -> None:
        if self.pause_of(ws_id) is not None:
            raise WorkspacePaused

    @override
    def paused_of(self, ws_ids: Collection[UUID]) -> Set[UUID]:
        return {row[0] for row in self._run.alone("paused_of", ws_ids=arrays.texts(map(str, ws_ids)))}

    @override
    def pause_of(self, ws_id: UUID) -> Pause | None:
        found = self._run.alone("paused_since", ws_id=ws_id)
        if not found:
            raise UnknownWorkspace(ws_id)
        since, paused_by = found[0]
        return None if since is None else Pause(since, paused_by)

    @override
    def pause(self, ws_id: UUID, paused_by: str, since: datetime | None = None) -> Pause:
        with self._db.transaction():
            self._run("pause_workspace", ws_id=ws_id, paused_by=paused_by, since=since)
            found = self._run("paused_since", ws_id=ws_id)
        if not found:
            raise UnknownWorkspace(ws_id)
        return Pause(*found[0])

    @override
    def end_pause(self, ws_id: UUID) -> Pause | None:
        found = self._run.alone("end_pause", ws_id=ws_id)
        return Pause(found[0][0], found[0][1]) if found else None

    @override
    def remove_workspace(self, ws_id: UUID) -> bool:
        return bool(self._run.alone("remove_workspace", ws_id=ws_id))

    @override
    def workspace_name(self, ws_id: UUID) -> str:
        found = self._run.alone("workspace", ws_id=ws_id)
        if not found:
            raise UnknownWorkspace(ws_id)
        return str(found[0][0])

    @override
    def live_workspaces(self) -> Sequence[UUID]:
        return [row[0] for row in self._run.alone("live_workspaces")]

    @override
    def list_workspaces(self) -> Sequence[ListedWorkspace]:
        return [ListedWorkspace(*row) for row in self._run.alone("list_workspaces")]

    @override
    def workspaces_named(self, name: str) -> Sequence[UUID]:
        return [row[0] for row in self._run.alone("workspaces_named", name=name)]

    @override
    def workspace_names(self, ws_ids: Collection[UUID]) -> Mapping[UUID, str]:
        if not ws_ids:
            return {}
        return {row[0]: row[1] for row in self._run.alone("workspace_names", ws_ids=arrays.texts(map(str, ws_ids)))}

    @override
    def has_weekly_report(self, ws_id: UUID) -> bool:
        found = self._run.alone("has_weekly_report", ws_id=ws_id)
        if not found:
            raise UnknownWorkspace(ws_id)
        return found[0][0] is True

    @override
    def set_workspace(
        self, ws_id: UUID, name: str | None, zone: str | None, weekly_report: bool | None
    ) -> tuple[str, str | None, bool]:
        with zone_given():
            found = self._run.alone("set_workspace", ws_id=ws_id, name=name, zone=zone, weekly_report=weekly_report)
        if not found:
            raise UnknownWorkspace(ws_id)
        return found[0][0], found[0][1], found[0][2] is True

    @override
    def accounts(self, ws_id: UUID | None) -> Sequence[ListedAccount]:
        return [ListedAccount(*row) for row in self._run.alone("list_accounts", ws_id=ws_id)]

    @override
    def disconnect(self, ws_id: UUID, account_id: UUID) -> None:
        self._run.alone("disconnect_account", ws_id=ws_id, account_id=account_id)

    @override
    def switch_calendar(self, ws_id: UUID, connection_id: UUID, *, on: bool) -> None:
        self._run.alone("switch_calendar", ws_id=ws_id, connection_id=connection_id, enabled=on)

    @override
    def connections(self, ws_id: UUID, account_id: UUID | None = None) -> Sequence[ConnectedCalendar]:
        return [ConnectedCalendar(*row) for row in self._run.alone("connections", ws_id=ws_id, account_id=account_id)]


class PostgresAccountStore(AccountStore):
    """The AccountStore of services/accounts/connect.py over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("accounts.sql")

    @override
    def primary_calendar(self, ws_id: UUID, provider: str, user_id: str, email: str) -> str | None:
        with self._db.transaction():
            if not self._run("workspace", ws_id=ws_id):
                raise UnknownWorkspace(ws_id)
            found = self._run("primary_calendar", ws_id=ws_id, provider=provider, user_id=user_id, email=email)
        return str(found[0][0]) if found else None

    @override
    def connect(
        self,
        ws_id: UUID,
        provider: str,
        user_id: str,
        email: str,
        secrets: SealedSecrets,
        calendars: Sequence[CalendarEntry],
    ) -> Account:
        ids = arrays.texts([entry.calendar_id for entry in calendars])
        who = {"ws_id": ws_id, "provider": provider, "user_id": user_id, "email": email}
        with self._db.transaction():
            stored = self._run("put_account", **who, **asdict(secrets) | {"scopes": arrays.texts(secrets.scopes)})
            account = Account(ws_id, *stored[0])
            place = {"ws_id": ws_id, "account_id": account.id, "calendar_ids": ids}
            self._run("put_connections", provider=provider, **place, **listed_columns(calendars))
            self._run("mark_unlisted", **place, error_type=CalendarUnreachable.code)
        return account


def listed_columns(calendars: Sequence[CalendarEntry]) -> dict[str, str]:
    """Return each column of a calendar list as one array literal."""
    return {
        "names": arrays.texts([entry.name for entry in calendars]),
        "colors": arrays.texts([entry.color for entry in calendars]),
        "access_roles": arrays.texts([entry.access_role for entry in calendars]),
        "time_zones": arrays.texts([entry.time_zone for entry in calendars]),
        "primaries": arrays.booleans([entry.primary for entry in calendars]),
        "readable": arrays.booleans([entry.access_role not in _UNREADABLE for entry in calendars]),
    }
