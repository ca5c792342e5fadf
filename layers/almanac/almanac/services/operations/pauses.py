"""A workspace let alone, and let go on: what happens meanwhile waits where it is, and is read at once afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.operations.workspaces import Pause
from almanac.errors import PermanentError, QueueUnavailable
from almanac.services.ledger.ports import Ledger
from almanac.services.operations.ports import PauseStore
from almanac.services.operations.requests import RequestSync, SentRequest


class NotPaused(PermanentError):
    """There is no pause that could end."""

    code = "not_paused"

    def __init__(self) -> None:
        super().__init__("the workspace is not paused; ask for a sync if that is what is wanted")


@dataclass(frozen=True, slots=True)
class Pauses:
    """The use case of `almanac workspace pause` and `almanac workspace resume`."""

    store: PauseStore
    ledger: Ledger
    request_sync: Callable[[], RequestSync]
    """Not needed to pause: then no queue has to be known."""

    def of(self, ws_id: UUID) -> Pause | None:
        """Return since when the workspace is paused, and by whom. Raises UnknownWorkspace."""
        return self.store.pause_of(ws_id)

    def pause(self, ws_id: UUID, who: str) -> Pause:
        """Let it alone: no sync, no plan, nothing written. A run at work ends first. Raises UnknownWorkspace."""
        return self.store.pause(ws_id, who[:255])

    def resume(self, ws_id: UUID, request_id: str | None = None) -> SentRequest:
        """Let it go on with a sync at once, which plans what has changed. Where the queue does not take that, the pause
        stays as it was. A request that has ended it, and comes again for its answer was lost, sends its sync again.

        Raises UnknownWorkspace, NotPaused, WorkspacePaused (since that request), QueueUnavailable.
        """
        asked = request_id is not None and bool(self.ledger.jobs(request_id, [ws_id]))
        ended = None if asked else self.store.end_pause(ws_id)
        if ended is None and not asked:
            self.store.pause_of(ws_id)
            raise NotPaused
        try:
            return self.request_sync()(ws_id, "auto", None, force=True, request_id=request_id)
        except QueueUnavailable:
            if ended is not None:
                self.store.pause(ws_id, ended.paused_by, ended.since)
            raise
