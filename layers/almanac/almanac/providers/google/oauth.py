"""Google's OAuth 2 token endpoint behind the TokenEndpoint port (RFC 6749, sections 5 and 6).

A refresh token that is not used for six months is forgotten:
https://developers.google.com/identity/protocols/oauth2#expiration
"""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, Field, ValidationError
from typing_extensions import override

from almanac.errors import AlmanacError, ReconnectRequired
from almanac.providers.google.connection import GoogleHttp, Refused
from almanac.providers.google.errors import project_refused, rate_limited, rejected, unavailable
from almanac.services.clock import Clock
from almanac.services.sync.provider import FreshToken, TokenEndpoint

_LONGEST_LIFE = 365 * 24 * 3600
_CLIENT_REFUSED = {"invalid_client", "unauthorized_client", "deleted_client", "disabled_client"}
_TOO_MANY = {"rate_limit_exceeded", "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RESOURCE_EXHAUSTED"}
_PASSING = {"server_error", "temporarily_unavailable", "internal_failure"}


class _Grant(BaseModel):
    """The endpoint's answer. An access token travels in a header, so it must be printable ASCII."""

    access_token: Annotated[str, Field(pattern=r"^[\x21-\x7e]+$")]
    expires_in: Annotated[int, Field(gt=0, le=_LONGEST_LIFE)] = 3600
    refresh_token: str | None = None
    scope: str | None = None


class GoogleTokens(TokenEndpoint):
    """TokenEndpoint over HTTP. One instance a thread: httplib2 is not thread-safe.

    `clock` gives the instant that `expires_in` counts from; `timeout_seconds` bounds every wait for the socket.
    """

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str,
        timeout_seconds: float,
        clock: Clock,
        renewed: Callable[[], tuple[str, str]] | None = None,
        *,
        revoke_url: str | None = None,
    ) -> None:
        """`renewed` reads client id and secret again, for the case that they were rotated and the old ones refused."""
        self._url = token_url
        self._revoke_url = revoke_url or f"{token_url.rpartition('/')[0]}/revoke"
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._renewed = renewed
        self._http = GoogleHttp(timeout_seconds)
        self._clock = clock

    @override
    def refresh(self, refresh_token: str) -> FreshToken:
        """Trade a refresh token for an access token; `refresh_token` of the answer is None when the old one stays.

        Raises ReconnectRequired (invalid_grant), ProjectRefused (our client or the request is wrong), ProviderRejected,
        ProviderRateLimited and ProviderUnavailable: trouble at the endpoint never costs an account its grant (trap 80).
        """
        asked_at = self._clock()  # before the request: a slow answer must not make the token look younger
        grant = self._asked({"refresh_token": refresh_token, "grant_type": "refresh_token"})
        return FreshToken(
            access_token=grant.access_token,
            expires_at=asked_at + timedelta(seconds=grant.expires_in),
            refresh_token=grant.refresh_token or None,
            scopes=tuple(sorted(set((grant.scope or "").split()))),
        )

    def trade_code(self, code: str, verifier: str, redirect_uri: str) -> tuple[FreshToken, Sequence[str] | None]:
        """Trade the code of a consent with its verifier (RFC 7636); return the tokens and the scopes granted.

        No scopes: the answer names none, so they are those that were asked for (RFC 6749, 5.1). Raises as `refresh`
        does: ReconnectRequired when the code is used, over, or another client's.
        """
        asked_at = self._clock()
        form = {"code": code, "code_verifier": verifier, "redirect_uri": redirect_uri}
        grant = self._asked(form | {"grant_type": "authorization_code"})
        ends = asked_at + timedelta(seconds=grant.expires_in)
        granted = None if grant.scope is None else grant.scope.split()
        return FreshToken(grant.access_token, ends, grant.refresh_token or None, tuple(granted or ())), granted

    @property
    def client_id(self) -> str:
        """Who we are to Google; no secret."""
        return self._client["client_id"]

    @override
    def revoke(self, refresh_token: str) -> None:
        """Give the grant back (RFC 7009). Raises as `refresh`; an unknown token is what was asked for."""
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        try:
            self._http.request(self._revoke_url, "POST", urlencode({"token": refresh_token}), headers)
        except Refused as refused:
            if not set(refused.reasons) & {"invalid_token", "invalid_grant"}:
                raise _refusal(refused) from None

    @override
    def limit_waits(self, seconds: float) -> None:
        """From now on no refresh takes longer than that."""
        self._http.limit_waits(seconds)

    def close(self) -> None:
        """Drop the kept-alive connection; the next refresh opens a new one."""
        self._http.close()

    def _asked(self, form: dict[str, str]) -> _Grant:
        """Ask as our client, and once more as the one that it has become, if it is refused and has changed."""
        try:
            return self._grant({**self._client, **form})
        except Refused as refused:
            if not (set(refused.reasons) & _CLIENT_REFUSED and self._has_changed()):
                raise _refusal(refused) from None
        try:
            return self._grant({**self._client, **form})
        except Refused as refused:
            raise _refusal(refused) from None

    def _has_changed(self) -> bool:
        if self._renewed is None:
            return False
        client_id, client_secret = self._renewed()
        known, self._client = self._client, {"client_id": client_id, "client_secret": client_secret}
        return self._client != known

    def _grant(self, form: dict[str, str]) -> _Grant:
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        try:
            _, content = self._http.request(self._url, "POST", urlencode(form), headers)
            return _Grant.model_validate(json.loads(content))
        except ValidationError as error:
            raise rejected(f"the token endpoint answered without a usable {_field(error)}") from None
        except (ValueError, RecursionError):
            raise unavailable("the token endpoint's answer is not JSON") from None


def _refusal(refused: Refused) -> AlmanacError:
    """Return the error of a refusal: a 5xx says nothing about the grant, whatever its body says (trap 80)."""
    names = set(refused.reasons)
    detail = f"(HTTP {refused.status}, {refused.reasons[0]})" if refused.reasons else f"(HTTP {refused.status})"
    if refused.status >= 500 or refused.status == 408:
        return unavailable(f"the token endpoint is unavailable {detail}", refused.retry_after)
    if refused.status == 429 or names & _TOO_MANY:
        return rate_limited(f"the token endpoint asks to slow down {detail}", refused.retry_after)
    if names & _PASSING:
        return unavailable(f"the token endpoint is unavailable {detail}", refused.retry_after)
    if "invalid_grant" in names and refused.status in (400, 401):
        return ReconnectRequired(f"the account's grant is gone, its owner must connect again {detail}")
    if names & _CLIENT_REFUSED:
        return project_refused(
            f"Google does not accept our OAuth client {detail}: check ALMANAC_GOOGLE_CLIENT_ID and "
            "ALMANAC_GOOGLE_CLIENT_SECRET, or what ALMANAC_GOOGLE_SECRET_ARN holds"
        )
    return project_refused(f"the token endpoint refused the request {detail}")


def _field(error: ValidationError) -> str:
    """Return which field; its value may be a token and stays out."""
    place = error.errors(include_input=False, include_url=False, include_context=False)[0]["loc"]
    return ".".join(str(part) for part in place) or "JSON object"
