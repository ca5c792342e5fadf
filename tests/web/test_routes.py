"""The route table: each route has its scope, nobody comes in without it, and a foreign id is as unknown as none."""

import json
import re
import tomllib
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.domain.access import SCOPES
from almanac.errors import DatabaseUnavailable
from almanac.web.api.application import Api
from almanac.web.api.routes import Route
from almanac.web.api.table import ROUTES
from almanac.web.problem import problem_status
from almanac.wiring.outside.api import ApiWiring
from tests.web.conftest import Client, ListQueue, event
from tests.web.openapi_growth import lost

pytestmark = pytest.mark.integration
DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
BODIES: dict[str, object] = {
    "/v1/sync": {"workspaces": ["00000000-0000-4000-8000-000000000000"]},
    "/v1/workspaces/<ws>/plan/apply": {"fingerprint": "x"},
    "/v1/workspaces/<ws>/connections/<connection_id>": {"enabled": True},
    "/v1/workspaces/<ws>/feeds": {"name": "phone"},
    "/v1/workspaces/<ws>/exports": {"kind": "ics"},
    "/v1/workspaces/<ws>/meetings": {"title": "Kick-off", "required": ["ada", "ben"]},
    "/v1/workspaces/<ws>/tasks": {"title": "Report", "minutes": 60},
    "/v1/workspaces/<ws>/blocks/<event_id>": {"locked": True},
    "/v1/workspaces/<ws>/habits": {"name": "Run"},
    "/v1/workspaces/<ws>/hours/<category>": {"monday": {"timeBlocks": [{"startTime": "09:00", "endTime": "17:00"}]}},
    "/v1/workspaces/<ws>/preferences": {"break_minutes": 15},
    "/v1/webhooks": {"url": "https://example.com/hook"},
    "/v1/webhooks/<endpoint_id>": {"status": "paused"},
    "/v1/webhooks/<endpoint_id>/replay": {"ws_id": "00000000-0000-4000-8000-000000000000", "from_version": 1},
    "/v1/schedule": {"workspaces": ["00000000-0000-4000-8000-000000000000"]},
    "/v1/tokens": {"ws_id": "00000000-0000-4000-8000-000000000000"},
    "/v1/workspaces/<ws>/conflicts/<link_id>/resolve": {"choice": "mine"},
    "/v1/dead-letters/discard": {"job": "sync", "message_id": "x"},
}


def test_only_what_passes_by_itself_is_told_as_a_503() -> None:
    """A client tries those again; a code without a status of its own would count as one."""
    passing = {code for route in ROUTES for code in route.errors if problem_status(code) == 503}
    assert passing == {"queue_unavailable", "files_unavailable"}


def path_of(route: Route, ws: object) -> str:
    return re.sub(r"<\w+>", str(uuid4()), route.path.replace("<ws>", str(ws)))


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", ROUTES, ids=name)
class TestEachRoute:
    def test_takes_a_scope_that_exists_and_says_what_it_does(self, route: Route) -> None:
        assert route.scope in SCOPES
        assert (route.answer.__doc__ or "").strip()
        assert route.method == "GET" or route.scope != "read" or route.path.endswith("/preview")

    def test_is_closed_without_a_key(self, route: Route, wiring: ApiWiring, ws: UUID) -> None:
        assert Client(wiring)(route.method, path_of(route, ws), BODIES.get(route.path)).status == 401

    def test_is_closed_without_its_scope(
        self, route: Route, wiring: ApiWiring, ws: UUID, queue: ListQueue, database: Database
    ) -> None:
        others = [scope for scope in SCOPES if scope != route.scope]
        caller = Client(wiring, wiring.api_keys.add("k", others, None).token)
        refused = caller(route.method, path_of(route, ws), BODIES.get(route.path))
        assert (refused.status, refused.json["code"]) == (403, "forbidden")
        assert queue.sent == {}
        assert database.run("SELECT count(*) FROM audit_log")[0][0] == 0

    def test_looks_at_a_key_where_it_says_so(self, route: Route, admin: Client, ws: UUID) -> None:
        if not route.is_once:
            return
        found = admin(route.method, path_of(route, ws), BODIES.get(route.path), {"Idempotency-Key": ""})
        unknown = re.search(r"<(?!ws>)", route.path) is not None or found.json["code"] == "exports_off"
        assert unknown or found.json["field"] == "Idempotency-Key"

    def test_answers_a_foreign_workspace_as_one_that_is_none(self, route: Route, member: Client, foreign: UUID) -> None:
        if "<ws>" not in route.path:
            return
        body = BODIES.get(route.path)
        answers = []
        for ws in (foreign, uuid4()):
            path = path_of(route, ws)
            answer = member(route.method, path, body)
            assert answer.status == 404
            answers.append(answer.text.replace(path, ""))
        assert answers[0] == answers[1]


def test_lists_show_nothing_of_another_workspace(
    wiring: ApiWiring, member: Client, admin: Client, ws: UUID, foreign: UUID
) -> None:
    for each in (ws, foreign):
        assert admin("POST", f"/v1/workspaces/{each}/schedule").status == 202
    job = admin("POST", f"/v1/workspaces/{foreign}/sync").json["job_id"]
    assert [row["id"] for row in member("GET", "/v1/workspaces").json["items"]] == [str(ws)]
    assert member("GET", f"/v1/jobs/{job}").json["code"] == "unknown_job"
    assert member("POST", f"/v1/jobs/{job}/cancel").json["code"] == "unknown_job"
    assert member("GET", "/v1/runs", ws_id=foreign).json["code"] == "unknown_workspace"
    refused = member("POST", "/v1/sync", {"workspaces": [str(foreign)]}).json
    assert (refused["accepted"], refused["refused"][0]["code"]) == (0, "unknown_workspace")


def test_a_key_without_workspaces_of_its_own_sees_none(wiring: ApiWiring, ws: UUID) -> None:
    wiring.database.run(
        "INSERT INTO api_keys (id, name, secret_hash, scopes, ws_ids)"
        " SELECT 'aaaaaaaaaaaa', 'none', sha256('s'), '{read}', '{}'"
    )
    caller = Client(wiring, "alm_aaaaaaaaaaaa_s")
    assert caller("GET", "/v1/workspaces").json["items"] == []
    assert caller("GET", f"/v1/workspaces/{ws}/health").status == 404


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        (None, 401),
        ({"sub": "ada", "scope": "run"}, 403),
        ({"sub": "ada", "scope": "read run"}, 404),
        ({"sub": "ada", "scope": "read", "workspaces": "{foreign}"}, 404),
        ({"sub": "ada", "scope": "read", "workspaces": "{ws}"}, 200),
        ({"sub": "ada", "scope": "read", "workspaces": "[{foreign} {ws}]"}, 200),
    ],
)
def test_a_token_says_what_it_may_and_where(
    wiring: ApiWiring, ws: UUID, foreign: UUID, claims: dict[str, str] | None, status: int
) -> None:
    api = Api(wiring, "jwt", "workspaces", ROUTES)
    vars(wiring)["api"] = api
    sent = event("GET", f"/v1/workspaces/{ws}/health")
    if claims is not None:
        said = {name: value.format(ws=ws, foreign=foreign) for name, value in claims.items()}
        sent["requestContext"]["authorizer"] = {"jwt": {"claims": said}}
    assert Client(wiring).send(sent).status == status
    with_key = wiring.api_keys.add("k", {"read"}, None).token
    sent = event("GET", "/v1/runs", headers={"Authorization": f"Bearer {with_key}"})
    assert Client(wiring).send(sent).status == 401, "in this mode a key of ours opens nothing"


@pytest.mark.parametrize(("caller", "status"), [(None, 401), ({"userArn": "arn:aws:iam::1:role/app"}, 200)])
def test_whoever_iam_lets_in_may_do_everything(
    wiring: ApiWiring, ws: UUID, caller: dict[str, str] | None, status: int
) -> None:
    vars(wiring)["api"] = Api(wiring, "iam", "", ROUTES)
    sent = event("POST", f"/v1/workspaces/{ws}/pause")
    if caller is not None:
        sent["requestContext"]["authorizer"] = {"iam": caller}
    assert Client(wiring).send(sent).status == status
    done = [["iam:arn:aws:iam::1:role/app", "pause"]] if status == 200 else []
    assert list(wiring.database.run("SELECT principal, action FROM audit_log")) == done


def test_whoever_watches_is_told_whether_it_is_alive_and_whether_its_database_is_there(
    wiring: ApiWiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Client(wiring)
    assert (watcher("GET", "/readyz").status, watcher("GET", "/readyz").json) == (200, {"status": "ready"})

    def away(*_: object) -> None:
        raise DatabaseUnavailable("the database cannot be reached")

    monkeypatch.setattr(wiring.database, "run", away)
    down = watcher("GET", "/readyz")
    assert (down.status, down.json["code"], "Retry-After" in down.headers) == (503, "database_unavailable", True)
    assert watcher("GET", "/healthz").json == {"status": "ok"}


def test_the_document_that_is_checked_in_is_the_one_that_is_served(admin: Client) -> None:
    served = admin("GET", "/v1/openapi.json")
    assert served.text == DOCUMENT.read_text(encoding="utf-8"), "run `make openapi`"


def test_the_document_is_the_route_table() -> None:
    said = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    documented = {(method.upper(), path) for path, each in said["paths"].items() for method in each}
    ours = {(route.method, route.path.replace("<", "{").replace(">", "}")) for route in ROUTES}
    assert said["openapi"].startswith("3.1")
    assert ours <= documented


def test_a_document_may_only_grow() -> None:
    said = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    assert lost(said, said) == []
    smaller = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    del smaller["paths"]["/v1/runs"]["get"]
    del smaller["components"]["schemas"]["Job"]["properties"]["status"]
    smaller["components"]["schemas"]["SyncBody"]["required"] = ["mode"]
    assert lost(said, smaller) == ["get /v1/runs is gone", "Job.status is gone", "SyncBody.mode is required now"]
    assert lost(smaller, said) == []


def test_types_values_and_scopes_stay() -> None:
    said = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    other = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    other["paths"]["/v1/runs"]["get"]["x-scope"] = "admin"
    other["components"]["schemas"]["Run"]["properties"]["total_ms"]["type"] = "string"
    other["components"]["schemas"]["ResolveBody"]["properties"]["choice"]["enum"] = ["mine"]
    assert lost(said, other) == [
        "get /v1/runs takes the scope admin now",
        "ResolveBody.choice does not know theirs any more",
        "Run.total_ms is no integer any more",
    ]


def test_this_release_has_its_document() -> None:
    pyproject = tomllib.loads((DOCUMENT.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert (DOCUMENT.parent / "openapi" / f"{pyproject['project']['version']}.json").exists()


@pytest.mark.parametrize("path", sorted(DOCUMENT.parent.glob("openapi/*.json")), ids=lambda path: path.name)
def test_an_earlier_releases_document_still_holds(path: Path) -> None:
    """A release puts its document there, under its version."""
    now = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    assert lost(json.loads(path.read_text(encoding="utf-8")), now) == []
