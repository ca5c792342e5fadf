"""Feeds of calendars: an address with a token and nothing else. What is not one that works is the same 404."""

import gzip
import re
from collections.abc import Callable

from almanac.services.feeds.feeds import Feeds
from almanac.web.etag import matches
from almanac.web.request import Answer, Request

PLACE = "/ics/"
"""Where the paths of feeds begin; what follows is a secret."""
_PATH = re.compile(r"/ics/([A-Za-z0-9_-]{22})\.ics\Z")
_HEADERS = {"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}


class FeedWeb:
    """Answers `GET /ics/<token>.ics`. No session, no key: whoever has the address reads."""

    def __init__(self, feeds: Callable[[], Feeds]) -> None:
        self._feeds = feeds

    def __call__(self, request: Request) -> Answer:
        """Return the calendar, 304 for who has it, 404 for whatever is none. Raises what reading it does."""
        found = _PATH.match(request.path)
        if found is None or request.method != "GET":
            return _nothing()
        asked = request.headers.get("if-none-match")
        feed = self._feeds().read(found[1], lambda tag: matches(asked, tag))
        if feed is None:
            return _nothing()
        headers = {**_HEADERS, "ETag": feed.tag}
        if feed.text is None:
            return Answer(304, "", headers)
        headers |= {"Content-Type": "text/calendar; charset=utf-8"}
        headers |= {"Content-Disposition": 'inline; filename="calendar.ics"'}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Answer(200, feed.text, headers)
        # A Lambda answers with 6 MB at most, and a calendar shrinks to an eighth.
        body = gzip.compress(feed.text.encode(), 6, mtime=0)
        return Answer(200, body, headers | {"Content-Encoding": "gzip"})


def _nothing() -> Answer:
    return Answer(404, "no such feed\n", {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"})
