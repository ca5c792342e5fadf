"""Channels of an account that goes: stopped while its grant still opens it (P40)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from almanac.domain.sync.report import Tally
from almanac.errors import AlmanacError, DatabaseUnavailable
from almanac.services.accounts.ports import Account
from almanac.services.push.ports import ChannelStore, PushHome
from almanac.services.push.run_channels import unwatch
from almanac.services.sync.account_access import AccountSession
from almanac.services.sync.retrying import Retrier

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StopChannels:
    """Stops an account's channels, for whoever is about to disconnect it or to revoke its grant."""

    store: ChannelStore
    home: PushHome
    open_session: Callable[[Account], AccountSession | None]
    retrier: Retrier

    def __call__(self, ws_id: UUID, account_id: UUID) -> int:
        """Stop what can be stopped; return how many were. What cannot is tried by a run, or rings until it ends."""
        stored = self.store.load(ws_id, self.home)
        account = stored.accounts.get(account_id)
        session = None if account is None else self.open_session(account)
        stopped = 0
        if session is None or session.dead:
            return stopped
        for channel in stored.channels:
            if channel.account_id != account_id or channel.resource_id is None:
                continue
            try:
                session.call(partial(unwatch, str(channel.id), channel.resource_id), self.retrier, Tally())
            except DatabaseUnavailable:
                raise
            except AlmanacError as error:
                logger.info("a channel could not be stopped", extra={"error_type": error.code})
                continue
            self.store.stopped(ws_id, channel.id)
            stopped += 1
        return stopped
