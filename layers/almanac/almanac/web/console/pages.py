"""What a page is: where it stands, which scope it takes, what answers. Every page stands in a table."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from almanac.domain.access import Scope
from almanac.domain.wall_clock import zone_of
from almanac.web.call import Call
from almanac.web.console.rendering import page
from almanac.web.console.session import Session
from almanac.web.problem import Problem
from almanac.web.request import Answer, Request, path_pattern, see_other

HTML = "text/html; charset=utf-8"
SPANS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
"""Times before now that filters offer, by how addresses name them."""
_OF_ONE_LOOK = ("said", "mark", "part")
OF_EVERY_PAGE = frozenset(_OF_ONE_LOOK)
"""Names of an address that every page knows: what was done now and our mark on it, the part that is to be renewed."""
_CHOICES = 50


@dataclass(frozen=True, slots=True)
class Visit:
    """One page that somebody asks for: the call, who they are, what they sent, the instant."""

    call: Call
    session: Session
    request: Request
    parameters: Mapping[str, str]
    now: datetime

    @property
    def ws_id(self) -> UUID:
        """The workspace of the address."""
        return UUID(self.parameters["ws"])

    @property
    def clock(self) -> ZoneInfo:
        """The clock on its wall: of its zone, UTC while it has none."""
        return zone_of(self.call.use.directory.zone(self.ws_id)[1]) or ZoneInfo("UTC")

    @property
    def seen(self) -> list[UUID] | None:
        """The workspaces that the visitor sees; None: all."""
        return None if self.session.ws_ids is None else sorted(self.session.ws_ids)

    def query(self, name: str, default: str = "") -> str:
        """Return one value of the address."""
        return self.request.query.get(name, [default])[0].strip()

    def field(self, name: str, default: str = "") -> str:
        """Return one value of the form."""
        return self.request.form.get(name, [default])[0].strip()

    def render(self, template: str, *, status: int = 200, **values: Any) -> Answer:
        """Return a page with everything that each has."""
        said = {
            "session": self.session,
            "may": {scope: self.call.principal.may(scope) for scope in ("run", "operate", "admin")},
            "path": self.request.path,
            "now": self.now,
            "said": self._said(),
            "with_query": lambda **more: address(self.request, more),
        }
        return Answer(status, page(template, said | values), {"Content-Type": HTML})

    def back(self, place: str, said: str) -> Answer:
        """Return what leads back to a page that then says what was done."""
        told = urlencode({"said": said, "mark": self._mark(said)})
        return see_other(f"{place}{'&' if '?' in place else '?'}{told}")

    def _said(self) -> str:
        """What the address says was done, if a page said so to this visitor: anybody can write an address."""
        said = self.query("said")
        return said if compare_digest(self._mark(said).encode(), self.query("mark").encode()) else ""

    def _mark(self, said: str) -> str:
        return hmac(self.session.csrf.encode(), said.encode(), sha256).hexdigest()[:32]


def address(request: Request, more: Mapping[str, Any]) -> str:
    """Return the address of the page with some of its query changed; None takes a part out."""
    kept = {name: values[0] for name, values in request.query.items() if name not in _OF_ONE_LOOK}
    wanted = {name: value for name, value in (kept | dict(more)).items() if value not in (None, "")}
    return request.path + (f"?{urlencode(wanted)}" if wanted else "")


def choose_workspace(visit: Visit, title: str, lead: str, tab: str) -> Answer:
    """Lead to a tab of one of the workspaces that the visitor sees, for there is one a workspace."""
    text = visit.query("name")[:255] or None
    found = visit.call.use.directory.workspaces(visit.seen, text, None, _CHOICES + 1)
    said: dict[str, Any] = {"rows": found[:_CHOICES], "more": len(found) > _CHOICES, "text": text or ""}
    return visit.render("choose.html", title=title, lead=lead, tab=tab, **said)


@dataclass(frozen=True)
class Page:
    """One address of the console. `<ws>` in its path is a workspace that the visitor must see; `query` are the names
    that its address may hold beside those of every page."""

    method: str
    path: str
    scope: Scope
    answer: Callable[[Visit], Answer]
    query: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a request's path must look like."""
        return path_pattern(self.path)


def whole(text: str, default: int, least: int, most: int, field: str) -> int:
    """Read a whole number of an address; nothing is the default. Raises Problem 422."""
    if not text:
        return default
    if not (text.isdecimal() and len(text) <= 19 and least <= int(text) <= most):
        raise Problem(422, "bad_input", f"must be a whole number from {least:,} to {most:,}", field=field)
    return int(text)


def identified(text: str, code: str) -> UUID:
    """Read an id of an address. Raises Problem 404."""
    try:
        return UUID(text)
    except ValueError:
        raise Problem(404, code) from None
