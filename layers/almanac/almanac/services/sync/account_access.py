"""One account during a run: opened, its access token refreshed before it expires and once more when it is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import TypeVar

from almanac.domain.sync.report import Tally
from almanac.errors import AccessTokenRejected, ProviderRateLimited, ReconnectRequired, TransientError
from almanac.services.accounts.ports import Account, AccountTokens, TokenCipher
from almanac.services.clock import Clock
from almanac.services.sync.provider import OpenAccount, Provider, TokenEndpoint
from almanac.services.sync.retrying import Retrier

_Returned = TypeVar("_Returned")

REFRESH_BEFORE = timedelta(minutes=5)
"""A token that lives shorter than this might expire between two pages."""


class AccountSession:
    """Calls the provider in the name of one account."""

    def __init__(
        self, account: Account, provider: Provider, tokens: AccountTokens, cipher: TokenCipher, clock: Clock
    ) -> None:
        self.provider = provider
        self._account = account
        self._tokens = tokens
        self._cipher = cipher
        self._clock = clock
        self._dead: ReconnectRequired | None = None
        self._slowed: ProviderRateLimited | None = None

    @property
    def dead(self) -> bool:
        """Whether nothing can be read until the account is connected again."""
        return self._dead is not None or self._account.status == "reconnect_required"

    def call(
        self,
        operation: Callable[[OpenAccount], _Returned],
        retrier: Retrier,
        tally: Tally,
        *,
        own_limit: bool = False,
    ) -> _Returned:
        """Run `operation(opened account)` with the run's retries. Raises its error, or ReconnectRequired.

        A token that is refused although it was just refreshed is not a dead grant: that is a TransientError (trap 80).
        Once a ProviderRateLimited has outlasted the retries, every further call raises it unasked: the limit is the
        user's, so asking for the next calendar would only spend more of it. `own_limit`: the operation has its own.
        """
        if self._slowed is not None:
            raise self._slowed
        try:
            return self._call(operation, retrier, tally)
        except ProviderRateLimited as error:
            self._slowed = self._slowed if own_limit else error
            raise

    def _call(self, operation: Callable[[OpenAccount], _Returned], retrier: Retrier, tally: Tally) -> _Returned:
        account = self.provider.open(self._access(retrier, tally))
        try:
            return retrier.call(lambda: operation(account), tally, self.provider.limit_waits)
        except AccessTokenRejected:
            renewed = self.provider.open(self._renew(retrier, tally))
        try:
            return retrier.call(lambda: operation(renewed), tally, self.provider.limit_waits)
        except AccessTokenRejected as error:
            raise TransientError("the provider refuses an access token that it has just issued") from error

    def _access(self, retrier: Retrier, tally: Tally) -> str:
        account = self._account
        if account.status == "reconnect_required":
            raise ReconnectRequired("the account must be connected again")
        if self.provider.token_endpoint is None:
            return self._cipher.decrypt(account.refresh_token)
        if account.access_token is None or account.expires_at is None:
            return self._renew(retrier, tally)
        if account.expires_at - self._clock() < REFRESH_BEFORE:
            return self._renew(retrier, tally)
        return self._cipher.decrypt(account.access_token)

    def _renew(self, retrier: Retrier, tally: Tally) -> str:
        """Return other access than that of before; without a token endpoint there is none unless somebody stored it."""
        if self._dead is not None:
            raise self._dead
        endpoint = self.provider.token_endpoint
        if endpoint is None:
            refused = ReconnectRequired("the provider refuses what the account was connected with")
            return self._give_up(refused, retrier, tally)
        began = perf_counter()
        try:
            return self._trade(endpoint, retrier, tally)
        finally:
            tally.token_ms += (perf_counter() - began) * 1000

    def _trade(self, endpoint: TokenEndpoint, retrier: Retrier, tally: Tally) -> str:
        plain = self._cipher.decrypt(self._account.refresh_token)
        try:
            fresh = retrier.call(lambda: endpoint.refresh(plain), tally, self.provider.limit_waits)
        except ReconnectRequired as error:
            return self._give_up(error, retrier, tally)
        self._account = self._tokens.store_tokens(
            self._account,
            self._cipher.encrypt(fresh.access_token),
            fresh.expires_at,
            self._cipher.encrypt(fresh.refresh_token or plain),
            fresh.scopes,
        )
        stored = self._account.access_token  # another writer's, if it was faster
        return fresh.access_token if stored is None else self._cipher.decrypt(stored)

    def _give_up(self, error: ReconnectRequired, retrier: Retrier, tally: Tally) -> str:
        """Record a dead grant and raise it; return access instead if somebody has stored newer tokens meanwhile."""
        used, self._account = self._account, self._tokens.require_reconnect(self._account, str(error))
        if self._account.version != used.version and self._account.status == "active":
            return self._access(retrier, tally)
        self._dead = error
        raise error


@dataclass(frozen=True, slots=True)
class AccountSessions:
    """Opens accounts of the providers that are known here."""

    providers: Mapping[str, Provider]
    tokens: AccountTokens
    cipher: TokenCipher

    def open(self, account: Account, clock: Clock) -> AccountSession | None:
        """Return a session of the account, on the clock of its run; None when its provider is not known here."""
        provider = self.providers.get(account.provider)
        return None if provider is None else AccountSession(account, provider, self.tokens, self.cipher, clock)
