"""Publishes what changed: onto the bus, in order within a workspace, and wakes the lanes of webhooks.

At least once: a relay that dies between the bus and its own note publishes the same events again, with the same ids.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from almanac.domain.history.envelope import change_event, disabled_event
from almanac.errors import QueueUnavailable
from almanac.services.clock import Clock, Deadline
from almanac.services.events_out.ports import EventBus, LaneQueue, LaneStore, PublishingStore, Unpublished

logger = logging.getLogger(__name__)

WORKSPACES_AT_ONCE, CHANGES_AT_ONCE = 50, 200
CLAIM_SECONDS = 120.0
"""Longer than the function lives: nobody else publishes a workspace meanwhile, so its events keep their order."""
HELD_SECONDS = 45.0
"""Of a workspace whose events were refused: less than a tick, so that the next one tries again."""
RESERVE_SECONDS = 10.0
LANES_AT_ONCE, LANES_A_STEP = 10_000, 500
"""Lanes that a round wakes, and how many before it looks at the clock again."""


@dataclass(slots=True)
class RelayReport:
    """What one round did; `refused` events stay for the next.

    `feed_held`: seconds for which a writer that stays open keeps changes from the feed of all workspaces; None: this
    round did not look.
    """

    published: int = 0
    refused: int = 0
    lanes: int = 0
    feed_held: float | None = None

    def as_dict(self) -> Mapping[str, int | str]:
        """JSON-ready."""
        return {"job": "calendar.relay", "published": self.published, "refused": self.refused, "lanes": self.lanes}


@dataclass(frozen=True, slots=True)
class Relay:
    """The use case of the relay; without a bus or a queue it leaves out what they are for."""

    store: PublishingStore
    lanes: LaneStore
    bus: EventBus | None
    queue: LaneQueue | None
    source: str
    clock: Clock

    def __call__(self, deadline: Deadline) -> RelayReport:
        """Publish and wake until nothing is left, the bus takes nothing, or the time is nearly up.

        Raises QueueUnavailable when lanes could not be woken, after the bus was told.
        """
        report = RelayReport(feed_held=self.store.feed_held())
        epoch = self.store.notice_restore()
        if epoch is not None:
            logger.warning("this database was restored: whoever follows it is told", extra={"epoch": epoch})
        asleep = self._wake(None, deadline, report)
        if self.bus is None:
            self.store.skip_all()
        else:
            self._tell_disabled(self.bus)
            self._publish_all(self.bus, None, deadline, report)
        if asleep is not None:
            raise asleep
        return report

    def nudged(self, ws_ids: Collection[UUID], deadline: Deadline) -> RelayReport:
        """Publish and wake what is new in these workspaces; whatever this leaves, the next minute brings.

        Raises as a whole round does.
        """
        report = RelayReport()
        asleep = self._wake(ws_ids, deadline, report)
        if self.bus is not None:
            self._publish_all(self.bus, ws_ids, deadline, report)
        if asleep is not None:
            raise asleep
        return report

    def _wake(self, among: Collection[UUID] | None, deadline: Deadline, report: RelayReport) -> QueueUnavailable | None:
        """Wake what is due; return why it could not all be woken: a queue that is away keeps nothing from the bus."""
        if self.queue is None:
            return None
        due = self.lanes.due(LANES_AT_ONCE, among)
        for start in range(0, len(due), LANES_A_STEP):
            if deadline() <= RESERVE_SECONDS:
                break
            step = due[start : start + LANES_A_STEP]
            try:
                self.queue.send(step)
            except QueueUnavailable as error:
                return error
            report.lanes += len(step)
        return None

    def _publish_all(
        self, bus: EventBus, among: Collection[UUID] | None, deadline: Deadline, report: RelayReport
    ) -> None:
        while deadline() > RESERVE_SECONDS:
            claimed = self.store.claim(WORKSPACES_AT_ONCE, CHANGES_AT_ONCE, CLAIM_SECONDS, among)
            if not claimed or not self._publish(bus, claimed, report):
                break

    def _publish(self, bus: EventBus, claimed: Sequence[Unpublished], report: RelayReport) -> bool:
        """Put all at once, and note per workspace up to which version nothing was refused. Whether any was taken.

        A workspace whose events are refused is left alone until the next tick: it must not hold up the others.
        """
        events = [(each, change) for each in claimed for change in each.changes]
        accepted = bus.put([change_event(each.ws_id, change, self.source, epoch=each.epoch) for each, change in events])
        until = {each.ws_id: each.until for each in claimed}
        for (each, change), taken in zip(events, accepted, strict=True):
            if not taken:
                until[each.ws_id] = min(until[each.ws_id], change.version - 1)
        held = {each.ws_id: HELD_SECONDS for (each, _), taken in zip(events, accepted, strict=True) if not taken}
        self.store.published(until, held)
        report.published += sum(accepted)
        report.refused += len(accepted) - sum(accepted)
        return any(accepted) or not accepted

    def _tell_disabled(self, bus: EventBus) -> None:
        found = self.store.disabled_endpoints()
        events: list[Mapping[str, Any]] = [disabled_event(*each, self.source, self.clock()) for each in found]
        told = [each[0] for each, taken in zip(found, bus.put(events), strict=True) if taken] if events else []
        if told:
            self.store.told_disabled(told)
