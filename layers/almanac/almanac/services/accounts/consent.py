"""Connecting an account by its owner's consent: begun, sent to the provider, come back, each way with its own ending.

The state is used once, lives ten minutes and belongs to the browser that began; PKCE ties the code to us (RFC 9700).
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from almanac.errors import AlmanacError, BadInput, safe_error_fields
from almanac.jobs import CalendarSync
from almanac.services.access.one_way import digest, pkce_challenge
from almanac.services.accounts.connect import ConnectAccount
from almanac.services.accounts.ports import ConsentEndpoint, ConsentRow, ConsentStore, TokenCipher, Writing
from almanac.services.clock import Clock
from almanac.services.queues.ports import JobQueue, OutgoingJob
from almanac.services.sync.provider import CalendarEntry, Provider

logger = logging.getLogger(__name__)

LASTS_SECONDS = 600
Ending = Literal["connected", "denied", "scope_missing", "wrong_account", "failed"]
"""`failed`: the provider did not answer, or gave nothing that can be kept; begin again."""


class UnknownConsent(BadInput):
    """The state is used, over, made up, or another browser's."""

    code = "unknown_consent"

    def __init__(self) -> None:
        super().__init__("state", "is used, too old, or was begun in another browser; begin again")


@dataclass(frozen=True, slots=True)
class BegunConsent:
    """A consent that can be begun at `url`, in one browser, until `expires_at`."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EndedConsent:
    """Where its owner is sent back to, what came of it, and the account if one was connected."""

    return_url: str
    ending: Ending
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Consents:
    """The use case of /v1/connect and /connect/…. `connect` stores accounts as the command line does."""

    store: ConsentStore
    endpoint: ConsentEndpoint
    provider: Provider
    connect: Callable[[], ConnectAccount]
    cipher: TokenCipher
    queue: JobQueue
    clock: Clock
    public_url: str
    return_urls: frozenset[str]

    def ask(
        self, ws_id: UUID, user_id: str, return_url: str, account_id: UUID | None, writing: Writing | None = None
    ) -> BegunConsent:
        """Begin a consent to reading, and to `writing` where that is given: it is asked for when somebody wants it.

        With `account_id`, that account is connected again, under the user that it has.

        Raises UnknownWorkspace, and BadInput for a return address that is not on the list, or an unknown account.
        """
        if return_url not in self.return_urls:
            raise BadInput("return_url", "is none of ALMANAC_CONNECT_RETURN_URLS")
        if account_id is not None:
            known = self.store.account(ws_id, account_id)
            if known is None:
                raise BadInput("account_id", "no account of that id in the workspace")
            user_id = known[0]
        state = secrets.token_urlsafe(32)
        verifier = self.cipher.encrypt(secrets.token_urlsafe(48))
        row = ConsentRow(ws_id, user_id, account_id, return_url, verifier, writing)
        ends = self.store.add(digest(state), row, LASTS_SECONDS)
        return BegunConsent(f"{self.public_url}/connect/start?state={state}", ends)

    def begin(self, state: str, browser: str) -> str:
        """Return the provider's address for the browser of that secret. Raises UnknownConsent."""
        row = self.store.bind(digest(state), digest(browser))
        if row is None:
            raise UnknownConsent
        known = None if row.account_id is None else self.store.account(row.ws_id, row.account_id)
        challenge = pkce_challenge(self.cipher.decrypt(row.verifier))
        hint = known[1] if known else None
        return self.endpoint.address(state, challenge, self._redirect_uri, hint, row.writing)

    def end(self, state: str, browser: str, code: str | None) -> EndedConsent:
        """Take what came back: the state is used up whatever it is. `code` None: the owner has declined.

        Raises UnknownConsent before anything is traded.
        """
        row = self.store.use(digest(state), digest(browser))
        if row is None:
            raise UnknownConsent
        if code is None:
            return EndedConsent(row.return_url, "denied")
        try:
            return self._ended(row, code)
        except AlmanacError as error:
            logger.warning("a consent came to nothing", extra=safe_error_fields(error))
            return EndedConsent(row.return_url, "failed")

    def _ended(self, row: ConsentRow, code: str) -> EndedConsent:
        granted = self.endpoint.trade(code, self.cipher.decrypt(row.verifier), self._redirect_uri, row.writing)
        if not self.endpoint.suffices(granted.scopes):
            return EndedConsent(row.return_url, "scope_missing")
        if granted.refresh_token is None:
            return EndedConsent(row.return_url, "failed")
        email = self._address(granted.access_token)
        known = None if row.account_id is None else self.store.account(row.ws_id, row.account_id)
        if known is not None and not self.provider.is_same_mailbox(known[1], email):
            return EndedConsent(row.return_url, "wrong_account")
        address = known[1] if known else email.lower()
        account = self.connect()(row.ws_id, row.user_id, address, granted.refresh_token)
        self.store.keep_scopes(row.ws_id, account.id, granted.scopes)
        self._ask_for_the_first_sync(row)
        return EndedConsent(row.return_url, "connected", account.id)

    def _address(self, access_token: str) -> str:
        """Whose account it is: the primary calendar bears its owner's address."""
        account, page = self.provider.open(access_token), None
        while True:
            entries, page = account.list_calendars(page)
            primary: CalendarEntry | None = next((entry for entry in entries if entry.primary), None)
            if primary is not None:
                return primary.calendar_id
            if page is None:
                raise BadInput("account", "has no primary calendar")

    def _ask_for_the_first_sync(self, row: ConsentRow) -> None:
        """Where the queue does not answer, the next tick does it: nothing is lost, and the account is connected."""
        request_id = str(uuid4())
        job = CalendarSync(ws_id=row.ws_id, request_id=request_id, requested_at=self.clock(), force=True)
        for lost in self.queue.send([OutgoingJob(job, reason=f"request {request_id}")]):
            logger.warning("the first sync waits for the next tick", extra={"error": lost.error})

    @property
    def _redirect_uri(self) -> str:
        return f"{self.public_url}/connect/callback"
