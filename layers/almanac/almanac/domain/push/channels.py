"""Which channels there should be: every calendar that is read has one that lives long enough, and no other.

Reconciled by state, never by event, so that whatever went wrong is made good by the next look.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

ASKED_LIFE = timedelta(days=7)
"""What providers give at most; only what the answer says counts."""
TOKEN_LIFE = ASKED_LIFE + timedelta(days=1)
"""A token is signed before the channel's end is known."""
RENEW_BEFORE = timedelta(hours=36)
"""A channel with less left is replaced: three nights of failure leave polling time to come back."""
MISSED_BEFORE_REPLACING = 2
"""Polls in a row that found an old change which no ring announced: the channel is dead, whatever its row says."""
RING_LATE_AFTER = timedelta(minutes=10)
"""A change is missed once a ring has had so long; two minutes are ordinary."""
RING_EXPLAINED_WITHIN = timedelta(minutes=1)
"""A ring whose change an earlier run has just brought needs no second look."""
UNSUPPORTED_FOR = timedelta(days=7)
"""A calendar without push is asked about again after so long."""
STARTS_A_SECOND = 5.0
"""Channels that an installation asks a provider for, so many of them at once: how many it takes of a project is written
nowhere, and who asks for thousands at once, after an import or a move, is refused for hours (P11)."""
LONGEST_TURN = timedelta(seconds=5)
"""A run waits so long for its turn to ask for a channel; the calendar gets it in its next run then."""
FIRST_BACKOFF, LONGEST_BACKOFF = timedelta(minutes=15), timedelta(hours=12)

Status = Literal["pending", "active", "stopping", "stopped", "unsupported", "failed"]
"""`pending`: asked for, nobody knows yet; `stopping`: to be stopped; the last two wait until `retry_at`."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of this installation, as stored. `connection_id` is None once its calendar was removed."""

    id: UUID
    account_id: UUID
    connection_id: UUID | None
    resource_id: str | None
    address_fingerprint: str
    status: Status
    created_at: datetime
    verified_at: datetime | None
    expires_at: datetime | None
    last_message_at: datetime | None
    changed_at: datetime | None
    missed_pushes: int
    failures: int
    retry_at: datetime | None

    def serves(self, address_fingerprint: str, now: datetime) -> bool:
        """Whether it may stay: active, of this address, long enough to live, and not known to be dead."""
        return (
            self.status == "active"
            and self.address_fingerprint == address_fingerprint
            and self.expires_at is not None
            and self.expires_at - now >= RENEW_BEFORE
            and self.missed_pushes < MISSED_BEFORE_REPLACING
        )


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What is to be done: connections that need a new channel, and channels to be stopped, abandoned ones first."""

    start: Sequence[UUID]
    stop: Sequence[Channel]


def reconcile(
    wanted: Collection[UUID], channels: Sequence[Channel], address_fingerprint: str, now: datetime
) -> Reconciliation:
    """Return what brings the channels to what is wanted: connections that are read through a live account.

    An old channel is not stopped here while it is being replaced: that follows once the new one is stored.
    """
    by_connection: dict[UUID, list[Channel]] = {}
    for channel in channels:
        if channel.connection_id is not None:
            by_connection.setdefault(channel.connection_id, []).append(channel)
    start = [each for each in wanted if _needs_one(by_connection.get(each, ()), address_fingerprint, now)]
    stop = [each for each in channels if _must_stop(each, wanted)]
    return Reconciliation(start, stop)


def _needs_one(channels: Sequence[Channel], address_fingerprint: str, now: datetime) -> bool:
    if any(channel.serves(address_fingerprint, now) for channel in channels):
        return False
    return not any(channel.retry_at is not None and channel.retry_at > now for channel in channels)


def _must_stop(channel: Channel, wanted: Collection[UUID]) -> bool:
    if channel.status == "stopping":
        return True
    return channel.status == "active" and channel.connection_id not in wanted


def pause_after(failures: int, retry_after: float | None) -> timedelta:
    """Return how long a calendar is left alone after its watch failed; `failures` in a row count this one."""
    doubled: timedelta = FIRST_BACKOFF * 2 ** min(max(failures - 1, 0), 10)
    return max(min(LONGEST_BACKOFF, doubled), timedelta(seconds=retry_after or 0.0))


def is_missed(channel: Channel, changed_at: datetime, now: datetime) -> bool:
    """Whether a poll has found a change that the channel should have announced long ago, and has not."""
    if channel.status != "active" or channel.verified_at is None or changed_at < channel.created_at:
        return False
    rang = channel.last_message_at
    return now - changed_at >= RING_LATE_AFTER and (rang is None or rang < changed_at)


def is_explained(channel: Channel | None, rang_at: datetime | None) -> bool:
    """Whether an empty look after a ring is no wonder: a run has just brought the change."""
    if channel is None or channel.changed_at is None or rang_at is None:
        return False
    return channel.changed_at >= rang_at - RING_EXPLAINED_WITHIN


def may_wait(pauses: Mapping[UUID, timedelta], connection_id: UUID, read_at: datetime | None, now: datetime) -> bool:
    """Whether a schedule may leave the calendar alone: a healthy channel would have rung. `pauses` of healthy ones."""
    pause = pauses.get(connection_id)
    return pause is not None and read_at is not None and now - read_at < pause
