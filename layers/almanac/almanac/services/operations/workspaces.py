"""Workspaces as operators set them up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from almanac.domain.operations.workspaces import ListedWorkspace
from almanac.errors import BadInput, PermanentError
from almanac.services.operations.ports import WorkspaceStore


class StillConnected(PermanentError):
    """Calendars are read through an account of the workspace, or blocks of it may stand in them."""

    code = "still_connected"

    def __init__(self, ws_id: UUID) -> None:
        listed = f"`almanac account list {ws_id}` shows them"
        super().__init__(f"its accounts are connected: let each go with `almanac account disconnect`; {listed}")


@dataclass(frozen=True, slots=True)
class Workspaces:
    """The use case of `almanac workspace …`."""

    store: WorkspaceStore

    def add(self, name: str, zone: str, ws_id: UUID | None = None) -> UUID:
        """Add a workspace of that name (1 to 255 characters) and IANA zone, and return its id: a new one unless given.

        Adding the same again changes nothing. Raises BadInput when the id has another name or zone.
        """
        ws_id = ws_id or uuid4()
        if self.store.add_workspace(ws_id, name, zone) != (name, zone):
            change = f"`almanac workspace set {ws_id}` changes them"
            raise BadInput("id", f"workspace {ws_id} exists with another name or time zone; {change}")
        return ws_id

    def shares_name(self, name: str) -> bool:
        """Return whether several workspaces have that name, so that commands need the id."""
        return len(self.store.workspaces_named(name)) > 1

    def all(self) -> Sequence[ListedWorkspace]:
        """Return all workspaces, by name."""
        return self.store.list_workspaces()

    def names(self, ws_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Return what people call those of the workspaces that there are."""
        return self.store.workspace_names(ws_ids)

    def has_weekly_report(self, ws_id: UUID) -> bool:
        """Return whether the workspace gets a report each Monday. Raises UnknownWorkspace."""
        return self.store.has_weekly_report(ws_id)

    def set(
        self, ws_id: UUID, name: str | None = None, zone: str | None = None, *, weekly_report: bool | None = None
    ) -> tuple[str, str | None, bool]:
        """Give the workspace another name or IANA zone, or a report each Monday; None leaves it.

        Return the name and zone that it has now, and whether it has the report. Raises UnknownWorkspace.
        """
        return self.store.set_workspace(ws_id, name, zone, weekly_report)

    def remove(self, ws_id: UUID) -> None:
        """Delete the workspace with all that is of it, for ever. Raises UnknownWorkspace and StillConnected."""
        if not self.store.remove_workspace(ws_id):
            self.store.require_workspace(ws_id)
            raise StillConnected(ws_id)

    def named(self, name: str) -> UUID:
        """Return the id of the one workspace of that name. Raises BadInput when there is none, or more than one."""
        found = self.store.workspaces_named(name)
        if not found:
            raise BadInput("WS", "neither an id nor the name of a workspace; `almanac workspace list` shows them")
        if len(found) > 1:
            ids = ", ".join(map(str, found))
            raise BadInput("WS", f"{len(found)} workspaces have that name; give the id of one: {ids}")
        return found[0]
