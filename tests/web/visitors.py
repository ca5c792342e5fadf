"""Somebody in front of a browser, as far as a test needs one: a cookie, forms with their hidden field, headers."""

import re
from urllib.parse import urlencode

from almanac.domain.access import Role
from almanac.wiring.outside.api import ApiWiring
from tests.web.conftest import PUBLIC_URL, Client, Reply, event

FORM = re.compile(r'name="csrf" value="([^"]+)"')
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202egnp.exe"


def text_of(html: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class Visitor(Client):
    """Signed in by a one-time link."""

    def __init__(self, wiring: ApiWiring, role: Role = "admin", ws_ids: list[object] | None = None) -> None:
        super().__init__(wiring)
        url = wiring.console_logins.link(role, ws_ids)  # type: ignore[arg-type]
        self.login = url.removeprefix(PUBLIC_URL)
        answer = self.send(event("GET", self.login))
        assert answer.status == 303, answer.text
        (self.set_cookie,) = answer.cookies
        self.cookie = self.set_cookie.partition(";")[0]

    def get(self, url: str, **headers: str) -> Reply:
        return self.send(event("GET", url, headers=headers, cookies=[self.cookie]))

    def csrf(self) -> str:
        found = FORM.search(self.get("/console/settings").text)
        assert found is not None
        return found[1]

    def post(
        self, url: str, /, headers: dict[str, str] | None = None, csrf: str | None = None, **fields: str | list[str]
    ) -> Reply:
        body = urlencode({"csrf": self.csrf() if csrf is None else csrf, **fields}, doseq=True)
        named = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        named = named if headers is None else {"Content-Type": named["Content-Type"], **headers}
        return self.send(event("POST", url, body, named, [self.cookie]))
