"""Signing in at an issuer: PKCE, state and nonce are this browser's, and a claim gives the role."""

import base64
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

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

    def authorization_url(self) -> str:
        return f"{ISSUER}/authorize"

    def trade(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        self.form = form
        payload = base64.urlsafe_b64encode(json.dumps(self.claims).encode()).decode().rstrip("=")
        return {"id_token": f"x.{payload}.y"}


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer()


@pytest.fixture
def sign_in(issuer: FakeIssuer) -> SignIn:
    sessions = Sessions(["key"], lambda: 1000.0)
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


@pytest.mark.parametrize(
    "more",
    [
        {"iss": "https://evil.test"},
        {"aud": "another"},
        {"nonce": "x"},
        {"exp": 999},
        {"almanac_role": "owner"},
        {"almanac_role": None},
    ],
)
def test_an_answer_for_somebody_else_signs_nobody_in(sign_in: SignIn, issuer: FakeIssuer, more: dict[str, Any]) -> None:
    asked, cookie = begun(sign_in)
    issuer.claims = claims(asked, **more)
    with pytest.raises(Problem):
        go(sign_in, f"/console/callback?state={asked['state']}&code=c", cookie)


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
