"""Signing in at the issuer whose tokens the API takes: authorization code with PKCE, as a public client.

What goes to the issuer and comes back is bound to the browser by a sealed cookie. The token comes over TLS from the
issuer itself, which vouches for it: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation (6).
"""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
        return see_other(f"{self.issuer.authorization_url()}?{urlencode(asked)}", (cookie,))

    def _return(self, request: Request) -> Answer:
        kept = self.sessions.unseal(request.cookies.get(_COOKIE, ""))
        state, code = (request.query.get(name, [""])[0] for name in ("state", "code"))
        if kept is None or not secrets.compare_digest(str(kept.get("s", "")), state) or not code:
            raise Problem(403, "forbidden", "signing in was not begun in this browser, or took too long; begin again")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback_url,
            "client_id": self.client_id,
            "code_verifier": str(kept["v"]),
        }
        claims = _claims(str(self.issuer.trade(form).get("id_token", "")))
        self._check(claims, str(kept["o"]))
        role = claims.get(self.role_claim)
        if role not in ROLES:
            raise Problem(403, "forbidden", f"your account has no role here; the claim {self.role_claim} names it")
        ws_ids = sorted(workspace_ids(claims.get(self.workspaces_claim)))
        everywhere = role == "admin" and claims.get(self.workspaces_claim) == "*"
        name = str(claims.get("email") or claims.get("sub", ""))[:200]
        cookie = self.sessions.begin(name, cast("Role", role), None if everywhere else ws_ids)
        return see_other("/console", (cookie, f"{_COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"))

    def _check(self, claims: Mapping[str, Any], nonce: str) -> None:
        audience = claims.get("aud")
        mine = self.client_id in audience if isinstance(audience, list) else audience == self.client_id
        if claims.get("iss", "").rstrip("/") != self.issuer_url or not mine or claims.get("nonce") != nonce:
            raise Problem(403, "forbidden", "the issuer's answer is not for this console")
        if not float(claims.get("exp", 0)) > self.now():
            raise Problem(403, "forbidden", "the issuer's answer is too old")


def _claims(id_token: str) -> Mapping[str, Any]:
    """Read what a token says. It came from the issuer itself, over TLS."""
    try:
        payload = id_token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        raise Problem(403, "forbidden", "the issuer's answer holds no token") from None
    return cast("Mapping[str, Any]", said)
