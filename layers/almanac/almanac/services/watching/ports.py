"""What looking needs from the outside. Everything raises DatabaseUnavailable and StorageFailed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from almanac.domain.operations.overview import Overview


class OverviewStore(Protocol):
    """Runs counted by the hour."""

    def overview(self, ws_ids: Collection[UUID] | None, since: datetime, now: datetime) -> Overview:
        """Count the runs that began since then, of these workspaces or (None) of all; `since` is a whole hour."""
        ...


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """One workspace in a list; `broken` counts accounts that have to be connected again."""

    ws_id: UUID
    name: str
    time_zone: str | None
    accounts: int
    broken: int
    calendars: int
    last_synced_at: datetime | None
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that a search found: a workspace, an account, a run, a job or an event, and what people call it."""

    kind: Literal["workspace", "account", "run", "job", "event"]
    id: str
    ws_id: UUID
    workspace: str
    label: str


class Directory(Protocol):
    """Workspaces and what is in them, found by name, id or address. `ws_ids` None: all."""

    def workspaces(
        self, ws_ids: Collection[UUID] | None, text: str | None, after: tuple[str, UUID] | None, limit: int
    ) -> Sequence[WorkspaceRow]:
        """Return workspaces by name, from a place on; `text` is part of their names."""
        ...

    def search(self, ws_ids: Collection[UUID] | None, text: str, limit: int) -> Sequence[Hit]:
        """Return what has that id, address or name."""
        ...

    def zone(self, ws_id: UUID) -> tuple[str, str | None]:
        """Return the workspace's name and IANA zone. Raises UnknownWorkspace."""
        ...

    def troubled_accounts(self, ws_id: UUID) -> Sequence[tuple[str, datetime]]:
        """Return the addresses of accounts that have to be connected again, and since when."""
        ...


class CalendarReader(Protocol):
    """Events and blocks between two instants."""

    def between(self, ws_id: UUID, since: datetime, until: datetime, limit: int) -> Sequence[Mapping[str, Any]]:
        """Return rows by column name, in time order; `block` is task, habit or None."""
        ...


class ConnectionSwitches(Protocol):
    """The switches of one calendar of one account."""

    def set_switches(
        self, ws_id: UUID, connection_id: UUID, switches: Mapping[str, bool], was: Mapping[str, bool]
    ) -> bool:
        """Set those of enabled, inbound, outbound, deletes that are given, where they are as `was` has them.

        False when there is no such connection, or they are otherwise.
        """
        ...
