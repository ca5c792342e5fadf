"""What the function `connect` answers: the API's route that begins a consent, and the two addresses of the browser."""

import secrets
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from almanac.services.accounts.consent import LASTS_SECONDS, Consents, EndedConsent
from almanac.web.api.application import Api
from almanac.web.problem import Problem, not_found, problem_of
from almanac.web.request import Answer, Request, see_other

COOKIE = "__Host-almanac-consent"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title></head><body><main><h1>{title}</h1><p>{said}</p></main></body></html>
"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class ConnectWeb:
    """Answers every request of the function `connect`."""

    def __init__(self, api: Callable[[], Api], consents: Callable[[], Consents]) -> None:
        self._api = api
        self._consents = consents

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Answer one event of API Gateway (payload format 2.0)."""
        request = Request.of(event)
        if request.path.startswith("/v1/"):
            return self._api()(event, request, context).as_event()
        try:
            return self._browser(request).as_event()
        except Exception as error:  # noqa: BLE001 - people get a page, the log its place
            problem = problem_of(error)
            return _page(400 if problem.code == "unknown_consent" else problem.status, problem).as_event()

    def _browser(self, request: Request) -> Answer:
        state = request.query.get("state", [""])[0][:200]
        if request.method != "GET" or request.path not in ("/connect/start", "/connect/callback"):
            raise not_found()
        known = request.cookies.get(COOKIE, "")
        if request.path == "/connect/start":
            browser = known or secrets.token_urlsafe(32)
            return see_other(self._consents().begin(state, browser), (_cookie(browser, LASTS_SECONDS),))
        declined = "error" in request.query or "code" not in request.query
        code = None if declined else request.query["code"][0]
        return _sent_back(self._consents().end(state, known, code))


def _sent_back(ended: EndedConsent) -> Answer:
    said = {"status": ended.ending} | ({"connection": str(ended.account_id)} if ended.account_id else {})
    joined = "&" if urlsplit(ended.return_url).query else "?"
    return see_other(f"{ended.return_url}{joined}{urlencode(said)}", (_cookie("", 0),))


def _page(status: int, problem: Problem) -> Answer:
    title = "This link does not work any more" if status == 400 else problem.title
    said = problem.detail if status == 400 else "Go back to where you came from, and try again."
    return Answer(status, _PAGE.format(title=escape(title), said=escape(said)), _HEADERS)


def _cookie(value: str, seconds: int) -> str:
    return f"{COOKIE}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"
