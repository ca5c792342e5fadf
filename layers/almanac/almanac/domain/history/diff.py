"""Two moments of a calendar, compared: which events differ, and who touched them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from almanac.domain.history.changes import OF_EVENTS, Change
from almanac.domain.history.fold import State, span

What = Literal["came", "went", "changed"]


@dataclass(frozen=True, slots=True)
class EventDiff:
    """One event that differs: what it was and is (None: not there), and the changes that made it so, in order."""

    event_id: UUID
    what: What
    before: State | None
    after: State | None
    by: Sequence[Change]

    @property
    def state(self) -> State:
        """What it is; of one that went, what it was."""
        return self.after or self.before or {}

    @property
    def title(self) -> str:
        """What it is called, or was; empty where nothing is said."""
        return str(self.state.get("title", ""))

    @property
    def columns(self) -> Sequence[str]:
        """The columns that differ, by name; none of an event that came or went."""
        if self.before is None or self.after is None:
            return []
        names = self.before.keys() | self.after.keys()
        return sorted(name for name in names if self.before.get(name) != self.after.get(name))


def diff(
    before: Mapping[UUID, State], after: Mapping[UUID, State], oldest_first: Iterable[Change]
) -> Sequence[EventDiff]:
    """Return the events that differ between two moments; `oldest_first` are the changes between them.

    An event that changed and changed back is none of them.
    """
    by: dict[UUID, list[Change]] = {}
    for change in oldest_first:
        if change.kind in OF_EVENTS:
            by.setdefault(change.subject, []).append(change)
    found = []
    for event_id, touched in by.items():
        was, is_ = before.get(event_id), after.get(event_id)
        if was == is_:
            continue
        what: What = "came" if was is None else "went" if is_ is None else "changed"
        found.append(EventDiff(event_id, what, was, is_, touched))
    return sorted(found, key=_where)


def _where(each: EventDiff) -> tuple[datetime, str]:
    return span(each.state)[0], str(each.event_id)
