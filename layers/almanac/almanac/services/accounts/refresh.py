"""Keeping accounts alive: refresh tokens that nobody has used for long, tokens that an older key encrypts."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from almanac.domain.operations.maintenance import NAMED, UpkeepReport
from almanac.errors import AlmanacError, DatabaseUnavailable, ReconnectRequired, safe_error_fields
from almanac.services.accounts.ports import Account, AccountTokens, TokenCipher
from almanac.services.maintenance.ports import AccountDirectory
from almanac.services.sync.provider import TokenEndpoint

logger = logging.getLogger(__name__)

ACCOUNTS_A_PAGE = 500
"""Accounts read at a time: what keeps memory flat however many there are."""
OUTAGE = 5
"""Refreshes in a row at one provider that fail for no reason of the account: then it is the endpoint, or our client."""


@dataclass(frozen=True, slots=True)
class TokenUpkeep:
    """One round over all accounts. An account's trouble is counted, named by its id, and costs no other account.

    `endpoints` by the provider's name: accounts of a provider without one have nothing to refresh.
    """

    directory: AccountDirectory
    tokens: AccountTokens
    endpoints: Mapping[str, TokenEndpoint]
    cipher: TokenCipher

    def __call__(self, unused_since: datetime, report: UpkeepReport, out_of_time: Callable[[], bool]) -> bool:
        """Go on where the last round stopped. False when the time ran out first: the next round goes on from there.

        Raises DatabaseUnavailable, and StorageFailed of the walk itself.
        """
        visit = _Visit(self, unused_since, report)
        after = self.directory.progress()
        while page := self.directory.accounts(after, ACCOUNTS_A_PAGE):
            for connected_at, account in page:
                if out_of_time():
                    self._remember(after, report)
                    return False
                visit(account, connected_at)
                after = account.id
        self._remember(None, report)
        return not visit.an_endpoint_is_down

    def _remember(self, after: UUID | None, report: UpkeepReport) -> None:
        if not report.dry_run:
            self.directory.remember(after)


class _Visit:
    """Sees to one account after another."""

    def __init__(self, upkeep: TokenUpkeep, unused_since: datetime, report: UpkeepReport) -> None:
        self._upkeep = upkeep
        self._unused_since = unused_since
        self._report = report
        self._failures_in_a_row: Counter[str] = Counter()

    @property
    def an_endpoint_is_down(self) -> bool:
        """Whether there is a provider at which asking for further refreshes is of no use today."""
        return any(failures >= OUTAGE for failures in self._failures_in_a_row.values())

    def __call__(self, account: Account, connected_at: datetime) -> None:
        """Refresh it or encrypt it again, whichever it needs."""
        try:
            self._see_to(account, connected_at)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this account's, and the others have their turn
            said = safe_error_fields(error)
            if len(self._report.failing_accounts) < NAMED:  # a lost key makes all accounts fail
                about = {"ws_id": str(account.ws_id), "account_id": str(account.id)}
                logger.warning("an account's tokens are of no use", extra=about | said)
            self._report.add_failing(account.ws_id, account.id, said["error_type"])

    def _see_to(self, account: Account, connected_at: datetime) -> None:
        # An access token lives an hour, so its end tells when the refresh token was used last.
        used_at = account.expires_at or connected_at
        endpoint = self._upkeep.endpoints.get(account.provider)
        if endpoint is not None and account.status == "active" and used_at < self._unused_since:
            if self._failures_in_a_row[account.provider] < OUTAGE:
                self._refresh(account, endpoint)
        elif not self._is_current(account):
            self._reencrypt(account)

    def _refresh(self, account: Account, endpoint: TokenEndpoint) -> None:
        """Trade the refresh token, which is what keeps it alive. A dead grant is recorded, for nobody else would."""
        plain = self._upkeep.cipher.decrypt(account.refresh_token)
        if self._report.dry_run:
            self._report.counts["tokens_refreshed"] += 1
            return
        try:
            fresh = endpoint.refresh(plain)
        except ReconnectRequired as error:
            self._failures_in_a_row[account.provider] = 0
            if self._upkeep.tokens.require_reconnect(account, str(error)).version == account.version:
                raise
            return  # its owner has connected it again meanwhile
        except AlmanacError:
            self._failures_in_a_row[account.provider] += 1
            raise
        self._failures_in_a_row[account.provider] = 0
        encrypt = self._upkeep.cipher.encrypt
        access, refresh = encrypt(fresh.access_token), encrypt(fresh.refresh_token or plain)
        self._upkeep.tokens.store_tokens(account, access, fresh.expires_at, refresh, fresh.scopes)
        self._report.counts["tokens_refreshed"] += 1

    def _is_current(self, account: Account) -> bool:
        texts = (account.access_token, account.refresh_token)
        return all(self._upkeep.cipher.is_current(text) for text in texts if text is not None)

    def _reencrypt(self, account: Account) -> None:
        """Encrypt it under the newest key, a dead one too: a key can be dropped only when nothing needs it any more."""
        cipher = self._upkeep.cipher
        access = None if account.access_token is None else cipher.encrypt(cipher.decrypt(account.access_token))
        refresh = cipher.encrypt(cipher.decrypt(account.refresh_token))
        if self._report.dry_run or self._upkeep.directory.reencrypt(account, access, refresh):
            self._report.counts["tokens_reencrypted"] += 1
