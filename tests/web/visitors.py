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


def told(visitor: Visitor, answer: Reply) -> str:
    """What the page says was done to which a form leads back."""
    assert answer.status == 303, answer.text
    return text_of(visitor.get(answer.headers["Location"]).text)


def form_of(visitor: Visitor, page: str, address: str) -> dict[str, str | list[str]]:
    """The fields of the form that changes what stands at an address, as a browser would send them."""
    begin = f'<form class="fields" method="post" action="{address}">'
    assert begin not in visitor.get(page).text, "it is opened when somebody wants it"
    opened = visitor.get(f"{page}?change={address.rsplit('/', 1)[1]}").text
    found = re.search(f"{begin}(.*?)</form>", opened, re.DOTALL)
    assert found is not None
    html, fields = found[1], dict[str, str | list[str]]()
    for tag in re.findall(r"<input [^>]*>", html):
        said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if said.get("type") == "checkbox":
            if " checked" in tag:
                fields.setdefault(said["name"], [])
                fields[said["name"]] = [*fields[said["name"]], said["value"]]
        else:
            fields[said["name"]] = said["value"]
    for name, options in re.findall(r'<select name="(\w+)">(.*?)</select>', html, re.DOTALL):
        offered = re.findall(r'<option(?: value="([^"]*)")?( selected)?>([^<]*)', options)
        taken = next((each for each in offered if each[1]), offered[0])
        fields[name] = taken[0] if "value=" in options else taken[2]
    fields.pop("csrf")
    return fields
