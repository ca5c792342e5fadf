"""Workspaces as operators set them up."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from almanac.errors import BadInput
from almanac.services.operations.ports import WorkspaceStore


@dataclass(frozen=True, slots=True)
class Workspaces:
    """The use case of `almanac workspace add`."""

    store: WorkspaceStore

    def add(self, name: str, zone: str, ws_id: UUID | None = None) -> UUID:
        """Add a workspace of that name (1 to 255 characters) and IANA zone, and return its id: a new one unless given.

        Adding the same again changes nothing. Raises BadInput when the id has another name or zone.
        """
        ws_id = ws_id or uuid4()
        if self.store.add_workspace(ws_id, name, zone) != (name, zone):
            raise BadInput("id", f"workspace {ws_id} exists with another name or time zone")
        return ws_id
