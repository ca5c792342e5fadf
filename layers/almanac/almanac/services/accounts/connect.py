"""Connecting an account, or connecting it again: its tokens and its calendars, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.sync.report import Tally
from almanac.errors import AccessTokenRejected, BadInput, ReconnectRequired, TransientError
from almanac.services.accounts.calendar_list import whole_list
from almanac.services.accounts.ports import Account, AccountStore, SealedSecrets, TokenCipher
from almanac.services.sync.provider import CalendarEntry, OpenAccount, Provider
from almanac.services.sync.retrying import Retrier


@dataclass(frozen=True, slots=True)
class ConnectAccount:
    """The use case behind `almanac account add`, for accounts of one provider."""

    store: AccountStore
    provider: Provider
    cipher: TokenCipher
    retrier: Retrier

    def __call__(self, ws_id: UUID, user_id: str, email: str, refresh_token: str) -> Account:
        """Connect the account; `email` in lower case. Nothing is stored unless the token works and its list is whole.

        The token is traded at once: only that proves it. Without a token endpoint it is the secret that opens the
        account. Raises ReconnectRequired when it does not work, BadInput when it is another account's than the one
        connected, or than the address says, UnknownWorkspace, and what the provider raises.
        """
        name = self.provider.name
        known_primary = self.store.primary_calendar(ws_id, name, user_id, email)
        access, secrets = self._open(refresh_token)
        calendars = self._calendars(self.provider.open(access))
        if known_primary is not None and known_primary not in {entry.calendar_id for entry in calendars}:
            raise BadInput("refresh_token", "belongs to another account than the one that is connected")
        if known_primary is None:
            self._check_address(email, calendars)
        return self.store.connect(ws_id, name, user_id, email, secrets, calendars)

    def _open(self, secret: str) -> tuple[str, SealedSecrets]:
        """Return what opens the account now, and what is kept of it. Raises ReconnectRequired."""
        endpoint, encrypt = self.provider.token_endpoint, self.cipher.encrypt
        if endpoint is None:
            return secret, SealedSecrets(encrypt(secret))
        try:
            fresh = self.retrier.call(lambda: endpoint.refresh(secret), Tally())
        except ReconnectRequired as error:
            raise ReconnectRequired(f"the refresh token does not work, nothing was stored: {error}") from None
        kept = encrypt(fresh.refresh_token or secret)
        return fresh.access_token, SealedSecrets(kept, encrypt(fresh.access_token), fresh.expires_at, fresh.scopes)

    def _calendars(self, account: OpenAccount) -> Sequence[CalendarEntry]:
        return whole_list(lambda page_token: self._page(account, page_token), self.provider.name)

    def _page(self, account: OpenAccount, page_token: str | None) -> tuple[list[CalendarEntry], str | None]:
        try:
            return self.retrier.call(lambda: account.list_calendars(page_token), Tally())
        except AccessTokenRejected as error:
            if self.provider.token_endpoint is None:
                raise ReconnectRequired("the provider refuses the secret, nothing was stored") from error
            raise TransientError("the provider refuses an access token that it has just issued") from error

    def _check_address(self, email: str, calendars: Sequence[CalendarEntry]) -> None:
        """Raise BadInput when the token is another address's: a primary calendar can have its owner's as its id.

        Only of an account that is new here: a known one is recognised by that calendar, also when its owner was
        renamed.
        """
        primary = next((entry.calendar_id for entry in calendars if entry.primary), None)
        if primary is not None and "@" in primary and not self.provider.is_same_mailbox(primary, email):
            raise BadInput("email", f"the token belongs to {primary}; give that address, or {email}'s own token")
