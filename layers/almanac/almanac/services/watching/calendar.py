"""A workspace's calendar between two instants, and the switches of its calendars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from almanac.domain.history.fold import State, touches
from almanac.domain.operations.connections import SWITCHES, ConnectedCalendar
from almanac.errors import BadInput, PermanentError
from almanac.services.history.read import History
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


class SwitchedMeanwhile(PermanentError):
    """A switch is not any more as whoever turns one has seen it."""

    code = "precondition_failed"


@dataclass(frozen=True, slots=True)
class ShowCalendar:
    """The use case of a calendar between two instants."""

    workspaces: WorkspaceStore
    reader: CalendarReader
    history: History

    def __call__(self, ws_id: UUID, since: datetime, until: datetime) -> Sequence[Mapping[str, Any]]:
        """Return events and blocks in time order. Raises UnknownWorkspace, and BadInput for an unusable span."""
        _require_span(since, until)
        self.workspaces.require_workspace(ws_id)
        found = self.reader.between(ws_id, since, until, MOST_EVENTS + 1)
        _require_few(len(found))
        return found

    def as_it_was(self, ws_id: UUID, version: int, since: datetime, until: datetime) -> Mapping[UUID, State]:
        """Return events and blocks, by id, as they were at a version. Raises likewise, and CursorExpired."""
        _require_span(since, until)
        found = self.history.calendar(ws_id, version).events
        touching = {event_id: state for event_id, state in found.items() if _shown(state, since, until)}
        _require_few(len(touching))
        return touching


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

    def set(
        self, ws_id: UUID, connection_id: UUID, switches: Mapping[str, bool], seen: ConnectedCalendar | None = None
    ) -> ConnectedCalendar:
        """Set switches (enabled, inbound, outbound, deletes); return the calendar as it is then.

        Raises UnknownConnection, and SwitchedMeanwhile where they are not any more as they have been `seen`.
        """
        was = {} if seen is None else {name: bool(getattr(seen, name)) for name in SWITCHES}
        if switches and not self.switches.set_switches(ws_id, connection_id, switches, was):
            self.connection(ws_id, connection_id)
            raise SwitchedMeanwhile("somebody has turned a switch of the calendar meanwhile")
        return self.connection(ws_id, connection_id)


def _require_span(since: datetime, until: datetime) -> None:
    if not since < until:
        raise BadInput("to", "must be after from")
    if until - since > LONGEST_SPAN:
        raise BadInput("to", "is more than 366 days after from; ask for less at once")


def _require_few(events: int) -> None:
    if events > MOST_EVENTS:
        raise BadInput("to", f"there are more than {MOST_EVENTS:,} events until then; ask for less at once")


def _shown(state: State, since: datetime, until: datetime) -> bool:
    return touches(state, since, until) and not state.get("own_block")  # which came back and is shown once
