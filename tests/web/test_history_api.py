"""History and webhooks over HTTP: changes, snapshots, calendars as they were, endpoints of one's own."""

import base64
import gzip
import json
from collections.abc import Callable
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.wiring.outside.api import ApiWiring
from tests.integration import rows
from tests.web.conftest import Client
from tests.web.visitors import Visitor

URL = "https://example.com/hook"
pytestmark = pytest.mark.integration
INSERT = (
    "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
    " SELECT :ws, 'Event ' || n, timestamptz '2026-03-02 12:00+00' + n * interval '1 day',"
    " timestamptz '2026-03-02 13:00+00' + n * interval '1 day' FROM generate_series(1, :many) n"
)
SPAN = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}


@pytest.fixture
def events(database: Database, ws: UUID) -> int:
    """Three events; the last version that they have. An account and a calendar come before them."""
    database.run(INSERT, ws=ws, many=3)
    return 5


class TestChanges:
    def test_a_reader_goes_on_after_its_version(self, member: Client, ws: UUID, events: int) -> None:
        url = f"/v1/workspaces/{ws}/changes"
        first = member("GET", url, after=2, limit=2).json
        rest = member("GET", url, after=first["next"]).json

        assert [each["version"] for each in first["items"] + rest["items"]] == [3, 4, 5]
        assert first["items"][0]["kind"] == "event.created"
        assert first["items"][0]["origin"] == "app"
        assert (first["next"], first["head"], rest["next"], rest["head"]) == (4, events, events, events)
        assert member("GET", url, after=events, limit=200).json["items"] == []
        assert member("GET", url, after=99).status == 422

    def test_what_retention_has_taken_is_gone_with_a_place_to_begin_anew(
        self, database: Database, member: Client, ws: UUID, events: int
    ) -> None:
        database.run("SELECT almanac_prune_history(:ws, now() + interval '1 day', 2)", ws=ws)

        gone = member("GET", f"/v1/workspaces/{ws}/changes", after=0)

        assert (gone.status, gone.json["code"], gone.json["oldest"]) == (410, "cursor_expired", 3)
        assert member("GET", gone.json["snapshot_url"]).status == 200
        assert member("GET", f"/v1/workspaces/{ws}/calendar", version=1, **SPAN).json["code"] == "cursor_expired"

    def test_a_snapshot_is_lines_with_the_version_first(self, member: Client, ws: UUID, events: int) -> None:
        answer = member("GET", f"/v1/workspaces/{ws}/snapshot")

        head, *lines = map(json.loads, answer.text.splitlines())
        assert head == {"version": events}
        assert [line["title"] for line in lines] == ["Event 1", "Event 2", "Event 3"]
        assert all(UUID(line["id"]) for line in lines)
        packed = member("GET", f"/v1/workspaces/{ws}/snapshot", headers={"Accept-Encoding": "gzip, br"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(base64.b64decode(packed.text)).decode() == answer.text

    def test_a_calendar_as_it_was(self, member: Client, ws: UUID, events: int, database: Database) -> None:
        database.run("UPDATE workspace_calendar_events SET title = 'New' WHERE title = 'Event 1'")
        url = f"/v1/workspaces/{ws}/calendar"

        def titles(**query: object) -> list[str]:
            return [item["title"] for item in member("GET", url, **SPAN, **query).json["items"]]

        assert titles() == ["New", "Event 2", "Event 3"]
        assert titles(version=events) == ["Event 1", "Event 2", "Event 3"]
        assert titles(version=events - 1) == ["Event 1", "Event 2"]
        assert titles(version=0) == []
        database.run("UPDATE workspace_calendar_events SET own_block = true WHERE title = 'Event 3'")
        now, then = (member("GET", url, **SPAN, **query).json["items"] for query in ({}, {"version": events + 2}))
        assert [item["title"] for item in now] == ["New", "Event 2"]
        assert then == [{**each, "updated_at": None} for each in now], "the last version is the calendar as it is"

    @pytest.mark.parametrize("version", [{}, {"version": 0}, {"version": 1}], ids=str)
    @pytest.mark.parametrize("end", [SPAN["from"], "2027-03-03T00:00:00Z"])
    def test_a_span_is_as_long_then_as_now(self, member: Client, ws: UUID, version: dict[str, int], end: str) -> None:
        refused = member("GET", f"/v1/workspaces/{ws}/calendar", **{**SPAN, "to": end}, **version)

        assert (refused.status, refused.json["field"]) == (422, "to")

    def test_all_that_a_caller_sees_and_no_more(
        self, member: Client, admin: Client, ws: UUID, foreign: UUID, events: int, database: Database
    ) -> None:
        database.run(INSERT, ws=foreign, many=1)

        first = admin("GET", "/v1/changes", limit=4).json
        rest = admin("GET", "/v1/changes", after=first["next"]).json
        own = member("GET", "/v1/changes").json

        found = [(each["ws_id"], each["version"]) for each in first["items"] + rest["items"]]
        assert found == [*((str(ws), version) for version in range(1, events + 1)), (str(foreign), 1)]
        assert {each["ws_id"] for each in own["items"]} == {str(ws)}
        assert admin("GET", "/v1/changes", after="x").status == 422


class TestWebhooks:
    def test_an_endpoint_from_its_beginning_to_its_end(
        self, member: Client, ws: UUID, database: Database, events: int
    ) -> None:
        added = member("POST", "/v1/webhooks", {"url": URL, "ws_id": str(ws)})
        one = f"/v1/webhooks/{added.json['id']}"

        assert added.status == 201
        assert added.json["secret"].startswith("whsec_")
        assert member("GET", one).json["status"] == "active"
        assert [each["id"] for each in member("GET", "/v1/webhooks").json["items"]] == [added.json["id"]]
        assert member("PATCH", one, {"status": "paused"}).json["status"] == "paused"
        assert member("PATCH", one, {"status": "disabled"}).json["field"] == "status"
        assert member("POST", f"{one}/rotate").json["secret"] != added.json["secret"]
        replayed = member("POST", f"{one}/replay", {"ws_id": str(ws), "from_version": 2})
        assert (replayed.status, replayed.json) == (202, {"from_version": 2})
        twice = [
            member("POST", f"{one}/replay", {"ws_id": str(ws), "from_version": 3}, {"Idempotency-Key": "k"}).status
            for _ in range(2)
        ]
        assert twice == [202, 202]
        audited = database.run("SELECT count(*) FROM audit_log WHERE action = 'webhook_replay' AND ws_id = :ws", ws=ws)
        assert audited[0][0] == 2, "what comes twice under a key is done once"
        assert member("POST", f"{one}/replay", {"ws_id": str(ws)}).status == 422
        assert member("DELETE", one).status == 200
        assert member("GET", one).status == 404
        assert "secret" not in member("GET", "/v1/webhooks").text

    def test_a_secret_whose_answer_was_lost_is_given_once(
        self, admin: Client, wiring: ApiWiring, unanswered: Callable[[], None]
    ) -> None:
        added = admin("POST", "/v1/webhooks", {"url": URL}).json
        rotate, once = f"/v1/webhooks/{added['id']}/rotate", {"Idempotency-Key": "r"}
        unanswered()
        assert admin("POST", rotate, None, once).status == 503
        new = admin("POST", rotate, None, once).json["secret"]
        valid = wiring.webhooks.store.load(UUID(added["id"])).secrets  # type: ignore[union-attr]
        assert [wiring.webhooks.cipher.decrypt(each) for each in valid] == [new, added["secret"]]
        assert admin("POST", rotate, None, {"Idempotency-Key": "other"}).json["secret"] != new

    def test_who_may_only_look_does_not_learn_what_opens_an_endpoint(
        self, wiring: ApiWiring, admin: Client, ws: UUID, database: Database
    ) -> None:
        url = "https://hooks.example.com/services/T0/sesame?token=sesame"
        endpoint = admin("POST", "/v1/webhooks", {"url": url, "ws_id": str(ws)}).json["id"]
        database.run("UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = 'gone'")
        reader = Client(wiring, wiring.api_keys.add("reader", {"read"}, None).token)
        for path in ("", f"/{endpoint}"):
            assert "sesame" in admin("GET", f"/v1/webhooks{path}").text
            seen = reader("GET", f"/v1/webhooks{path}").text
            assert ("sesame" in seen, "https://hooks.example.com/" in seen) == (False, True)
            assert "sesame" in Visitor(wiring, "operator").get(f"/console/webhooks{path}").text
            page = Visitor(wiring, "viewer").get(f"/console/webhooks{path}").text
            assert ("sesame" in page, "hooks.example.com" in page) == (False, True)

    def test_only_who_sees_all_workspaces_may_listen_to_all(
        self, member: Client, admin: Client, ws: UUID, foreign: UUID
    ) -> None:
        everything = admin("POST", "/v1/webhooks", {"url": URL}).json["id"]
        theirs = admin("POST", "/v1/webhooks", {"url": URL, "ws_id": str(foreign)}).json["id"]

        assert member("POST", "/v1/webhooks", {"url": URL}).status == 403
        refused = member("POST", "/v1/webhooks", {"url": URL, "ws_id": str(foreign)})
        assert refused.json["code"] == "unknown_workspace"
        for endpoint in (everything, theirs):
            for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
                assert member(method, f"/v1/webhooks/{endpoint}{path}").status == 404
        assert member("GET", "/v1/webhooks").json["items"] == []
        replay = {"ws_id": str(ws), "from_version": 1}
        assert admin("POST", f"/v1/webhooks/{theirs}/replay", replay).status == 422

    def test_without_keys_there_are_none(self, wiring: ApiWiring, admin: Client) -> None:
        wiring._environment = {**wiring._environment, "ALMANAC_WEBHOOK_KEYS": ""}

        answer = admin("GET", "/v1/webhooks")

        assert (answer.status, answer.json["code"]) == (409, "webhooks_off")

    def test_an_address_inside_is_refused(self, admin: Client) -> None:
        assert admin("POST", "/v1/webhooks", {"url": "http://127.0.0.1/"}).json["field"] == "url"


def test_a_workspace_without_history_is_at_0(database: Database, admin: Client) -> None:
    new = rows.workspace(database)

    assert admin("GET", f"/v1/workspaces/{new}/changes").json == {"items": [], "next": 0, "head": 0, "epoch": 0}
