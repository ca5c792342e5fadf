"""What waits to be written, and what people decide about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.outbound.waiting import OutboundStatus, WaitingLink
from almanac.errors import BadInput
from almanac.services.operations.ports import WorkspaceStore
from almanac.services.outbound.ports import Choice, MemberTarget, WaitingStore


@dataclass(frozen=True, slots=True)
class Outbound:
    """The use case of `almanac outbound`, `almanac conflicts` and `almanac resolve`."""

    workspaces: WorkspaceStore
    store: WaitingStore

    def status(self, ws_id: UUID, *, dry_run: bool, confirm: bool) -> OutboundStatus:
        """Return what waits. `dry_run` lets the next sync write it, `confirm` lets mass changes through for an hour.

        Raises UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        consented = self.store.consent(ws_id) if confirm else ()
        if dry_run:
            self.store.review(ws_id)
        links, held = self.store.waiting(ws_id)
        return OutboundStatus(ws_id, links, held, dry_run, consented, self.store.unowned(ws_id))

    def targets(self, ws_id: UUID) -> Sequence[MemberTarget]:
        """Return where each member's blocks are written. Raises UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        return self.store.targets(ws_id)

    def conflicts(self, ws_id: UUID) -> Sequence[WaitingLink]:
        """Return what a person has to decide, or to be told. Raises UnknownWorkspace."""
        return self.status(ws_id, dry_run=False, confirm=False).conflicts

    def resolve(self, link_id: UUID, choice: Choice, ws_id: UUID | None = None) -> UUID:
        """Decide a conflict: what was wanted here, or what stands there. Return its workspace.

        Raises BadInput for `link` when there is none of it, or none in `ws_id` where that is given, and for `choice`
        when that cannot be done yet.
        """
        found = self.store.resolve(link_id, choice, ws_id)
        if found is None:
            raise BadInput("link", "there is no conflict of that link; `almanac conflicts WS` lists them")
        return found
