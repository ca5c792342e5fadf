"""Connecting an account, or connecting it again: its tokens and its calendars, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from almanac.domain.sync.report import Tally
from almanac.domain.text import clean
from almanac.errors import AccessTokenRejected, BadInput, GoogleRejected, ReconnectRequired, TransientError
from almanac.services.accounts.ports import Account, AccountStore, FreshToken, TokenCipher, TokenEndpoint
from almanac.services.sync.provider import CalendarEntry, CalendarProvider
from almanac.services.sync.retrying import Retrier

MOST_PAGES = 1000
"""Nobody has 250,000 calendars: a list of more pages has no end."""


@dataclass(frozen=True, slots=True)
class ConnectAccount:
    """The use case behind `almanac account add`."""

    store: AccountStore
    provider: CalendarProvider
    endpoint: TokenEndpoint
    cipher: TokenCipher
    retrier: Retrier

    def __call__(self, ws_id: UUID, user_id: str, email: str, refresh_token: str) -> Account:
        """Connect the account; `email` in lower case. Nothing is stored unless the token works and its list is whole.

        The token is traded at once: only that proves it. Raises ReconnectRequired when it does not work, BadInput when
        it is another account's than the one connected, or than the address says, UnknownWorkspace, and what the
        provider raises.
        """
        known_primary = self.store.primary_calendar(ws_id, user_id, email)
        fresh = self._trade(refresh_token)
        calendars = self._calendars(fresh.access_token)
        if known_primary is not None and known_primary not in {entry.calendar_id for entry in calendars}:
            raise BadInput("refresh_token", "belongs to another Google account than the one that is connected")
        if known_primary is None:
            _check_address(email, calendars)
        encrypt = self.cipher.encrypt
        tokens = FreshToken(
            encrypt(fresh.access_token), fresh.expires_at, encrypt(fresh.refresh_token or refresh_token)
        )
        return self.store.connect(ws_id, user_id, email, tokens, calendars)

    def _trade(self, refresh_token: str) -> FreshToken:
        try:
            return self.retrier.call(lambda: self.endpoint.refresh(refresh_token), Tally())
        except ReconnectRequired as error:
            raise ReconnectRequired(f"the refresh token does not work, nothing was stored: {error}") from None

    def _calendars(self, access_token: str) -> Sequence[CalendarEntry]:
        """The account's whole list, one entry a calendar: a list that changes while it is paged may repeat one."""
        found: dict[str, CalendarEntry] = {}
        page_token, asked = None, set[str]()
        while True:
            entries, page_token = self._page(access_token, page_token)
            found |= {entry.calendar_id: _storable(entry) for entry in entries}
            if page_token is None:
                return [entry for entry in found.values() if not entry.deleted]
            if page_token in asked:
                raise GoogleRejected("a page of the calendar list names an earlier one as the next")
            if len(asked) == MOST_PAGES:
                raise GoogleRejected(f"a calendar list of more than {MOST_PAGES} pages")
            asked.add(page_token)

    def _page(self, access_token: str, page_token: str | None) -> tuple[list[CalendarEntry], str | None]:
        try:
            return self.retrier.call(lambda: self.provider.list_calendars(access_token, page_token), Tally())
        except AccessTokenRejected as error:
            raise TransientError("Google refuses an access token that it has just issued") from error


def _check_address(email: str, calendars: Sequence[CalendarEntry]) -> None:
    """Raise BadInput when the token is another address's: a primary calendar has its owner's address as its id.

    Only of an account that is new here: a known one is recognised by that calendar, also after its owner was renamed.
    """
    primary = next((entry.calendar_id for entry in calendars if entry.primary), None)
    if primary is not None and "@" in primary and _mailbox(primary) != _mailbox(email):
        raise BadInput("email", f"the token belongs to {primary}; give that address, or {email}'s own token")


def _mailbox(address: str) -> str:
    """Return what tells two mailboxes apart; Gmail has two domains and reads no dots."""
    name, _, domain = address.lower().rpartition("@")
    return f"{name.replace('.', '')}@gmail.com" if domain in ("gmail.com", "googlemail.com") else f"{name}@{domain}"


def _storable(entry: CalendarEntry) -> CalendarEntry:
    return replace(entry, name=clean(entry.name))
