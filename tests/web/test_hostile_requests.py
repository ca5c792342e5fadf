"""What no well-meaning caller sends: nothing of it may be a bug of ours (500), and what is wrong is named."""

import base64
import json
import logging
import re
from html import unescape
from typing import Annotated, get_args, get_origin, get_type_hints
from urllib.parse import quote, unquote, urlencode
from uuid import UUID, uuid4

import pytest
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import BaseModel, ValidationError

from almanac.web.api.bodies import Body as Fields
from almanac.web.api.history_routes import _LISTED
from almanac.web.api.routes import Route
from almanac.web.api.table import ROUTES
from almanac.web.console.export_pages import download
from almanac.web.console.table import PAGES
from almanac.web.paging import cursor
from almanac.wiring.outside.api import ApiWiring
from tests.web.conftest import Client, Reply, event
from tests.web.visitors import Visitor, text_of

pytestmark = pytest.mark.integration
NASTY = ("\0", "a\0b", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9" * 40, "-1", "💥'\";--", "9999-W52")


@pytest.fixture
def no_letters(wiring: ApiWiring) -> None:
    vars(wiring)["queue_depths"] = dict


def address(path: str, ws: UUID) -> str:
    """A path of a table, of a workspace that is there and of things that are not."""
    for name, value in (("ws", ws), ("job_id", "j-1"), ("user_id", "ada"), ("id", "x"), ("category", "work")):
        path = path.replace(f"<{name}>", str(value))
    return re.sub(r"<\w+>", lambda _: str(uuid4()), path.replace("<day>", "2026-12-24"))


def body_of(route: Route) -> type[BaseModel] | None:
    for hint in get_type_hints(route.answer, include_extras=True).values():
        if get_origin(hint) is Annotated and any(isinstance(each, Body) for each in hint.__metadata__):
            models = [each for each in (get_args(hint.__origin__) or (hint.__origin__,)) if each is not type(None)]
            return models[0]  # type: ignore[no-any-return]
    return None


def test_no_filter_of_the_api_is_a_bug(admin: Client, ws: UUID, no_letters: None) -> None:
    for route in ROUTES:
        if route.method != "GET" or "dead-letters" in route.path:
            continue
        for name in route.query_names:
            for value in NASTY:
                found = admin("GET", f"{address(route.path, ws)}?{name}={quote(value)}")
                assert found.status < 500, (route.path, name, value)
                if "\0" in value:
                    assert (found.status, found.json["field"]) == (422, name)


def test_no_field_of_a_body_is_a_bug(admin: Client, ws: UUID, no_letters: None) -> None:
    tried = 0
    for route in ROUTES:
        model = body_of(route)
        if model is None:
            continue
        for name in model.model_fields:
            for value in ("a\0b", NASTY[2], int(NASTY[4])):
                found = admin(route.method, address(route.path, ws), {name: value})
                assert found.status < 500, (route.path, name, value)
                tried += 1
    assert tried > 100


def bodies(model: type[BaseModel] = Fields) -> list[type[BaseModel]]:
    return [each for below in model.__subclasses__() for each in (below, *bodies(below))]


def test_a_body_is_taken_at_its_word() -> None:
    """What JSON tells apart is not made of each other: `true` is no number, "45" neither, and no number is an instant.

    The document says so, and whoever mixes them up means something else, or nothing.
    """
    taken = [
        (model.__name__, name, sent, found)
        for model in bodies()
        for name in model.model_fields
        for sent in (True, 1, 15.0, "1", "true", "1767225600", {"work": True}, {"work": "45"})
        if (found := taken_of(model, name, sent)) is not None
    ]
    assert len(taken) > 100
    assert [each for each in taken if json.dumps(each[2]).removesuffix(".0") != json.dumps(each[3], default=str)] == []


def taken_of(model: type[BaseModel], name: str, sent: object) -> object:
    """What a field makes of what is sent; None: it refuses that."""
    made = model.model_construct()
    try:
        model.__pydantic_validator__.validate_assignment(made, name, sent)
    except ValidationError:
        return None
    return getattr(made, name)


@pytest.mark.parametrize(
    ("path", "body", "field", "said"),
    [
        ("tasks", {"title": "x", "minutes": True}, "minutes", "must be a whole number"),
        ("tasks", {"title": "x", "minutes": "45"}, "minutes", "must be a whole number"),
        ("tasks", {"title": "x", "minutes": 30, "split": "yes"}, "split", "must be true or false"),
        (
            "tasks",
            {"title": "x", "minutes": 30, "deadline": 1767225600},
            "deadline",
            "must be an instant with an offset",
        ),
        ("habits", {"name": "x", "month_weekday": {"week": True, "weekday": "monday"}}, "month_weekday.week", "whole"),
        ("habits", {"name": "x", "start_date": 0}, "start_date", "must be a date, like 2026-03-02"),
    ],
)
def test_what_is_of_another_kind_is_named(
    admin: Client, ws: UUID, path: str, body: dict[str, object], field: str, said: str
) -> None:
    refused = admin("POST", f"/v1/workspaces/{ws}/{path}", body)
    assert (refused.status, refused.json["field"]) == (422, field)
    assert said in refused.json["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "tasks", {"title": " ", "minutes": 30}, "title"),
        ("POST", "habits", {"name": "\u3000"}, "name"),
        ("POST", "meetings", {"title": "\t", "required": ["ada", "ben"]}, "title"),
        ("PUT", "members/ada", {"name": " \n "}, "name"),
    ],
)
def test_what_people_read_is_not_blank(
    admin: Client, ws: UUID, method: str, path: str, body: dict[str, object], field: str
) -> None:
    refused = admin(method, f"/v1/workspaces/{ws}/{path}", body)
    assert (refused.status, refused.json["field"], refused.json["detail"]) == (422, field, "must not be blank")


def test_a_whole_number_may_be_written_with_a_point(admin: Client, ws: UUID) -> None:
    """45.0 is the integer 45 in JSON Schema, and some languages write it so."""
    added = admin("POST", f"/v1/workspaces/{ws}/tasks", '{"title": "x", "minutes": 45.0}')
    assert added.status == 201
    assert admin("GET", f"/v1/workspaces/{ws}/tasks/{added.json['task_id']}").json["minutes"] == 45


@pytest.mark.parametrize(
    "body",
    [
        "\udcff",
        "[" * 10_000,
        '{"mode": "auto"',
        '{"mode": NaN}',
        '"\\ud800"',
        '{"\\u0000": 1}',
        '{"\\ud800": 1}',
        '{"user_id": "\\ud800"}',
        pytest.param('{"force": %s}' % ("9" * 5000), id="a number that Python does not read"),
    ],
)
def test_a_body_that_is_none_is_refused(admin: Client, ws: UUID, body: str) -> None:
    asked = event("POST", f"/v1/workspaces/{ws}/sync", headers={"Authorization": f"Bearer {admin.token}"})
    content = body.encode("utf-8", "surrogateescape")
    found = admin.send(with_bytes(asked, content, "application/json"))
    assert found.status == 422
    assert "Traceback" not in found.text


def with_bytes(asked: dict[str, object], content: bytes, kind: str) -> dict[str, object]:
    headers = {**asked["headers"], "content-type": kind}  # type: ignore[dict-item]
    return {**asked, "headers": headers, "body": base64.b64encode(content).decode(), "isBase64Encoded": True}


@pytest.mark.parametrize("place", [NASTY[2], NASTY[3], NASTY[4], NASTY[5], "a\0b", "\ud800", "", "x", str(2**31)])
def test_a_cursor_that_somebody_wrote_is_no_bug(admin: Client, ws: UUID, place: str) -> None:
    """Whoever reads this code can write one; the caller's own lists are all that it is good for."""
    runs: dict[str, object] = {"l": "runs"} | dict.fromkeys("wjsoeqfu")
    for path, listed, parts in (
        (f"/v1/workspaces/{ws}/tasks", {"l": "tasks", "w": ws, "u": None, "d": False}, (place,)),
        (f"/v1/workspaces/{ws}/habits", {"l": "habits", "w": ws}, (place,)),
        ("/v1/runs", runs, (place, uuid4())),
        ("/v1/workspaces", {"l": "workspaces", "n": None}, (place, uuid4())),
        ("/v1/changes", _LISTED, (place, place, place, place)),
        ("/v1/changes", _LISTED, (1, place, place, 2)),
    ):
        assert admin("GET", path, after=cursor(listed, parts)).status in (200, 410, 422), path


@pytest.mark.parametrize("user", ['a"b', "a\\b", "a`b", "a#b", "a?b", "a%2Fb", "a b", "a\nb", "\u2028", "💥", "ä|1"])
def test_an_id_of_others_making_is_any_text(admin: Client, ws: UUID, user: str) -> None:
    """The gateway hands over paths decoded; what a product calls its people, and its jobs, is its own affair."""
    for method, place, body in (
        ("PUT", f"/v1/workspaces/{ws}/members/{user}", {"name": "Ada"}),
        ("GET", f"/v1/jobs/{user}", None),
    ):
        sent = event(method, "/", body, {"Authorization": f"Bearer {admin.token}"})
        found = admin.send({**sent, "rawPath": place})
        assert (found.status, found.json.get("user_id", found.json.get("code"))) in ((200, user), (404, "unknown_job"))


def test_of_a_path_what_is_anybodys_text_is_in_no_log(
    admin: Client, wiring: ApiWiring, ws: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    """A product may have an address for a person's id; and what is pasted behind a slash may be a token."""
    caplog.set_level(logging.INFO)
    for part in ("ada@example.org", "Canary salary talk", f"alm_{'x' * 12}_Ab9", "a\nb"):
        for method, path in (("PUT", f"/v1/workspaces/{ws}/members/{part}"), ("GET", f"/console/{part}/x")):
            sent = event(method, "/", {"name": "Ada"}, {"Authorization": f"Bearer {admin.token}"})
            admin.send({**sent, "rawPath": path})
    routes = {vars(record)["route"] for record in caplog.records if "route" in vars(record)}
    assert routes == {f"/v1/workspaces/{ws}/members/*", "/console/*/x"}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("multipart/form-data", 415),
        ("text/json", 415),
        ("Application/JSON; charset=utf-8", 202),
        ("", 202),
    ],
)
def test_a_body_is_json_or_refused(admin: Client, ws: UUID, kind: str, status: int) -> None:
    body = '{"mode": "full"}' if status == 202 else "mode=full"
    assert admin("POST", f"/v1/workspaces/{ws}/sync", body, {"Content-Type": kind}).status == status


def test_nothing_is_done_where_something_is_already_though_the_caller_forbade_it(admin: Client, ws: UUID) -> None:
    """304 is for who asks for what they have, `*` of a PUT for who wants to write over nothing: RFC 9110, 13.1.2."""
    any_version, hours = {"If-None-Match": "*"}, f"/v1/workspaces/{ws}/hours/work"
    for method, path, body in (
        ("POST", f"/v1/workspaces/{ws}/pause", None),
        ("PATCH", f"/v1/workspaces/{ws}/settings", {"weekly_report": True}),
        ("PUT", hours, {"monday": {"timeBlocks": [{"startTime": "01:00", "endTime": "02:00"}]}}),
    ):
        refused = admin(method, path, body, any_version)
        assert (refused.status, refused.json["field"]) == (422, "If-None-Match")
    assert admin("GET", f"/v1/workspaces/{ws}/settings").json == {"weekly_report": False}
    assert "01:00" not in admin("GET", f"/v1/workspaces/{ws}/hours").text
    assert admin("GET", f"/v1/workspaces/{ws}/settings", headers=any_version).status == 304


def test_a_body_is_read_or_refused_and_never_ignored(admin: Client, ws: UUID) -> None:
    """Who consents to a mass change of one calendar must not have consented to all."""
    one = {"calendar_id": "ada@example.test"}
    vain = [route for route in ROUTES if not route.takes_body and "dead-letters" not in route.path]
    for route in vain:
        refused = admin(route.method, address(route.path, ws), one)
        assert (refused.status, refused.json["field"]) == (422, "body"), route.path
    assert {"consent", "pause", "retry", "rotate"} <= {route.path.rpartition("/")[2] for route in vain}
    for nothing in ("{}", " null ", ""):
        assert admin("POST", f"/v1/workspaces/{ws}/outbound/consent", nothing).status == 200


def test_a_condition_is_kept_or_refused_and_never_ignored(admin: Client, ws: UUID) -> None:
    """A task was deleted that somebody had changed, although its caller had said: only as I have read it."""
    task = admin("POST", f"/v1/workspaces/{ws}/tasks", {"title": "x", "minutes": 30}).json["task_id"]
    as_read = {"If-Match": '"x"'}
    kept = set[str]()
    for route in ROUTES:
        if route.method == "GET":
            continue
        if route.keeps_condition:
            kept.add(route.path.rsplit("/", 2)[1])
            continue
        refused = admin(route.method, address(route.path, ws), headers=as_read)
        assert (refused.status, refused.json["field"]) == (422, "If-Match"), route.path
    assert kept == {"connections", "tasks", "meetings", "habits"}
    one = f"/v1/workspaces/{ws}/tasks/{task}"
    assert admin("DELETE", one, headers=as_read).status == 422
    assert admin("PATCH", one, {"minutes": 45}, as_read).status == 412
    assert admin("GET", one).json["minutes"] == 30


def pages(ws: UUID) -> list[tuple[str, tuple[str, ...]]]:
    found = [each for each in PAGES if each.method == "GET" and each.answer is not download]
    return [(address(each.path, ws), each.query) for each in found if "dead-letters" not in each.path]


def test_no_address_of_the_console_is_a_bug(wiring: ApiWiring, ws: UUID, no_letters: None) -> None:
    visitor = Visitor(wiring)
    for path, known in pages(ws):
        assert visitor.get(f"{path}?said={quote(NASTY[0])}").status == 422
        for name in known:
            for value in (*NASTY[2:], "9" * 5000):
                assert visitor.get(f"{path}?{urlencode({name: value})}").status < 500, (path, name, value)


def test_a_page_knows_its_filters_and_ignores_none(wiring: ApiWiring, ws: UUID, no_letters: None) -> None:
    visitor = Visitor(wiring)
    for path, _known in pages(ws):
        refused = visitor.get(f"{path}?statos=failed")
        assert refused.status == 422, path
        assert "statos is no filter of this page" in text_of(refused.text)


@pytest.mark.parametrize("place", ["x", "4000-0", cursor({"l": "another list"}, ("2026-03-02T12:00:00Z", UUID(int=1)))])
def test_where_a_page_goes_on_is_a_place_of_its_list(wiring: ApiWiring, ws: UUID, place: str) -> None:
    visitor, seen = Visitor(wiring), set()
    for path, known in pages(ws):
        for name in {"after", "before"} & {*known}:
            seen.add(path.rpartition("/")[2])
            refused = visitor.get(f"{path}?{urlencode({name: place})}")
            assert (refused.status, f"<code>{name}</code>" in refused.text) == (422, True), path
    assert seen == {"workspaces", "runs", "changes", "exports", "late"}


@pytest.mark.parametrize("week", ["0001-W01", "9999-W52", "1969-W01", "2200-W30"])
def test_a_week_of_no_time_of_ours_is_this_one(wiring: ApiWiring, ws: UUID, week: str) -> None:
    visitor, place = Visitor(wiring), f"/console/workspaces/{ws}/week"
    assert title(visitor.get(f"{place}?week={week}")) == title(visitor.get(place))


@pytest.mark.parametrize("job_id", ["x\r\nSet-Cookie: a=b", 'a"b', "a?b#c", "a%2Fb", "a b", "💥"])
def test_a_job_of_any_name_has_a_page_and_is_called_off(wiring: ApiWiring, ws: UUID, job_id: str) -> None:
    """Its id is the request_id of a message, which is whatever its sender puts there."""
    wiring.database.run(
        "INSERT INTO jobs (id, ws_id, kind, body, source, sent_at) VALUES (:id, :ws, 'sync', '{}', 'manual', now())",
        id=job_id,
        ws=ws,
    )
    visitor = Visitor(wiring)
    place = f"/console/jobs/{job_id}"

    def ask(method: str, path: str, body: str | None = None) -> Reply:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        return visitor.send({**event(method, "/", body, headers, [visitor.cookie]), "rawPath": path})

    page = ask("GET", place)
    assert page.status == 200
    (form,) = re.findall(r'action="(/console/jobs/[^"]*/cancel)"', page.text)
    assert unquote(unescape(form)) == f"{place}/cancel"
    gone = ask("POST", unquote(unescape(form)), urlencode({"csrf": visitor.csrf()}))
    assert (gone.status, unquote(gone.headers["Location"])) == (303, place)
    assert gone.headers["Location"].isascii()
    assert gone.headers["Location"].isprintable()


def title(page: Reply) -> str:
    assert page.status == 200
    return page.text.split("<h1>")[1].split("</h1>")[0]


def test_a_form_is_sent_as_a_form_and_holds_text(wiring: ApiWiring, ws: UUID) -> None:
    visitor = Visitor(wiring)
    place, csrf = f"/console/workspaces/{ws}/sync", visitor.csrf()
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x", ""):
        headers = {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"}
        sent = event("POST", place, f"csrf={csrf}", headers, [visitor.cookie])
        assert visitor.send(sent).status == 415
    assert visitor.post(place, once="a\0b").status == 422
    assert visitor.post(place, once="a").status == 303
