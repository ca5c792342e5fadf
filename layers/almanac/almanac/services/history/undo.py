"""Takes back what one run did, a sweep or a plan: first shown, then written as it was shown, or not at all."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.history.undo import UNDOABLE, Undoing, fingerprint, undoing
from almanac.errors import BadInput, PermanentError
from almanac.services.clock import Clock
from almanac.services.history.ports import RunStore, UndoStore


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """What undoing a run comes to; `items` that are held stay as they are. `applied` says that it was done."""

    ws_id: UUID
    run_id: UUID
    items: Sequence[Undoing]
    fingerprint: str
    applied: bool = False

    @property
    def going(self) -> Sequence[Undoing]:
        """What nothing holds."""
        return [each for each in self.items if each.held is None]

    @property
    def counts(self) -> dict[str, int]:
        """How many come back, are set back, are removed, are held."""
        deeds = Counter(each.deed for each in self.going)
        return {
            "restored": deeds["bring_back"],
            "set_back": deeds["set_back"],
            "removed": deeds["remove"],
            "held": len(self.items) - len(self.going),
        }


class UndoChanged(PermanentError):
    """What the preview was made from has changed; `fresh` is what it would come to now."""

    code = "undo_changed"

    def __init__(self, fresh: UndoPreview) -> None:
        super().__init__("what the preview was made from has changed; look at the new one")
        self.fresh = fresh


@dataclass(frozen=True, slots=True)
class UndoRun:
    """The use case of `almanac undo` and of `POST …/runs/{id}/undo`."""

    runs: RunStore
    store: UndoStore
    clock: Clock
    nudge: Callable[[UUID], None]

    def preview(self, run_id: UUID) -> UndoPreview:
        """Return what undoing the run would come to. Writes nothing. Raises BadInput when there is nothing to undo."""
        return self._found(run_id)

    def __call__(self, run_id: UUID, shown: str | None = None) -> UndoPreview:
        """Undo the run, in one transaction; what is held stays. With `shown`, only what that preview showed.

        Raises UndoChanged, with nothing written, when it would come to something else, and BadInput.
        """
        preview = self._found(run_id)
        if shown is not None and preview.fingerprint != shown:
            raise UndoChanged(preview)
        with self.store.alone([each.event_id for each in preview.items], preview.ws_id):
            again = self._found(run_id)
            if again.fingerprint != preview.fingerprint:
                raise UndoChanged(again)
            if again.going:
                self.store.write(again.ws_id, run_id, again.going, again.counts)
        self.nudge(preview.ws_id)
        return UndoPreview(again.ws_id, run_id, again.items, again.fingerprint, applied=True)

    def _found(self, run_id: UUID) -> UndoPreview:
        run = self.runs.run(run_id)
        if run is None:
            raise BadInput("run_id", f"no run {run_id}")
        if run.running:
            raise BadInput("run_id", "the run is still going on")
        changes = [c for c in self.runs.changes_of(run.ws_id, run_id) if c.origin in UNDOABLE]
        if not changes:
            raise BadInput("run_id", "the run has swept nothing away and planned nothing, or its history has gone")
        present = self.store.present(run.ws_id, run_id, [change.subject for change in changes], changes[0].version)
        items = undoing(changes, present, self.clock())
        return UndoPreview(run.ws_id, run_id, items, fingerprint(run_id, items))
