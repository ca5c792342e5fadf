"""The OAuth side: accounts and their tokens, and the refresh grant of POST /token (RFC 6749, section 6)."""

import base64
import secrets
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qs

from local.google_simulator.api.errors import unauthorized
from local.google_simulator.api.reply import Reply, json_reply
from local.google_simulator.world.state import Account, Settings, World


def grant(world: World, form: bytes) -> Reply:
    """Answer a form-encoded refresh grant with an access token, or with 400 or 401 and OAuth's error names."""
    fields = {name: values[0] for name, values in parse_qs(form.decode("utf-8", "replace")).items()}
    if fields.get("grant_type") not in ("refresh_token", "authorization_code"):
        return _refused(400, "unsupported_grant_type", "Invalid grant_type")
    if not _client_known(world.settings, fields):
        return _refused(401, "invalid_client", "The OAuth client was not found.")
    if fields["grant_type"] == "authorization_code":
        return _trade(world, fields)
    account = _holder(world, fields.get("refresh_token", ""))
    if account is None or account.revoked:
        return _refused(400, "invalid_grant", "Token has been expired or revoked.")
    lifetime = world.settings.expires_in
    answer = {
        "access_token": issue(world, account),
        "expires_in": lifetime,
        "scope": " ".join(sorted(account.scopes)),
        "token_type": "Bearer",
    }
    if world.settings.rotate_refresh_tokens:
        account.refresh_token = new_refresh_token(world)
        answer["refresh_token"] = account.refresh_token
    return json_reply(answer)


def _trade(world: World, fields: dict[str, str]) -> Reply:
    """Trade the code of a consent: once, within ten minutes, for whoever began it (RFC 6749, 4.1.3; RFC 7636, 4.6)."""
    code = world.codes.pop(fields.get("code", ""), None)
    if code is None or code.expires < world.clock.now() or code.redirect_uri != fields.get("redirect_uri"):
        return _refused(400, "invalid_grant", "Malformed auth code.")
    challenge = sha256(fields.get("code_verifier", "").encode()).digest()
    if base64.urlsafe_b64encode(challenge).decode().rstrip("=") != code.challenge:
        return _refused(400, "invalid_grant", "Invalid code verifier.")
    account = world.account(code.email)
    account.revoked = False
    account.refresh_token = new_refresh_token(world)
    said = {"expires_in": world.settings.expires_in, "scope": code.scope, "token_type": "Bearer"}
    return json_reply({"access_token": issue(world, account), "refresh_token": account.refresh_token, **said})


def revoke(world: World, form: bytes) -> Reply:
    """Answer a revocation (RFC 7009): the grant of that token is gone; 400 for an unknown one."""
    token = parse_qs(form.decode("utf-8", "replace")).get("token", [""])[0]
    for account in world.accounts.values():
        if not account.revoked and (account.refresh_token == token or token in account.access_tokens):
            account.revoked = True
            return json_reply({})
    return _refused(400, "invalid_token", "Token expired or revoked")


def issue(world: World, account: Account) -> str:
    """A new access token that lives for `Settings.expires_in` seconds."""
    token = f"ya29.{world.new_id(48)}"
    now = world.clock.now()
    account.access_tokens = {known: end for known, end in account.access_tokens.items() if end > now}
    account.access_tokens[token] = now + timedelta(seconds=world.settings.expires_in)
    return token


def new_refresh_token(world: World) -> str:
    """A refresh token in Google's form."""
    return f"1//{world.new_id(48)}"


def authenticate(world: World, authorization: str) -> Account:
    """The account of an `Authorization: Bearer` header. Raises 401 for none, an unknown or an expired token."""
    scheme, _, token = authorization.partition(" ")
    now = world.clock.now()
    for account in world.accounts.values():
        expires = account.access_tokens.get(token)
        if scheme.lower() == "bearer" and expires is not None and expires > now and not account.revoked:
            return account
    raise unauthorized()


def _holder(world: World, refresh_token: str) -> Account | None:
    offered = refresh_token.encode()
    matches = (a for a in world.accounts.values() if secrets.compare_digest(a.refresh_token.encode(), offered))
    return next(matches, None)


def _client_known(settings: Settings, fields: dict[str, str]) -> bool:
    if not fields.get("client_id") or not fields.get("client_secret"):
        return False
    expected = (settings.client_id or fields["client_id"], settings.client_secret or fields["client_secret"])
    return expected == (fields["client_id"], fields["client_secret"])


def _refused(status: int, error: str, description: str) -> Reply:
    answer = json_reply({"error": error, "error_description": description}, status)
    return Reply(answer.status, answer.payload, reason=error)
