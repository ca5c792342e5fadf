"""The console as one callable: static files, signing in, and pages for whoever is signed in and may see them."""

import gzip
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from almanac.errors import AlmanacError
from almanac.services.clock import Clock
from almanac.web.call import Call, begin
from almanac.web.console import session as sessions
from almanac.web.console.pages import HTML, OF_EVERY_PAGE, Page, Visit
from almanac.web.console.rendering import asset_content, page
from almanac.web.console.session import COOKIE, Session, Sessions
from almanac.web.console.sign_in import SignIn
from almanac.web.etag import conditional
from almanac.web.problem import Problem, not_found, problem_of
from almanac.web.request import LARGEST_BODY, Answer, Request, field_with_nul, see_other
from almanac.web.use_cases import UseCases

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FORM = "application/x-www-form-urlencoded"
_FOR_EVER = "public, max-age=31536000, immutable"
_WORTH_PACKING = 1024


class Console:
    """Answers /console. `public_url` is where it is reached, `sign_in` how people come in beside one-time links."""

    def __init__(
        self,
        use: UseCases,
        sessions: Sessions,
        public_url: str | None,
        sign_in: SignIn | None,
        clock: Clock,
        pages: Sequence[Page],
    ) -> None:
        self._use, self._sessions, self._clock, self._pages = use, sessions, clock, pages
        self._public_url, self._sign_in = public_url, sign_in

    def __call__(self, _event: Mapping[str, Any], request: Request, _context: Any) -> Answer:
        """Answer one request with a page, a file or a redirect; never raises."""
        try:
            answer = self._answer(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, people get a page, and the log its place
            problem = problem_of(error)
            answer = self._trouble(request, problem)
        answer = conditional(
            Answer(answer.status, answer.body, {**_HEADERS, **answer.headers}, answer.cookies), request
        )
        return _packed(answer, request)

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith("/console/static/"):
            return _static(request)
        if request.path == "/console" and "login" in request.query and request.method == "GET":
            return self._log_in(request.query["login"][0])
        if self._sign_in is not None and request.path in ("/console/sign-in", "/console/callback"):
            return self._sign_in(request)
        session = self._sessions.of(request.cookies.get(COOKIE)) if self._sessions.possible else None
        if session is None:
            return self._stranger(request)
        if request.method == "POST":
            self._check_form(request)
            if request.path == "/console/sign-out":
                return see_other("/console", (sessions.end(),))
        return self._page(request, session)

    def _page(self, request: Request, session: Session) -> Answer:
        _refuse_nul(request.query)
        found, parameters = self._find(request)
        _refuse_unknown(request, found)
        principal = session.principal
        if not principal.may(found.scope):
            raise Problem(403, "forbidden", f"your role, {session.role}, may not do that")
        if "ws" in parameters and not _sees(session, parameters["ws"]):
            raise Problem(404, "unknown_workspace")
        call = Call(self._use, principal, request.headers, request.path, request.request_id)
        begin(call)
        return found.answer(Visit(call, session, request, parameters, self._clock()))

    def _find(self, request: Request) -> tuple[Page, Mapping[str, str]]:
        found = [(each, match) for each in self._pages if (match := each.pattern.match(request.path))]
        for each, match in found:
            if each.method == request.method:
                return each, match.groupdict()
        raise Problem(405, "method_not_allowed") if found else not_found()

    def _check_form(self, request: Request) -> None:
        """Raise Problem 403 unless one of our own pages sent it. Browsers say `Origin: null` for a page without
        referrer, so Sec-Fetch-Site goes first; the token alone would do, and is asked for in any case."""
        if len(request.body) > LARGEST_BODY:
            raise Problem(413, "body_too_large")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            raise Problem(415, "unsupported_media_type", "forms are sent as forms")
        _refuse_nul(request.form)
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        same = site == "same-origin" if site is not None else origin is not None and origin == self._public_url
        token = request.form.get("csrf", [""])[0]
        if not same or not self._sessions.is_form_of(request.cookies.get(COOKIE), token):
            raise Problem(
                403, "forbidden", "the form is not one of this console, or older than your session; load it anew"
            )

    def _log_in(self, token: str) -> Answer:
        login = self._use.console_logins.use(token) if self._sessions.possible else None
        if login is None:
            raise Problem(
                403, "forbidden", "the link is used up, or older than a quarter of an hour; ask for a new one"
            )
        return see_other("/console", (self._sessions.begin("link", login.role, login.ws_ids),))

    def _stranger(self, request: Request) -> Answer:
        """Say how to come in; a form that was sent is not kept."""
        offers = {"possible": self._sessions.possible, "sign_in": self._sign_in is not None, "path": request.path}
        return Answer(401 if offers["possible"] else 403, page("sign_in.html", offers), {"Content-Type": HTML})

    def _trouble(self, request: Request, problem: Problem) -> Answer:
        try:
            session = self._sessions.of(request.cookies.get(COOKIE)) if self._sessions.possible else None
        except AlmanacError:  # that the keys cannot be read is the trouble
            session = None
        said = {"problem": problem, "session": session, "path": request.path, "request_id": request.request_id}
        return Answer(problem.status, page("error.html", said), {"Content-Type": HTML, **problem.headers})


def _refuse_unknown(request: Request, asked: Page) -> None:
    """Raise Problem 422: a filter that is silently not applied shows more than was asked for."""
    for name in request.query.keys() - {*asked.query, *OF_EVERY_PAGE}:
        raise Problem(422, "bad_input", "is no filter of this page", field=name if name.isidentifier() else None)


def _refuse_nul(fields: Mapping[str, list[str]]) -> None:
    holding = field_with_nul(fields)
    if holding is not None:
        field = holding if holding.isidentifier() else None
        raise Problem(422, "bad_input", "must not hold a NUL character", field=field)


def _sees(session: Session, ws_id: str) -> bool:
    try:
        return session.principal.sees(UUID(ws_id))
    except ValueError:
        return False


def _static(request: Request) -> Answer:
    try:
        content, kind = asset_content(request.path.rsplit("/", 1)[1])
    except KeyError:
        raise not_found() from None
    return Answer(200, content, {"Content-Type": kind, "Cache-Control": _FOR_EVER})


def _packed(answer: Answer, request: Request) -> Answer:
    """Pack what is worth it: the gateway does not."""
    content = answer.body.encode() if isinstance(answer.body, str) else answer.body
    if "gzip" not in request.headers.get("accept-encoding", "") or len(content) < _WORTH_PACKING:
        return answer
    headers = {**answer.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Answer(answer.status, gzip.compress(content, 6, mtime=0), headers, answer.cookies)
