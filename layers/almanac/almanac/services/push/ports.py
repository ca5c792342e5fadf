"""What push needs from the outside: channels' rows, and where rings arrive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal, Protocol
from uuid import UUID

from almanac.domain.push.channels import Channel, Status
from almanac.services.accounts.ports import Account
from almanac.services.sync.ports import Lease


@dataclass(frozen=True, slots=True)
class PushHome:
    """Where this installation is rung at, and its name: what tells its channels from a copy's."""

    address: str
    installation: str

    @property
    def fingerprint(self) -> str:
        """The address, as rows keep it."""
        return sha256(self.address.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Ring:
    """What a provider's message says, as text. `first` is a channel's first message, which tells of no change."""

    channel_id: str
    token: str
    resource_id: str
    number: str
    first: bool


class ReadRing(Protocol):
    """Reads a provider's message."""

    def __call__(self, headers: Mapping[str, str]) -> Ring | None:
        """Return what the headers (any case) say; None when something that every ring has is missing."""
        ...


@dataclass(frozen=True, slots=True)
class StoredChannels:
    """A workspace's channels of this installation, their accounts, and the pauses of calendars with a healthy one."""

    now: datetime
    channels: Sequence[Channel]
    accounts: Mapping[UUID, Account]
    pauses: Mapping[UUID, timedelta]


@dataclass(frozen=True, slots=True)
class RangChannel:
    """What a ring says: the channel's id, whose it is, and the resource's id as the provider names it."""

    ws_id: UUID
    connection_id: UUID
    channel_id: UUID
    resource_id: str


Heard = Literal["unknown", "unread", "read"]
"""Of a ring: its channel is none of ours, or its calendar was not, or was, read since the channel was asked for."""


class ChannelStore(Protocol):
    """Channels of one installation. Every method is one transaction; those that take a Lease check its fence.

    All raise DatabaseUnavailable and StorageFailed, those with a Lease LeaseLost.
    """

    def load(self, ws_id: UUID, home: PushHome) -> StoredChannels:
        """Return the workspace's channels that may still ring, be waited for, or have to be stopped."""
        ...

    def next_start(self, provider: str) -> float | None:
        """Take the installation's next turn to ask for a channel. Return the seconds until it; None: too far ahead."""
        ...

    def open(self, lease: Lease, connection_id: UUID, channel_id: UUID, home: PushHome) -> None:
        """Store a `pending` channel before it is asked for, in the place of the connection's failed attempts."""
        ...

    def activate(self, lease: Lease, channel_id: UUID, resource_id: str, expires_at: datetime) -> None:
        """The provider has answered: the channel is active, and the connection's earlier one is to be stopped."""
        ...

    def close(
        self, lease: Lease, channel_id: UUID, status: Status, retry_at: datetime | None, error_type: str | None
    ) -> None:
        """The attempt failed, or the channel was stopped."""
        ...

    def stopped(self, ws_id: UUID, channel_id: UUID) -> None:
        """The channel was stopped, outside of any run."""
        ...

    def ring(self, rang: RangChannel, home: PushHome) -> Heard:
        """Note a ring. A channel that nobody knows is kept to be stopped."""
        ...

    def found(self, lease: Lease, connection_id: UUID, home: PushHome, *, missed: bool) -> None:
        """A look has found a change; `missed` when the channel should have announced it long ago."""
        ...
