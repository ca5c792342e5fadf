"""Signing in at the issuer whose tokens the API takes: authorization code with PKCE, as a public client.

What goes to the issuer and comes back is bound to the browser by a sealed cookie. The token comes over TLS from the
issuer itself, which vouches for it: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation (6). So no
key of the issuer's is looked at, none has to rotate here, and what a token says of its algorithm decides nothing.
"""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, cast
from urllib.parse import urlencode

from almanac.domain.access import ROLES, Role
from almanac.services.access.one_way import pkce_challenge
from almanac.services.access.ports import Issuer
from almanac.web.console.session import Sessions
from almanac.web.principal import workspace_ids
from almanac.web.problem import Problem
from almanac.web.request import Answer, Request, see_other

_COOKIE, _LASTS_SECONDS = "__Host-almanac-sign-in", 600
_SKEW_SECONDS = 120
"""How far the issuer's clock may be ahead of ours."""


@dataclass(frozen=True)
class SignIn:
    """Two addresses: /console/sign-in sends to the issuer, /console/callback comes back from it.

    `role_claim` names the claim that holds viewer, operator or admin; without one of them nobody comes in.
    """

    issuer: Issuer
    issuer_url: str
    client_id: str
    callback_url: str
    role_claim: str
    workspaces_claim: str
    sessions: Sessions
    now: Callable[[], float]

    def __call__(self, request: Request) -> Answer:
        """Answer one of the two. Raises Problem."""
        if not self.sessions.possible:
            raise Problem(403, "forbidden", "ALMANAC_SESSION_KEYS is missing")
        return self._leave() if request.path == "/console/sign-in" else self._return(request)

    def _leave(self) -> Answer:
        verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = pkce_challenge(verifier)
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.callback_url,
            "scope": "openid email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        kept = self.sessions.seal({"v": verifier, "s": state, "o": nonce, "e": int(self.now()) + _LASTS_SECONDS})
        cookie = f"{_COOKIE}={kept}; Path=/; Max-Age={_LASTS_SECONDS}; Secure; HttpOnly; SameSite=Lax"
        place = self.issuer.authorization_url()
        return see_other(f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}", (cookie,))

    def _return(self, request: Request) -> Answer:
        kept = self.sessions.unseal(request.cookies.get(_COOKIE, "")) or {}
        said = {name: request.query.get(name, [""])[0] for name in ("state", "code", "iss", "error")}
        if not kept.get("s") or not secrets.compare_digest(str(kept["s"]).encode(), said["state"].encode()):
            raise Problem(403, "forbidden", "signing in was not begun in this browser, or took too long; begin again")
        if said["iss"] and said["iss"].rstrip("/") != self.issuer_url:
            raise _foreign()  # RFC 9207: another issuer's answer, brought to our door
        if said["error"] or not said["code"]:
            raise Problem(403, "forbidden", "the issuer did not sign you in; begin again")
        form = {
            "grant_type": "authorization_code",
            "code": said["code"],
            "redirect_uri": self.callback_url,
            "client_id": self.client_id,
            "code_verifier": str(kept["v"]),
        }
        claims = _claims(str(self.issuer.trade(form).get("id_token", "")))
        self._check(claims, str(kept["o"]))
        cookie = self._session(claims)
        return see_other("/console", (cookie, f"{_COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"))

    def _session(self, claims: Mapping[str, Any]) -> str:
        role = claims.get(self.role_claim)
        if role not in ROLES:
            raise Problem(403, "forbidden", f"your account has no role here; the claim {self.role_claim} names it")
        ws_ids = sorted(workspace_ids(claims.get(self.workspaces_claim)))
        everywhere = role == "admin" and claims.get(self.workspaces_claim) == "*"
        address = None if claims.get("email_verified") is False else claims.get("email")
        name = str(address or claims.get("sub", ""))[:200]
        return self.sessions.begin(name, cast("Role", role), None if everywhere else ws_ids)

    def _check(self, claims: Mapping[str, Any], nonce: str) -> None:
        """Raise Problem unless the token is of this issuer, for this client and this sign-in, and still good.

        OpenID Connect Core 3.1.3.7, all of it that holds for a token that came from the token endpoint over TLS.
        """
        audience = claims.get("aud")
        meant = audience if isinstance(audience, list) else [audience]
        if str(claims.get("iss", "")).rstrip("/") != self.issuer_url or claims.get("nonce") != nonce:
            raise _foreign()
        party = claims.get("azp", self.client_id if len(meant) == 1 else None)
        if self.client_id not in meant or party != self.client_id:
            raise _foreign()
        ends, began = _instant(claims.get("exp")), _instant(claims.get("iat", 0))
        if ends is None or began is None or not began - _SKEW_SECONDS <= self.now() < ends:
            raise Problem(403, "forbidden", "the issuer's answer is too old, or not good yet")


def _instant(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return value


def _foreign() -> Problem:
    return Problem(403, "forbidden", "the issuer's answer is not for this console")


def _claims(id_token: str) -> Mapping[str, Any]:
    """Read what a token says. It came from the issuer itself, over TLS."""
    try:
        payload = id_token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        said = None
    if not isinstance(said, dict):
        raise Problem(403, "forbidden", "the issuer's answer holds no token")
    return said
