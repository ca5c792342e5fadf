"""A workspace's calendar between two instants, and the switches of its calendars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from almanac.domain.operations.connections import ConnectedCalendar
from almanac.errors import BadInput
from almanac.services.operations.ports import ConnectionStore, WorkspaceStore
from almanac.services.watching.ports import CalendarReader, ConnectionSwitches

LONGEST_SPAN = timedelta(days=366)
MOST_EVENTS = 10_000
"""Of one answer; whoever has more asks for less time at once."""


class UnknownConnection(BadInput):
    """The workspace has no connection of that id."""

    code = "unknown_connection"

    def __init__(self) -> None:
        super().__init__("id", "no connection of that id")


@dataclass(frozen=True, slots=True)
class ShowCalendar:
    """The use case of a calendar between two instants."""

    workspaces: WorkspaceStore
    reader: CalendarReader

    def __call__(self, ws_id: UUID, since: datetime, until: datetime) -> Sequence[Mapping[str, Any]]:
        """Return events and blocks in time order. Raises UnknownWorkspace, and BadInput for an unusable span."""
        if not since < until:
            raise BadInput("to", "must be after from")
        if until - since > LONGEST_SPAN:
            raise BadInput("to", "is more than 366 days after from; ask for less at once")
        self.workspaces.require_workspace(ws_id)
        found = self.reader.between(ws_id, since, until, MOST_EVENTS + 1)
        if len(found) > MOST_EVENTS:
            raise BadInput("to", f"there are more than {MOST_EVENTS:,} events until then; ask for less at once")
        return found


@dataclass(frozen=True, slots=True)
class SwitchConnection:
    """The use case of a calendar's switches."""

    workspaces: WorkspaceStore
    connections: ConnectionStore
    switches: ConnectionSwitches

    def connection(self, ws_id: UUID, connection_id: UUID) -> ConnectedCalendar:
        """Return one calendar of one account. Raises UnknownWorkspace and UnknownConnection."""
        self.workspaces.require_workspace(ws_id)
        for each in self.connections.connections(ws_id):
            if each.connection_id == connection_id:
                return each
        raise UnknownConnection

    def set(self, ws_id: UUID, connection_id: UUID, switches: Mapping[str, bool]) -> ConnectedCalendar:
        """Set switches (enabled, inbound, outbound, deletes); return the calendar as it is then."""
        if switches and not self.switches.set_switches(ws_id, connection_id, switches):
            raise UnknownConnection
        return self.connection(ws_id, connection_id)
