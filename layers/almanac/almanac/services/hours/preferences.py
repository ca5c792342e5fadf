"""What a workspace, or one of its members, wants of every plan."""

from dataclasses import dataclass
from uuid import UUID

from almanac.domain.hours.preferences import ListedPreferences, PreferenceChange
from almanac.services.hours.ports import PreferenceStore
from almanac.services.items.requirements import require_as_seen
from almanac.services.operations.people import require_member
from almanac.services.operations.ports import PeopleStore, WorkspaceStore


@dataclass(frozen=True, slots=True)
class PlanPreferences:
    """The use case of `almanac preferences …`."""

    workspaces: WorkspaceStore
    people: PeopleStore
    store: PreferenceStore

    def of(self, ws_id: UUID, user: str | None) -> ListedPreferences:
        """Return what counts for the workspace (None) or for a member. Raises BadInput, UnknownWorkspace."""
        self._require(ws_id, user)
        return self.store.preferences(ws_id, user)

    def change(
        self, ws_id: UUID, user: str | None, change: PreferenceChange, seen: ListedPreferences | None = None
    ) -> ListedPreferences:
        """Change what is given, and return what counts then. `seen`: what counted when somebody looked.

        Raises BadInput of a preference, ChangedMeanwhile, UnknownWorkspace.
        """
        self._require(ws_id, user)

        def wanted(until_now: ListedPreferences) -> PreferenceChange:
            require_as_seen(seen, until_now)
            return change

        self.store.change(ws_id, user, wanted)
        return self.store.preferences(ws_id, user)

    def _require(self, ws_id: UUID, user: str | None) -> None:
        self.workspaces.require_workspace(ws_id)
        if user is not None:
            require_member(self.people, ws_id, user, "user_id")
