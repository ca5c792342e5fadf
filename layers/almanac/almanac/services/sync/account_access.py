"""One account's access token during a run: refreshed before it expires, and once more when Google refuses it."""

from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from typing import TypeVar

from almanac.domain.sync.report import Tally
from almanac.errors import AccessTokenRejected, GoogleRateLimited, ReconnectRequired, TransientError
from almanac.services.accounts.ports import Account, AccountTokens, TokenCipher, TokenEndpoint
from almanac.services.clock import Clock
from almanac.services.sync.retrying import Retrier

Result = TypeVar("Result")

REFRESH_BEFORE = timedelta(minutes=5)
"""A token that lives shorter than this might expire between two pages."""


class AccountSession:
    """Calls the provider in the name of one account."""

    def __init__(
        self, account: Account, tokens: AccountTokens, endpoint: TokenEndpoint, cipher: TokenCipher, clock: Clock
    ) -> None:
        self._account = account
        self._tokens = tokens
        self._endpoint = endpoint
        self._cipher = cipher
        self._clock = clock
        self._dead: ReconnectRequired | None = None
        self._slowed: GoogleRateLimited | None = None

    @property
    def dead(self) -> bool:
        """Whether nothing can be read until the account is connected again."""
        return self._dead is not None or self._account.status == "reconnect_required"

    def call(self, operation: Callable[[str], Result], retrier: Retrier, tally: Tally) -> Result:
        """Run `operation(access_token)` with the run's patience. Raises its error, or ReconnectRequired.

        A token that is refused although it was just refreshed is not a dead grant: that is a TransientError (trap 80).
        Once Google's GoogleRateLimited has outlasted the patience, every further call raises it unasked: the limit is
        the user's, so asking for the next calendar would only spend more of it.
        """
        if self._slowed is not None:
            raise self._slowed
        try:
            return self._call(operation, retrier, tally)
        except GoogleRateLimited as error:
            self._slowed = error
            raise

    def _call(self, operation: Callable[[str], Result], retrier: Retrier, tally: Tally) -> Result:
        token = self._token(retrier, tally)
        try:
            return retrier.call(lambda: operation(token), tally)
        except AccessTokenRejected:
            fresh = self._refresh(retrier, tally)
        try:
            return retrier.call(lambda: operation(fresh), tally)
        except AccessTokenRejected as error:
            raise TransientError("Google refuses an access token that it has just issued") from error

    def _token(self, retrier: Retrier, tally: Tally) -> str:
        account = self._account
        if account.status == "reconnect_required":
            raise ReconnectRequired("the account must be connected again")
        if account.access_token is None or account.expires_at is None:
            return self._refresh(retrier, tally)
        if account.expires_at - self._clock() < REFRESH_BEFORE:
            return self._refresh(retrier, tally)
        return self._cipher.decrypt(account.access_token)

    def _refresh(self, retrier: Retrier, tally: Tally) -> str:
        if self._dead is not None:
            raise self._dead
        began = perf_counter()
        try:
            return self._trade(retrier, tally)
        finally:
            tally.token_ms += (perf_counter() - began) * 1000

    def _trade(self, retrier: Retrier, tally: Tally) -> str:
        """Trade the refresh token; a dead grant is recorded unless somebody has stored newer tokens meanwhile."""
        plain = self._cipher.decrypt(self._account.refresh_token)
        try:
            fresh = retrier.call(lambda: self._endpoint.refresh(plain), tally)
        except ReconnectRequired as error:
            used, self._account = self._account, self._tokens.require_reconnect(self._account, str(error))
            if self._account.version != used.version and self._account.status == "active":
                return self._token(retrier, tally)
            self._dead = error
            raise
        self._account = self._tokens.store_tokens(
            self._account,
            self._cipher.encrypt(fresh.access_token),
            fresh.expires_at,
            self._cipher.encrypt(fresh.refresh_token or plain),
        )
        stored = self._account.access_token  # another writer's, if it was faster
        return fresh.access_token if stored is None else self._cipher.decrypt(stored)
