"""Puts changes onto the bus once more, for one subscriber: marked, so that the rules of the others leave them out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from almanac.domain.history.envelope import change_event
from almanac.errors import BadInput, CursorExpired, PermanentError, TransientError
from almanac.services.clock import Sleep
from almanac.services.events_out.ports import EventBus, ReplayStore

CHANGES_AT_ONCE = 500
"""Changes in memory at a time, however many there are."""
TRIES = 5
WAIT_SECONDS = 1.0
"""Before the second try of what the bus refused; twice as long before each that follows."""


class NoBus(PermanentError):
    """There is no bus that anything could be put onto."""

    code = "no_bus"

    def __init__(self) -> None:
        super().__init__("ALMANAC_EVENT_BUS is not set: there is no bus here")


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """How many events of how many workspaces were put, under which mark."""

    replay_id: str
    workspaces: int
    events: int


@dataclass(frozen=True, slots=True)
class ReplayOntoBus:
    """The use case of `almanac bus replay`."""

    store: ReplayStore
    bus: EventBus | None
    source: str
    sleep: Sleep

    def __call__(
        self, replay_id: str, ws_id: UUID | None, from_version: int | None, from_time: datetime | None
    ) -> ReplayReport:
        """Put what happened in one workspace or in all, from a version or an instant on, up to now, in order.

        Raises NoBus, UnknownWorkspace, BadInput, CursorExpired when it begins before what is kept (of one workspace; of
        all each begins with what it has), and TransientError when the bus takes nothing any more.
        """
        if self.bus is None:
            raise NoBus
        if (from_version is None) == (from_time is None):
            raise BadInput("from_version", "give either a version or an instant to begin with")
        count = events = 0
        for each in [ws_id] if ws_id is not None else self._all():
            head, oldest, epoch = self.store.stands(each)
            first = from_version if from_version is not None else self._since(each, from_time)
            if ws_id is not None and from_version is not None and first < oldest:
                raise CursorExpired("from_version", oldest)
            put = self._workspace(self.bus, replay_id, each, (max(first, oldest), head), epoch)
            count, events = count + (put > 0), events + put
        return ReplayReport(replay_id, count, events)

    def _all(self) -> Iterator[UUID]:
        after: UUID | None = None
        while page := self.store.workspaces(after, 1000):
            yield from page
            after = page[-1]

    def _since(self, ws_id: UUID, moment: datetime | None) -> int:
        return 1 if moment is None else self.store.first_since(ws_id, moment)

    def _workspace(self, bus: EventBus, replay_id: str, ws_id: UUID, span: tuple[int, int], epoch: int) -> int:
        first, head = span
        after, put = first - 1, 0
        while changes := [c for c in self.store.told(ws_id, after, CHANGES_AT_ONCE) if c.version <= head]:
            self._put(bus, [change_event(ws_id, c, self.source, epoch=epoch, replay_id=replay_id) for c in changes])
            after, put = changes[-1].version, put + len(changes)
        return put

    def _put(self, bus: EventBus, events: Sequence[dict[str, object]]) -> None:
        """All of them, in order: what is refused goes again, with what followed it."""
        wait = WAIT_SECONDS
        for _ in range(TRIES):
            accepted = bus.put(events)
            if all(accepted):
                return
            events = events[list(accepted).index(False) :]
            self.sleep(wait)
            wait *= 2
        raise TransientError(f"the bus refuses {len(events)} events; begin again with the first of them")
