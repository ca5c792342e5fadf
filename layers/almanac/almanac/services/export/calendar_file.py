"""A workspace's events as a file that other programs read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from almanac.domain.history.fold import State, touches
from almanac.services.export.ports import Made, Wanted
from almanac.services.history.read import History

Writer = Callable[[Mapping[UUID, State], datetime], str]
"""Gives a calendar's text, as of an instant."""


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """Makes `csv`, `ics` and `ics_series`: the events of now, as `writer` writes them."""

    history: History
    writer: Writer

    def __call__(self, wanted: Wanted, now: datetime) -> Made:
        """Make the file. Raises UnknownWorkspace."""
        found = self.history.calendar(wanted.ws_id)
        since, until = wanted.since, wanted.until
        events = {event_id: state for event_id, state in found.events.items() if touches(state, since, until)}
        return Made(self.writer(events, now).encode("utf-8", "replace"), len(events), found.version)
