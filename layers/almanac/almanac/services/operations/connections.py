"""The calendars that a workspace is connected to."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.operations.connections import ConnectedCalendar
from almanac.services.operations.ports import ConnectionStore, WorkspaceStore


@dataclass(frozen=True, slots=True)
class Connections:
    """The use case of `almanac connections`."""

    workspaces: WorkspaceStore
    store: ConnectionStore

    def __call__(self, ws_id: UUID, account_id: UUID | None = None) -> Sequence[ConnectedCalendar]:
        """Return the workspace's calendars, or those of one of its accounts. Raises UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        return self.store.connections(ws_id, account_id)
