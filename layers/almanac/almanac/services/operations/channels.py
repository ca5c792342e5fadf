"""The push channels of a workspace, or of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.operations.channels import ListedChannel
from almanac.services.operations.ports import ChannelDirectory, WorkspaceStore


@dataclass(frozen=True, slots=True)
class Channels:
    """The use case of `almanac channels`. `on`: whether push is switched on here."""

    workspaces: WorkspaceStore
    directory: ChannelDirectory
    on: bool

    def __call__(self, ws_id: UUID | None) -> Sequence[ListedChannel]:
        """Return the channels, by workspace and calendar. Raises UnknownWorkspace."""
        if ws_id is not None:
            self.workspaces.require_workspace(ws_id)
        return self.directory.channels(ws_id)
