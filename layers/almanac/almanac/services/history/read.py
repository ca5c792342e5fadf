"""Reads a workspace's history: its changes after a version, and its calendar as it was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from almanac.domain.history.changes import Change, ChangePage, FeedPlace, FleetPage, Head
from almanac.domain.history.fold import State, fold_back
from almanac.errors import BadInput, CursorExpired
from almanac.services.history.ports import HistoryStore

MOST_CHANGES = 200
"""Changes that one answer holds at most."""


@dataclass(frozen=True, slots=True)
class CalendarAt:
    """A workspace's events, by id, as they were at a version."""

    version: int
    events: Mapping[UUID, State]


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """Some of a workspace's events as they were at a version; the others have ids after `last`, None: these are all."""

    version: int
    events: Mapping[UUID, State]
    last: UUID | None
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """The use cases of `almanac history`, of `…/changes`, `…/snapshot` and of a calendar at a version."""

    store: HistoryStore

    def changes(self, ws_id: UUID, after: int, limit: int = MOST_CHANGES) -> ChangePage:
        """Return the changes after a version. Raises UnknownWorkspace, CursorExpired, BadInput for one to come.

        After a restore a reader may have seen versions that are to come again: it has to begin anew.
        """
        head = self.store.head(ws_id)
        if after > head.version and head.epoch:
            raise CursorExpired("after", head.oldest)
        require(head, after, "after")
        items = self.store.changes(ws_id, after, limit)
        if items and items[0].version != after + 1:  # what came next has gone since the head was read
            raise CursorExpired("after", items[0].version)
        next_ = items[-1].version if items else after
        return ChangePage(items, next_, max(head.version, next_), head.oldest, head.epoch)

    def latest(self, ws_id: UUID, limit: int) -> ChangePage:
        """Return the last changes. Raises UnknownWorkspace."""
        head = self.store.head(ws_id)
        return self.changes(ws_id, max(head.oldest - 1, head.version - limit), limit)

    def newest_first(self, ws_id: UUID, since: datetime) -> Iterable[Change]:
        """Yield the changes after an instant, as far as they are kept, the newest first; those of events alone."""
        return self.store.newest_first(ws_id, self.store.version_at(ws_id, since))

    def calendar(self, ws_id: UUID, version: int | None = None) -> CalendarAt:
        """Return the events as they were at a version, or are. Raises UnknownWorkspace, CursorExpired and BadInput."""
        with self.store.one_moment():
            head = self.store.head(ws_id)
            if version == 0:
                return CalendarAt(0, {})
            at = head.version if version is None else version
            require(head, at, "version")
            return CalendarAt(at, fold_back(self.store.events(ws_id), self.store.newest_first(ws_id, at)))

    def calendar_part(self, ws_id: UUID, version: int | None, after: UUID | None, limit: int) -> CalendarPart:
        """Return some of the events as they were at a version, or are: those whose ids follow `after`.

        Parts of the same version fit together, whatever changes between them: later changes are taken back in each.
        Raises UnknownWorkspace, CursorExpired and BadInput.
        """
        with self.store.one_moment():
            head = self.store.head(ws_id)
            at = head.version if version is None else version
            require(head, at, "version")
            rows = self.store.some_events(ws_id, after, limit)
            last = max(rows) if len(rows) == limit else None
            later = [
                each
                for each in self.store.newest_first(ws_id, at)
                if (after is None or each.subject > after) and (last is None or each.subject <= last)
            ]
            return CalendarPart(at, fold_back(rows, later), last, head.epoch)

    def calendar_at(self, ws_id: UUID, moment: datetime) -> CalendarAt:
        """Return the events as they were at an instant. Raises UnknownWorkspace and CursorExpired."""
        head = self.store.head(ws_id)
        version = self.store.version_at(ws_id, moment)
        if version < head.oldest > 1:
            raise CursorExpired("at", head.oldest)  # how long before the oldest change it is, nobody knows any more
        return self.calendar(ws_id, version)

    def fleet(
        self,
        after: FeedPlace | None,
        ws_ids: Sequence[UUID] | None,
        limit: int = MOST_CHANGES,
        epoch: int = 0,
    ) -> FleetPage:
        """Return changes of many workspaces (None: all) after a place of an epoch, or from the first on.

        Within a workspace they are in the order of versions. What a transaction writes that is still open, and what
        began after it, is not there yet: so nothing ever comes late. Raises CursorExpired for a place of an earlier
        epoch, for a restored database counts transactions anew, and for one before all that retention has left: what
        has gone since nobody knows.
        """
        now = self.store.epoch()
        if after is not None and epoch != now:
            raise CursorExpired("after", 1)
        found = self.store.fleet(after or (0, 0, 0), ws_ids, limit)
        if after is not None and not self.store.feed_reaches(after):  # looked at last: it may be deleted meanwhile
            raise CursorExpired("after", 1)
        return FleetPage([(ws_id, change) for _, ws_id, change in found], found[-1][0] if found else after, now)

    def restored(self) -> int:
        """Count a restore of this database, and tell every workspace; return the new epoch."""
        return self.store.begin_epoch()

    def redact(self, ws_id: UUID, event_id: UUID) -> int | None:
        """Take texts and people out of what history keeps of one event; return how many changes held any.

        None for an event that is neither in the workspace nor in its history. Raises UnknownWorkspace.
        """
        self.store.head(ws_id)
        return self.store.redact(ws_id, event_id)


def require(head: Head, version: int, field: str) -> None:
    """Raise BadInput for a version that is to come, and CursorExpired for one that is no longer kept."""
    if version > head.version or version < 0:
        raise BadInput(field, f"must be a version from 0 to {head.version}, the last one")
    if not head.reaches(version):
        raise CursorExpired(field, head.oldest)
