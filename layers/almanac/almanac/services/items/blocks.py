"""Blocks that somebody wants where they are, or lets go again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from almanac.domain.items.blocks import ListedBlock
from almanac.errors import BadInput
from almanac.services.clock import Clock
from almanac.services.items.ports import BlockStore
from almanac.services.operations.ports import WorkspaceStore


class UnknownBlock(BadInput):
    """The workspace has no block of a plan of that id."""

    code = "unknown_block"

    def __init__(self) -> None:
        super().__init__("event_id", "the workspace has no such block; `almanac block list` shows those there are")


@dataclass(frozen=True, slots=True)
class Blocks:
    """The use case of `almanac block …`."""

    workspaces: WorkspaceStore
    store: BlockStore
    clock: Clock

    def coming(self, ws_id: UUID, days: int) -> Sequence[ListedBlock]:
        """Return the blocks that have not ended and begin within so many days. Raises UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        now = self.clock()
        return self.store.between(ws_id, now, now + timedelta(days=days))

    def lock(self, ws_id: UUID, event_id: UUID, *, locked: bool) -> ListedBlock:
        """Keep a block where it is from now on, or let plans move it again; return it as it is then.

        Raises UnknownBlock, UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        found = self.store.lock(ws_id, event_id, locked=locked)
        if found is None:
            raise UnknownBlock
        return found
