"""Which pages of other origins may call the API from a browser, with a token: those of a list, by itself none.

No cookie counts under /v1, so none is let along: https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from almanac.web.request import Answer, Request

_ALLOWED = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match"
_EXPOSED = "ETag, Retry-After"
_REMEMBERED_SECONDS = "600"


class Cors:
    """Answers browsers in the name of the API. `origins` are exact: scheme, host and port."""

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = frozenset(origins)

    def preflight(self, request: Request, methods: Iterable[str]) -> Answer | None:
        """Return what a browser is told that asks before it calls an address with these methods.

        None where it is no such question, the page is none of the list, or the address does not exist.
        """
        allowed = sorted(methods)
        if not ("access-control-request-method" in request.headers and allowed and self._is_listed(request)):
            return None
        headers = {
            "Access-Control-Allow-Methods": ", ".join(allowed),
            "Access-Control-Allow-Headers": _ALLOWED,
            "Access-Control-Max-Age": _REMEMBERED_SECONDS,
            "Cache-Control": "no-store",
        }
        return self.let_read(request, Answer(204, "", headers))

    def let_read(self, request: Request, answer: Answer) -> Answer:
        """Return the answer, which the page that asks may read if it is one of the list."""
        if not self._origins:
            return answer
        headers = {**answer.headers, "Vary": "Origin"}
        if self._is_listed(request):
            headers |= {"Access-Control-Allow-Origin": request.headers["origin"]}
            headers |= {"Access-Control-Expose-Headers": _EXPOSED}
        return replace(answer, headers=headers)

    def _is_listed(self, request: Request) -> bool:
        return request.headers.get("origin") in self._origins
