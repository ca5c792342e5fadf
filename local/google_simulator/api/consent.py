"""The consent page of the simulated Google: choose an account, tick what is granted, allow or decline.

A GET shows the page, its form is sent by POST; the answer leads back to the client's redirect_uri with a code or an
error, as https://developers.google.com/identity/protocols/oauth2/web-server#handlingresponse describes.
"""

from datetime import timedelta
from html import escape
from urllib.parse import parse_qs, urlencode

from local.google_simulator.api.query import Params
from local.google_simulator.api.reply import Payload, Reply
from local.google_simulator.world.state import Code, World

_LASTS = timedelta(minutes=10)
_NEEDED = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge")
_STYLE = "body{font:16px/1.5 sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem}label{display:block}"


def page(world: World, method: str, params: Params, body: bytes) -> Reply:
    """Show the page, or take its form."""
    if method == "POST":
        form = parse_qs(body.decode(), keep_blank_values=True)
        return _answered(world, form)
    asked = {name: values[0] for name, values in params.items()}
    missing = [name for name in _NEEDED if not asked.get(name)]
    if missing or asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
        return _html(400, f"<h1>Error 400: invalid_request</h1><p>{escape(', '.join(missing))}</p>")
    hint = asked.get("login_hint", "")
    accounts = "".join(
        f'<label><input type="radio" name="account" value="{escape(email)}"{" checked" if email == hint else ""}'
        f" required> {escape(email)}</label>"
        for email in world.accounts
    )
    scopes = "".join(
        f'<label><input type="checkbox" name="granted" value="{escape(scope)}" checked> {escape(scope)}</label>'
        for scope in asked["scope"].split()
    )
    kept = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">'
        for name in ("redirect_uri", "state", "code_challenge")
    )
    return _html(
        200,
        f'<h1>Choose an account</h1><form method="post">{kept}{accounts}<h2>Almanac wants to</h2>{scopes}'
        '<p><button name="answer" value="allow">Allow</button> <button name="answer" value="deny" formnovalidate>'
        "Cancel</button></p></form>",
    )


def _answered(world: World, form: dict[str, list[str]]) -> Reply:
    said = {name: values[0] for name, values in form.items()}
    back = {"state": said["state"]}
    if said.get("answer") != "allow":
        return _redirect(said["redirect_uri"], {**back, "error": "access_denied"})
    scope = " ".join(form.get("granted", []))
    code = f"4/{world.new_id(40)}"
    ends = world.clock.now() + _LASTS
    email = world.account(said["account"]).email
    world.codes[code] = Code(email, scope, said["redirect_uri"], said["code_challenge"], ends)
    return _redirect(said["redirect_uri"], {**back, "code": code, "scope": scope})


def _redirect(place: str, said: dict[str, str]) -> Reply:
    return Reply(302, Payload(b""), headers={"Location": f"{place}?{urlencode(said)}"})


def _html(status: int, content: str) -> Reply:
    text = f'<!doctype html><html lang="en"><title>Sign in</title><style>{_STYLE}</style>{content}</html>'
    return Reply(status, Payload(text.encode()), "text/html; charset=utf-8")
