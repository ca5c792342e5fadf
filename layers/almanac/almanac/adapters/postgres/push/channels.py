"""Push channels in Postgres: the ChannelStore of the services, and what the command line shows of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.leases import PostgresLeases, lease_lost
from almanac.domain.operations.channels import ListedChannel
from almanac.domain.push.channels import LONGEST_TURN, STARTS_A_SECOND, Channel, Status
from almanac.services.accounts.ports import Account
from almanac.services.operations.ports import ChannelDirectory
from almanac.services.push.ports import ChannelStore, Heard, PushHome, RangChannel, StoredChannels
from almanac.services.sync.ports import Lease

_CHANNEL_COLUMNS = 14


class PostgresChannels(ChannelStore):
    """ChannelStore over one Database. A broken connection ends the run that asked."""

    def __init__(self, database: Database, leases: PostgresLeases) -> None:
        self._db = database
        self._run = database.statements("push/channels.sql")
        self._leases = leases

    @override
    def load(self, ws_id: UUID, home: PushHome) -> StoredChannels:
        with self._db.transaction(reconnect=False):
            rows = self._run("load_channels", ws_id=ws_id, installation=home.installation)
            now, seconds = self._run("pauses", ws_id=ws_id, **_whose(home))[0]
        channels = [Channel(*row[:_CHANNEL_COLUMNS]) for row in rows]
        accounts = {
            c.account_id: Account(ws_id, c.account_id, *row[14:]) for c, row in zip(channels, rows, strict=True)
        }
        pauses = {UUID(key): timedelta(seconds=value) for key, value in (seconds or {}).items()}
        return StoredChannels(now, channels, accounts, pauses)

    @override
    def next_start(self, provider: str) -> float | None:
        pace = {"at_once": STARTS_A_SECOND, "interval": 1 / STARTS_A_SECOND, "longest": LONGEST_TURN.total_seconds()}
        found = self._run.alone("next_start", provider=provider, **pace)
        return found[0][0] if found else None

    @override
    def open(self, lease: Lease, connection_id: UUID, channel_id: UUID, home: PushHome) -> None:
        key = {"connection_id": connection_id, "channel_id": channel_id}
        self._held(self._run("open_channel", **self._leases.under(lease), **key, **_whose(home)))

    @override
    def activate(self, lease: Lease, channel_id: UUID, resource_id: str, expires_at: datetime) -> None:
        key = {"ws_id": lease.ws_id, "channel_id": channel_id}
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            self._run("retire_active", **key)
            self._run("activate_channel", resource_id=resource_id, expires_at=expires_at, **key)

    @override
    def close(
        self, lease: Lease, channel_id: UUID, status: Status, retry_at: datetime | None, error_type: str | None
    ) -> None:
        said = {"channel_id": channel_id, "status": status, "retry_at": retry_at, "error_type": error_type}
        self._held(self._run("close_channel", **self._leases.under(lease), **said))

    @override
    def stopped(self, ws_id: UUID, channel_id: UUID) -> None:
        self._run.alone("stopped_channel", ws_id=ws_id, channel_id=channel_id)

    @override
    def ring(self, rang: RangChannel, home: PushHome) -> Heard:
        key = {"ws_id": rang.ws_id, "channel_id": rang.channel_id, "connection_id": rang.connection_id}
        with self._db.transaction():
            known = self._run("ring_channel", resource_id=rang.resource_id, installation=home.installation, **key)
            if not known:
                self._run("keep_unknown_channel", resource_id=rang.resource_id, **key, **_whose(home))
        if not known or not known[0][0]:
            return "unknown"
        return "read" if known[0][1] else "unread"

    @override
    def found(self, lease: Lease, connection_id: UUID, home: PushHome, *, missed: bool) -> None:
        key = {"connection_id": connection_id, "installation": home.installation, "missed": missed}
        self._held(self._run("found_change", **self._leases.under(lease), **key))

    def _held(self, rows: Sequence[object]) -> None:
        if not rows:
            raise lease_lost()


class PostgresChannelDirectory(ChannelDirectory):
    """ChannelDirectory over one Database; `home` is None where push is off."""

    def __init__(self, database: Database, home: PushHome | None) -> None:
        self._run = database.statements("push/channels.sql")
        self._home = home

    @override
    def channels(self, ws_id: UUID | None) -> Sequence[ListedChannel]:
        whose = {"installation": None, "address_fingerprint": None} if self._home is None else _whose(self._home)
        return [ListedChannel(*row) for row in self._run.alone("list_channels", ws_id=ws_id, **whose)]


def stored_installation(database: Database) -> str:
    """Return the name that the database keeps for its installation."""
    name: str = database.statements("push/channels.sql").alone("installation")[0][0]
    return name


def _whose(home: PushHome) -> dict[str, str]:
    return {"installation": home.installation, "address_fingerprint": home.fingerprint}
