"""A ring at the door: verified without a database, answered with one job."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from almanac.domain.push.token import PushKeys
from almanac.jobs import CalendarSync
from almanac.services.clock import Clock
from almanac.services.push.ports import ReadRing
from almanac.services.queues.ports import JobQueue, OutgoingJob


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a message: `rang`, `rejected` (not ours: no work was done), or `refused` by the queue.

    `channel_id` and `number` are for the log; both are None unless it rang or was refused.
    """

    verdict: Literal["rang", "rejected", "refused"]
    channel_id: UUID | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class ReceiveRing:
    """The use case of push_receiver. `keys` are read for every ring, so that rotated ones are picked up."""

    read: ReadRing
    keys: Callable[[], PushKeys]
    queue: JobQueue
    clock: Clock

    def __call__(self, headers: Mapping[str, str]) -> Answer:
        """Send one job for a ring that verifies; the queue drops repeats of one message, and nothing else."""
        ring = self.read(headers)
        channel_id = _uuid(ring.channel_id) if ring is not None else None
        if ring is None or channel_id is None:
            return Answer("rejected")
        now = self.clock()
        rung = self.keys().verify(ring.token, ring.channel_id, now)
        if rung is None:
            return Answer("rejected")
        job = CalendarSync(
            ws_id=rung.ws_id,
            connection_id=rung.connection_id,
            source="push",
            requested_at=now,
            channel_id=channel_id,
            resource_id=ring.resource_id,
            look_again=not ring.first,
        )
        lost = self.queue.send([OutgoingJob(job, reason=f"push {channel_id} {ring.number}")])
        return Answer("refused" if lost else "rang", channel_id, ring.number)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
