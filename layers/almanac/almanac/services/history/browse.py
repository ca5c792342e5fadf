"""Looks through a workspace's history, the newest first: what was changed, from what to what, by whom."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.history.changes import OF_EVENTS, Change
from almanac.domain.history.sides import ChangeFilter, ShownChange, shown
from almanac.services.history.ports import BrowsingStore


@dataclass(frozen=True, slots=True)
class BrowseHistory:
    """The use case of the console's page of changes; `almanac history` takes the titles from it."""

    store: BrowsingStore

    def __call__(self, ws_id: UUID, wanted: ChangeFilter, before: int | None, limit: int) -> Sequence[ShownChange]:
        """Return the changes before a version (None: the newest) that are wanted, with both sides of their columns."""
        return self.sides(ws_id, self.store.browse(ws_id, wanted, before, limit))

    def sides(self, ws_id: UUID, found: Sequence[Change]) -> Sequence[ShownChange]:
        """Return changes of a workspace with both sides of their columns, in their order."""
        subjects = {each.subject for each in found if each.kind in OF_EVENTS}
        if not subjects:
            return [shown(each, (), None) for each in found]
        later = defaultdict[UUID, list[Change]](list)
        for each in self.store.of_subjects(ws_id, subjects, min(each.version for each in found)):
            later[each.subject].append(each)
        now = self.store.states(ws_id, subjects)
        return [
            shown(each, (e for e in later[each.subject] if e.version > each.version), now.get(each.subject))
            for each in found
        ]
