"""All of HTTP as one callable: JSON under /v1, pages under /console, feeds, and two addresses for who watches it."""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from almanac.web.feed import PLACE, FeedWeb
from almanac.web.problem import Problem, not_found, problem_of
from almanac.web.request import Answer, Request

logger = logging.getLogger(__name__)
_PLAIN = re.compile(r"[a-z0-9_.-]{0,64}")
"""Parts of a path that are logged as they are: words of ours, and ids."""
_ANYTHING = "*"

Part = Callable[[Mapping[str, Any], Request, Any], Answer]


class Web:
    """Answers every request of the function `api`. `console` is built when somebody comes for it, `feeds` too; `ready`
    asks the database whether it is there."""

    def __init__(
        self,
        api: Callable[[], Part],
        console: Callable[[], Part],
        feeds: Callable[[], FeedWeb],
        ready: Callable[[], object],
    ) -> None:
        self._api = api
        self._console = console
        self._feeds = feeds
        self._ready = ready

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Answer one event of API Gateway (payload format 2.0)."""
        request, began = Request.of(event), time.perf_counter()
        try:
            answer = _possible(self._part(event, request, context))
        except Exception as error:  # noqa: BLE001 - else Lambda would log its text, which may be anybody's
            answer = problem_of(error).answer(_shown(request.path), request.request_id)
        logger.info(
            "request answered",
            extra={
                "method": request.method,
                "route": _shown(request.path),
                "status": answer.status,
                "ms": round((time.perf_counter() - began) * 1000),
            },
        )
        return answer.as_event()

    def _part(self, event: Mapping[str, Any], request: Request, context: Any) -> Answer:
        if request.path.startswith("/v1/"):
            return self._api()(event, request, context)
        if request.path == "/console" or request.path.startswith("/console/"):
            return self._console()(event, request, context)
        if request.path.startswith(PLACE):
            return self._feeds()(request)
        if request.path == "/healthz":
            return _plain(200, {"status": "ok"})
        if request.path == "/readyz":
            return self._readiness()
        return not_found().answer(request.path, request.request_id)

    def _readiness(self) -> Answer:
        self._ready()
        return _plain(200, {"status": "ready"})


def _possible(answer: Answer) -> Answer:
    """Return it. Raises Problem 422 for more than a Lambda can answer."""
    if answer.is_too_large:
        said = "ask for fewer rows at once, for less time, or with Accept-Encoding: gzip"
        raise Problem(422, "answer_too_large", said)
    return answer


def _shown(path: str) -> str:
    """A path without what is secret in it, a feed's, mistyped too; and without what is anybody's text, such as the
    address that a product has for a person's id."""
    if PLACE in path or path.endswith(".ics"):
        return PLACE
    return "/".join(part if _PLAIN.fullmatch(part) else _ANYTHING for part in path.split("/"))


def _plain(status: int, said: Mapping[str, str]) -> Answer:
    return Answer(status, json.dumps(said), {"Content-Type": "application/json", "Cache-Control": "no-store"})
