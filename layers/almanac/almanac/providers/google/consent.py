"""Google's consent page (https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient)."""

from collections.abc import Sequence
from urllib.parse import urlencode

from typing_extensions import override

from almanac.providers.google.oauth import GoogleTokens
from almanac.providers.google.scopes import WRITING_SCOPES
from almanac.services.accounts.ports import ConsentEndpoint, Granted, Writing

_ROOT = "https://www.googleapis.com/auth/"
WANTED = f"{_ROOT}calendar.readonly"
_SUFFICIENT = (
    {f"{_ROOT}calendar"},
    {WANTED},
    {f"{_ROOT}calendar.events.readonly", f"{_ROOT}calendar.calendarlist.readonly"},
    {f"{_ROOT}calendar.events", f"{_ROOT}calendar.calendarlist.readonly"},
)


class GoogleConsent(ConsentEndpoint):
    """ConsentEndpoint of Google. `auth_url` is where the page is."""

    def __init__(self, auth_url: str, tokens: GoogleTokens) -> None:
        self._auth_url = auth_url
        self._tokens = tokens

    @override
    def address(
        self, state: str, challenge: str, redirect_uri: str, login_hint: str | None, writing: Writing | None
    ) -> str:
        """`prompt=consent`: without it Google gives a refresh token the first time only.

        `include_granted_scopes`: what was granted before stays granted, so that writing is asked for on top (W94).
        """
        asked = {
            "client_id": self._tokens.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join(_wanted(writing)),
            "access_type": "offline",
            "include_granted_scopes": "true",
            "prompt": "consent",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._auth_url}?{urlencode(asked | ({'login_hint': login_hint} if login_hint else {}))}"

    @override
    def trade(self, code: str, verifier: str, redirect_uri: str, writing: Writing | None) -> Granted:
        fresh, scopes = self._tokens.trade_code(code, verifier, redirect_uri)
        granted = _wanted(writing) if scopes is None else scopes
        return Granted(fresh.access_token, fresh.refresh_token, granted)

    @override
    def suffices(self, scopes: Sequence[str]) -> bool:
        return any(enough <= set(scopes) for enough in _SUFFICIENT)


def _wanted(writing: Writing | None) -> list[str]:
    return [WANTED] if writing is None else [WANTED, WRITING_SCOPES[writing]]
