"""Signing in at an issuer: PKCE, state and nonce are this browser's, and a claim gives the role.

A table of attacks on it. The token comes from the issuer's token endpoint over TLS, so there is no signature to forge
and no key to confuse: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

import base64
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from almanac.adapters import oidc
from almanac.errors import PermanentError
from almanac.services.access.ports import Issuer
from almanac.web.console.session import Sessions
from almanac.web.console.sign_in import SignIn
from almanac.web.problem import Problem
from almanac.web.request import Answer, Request
from tests.web.conftest import event

ISSUER, CLIENT = "https://id.example.test", "console"
WS = uuid4()


class FakeIssuer(Issuer):
    """Vouches for whatever a test puts into `claims`."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.form: Mapping[str, str] = {}
        self.token: str | None = None

    def authorization_url(self) -> str:
        return f"{ISSUER}/authorize"

    def trade(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        self.form = form
        payload = base64.urlsafe_b64encode(json.dumps(self.claims).encode()).decode().rstrip("=")
        return {"id_token": f"x.{payload}.y" if self.token is None else self.token}


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer()


@pytest.fixture
def sign_in(issuer: FakeIssuer) -> SignIn:
    sessions = Sessions(lambda: ["key"], lambda: 1000.0)
    back = "https://almanac.example.test/console/callback"
    return SignIn(issuer, ISSUER, CLIENT, back, "almanac_role", "workspaces", sessions, lambda: 1000.0)


def go(sign_in: SignIn, path: str, cookie: str = "") -> Answer:
    return sign_in(Request.of(event("GET", path, cookies=[cookie] if cookie else [])))


def begun(sign_in: SignIn) -> tuple[dict[str, str], str]:
    answer = go(sign_in, "/console/sign-in")
    place = urlsplit(answer.headers["Location"])
    assert f"{place.scheme}://{place.netloc}{place.path}" == f"{ISSUER}/authorize"
    return {n: v[0] for n, v in parse_qs(place.query).items()}, answer.cookies[0].partition(";")[0]


def claims(asked: Mapping[str, str], **more: Any) -> dict[str, Any]:
    said = {
        "iss": ISSUER,
        "aud": CLIENT,
        "nonce": asked["nonce"],
        "exp": 2000,
        "sub": "ada",
        "email": "ada@example.test",
    }
    return said | {"almanac_role": "operator", "workspaces": [str(WS)]} | more


def test_whoever_has_a_role_is_signed_in_with_it(sign_in: SignIn, issuer: FakeIssuer) -> None:
    asked, cookie = begun(sign_in)
    issuer.claims = claims(asked)
    answer = go(sign_in, f"/console/callback?state={asked['state']}&code=c", cookie)
    session = sign_in.sessions.of(answer.cookies[0].partition("=")[2].partition(";")[0])
    assert session is not None
    assert (session.name, session.role, session.ws_ids) == ("ada@example.test", "operator", frozenset({WS}))
    challenge = base64.urlsafe_b64encode(sha256(issuer.form["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert challenge == asked["code_challenge"]


@pytest.mark.parametrize(
    ("more", "ws_ids"),
    [
        ({"workspaces": None}, frozenset()),
        ({"workspaces": "*"}, frozenset()),
        ({"workspaces": "*", "almanac_role": "admin"}, None),
    ],
)
def test_no_workspace_named_is_none(
    sign_in: SignIn, issuer: FakeIssuer, more: dict[str, Any], ws_ids: frozenset[UUID] | None
) -> None:
    asked, cookie = begun(sign_in)
    issuer.claims = claims(asked, **more)
    answer = go(sign_in, f"/console/callback?state={asked['state']}&code=c", cookie)
    session = sign_in.sessions.of(answer.cookies[0].partition("=")[2].partition(";")[0])
    assert session is not None
    assert session.ws_ids == ws_ids


ATTACKS: dict[str, dict[str, Any]] = {
    "a token of another issuer": {"iss": "https://evil.test"},
    "an issuer that is no text": {"iss": {"x": 1}},
    "a token for another client": {"aud": "another"},
    "a token for nobody": {"aud": None},
    "a token for several, ours among them, asked for by another": {"aud": [CLIENT, "another"], "azp": "another"},
    "a token for several that does not say who asked": {"aud": [CLIENT, "another"]},
    "a token for us that another has asked for": {"azp": "another"},
    "a token of another sign-in": {"nonce": "x"},
    "a token of no sign-in": {"nonce": None},
    "a token that is over": {"exp": 999},
    "a token that ends this second": {"exp": 1000},
    "a token without an end": {"exp": None},
    "a token that never ends": {"exp": float("inf")},
    "an end that is a word": {"exp": "tomorrow"},
    "an end that is true": {"exp": True},
    "a token of the future": {"iat": 1200},
    "a role that nobody has": {"almanac_role": "owner"},
    "a list of roles": {"almanac_role": ["admin"]},
    "no role": {"almanac_role": None},
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_token_that_is_not_for_this_sign_in_signs_nobody_in(sign_in: SignIn, issuer: FakeIssuer, attack: str) -> None:
    asked, cookie = begun(sign_in)
    issuer.claims = claims(asked, **ATTACKS[attack])
    with pytest.raises(Problem) as refused:
        go(sign_in, f"/console/callback?state={asked['state']}&code=c", cookie)
    assert refused.value.status == 403


@pytest.mark.parametrize("token", ["", "x", "x.y.z", "x.W10.z", "x.bnVsbA.z", "x.eyJ9.z"])
def test_what_is_no_token_signs_nobody_in(sign_in: SignIn, issuer: FakeIssuer, token: str) -> None:
    asked, cookie = begun(sign_in)
    issuer.token = token
    with pytest.raises(Problem) as refused:
        go(sign_in, f"/console/callback?state={asked['state']}&code=c", cookie)
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "more",
    [
        "iss=https://evil.test&code=c",  # mix-up: another issuer's code, brought to ours
        "error=access_denied",
        "error=access_denied&code=c",
        "id_token=a.b.c",  # a token by way of the browser counts for nothing
    ],
)
def test_what_the_browser_brings_beside_the_code_opens_nothing(sign_in: SignIn, issuer: FakeIssuer, more: str) -> None:
    asked, cookie = begun(sign_in)
    issuer.claims = claims(asked)
    with pytest.raises(Problem):
        go(sign_in, f"/console/callback?state={asked['state']}&{more}", cookie)
    assert issuer.form == {}, "no code was traded"


def test_a_token_of_the_browser_is_not_looked_at(sign_in: SignIn, issuer: FakeIssuer) -> None:
    asked, cookie = begun(sign_in)
    issuer.claims = claims(asked, almanac_role="viewer")
    forged = base64.urlsafe_b64encode(json.dumps(claims(asked, almanac_role="admin")).encode()).decode()
    place = f"/console/callback?state={asked['state']}&code=c&iss={ISSUER}&id_token=x.{forged}.y"
    answer = go(sign_in, place, cookie)
    session = sign_in.sessions.of(answer.cookies[0].partition("=")[2].partition(";")[0])
    assert session is not None
    assert session.role == "viewer"


def test_an_address_that_nobody_has_verified_is_no_name(sign_in: SignIn, issuer: FakeIssuer) -> None:
    asked, cookie = begun(sign_in)
    issuer.claims = claims(asked, email="boss@example.test", email_verified=False)
    answer = go(sign_in, f"/console/callback?state={asked['state']}&code=c", cookie)
    session = sign_in.sessions.of(answer.cookies[0].partition("=")[2].partition(";")[0])
    assert session is not None
    assert session.name == "ada"


def test_neither_cookie_stands_for_the_other(sign_in: SignIn, issuer: FakeIssuer) -> None:
    _asked, kept = begun(sign_in)
    assert sign_in.sessions.of(kept.partition("=")[2]) is None
    session = sign_in.sessions.begin("ada", "viewer", None).partition("=")[2].partition(";")[0]
    with pytest.raises(Problem) as refused:
        go(sign_in, "/console/callback?state=&code=c", f"{kept.partition('=')[0]}={session}")
    assert refused.value.status == 403
    assert issuer.form == {}


def test_the_document_must_be_the_issuers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"issuer": "https://evil.test", "token_endpoint": "https://evil.test/token"}
    monkeypatch.setattr(oidc, "_ask", lambda *_: said)
    with pytest.raises(PermanentError, match="another issuer"):
        oidc.OidcIssuer(ISSUER).trade({})


def test_a_state_belongs_to_the_browser_that_began(sign_in: SignIn, issuer: FakeIssuer) -> None:
    asked, cookie = begun(sign_in)
    for path, brought in (
        (f"/console/callback?state={asked['state']}&code=c", ""),
        (f"/console/callback?state={asked['state']}&code=c", begun(sign_in)[1]),
        ("/console/callback?state=x&code=c", cookie),
        (f"/console/callback?state={asked['state']}", cookie),
    ):
        with pytest.raises(Problem):
            go(sign_in, path, brought)
    assert issuer.form == {}
