"""An account goes: what of ours is in its calendars, then its tokens."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from almanac.errors import AlmanacError, safe_error_fields
from almanac.services.accounts.ports import Account, TokenCipher
from almanac.services.outbound.ports import LeavingStore
from almanac.services.sync.provider import TokenEndpoint

logger = logging.getLogger(__name__)

Blocks = Literal["remove", "leave"]


@dataclass(frozen=True, slots=True)
class Leave:
    """Disconnects accounts in this order: blocks, what watches its calendars, the grant, the tokens."""

    store: LeavingStore
    endpoints: Mapping[str, TokenEndpoint]
    cipher: TokenCipher
    stop_watching: Callable[[UUID, UUID], object]
    """Stops the push channels of a workspace's account, while its grant still opens it."""

    def __call__(self, ws_id: UUID, account_id: UUID, blocks: Blocks) -> int:
        """Let an account go. Return how many events are still to be deleted: runs do that, then the account goes."""
        if blocks == "leave":
            self.store.leave_blocks(ws_id, account_id)
            left = 0
        else:
            left = self.store.take_blocks_along(ws_id, account_id)
        account = self.store.account(ws_id, account_id)
        if account is None or (left and account.status == "active"):
            return left
        self._go(account)
        return left

    def finish(self, ws_id: UUID) -> None:
        """Disconnect the leaving accounts of a workspace that have nothing of ours left."""
        for account in self.store.ready_to_go(ws_id):
            self._go(account)

    def _go(self, account: Account) -> None:
        if account.status == "active":
            self.stop_watching(account.ws_id, account.id)
            if not self.store.is_connected_elsewhere(account):
                self._revoke(account)
        self.store.gone(account, self.cipher.encrypt("-"))

    def _revoke(self, account: Account) -> None:
        """Give the grant back, as far as the provider takes it: what is forgotten here opens nothing either way."""
        endpoint = self.endpoints.get(account.provider)
        if endpoint is None:
            return
        try:
            endpoint.revoke(self.cipher.decrypt(account.refresh_token))
        except AlmanacError as error:
            about = {"ws_id": str(account.ws_id), "account_id": str(account.id)}
            logger.warning("a grant could not be given back", extra=about | safe_error_fields(error))
