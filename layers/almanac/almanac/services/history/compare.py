"""Compares a calendar with itself: two moments, or before and after a run, with the causes of what a plan moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from almanac.domain.history.causes import Cause, Happened, causes_of
from almanac.domain.history.diff import EventDiff, diff
from almanac.domain.history.fold import fold_back
from almanac.domain.history.plan_basis import DEFAULT_MEMBER, Basis
from almanac.errors import BadInput
from almanac.services.history.ports import HistoryStore, RunStore
from almanac.services.history.read import require

Moment = int | datetime
"""A version, or an instant."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two versions of a workspace; `causes` by event, where a plan is what was compared."""

    ws_id: UUID
    from_version: int
    to_version: int
    events: Sequence[EventDiff]
    causes: Sequence[tuple[UUID, Sequence[Cause]]] = ()
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """The use case of `almanac history --diff` and `--run`, and of `…/calendar/diff`."""

    store: HistoryStore
    runs: RunStore

    def moments(self, ws_id: UUID, begin: Moment, end: Moment | None) -> Comparison:
        """Return what differs between two moments, the earlier first; None ends now.

        Raises UnknownWorkspace, CursorExpired, BadInput for one to come or an order that is none.
        """
        with self.store.one_moment():
            first = self._version(ws_id, begin, "from_version")
            last = self.store.head(ws_id).version if end is None else self._version(ws_id, end, "to_version")
            if first > last:
                raise BadInput("to_version", f"must not come before {first}, where the comparison begins")
            return self._between(ws_id, first, last)

    def run(self, run_id: UUID) -> Comparison:
        """Return what a run changed; of a plan, with what had changed since the plan before and made it move a block.

        Raises BadInput when there is no such run, CursorExpired when its history is no longer kept.
        """
        found = self.runs.run(run_id)
        if found is None:
            raise BadInput("run_id", f"no run {run_id}")
        with self.store.one_moment():
            mine = self.runs.changes_of(found.ws_id, run_id)
            if not mine:
                head = self.store.head(found.ws_id).version
                return Comparison(found.ws_id, head, head, [], run_id=run_id)
            first, last = mine[0].version - 1, mine[-1].version
            require(self.store.head(found.ws_id), first, "run_id")
            whole = self._between(found.ws_id, first, last)
            events = [each for each in whole.events if any(change.run_id == run_id for change in each.by)]
            return Comparison(
                found.ws_id, first, last, events, self._causes(found.ws_id, run_id, events, first), run_id
            )

    def since_the_last_plan(self, ws_id: UUID) -> tuple[Sequence[EventDiff], Basis | None]:
        """Return the events that others have changed since, and what that plan was made from, where that is kept.

        Raises UnknownWorkspace.
        """
        with self.store.one_moment():
            head = self.store.head(ws_id)
            begin = max(head.oldest - 1, self.runs.plan_before(ws_id, head.version))
            return _by_others(self._between(ws_id, begin, head.version)), self.runs.basis(ws_id)

    def _causes(
        self, ws_id: UUID, run_id: UUID, events: Sequence[EventDiff], before: int
    ) -> Sequence[tuple[UUID, Sequence[Cause]]]:
        blocks = [each for each in events if each.by[-1].origin == "plan"]
        if not blocks:
            return []
        oldest = self.store.head(ws_id).oldest - 1
        since = self._between(ws_id, max(oldest, self.runs.plan_before(ws_id, before)), before)
        owners = self.runs.owners(ws_id, [block.event_id for block in blocks])
        happened = Happened(
            events=_by_others(since),
            inputs=self.runs.input_changes(ws_id, run_id),
            blocks=blocks,
            owners=owners,
            facts=self.runs.facts(ws_id, {*owners.values(), DEFAULT_MEMBER}),
        )
        found = [(block.event_id, causes_of(block, happened)) for block in blocks]
        return [(event_id, causes) for event_id, causes in found if causes]

    def _between(self, ws_id: UUID, first: int, last: int) -> Comparison:
        """Two folds of one reading of the changes."""
        newest_first = [*self.store.newest_first(ws_id, first)]
        later = [change for change in newest_first if change.version > last]
        between = newest_first[len(later) :]
        after = fold_back(self.store.events(ws_id), later)
        before = fold_back(after, between)
        return Comparison(ws_id, first, last, diff(before, after, reversed(between)))

    def _version(self, ws_id: UUID, moment: Moment, field: str) -> int:
        head = self.store.head(ws_id)
        version = moment if isinstance(moment, int) else self.store.version_at(ws_id, moment)
        require(head, version, field)
        return version


def _by_others(found: Comparison) -> Sequence[EventDiff]:
    return [each for each in found.events if each.by[-1].origin != "plan"]
