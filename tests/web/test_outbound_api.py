"""Writing out over HTTP: what waits, what is held, what somebody decides; tokens for browsers; snapshots in parts."""

import json
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.errors import DatabaseUnavailable
from almanac.services.events_out.ports import Answer, Lane
from almanac.web import request
from almanac.web.api.history import snapshot
from almanac.wiring.deliver import DeliverWiring
from almanac.wiring.outside.api import ApiWiring
from tests.web.conftest import PUBLIC_URL, SESSION_KEY, Client, ListQueue
from tests.web.visitors import Visitor, text_of

pytestmark = pytest.mark.integration
LINK = (
    "INSERT INTO calendar_event_links (ws_id, event_id, kind, provider, account, calendar_id, external_event_id,"
    " desired, stopped, reason, conflict) SELECT ws_id, id, 'event', 'google', 'ada@example.test',"
    " 'ada@example.test', 'g' || id,"
    ' \'{"title": "Ours"}\', \'conflict\', \'both_sides\', \'{"title": {"ours": "Ours", "theirs": "Theirs"}}\''
    " FROM workspace_calendar_events WHERE id = :event RETURNING id"
)
REFUSED = (
    "INSERT INTO calendar_event_links (ws_id, event_id, kind, provider, account, calendar_id,"
    " external_event_id, current, desired, stopped, reason, base, base_etag, ours)"
    " SELECT :ws, event, 'block', 'google', 'ada@example.test', l.* FROM gen_random_uuid() AS event, (VALUES"
    " ('new', 'n', true, '{}'::jsonb, 'failed', 'invalid', NULL::jsonb, NULL, NULL::jsonb),"
    " ('former', 'f', false, NULL, NULL, NULL, '{}', 'e', '{}')) AS l"
)
ZOES = (
    "WITH ada AS (INSERT INTO workspace_members (ws_id, user_id, target_connection_id)"
    " SELECT ws_id, 'ada', id FROM calendar_connections WHERE ws_id = :ws),"
    " task AS (INSERT INTO tasks (ws_id, title, total_minutes) VALUES (:ws, 'Draft', 60) RETURNING id),"
    " block AS (INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
    " VALUES (:ws, 'Draft', now() + interval '1 day', now() + interval '25 hours') RETURNING id)"
    " INSERT INTO task_calendar_events (event_id, ws_id, task_id, user_id, scheduled_minutes)"
    " SELECT block.id, :ws, task.id, 'zoe', 60 FROM task, block"
)
INSERT = (
    "INSERT INTO workspace_calendar_events (ws_id, title, description, start_at, end_at)"
    " SELECT :ws, 'Event ' || n, repeat('ä', :size), timestamptz '2026-03-02 12:00+00' + n * interval '1 hour',"
    " timestamptz '2026-03-02 13:00+00' + n * interval '1 hour' FROM generate_series(1, :many) n RETURNING id"
)


@pytest.fixture
def link(database: Database, ws: UUID) -> UUID:
    event = database.run(INSERT, ws=ws, many=1, size=0)[0][0]
    found: UUID = database.run(LINK, event=event)[0][0]
    return found


def audited(database: Database) -> list[object]:
    return [row[0] for row in database.run("SELECT action FROM audit_log ORDER BY at")]


class TestConflicts:
    def test_both_sides_are_shown_and_one_is_chosen(
        self, member: Client, ws: UUID, link: UUID, database: Database
    ) -> None:
        url = f"/v1/workspaces/{ws}/conflicts"
        (found,) = member("GET", url).json["items"]
        assert (found["link_id"], found["fields"]["title"]) == (str(link), {"ours": "Ours", "theirs": "Theirs"})
        assert member("GET", f"/v1/workspaces/{ws}/outbound").json["conflicts"] == [found]
        assert member("POST", f"{url}/{link}/resolve", {"choice": "yours"}).json["field"] == "choice"
        decided = member("POST", f"{url}/{link}/resolve", {"choice": "mine"})
        assert decided.json == {"link_id": str(link), "choice": "mine"}
        assert member("GET", url).json["items"] == []
        assert database.run("SELECT title FROM workspace_calendar_events") == [["Ours"]]
        assert audited(database) == ["resolve"]

    def test_a_link_of_another_workspace_is_as_unknown_as_none(
        self, member: Client, admin: Client, ws: UUID, foreign: UUID, link: UUID, database: Database
    ) -> None:
        for where, which in ((ws, uuid4()), (foreign, link)):
            refused = admin("POST", f"/v1/workspaces/{where}/conflicts/{which}/resolve", {"choice": "mine"})
            assert (refused.status, refused.json["code"]) == (404, "unknown_conflict")
        assert member("POST", f"/v1/workspaces/{foreign}/conflicts/{link}/resolve", {"choice": "mine"}).status == 404
        assert audited(database) == []


class TestOutbound:
    def test_a_dry_run_lets_syncs_write_and_a_mass_change_waits_for_consent(
        self, member: Client, ws: UUID, database: Database
    ) -> None:
        url = f"/v1/workspaces/{ws}/outbound"
        database.run(
            "INSERT INTO workspace_members (ws_id, user_id, target_connection_id) SELECT ws_id, 'ada', id"
            " FROM calendar_connections"
        )
        assert [each["reason"] for each in member("GET", url).json["held"]] == ["dry_run_first"]
        assert member("GET", url).json["held"], "looking alone changes nothing"
        assert member("POST", f"{url}/review").json["held"] == []
        database.run("UPDATE calendar_connections SET outbound_held = 'mass_change'")
        consented = member("POST", f"{url}/consent")
        assert consented.json["consented"] == ["ada@example.test"]
        assert consented.json["held"][0]["help"]
        assert audited(database) == ["outbound_review", "outbound_consent"]

    def test_what_a_new_target_refuses_says_where_it_stays(self, member: Client, ws: UUID, database: Database) -> None:
        database.run(REFUSED, ws=ws)
        (refused,) = member("GET", f"/v1/workspaces/{ws}/outbound").json["failed"]
        assert (refused["calendar_id"], refused["stays_in"]) == ("new", "former")
        database.run("DELETE FROM calendar_event_links WHERE NOT current")
        (refused,) = member("GET", f"/v1/workspaces/{ws}/outbound").json["failed"]
        assert refused["stays_in"] is None

    def test_blocks_of_who_is_no_member_are_counted(self, member: Client, wiring: ApiWiring, ws: UUID) -> None:
        assert member("GET", f"/v1/workspaces/{ws}/outbound").json["unowned"] == []
        wiring.database.run(ZOES, ws=ws)
        assert member("GET", f"/v1/workspaces/{ws}/outbound").json["unowned"] == [{"user_id": "zoe", "blocks": 1}]
        page = text_of(Visitor(wiring).get(f"/console/workspaces/{ws}/outbound").text)
        assert "1 block ahead goes nowhere: zoe is no member" in page

    def test_channels_are_listed(self, member: Client, ws: UUID) -> None:
        assert member("GET", f"/v1/workspaces/{ws}/channels").json == {"on": False, "items": []}


class TestTokens:
    def test_a_browser_reads_one_job_for_an_hour(self, wiring: ApiWiring, member: Client, ws: UUID) -> None:
        url = member("POST", f"/v1/workspaces/{ws}/sync").json["status_url"]
        other = member("POST", f"/v1/workspaces/{ws}/schedule").json["status_url"]
        made = member("POST", "/v1/tokens", {"ws_id": str(ws), "job_id": url.rpartition("/")[2]}).json
        browser = Client(wiring, made["token"])
        assert browser("GET", url).json["status"] == "queued"
        assert browser("GET", other).status == 403
        assert browser("GET", f"/v1/workspaces/{ws}/health").status == 403
        assert browser("POST", f"/v1/jobs/{url.rpartition('/')[2]}/cancel").status == 403
        assert made["token"].split("_", 2)[2] not in str(wiring.database.run("SELECT t::text FROM api_keys t"))
        assert "token of" not in str(wiring.api_keys.all())

    def test_one_of_a_workspace_reads_that_and_ends(
        self, wiring: ApiWiring, member: Client, ws: UUID, foreign: UUID, database: Database
    ) -> None:
        made = member("POST", "/v1/tokens", {"ws_id": str(ws), "minutes": 5}).json
        browser = Client(wiring, made["token"])
        assert browser("GET", f"/v1/workspaces/{ws}/health").status == 200
        assert browser("GET", f"/v1/workspaces/{foreign}/health").status == 404
        assert browser("POST", f"/v1/workspaces/{ws}/sync").status == 403
        database.run("UPDATE api_keys SET expires_at = now() WHERE expires_at IS NOT NULL")
        assert browser("GET", f"/v1/workspaces/{ws}/health").status == 401

    def test_it_ends_with_the_key_that_made_it(
        self, wiring: ApiWiring, member: Client, admin: Client, ws: UUID
    ) -> None:
        """Whoever has stolen a key makes a token first."""
        tokens = [maker("POST", "/v1/tokens", {"ws_id": str(ws)}).json["token"] for maker in (member, admin)]
        wiring.api_keys.revoke(str(member.token).split("_")[1])
        found = [Client(wiring, token)("GET", f"/v1/workspaces/{ws}/health").status for token in tokens]
        assert found == [401, 200]

    def test_it_gives_no_more_than_its_maker_has(
        self, wiring: ApiWiring, member: Client, admin: Client, ws: UUID, foreign: UUID
    ) -> None:
        blind = Client(wiring, wiring.api_keys.add("k", {"run"}, None).token)
        assert blind("POST", "/v1/tokens", {"ws_id": str(ws)}).status == 403
        assert member("POST", "/v1/tokens", {"ws_id": str(foreign)}).json["code"] == "unknown_workspace"
        elsewhere = admin("POST", f"/v1/workspaces/{foreign}/sync").json["job_id"]
        refused = admin("POST", "/v1/tokens", {"ws_id": str(ws), "job_id": elsewhere})
        assert refused.json["code"] == "unknown_job"
        assert admin("POST", "/v1/tokens", {"ws_id": str(ws), "minutes": 61}).json["field"] == "minutes"

    def test_keys_are_listed_for_who_sees_all(self, admin: Client, member: Client) -> None:
        assert [each["name"] for each in admin("GET", "/v1/keys").json["items"]] == ["admin", "member"]
        assert member("GET", "/v1/keys").status == 403


def test_a_key_with_a_limit_has_so_many_calls_a_day(wiring: ApiWiring, database: Database) -> None:
    caller = Client(wiring, wiring.api_keys.add("k", {"read"}, None, daily_limit=2).token)
    assert [caller("GET", "/v1/runs").status for _ in range(2)] == [200, 200]
    refused = caller("GET", "/v1/runs")
    assert (refused.status, refused.json["code"]) == (429, "daily_limit_reached")
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    database.run("UPDATE api_keys SET calls_on = calls_on - 1")
    assert caller("GET", "/v1/runs").status == 200, "another day"


def test_calls_of_its_tokens_are_a_keys_own(wiring: ApiWiring, ws: UUID) -> None:
    caller = Client(wiring, wiring.api_keys.add("k", {"read", "run"}, None, daily_limit=4).token)
    tokens = [caller("POST", "/v1/tokens", {"ws_id": str(ws)}).json["token"] for _ in range(2)]
    browsers = [Client(wiring, token) for token in tokens]
    assert [each("GET", f"/v1/workspaces/{ws}/health").status for each in browsers] == [200, 200]
    refused = [each("GET", f"/v1/workspaces/{ws}/health") for each in (*browsers, caller)]
    assert [each.json["code"] for each in refused] == ["daily_limit_reached"] * 3


def gone(*_: object) -> None:
    raise DatabaseUnavailable("gone")


class TestOnce:
    def test_what_is_made_under_a_key_is_made_once(self, member: Client, ws: UUID, database: Database) -> None:
        once = {"Idempotency-Key": "k"}
        made = {"url": "https://example.com/hook", "ws_id": str(ws)}
        hooks = [member("POST", "/v1/webhooks", made, once).json for _ in range(2)]
        assert hooks[0] == hooks[1]
        assert len(member("GET", "/v1/webhooks").json["items"]) == 1
        one = f"/v1/webhooks/{hooks[0]['id']}"
        secrets = [member("POST", f"{one}/rotate", None, {"Idempotency-Key": "r"}).json["secret"] for _ in range(2)]
        assert secrets[0] == secrets[1] != hooks[0]["secret"]
        for user in ("ada", "ben"):
            member("PUT", f"/v1/workspaces/{ws}/members/{user}")
        asked = {"title": "Kick-off", "required": ["ada", "ben"]}
        meetings = [
            member("POST", f"/v1/workspaces/{ws}/meetings", asked, {"Idempotency-Key": "m"}).json for _ in range(2)
        ]
        assert meetings[0] == meetings[1]
        kept = str(database.run("SELECT answer::text FROM idempotency_keys"))
        assert "whsec_" not in kept
        assert secrets[0].removeprefix("whsec_") not in kept

    def test_what_was_made_before_its_answer_was_lost_is_not_made_again(
        self, member: Client, ws: UUID, wiring: ApiWiring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The database goes just after it has taken what is new: 503 leaves nothing behind, for whoever asks again."""
        for user in ("ada", "ben"):
            member("PUT", f"/v1/workspaces/{ws}/members/{user}")
        for place, body in (
            (f"/v1/workspaces/{ws}/tasks", {"title": "Report", "minutes": 30, "assignees": [{"user_id": "ada"}]}),
            (f"/v1/workspaces/{ws}/meetings", {"title": "Kick-off", "required": ["ada", "ben"]}),
            (f"/v1/workspaces/{ws}/habits", {"name": "Run"}),
            (f"/v1/workspaces/{ws}/feeds", {"name": "phone"}),
            ("/v1/webhooks", {"url": "https://example.com/hook", "ws_id": str(ws)}),
        ):
            key = {"Idempotency-Key": place}
            with monkeypatch.context() as broken:
                broken.setitem(vars(wiring), "audit_log", SimpleNamespace(record=gone))
                lost = member("POST", place, body, key)
            made = member("POST", place, body, key)
            found = member("GET", place).json["items"]
            assert (lost.status, made.status, len(found)) == (503, 201, 1), place
            (new,) = (value for name, value in made.json.items() if name.endswith("id"))
            assert new in found[0].values()
        assert member("GET", f"/v1/workspaces/{ws}/tasks").json["items"][0]["assignees"][0]["user_id"] == "ada"

    def test_a_feed_that_was_made_before_its_answer_was_lost_is_read_at_the_address_that_is_told(
        self, member: Client, ws: UUID, wiring: ApiWiring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place, key = f"/v1/workspaces/{ws}/feeds", {"Idempotency-Key": "f"}
        with monkeypatch.context() as broken:
            broken.setitem(vars(wiring), "audit_log", SimpleNamespace(record=gone))
            member("POST", place, {"name": "phone"}, key)
        told = member("POST", place, {"name": "phone"}, key).json["url"].removeprefix(PUBLIC_URL)
        assert Client(wiring)("GET", told).status == 200

    def test_a_list_of_plans_and_whoever_is_late(
        self, admin: Client, ws: UUID, queue: ListQueue, database: Database
    ) -> None:
        assert admin("POST", "/v1/schedule", {"workspaces": [str(ws)]}).json["accepted"] == 1
        database.run("UPDATE calendar_connections SET created_at = now() - interval '2 hours'")
        assert admin("POST", "/v1/sync", {"late": "backing_off"}).json["accepted"] == 0
        assert admin("POST", "/v1/sync", {"late": "any"}).json["accepted"] == 1
        assert {each.job.job for each in queue.sent.values()} == {"calendar.schedule", "calendar.sync"}
        assert admin("POST", "/v1/sync", {"late": "any", "workspaces": [str(ws)]}).status == 422
        assert admin("POST", "/v1/sync", {}).json["field"] == "workspaces"


class TestSnapshots:
    def test_one_that_is_too_large_comes_in_parts_of_one_version(
        self, member: Client, ws: UUID, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ids = {str(row[0]) for row in database.run(INSERT, ws=ws, many=40, size=100)}
        monkeypatch.setattr(snapshot, "_MOST", 12_000)
        url, seen, titles, version = f"/v1/workspaces/{ws}/snapshot", [], set(), None
        after: dict[str, str] = {}
        while True:
            head, *lines = map(json.loads, member("GET", url, **after).text.splitlines())
            version = version or head["version"]
            assert head["version"] == version
            seen += [line["id"] for line in lines]
            titles |= {line["title"] for line in lines}
            if "next" not in head:
                break
            after = {"after": head["next"]}
            database.run("UPDATE workspace_calendar_events SET title = 'New'")  # what changes meanwhile is taken back
            database.run("DELETE FROM workspace_calendar_events WHERE id = :id", id=max(ids))
            database.run(INSERT, ws=ws, many=1, size=0)
        assert sorted(seen) == sorted(ids)
        assert "New" not in titles
        assert member("GET", url, after="x").json["field"] == "after"
        first = member("GET", url, limit=7).text.splitlines()
        assert len(first) == 8

    def test_an_answer_that_no_lambda_can_give_is_refused(
        self, admin: Client, monkeypatch: pytest.MonkeyPatch, ws: UUID
    ) -> None:
        monkeypatch.setattr(request, "LARGEST_ANSWER", 100)
        refused = admin("GET", "/v1/workspaces")
        assert (refused.status, refused.json["code"]) == (422, "answer_too_large")


class TestWebhooks:
    @pytest.fixture
    def one(self, member: Client, ws: UUID) -> str:
        added = member("POST", "/v1/webhooks", {"url": "https://example.com/hook", "ws_id": str(ws)})
        return f"/v1/webhooks/{added.json['id']}"

    @pytest.fixture
    def deliver(self, database_url: str, wiring: ApiWiring) -> DeliverWiring:
        made = DeliverWiring({"ALMANAC_DATABASE_URL": database_url, "ALMANAC_WEBHOOK_KEYS": SESSION_KEY})
        vars(made)["webhook_sender"] = Refuses()
        return made

    def test_a_test_is_sent_by_who_may_and_its_end_is_told(
        self, member: Client, one: str, ws: UUID, deliver: DeliverWiring, wiring: ApiWiring
    ) -> None:
        assert member("GET", f"{one}/test").status == 404
        assert member("POST", f"{one}/test").status == 202
        from almanac.adapters.postgres.history.publish import PostgresPublishing  # noqa: PLC0415

        (lane,) = PostgresPublishing(wiring.database).due(10)
        assert lane == Lane(UUID(one.rpartition("/")[2]), ws)
        deliver.deliver_lane(lane, lambda: 100)
        told = member("GET", f"{one}/test").json
        assert (told["status_code"], told["ms"], told["response_head"]) == (500, 12, "<b>no</b>")
        assert PostgresPublishing(wiring.database).due(10) == []
        deliver.close()

    def test_deliveries_are_listed_and_a_new_beginning_skips_what_was(
        self, member: Client, one: str, ws: UUID, database: Database, deliver: DeliverWiring, wiring: ApiWiring
    ) -> None:
        database.run(INSERT, ws=ws, many=3, size=0)
        deliver.deliver_lane(Lane(UUID(one.rpartition("/")[2]), ws), lambda: 100)
        (listed,) = member("GET", f"{one}/deliveries").json["items"]
        assert (listed["status"], listed["status_code"], listed["attempts"]) == ("pending", 500, 1)
        assert listed["response_head"] == "<b>no</b>"
        reader = Client(wiring, wiring.api_keys.add("reader", {"read"}, [ws]).token)
        assert reader("GET", f"{one}/deliveries").json["items"][0]["response_head"] is None
        assert member("GET", one).json["behind"] == 3
        assert member("PATCH", one, {"status": "paused"}).json["behind"] == 3
        assert member("PATCH", one, {"status": "active", "resume": "now"}).json["behind"] == 0
        assert member("GET", f"{one}/deliveries").json["items"][0]["status"] == "cancelled"
        deliver.close()


class Refuses:
    """An endpoint that always says 500."""

    def post(self, *_: object) -> Answer:
        return Answer(500, None, 12, "<b>no</b>")
