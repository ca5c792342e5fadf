"""The API as a caller meets it: asked, followed, refused."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.plan.preview_turns import PostgresPreviewTurns
from almanac.cli.main import main
from almanac.domain.items.meetings import MeetingChange
from almanac.services.items.requirements import ChangedMeanwhile
from almanac.services.watching.calendar import SwitchConnection
from almanac.wiring.outside.api import ApiWiring
from tests.integration import rows
from tests.web.conftest import Client, ListQueue, new_wiring
from tests.web.visitors import Visitor, text_of

pytestmark = pytest.mark.integration


class TestAsking:
    def test_a_sync_is_accepted_and_readable_at_once(self, admin: Client, ws: UUID, queue: ListQueue) -> None:
        asked = admin("POST", f"/v1/workspaces/{ws}/sync")
        assert asked.status == 202
        assert asked.json["status"] == "queued"
        (sent,) = queue.sent.values()
        assert sent.job.request_id == asked.json["job_id"]
        followed = admin("GET", asked.json["status_url"])
        assert (followed.status, followed.json["status"], followed.json["runs"]) == (200, "queued", [])
        assert followed.json["waits_for"] == "queue"
        assert followed.headers["Retry-After"] == "1"

    def test_a_plan_and_a_bulk_request_likewise(self, admin: Client, ws: UUID, queue: ListQueue) -> None:
        planned = admin("POST", f"/v1/workspaces/{ws}/schedule", {"window_days": 14, "apply": "safe"})
        assert admin("GET", planned.json["status_url"]).json["job"] == "schedule"
        unknown = uuid4()
        many = admin("POST", "/v1/sync", {"workspaces": [str(ws), str(unknown)]})
        assert (many.status, many.json["accepted"]) == (202, 1)
        assert many.json["refused"] == [{"ws_id": str(unknown), "code": "unknown_workspace"}]
        assert {each.job.job for each in queue.sent.values()} == {"calendar.schedule", "calendar.sync"}

    def test_the_same_key_is_the_same_request(self, admin: Client, ws: UUID, queue: ListQueue) -> None:
        once = {"Idempotency-Key": "k-1"}
        first = admin("POST", f"/v1/workspaces/{ws}/sync", {}, once)
        again = admin("POST", f"/v1/workspaces/{ws}/sync", {}, once)
        other = admin("POST", f"/v1/workspaces/{ws}/sync", {"mode": "full"}, once)
        assert first.json == again.json
        assert (other.status, other.json["code"]) == (422, "idempotency_mismatch")
        assert len(queue.sent) == 1

    def test_twenty_at_once_are_one(
        self, admin: Client, ws: UUID, queue: ListQueue, database_url: str, database: Database
    ) -> None:
        wirings = [new_wiring(database_url, queue) for _ in range(20)]
        clients = [Client(each, admin.token) for each in wirings]
        for each in clients:  # resolver and connection are made one after another, the requests come together
            assert each("GET", "/v1/workspaces").status == 200
        claims = [each.once for each in wirings]

        def ask(one: ApiWiring) -> str:
            def do(job_id: str) -> dict[str, str]:
                one.request_sync(ws, "auto", None, force=False, request_id=job_id)
                return {"job_id": job_id}

            return str(one.once("key:x", "same", {"ws": str(ws)}, do)["job_id"])

        with ThreadPoolExecutor(20) as pool:
            found = set(pool.map(ask, wirings))
        for one in wirings:
            one.close()
        assert len(claims) == 20
        assert len(found) == 1
        assert queue.calls == 1
        assert database.run("SELECT count(*) FROM jobs")[0][0] == 1

    def test_a_queue_that_is_down_leaves_nothing_half_done(
        self, admin: Client, ws: UUID, queue: ListQueue, database: Database
    ) -> None:
        queue.down = True
        for once in ({}, {"Idempotency-Key": "k-2"}):
            refused = admin("POST", f"/v1/workspaces/{ws}/sync", {}, once)
            assert (refused.status, refused.json["code"]) == (503, "queue_unavailable")
            assert "Retry-After" in refused.headers
        assert database.run("SELECT count(*) FROM jobs")[0][0] == 0
        assert admin("POST", "/v1/sync", {"workspaces": [str(ws)]}).status == 503
        queue.down = False
        assert admin("POST", f"/v1/workspaces/{ws}/sync", {}, {"Idempotency-Key": "k-2"}).status == 202
        assert len(queue.sent) == 1

    def test_a_job_that_waits_can_be_called_off_and_its_message_is_refused(
        self, admin: Client, ws: UUID, wiring: ApiWiring
    ) -> None:
        asked = admin("POST", f"/v1/workspaces/{ws}/schedule").json
        assert admin("POST", f"/v1/jobs/{asked['job_id']}/cancel").json["status"] == "cancelled"
        assert admin("POST", f"/v1/jobs/{asked['job_id']}/cancel").json["code"] == "not_cancellable"
        job = next(iter(vars(wiring)["queue"].sent.values())).job
        assert wiring.plan_workspace(job, datetime.now(UTC), lambda: 60).outcome == "cancelled"
        assert admin("GET", asked["status_url"]).json["status"] == "cancelled"

    def test_a_run_can_be_asked_for_again(self, admin: Client, ws: UUID, queue: ListQueue, wiring: ApiWiring) -> None:
        first = admin("POST", f"/v1/workspaces/{ws}/schedule", {"window_days": 21}).json["job_id"]
        (sent,) = queue.sent.values()
        wiring.plan_workspace(sent.job, datetime.now(UTC), lambda: 60)  # type: ignore[arg-type]
        done = admin("GET", f"/v1/jobs/{first}").json
        assert (done["status"], len(done["runs"])) == ("completed", 1)
        shown = admin("GET", f"/v1/runs/{done['runs'][0]['id']}").json
        assert shown["scope"]["window_days"] == 21
        again = admin("POST", f"/v1/runs/{done['runs'][0]['id']}/retry")
        assert again.status == 202
        assert [each.job.window_days for each in queue.sent.values()] == [21, 21]  # type: ignore[attr-defined]
        assert admin("POST", f"/v1/jobs/{first}/cancel").json["code"] == "not_cancellable"

    def test_a_list_is_asked_for_again_as_a_whole(
        self, admin: Client, member: Client, ws: UUID, foreign: UUID, queue: ListQueue
    ) -> None:
        """Its jobs have one id; whoever sees some of them asks for those, and one that is paused is left out."""
        many = {"workspaces": [str(ws), str(foreign)], "mode": "full"}
        batch = admin("POST", "/v1/sync", many).json["job_id"]

        def asked(caller: Client) -> set[tuple[UUID, str]]:
            queue.sent.clear()
            new = caller("POST", f"/v1/jobs/{batch}/retry").json["job_id"]
            assert {each.job.request_id for each in queue.sent.values()} == {new}
            return {(each.job.ws_id, each.job.mode) for each in queue.sent.values()}  # type: ignore[attr-defined]

        assert asked(admin) == {(ws, "full"), (foreign, "full")}
        assert asked(member) == {(ws, "full")}
        admin("POST", f"/v1/workspaces/{ws}/pause")
        assert asked(admin) == {(foreign, "full")}
        assert member("POST", f"/v1/jobs/{batch}/retry").json["code"] == "workspace_paused"


class TestKeys:
    def test_a_key_is_made_listed_and_revoked_and_its_secret_is_nowhere(
        self, database_url: str, database: Database, ws: UUID, capsys: pytest.CaptureFixture[str], monkeypatch: Any
    ) -> None:
        monkeypatch.setenv("ALMANAC_DATABASE_URL", database_url)
        monkeypatch.setenv("ALMANAC_PUBLIC_URL", "http://127.0.0.1:8787")

        def almanac(*words: str) -> Any:
            code = main(words)
            said = capsys.readouterr()
            return json.loads(said.out) if code == 0 else said.err

        wanted = ("--scopes", "read,run", "--workspace", str(ws), "--daily-limit", "5")
        made = almanac("api-key", "add", "--name", "web", *wanted, "--json")
        prefix, key_id, secret = made["key"].split("_", 2)
        assert (prefix, key_id) == ("alm", made["id"])
        assert secret not in str(database.run("SELECT t::text FROM api_keys t"))
        (listed,) = almanac("api-key", "list", "--json")["keys"]
        assert (listed["id"], listed["name"], listed["scopes"]) == (key_id, "web", ["read", "run"])
        assert listed["daily_limit"] == 5
        assert almanac("api-key", "revoke", key_id, "--json") == {"revoked": key_id}
        assert "almanac api-key list" in almanac("api-key", "revoke", "nobody")
        assert "--daily-limit" in almanac("api-key", "add", "--name", "x", *wanted[:-1], "0")
        assert "--all-workspaces" in almanac("api-key", "add", "--name", "x", "--scope", "read")
        assert "--scope" in almanac("api-key", "add", "--name", "x", "--all-workspaces")
        link = almanac("console", "login", "--role", "viewer", "--workspace", str(ws), "--json")["url"]
        assert link.startswith("http://127.0.0.1:8787/console?login=")


class TestRefusing:
    @pytest.mark.parametrize(
        "authorization", [None, "Bearer", "Bearer alm_x", "Basic eDp5", "Bearer alm_000000000000_x"]
    )
    def test_nobody_comes_in_without_a_key(self, wiring: ApiWiring, ws: UUID, authorization: str | None) -> None:
        headers = {"Authorization": authorization} if authorization else {}
        for method, url in (("GET", "/v1/runs"), ("POST", f"/v1/workspaces/{ws}/sync"), ("GET", "/v1/openapi.json")):
            refused = Client(wiring)(method, url, None, headers)
            assert (refused.status, refused.json["code"]) == (401, "unauthenticated")
            assert refused.headers["WWW-Authenticate"] == "Bearer"

    def test_a_revoked_key_opens_nothing(self, admin: Client, wiring: ApiWiring) -> None:
        wiring.api_keys.revoke(str(admin.token).split("_")[1])
        assert admin("GET", "/v1/runs").status == 401

    @pytest.mark.parametrize(
        ("method", "url", "body", "field", "said"),
        [
            ("GET", "/v1/runs?colour=red", None, "colour", "is no parameter of this route"),
            ("GET", "/v1/runs?status=odd", None, "status", ""),
            ("GET", "/v1/runs?ws_id=odd", None, "ws_id", "must be a UUID, like"),
            ("GET", "/v1/runs?limit=201", None, "limit", "must be at most 200"),
            ("GET", "/v1/runs?after=bm8", None, "after", ""),
            ("GET", "/v1/runs?since=yesterday", None, "since", "must be an instant with an offset, like"),
            (
                "GET",
                "/v1/runs?since=2026-03-02T00:00:00Z&until=2026-03-01T00:00:00Z",
                None,
                "until",
                "must be after since",
            ),
            (
                "POST",
                "/v1/sync",
                {"workspaces": [str(UUID(int=1))] * 1001},
                "workspaces",
                "must have at most 1000 entries",
            ),
            ("POST", "/v1/dead-letters/redrive", '{"limit": 1e999}', "limit", "must be a number that has an end"),
            ("POST", "/v1/webhooks", '{"url": "https://x.y/\\ud800"}', "url", "must be text without half a character"),
            ("GET", "/v1/health?reason=because", None, "reason", "knows reconnect_required"),
            ("POST", "/v1/sync", {"workspaces": []}, "workspaces", "must have at least 1"),
            ("POST", "/v1/sync", {"workspaces": ["x"], "colour": 1}, None, ""),
            ("POST", "/v1/sync", "{", "body", "is not valid JSON"),
            ("POST", "/v1/sync", '{"late": "any", "late": "any"}', "late", "is given more than once"),
            ("POST", "/v1/sync", '{"": 1, "": 2}', "body", "is given more than once"),
        ],
    )
    def test_what_is_not_known_is_a_422_that_names_the_field_and_what_to_do_and_echoes_nothing(
        self, admin: Client, method: str, url: str, body: object, field: str | None, said: str
    ) -> None:
        refused = admin(method, url, body)
        assert refused.status == 422
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert field is None or refused.json["field"] == field
        assert refused.json["detail"].startswith(said), refused.json["detail"]
        assert not {"red", "odd", "201", "bm8", "yesterday", "because"} & set(refused.text.split('"'))

    def test_other_ways_to_go_wrong_have_their_own_answer(self, admin: Client, ws: UUID) -> None:
        assert admin("GET", "/v1/nothing").json["code"] == "not_found"
        wrong = admin("PUT", "/v1/runs")
        assert (wrong.status, wrong.headers["Allow"]) == (405, "GET")
        assert admin("POST", "/v1/sync", "x" * 70_000).status == 413
        assert admin("GET", f"/v1/jobs/{uuid4()}").json["code"] == "unknown_job"
        assert admin("GET", f"/v1/runs/{uuid4()}").json["code"] == "unknown_run"


class TestReading:
    def test_pages_follow_each_other_without_a_gap_while_new_runs_come(
        self, admin: Client, ws: UUID, database: Database
    ) -> None:
        for minute in range(25):
            _run(database, ws, minute)
        seen: list[str] = []
        after: dict[str, object] = {}
        while True:
            page = admin("GET", "/v1/runs", ws_id=ws, limit=10, **after).json
            seen += [row["id"] for row in page["items"]]
            _run(database, ws, 100 + len(seen))
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert len(seen) == len(set(seen)) == 25
        failed = admin("GET", "/v1/runs", status="failed,partial").json
        assert failed["items"] == []
        foreign = admin("GET", "/v1/runs", after=after["after"])
        assert (foreign.status, foreign.json["field"]) == (422, "after")

    def test_whoever_has_the_newest_version_is_told_so(self, admin: Client, ws: UUID) -> None:
        url = admin("POST", f"/v1/workspaces/{ws}/sync").json["status_url"]
        first = admin("GET", url)
        again = admin("GET", url, None, {"If-None-Match": first.headers["ETag"]})
        assert (again.status, again.text) == (304, "")

    def test_switches_are_set_against_the_version_that_was_read(self, admin: Client, ws: UUID) -> None:
        (found,) = admin("GET", f"/v1/workspaces/{ws}/connections").json["items"]
        url = f"/v1/workspaces/{ws}/connections/{found['id']}"
        tag = admin("GET", url).headers["ETag"]
        assert admin("PATCH", url, {"enabled": False}, {"If-Match": tag}).json["read"] is False
        assert admin("PATCH", url, {"enabled": True}, {"If-Match": tag}).json["code"] == "precondition_failed"
        assert admin("PATCH", url, {"status": "synced"}).status == 422
        assert admin("PATCH", url, {"enabled": True}).json["read"] is True

    def test_a_switch_turned_between_look_and_deed_is_not_turned_back(
        self, admin: Client, ws: UUID, wiring: ApiWiring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two who have seen the same come at once: the tag fits for both, and the statement decides."""
        url = f"/v1/workspaces/{ws}/connections"
        (one,) = admin("GET", url).json["items"]
        tag = {"If-Match": admin("GET", f"{url}/{one['id']}").headers["ETag"]}
        before = wiring.switch_connection.connection(ws, UUID(one["id"]))
        assert admin("PATCH", f"{url}/{one['id']}", {"outbound": True}, tag).status == 200
        looks = iter([before])
        real = SwitchConnection.connection
        monkeypatch.setattr(SwitchConnection, "connection", lambda *given: next(looks, None) or real(*given))
        late = admin("PATCH", f"{url}/{one['id']}", {"outbound": False}, tag)
        assert (late.status, late.json["code"]) == (412, "precondition_failed")
        assert admin("GET", f"{url}/{one['id']}").json["outbound"] is True

    def test_accounts_are_listed_without_what_opens_them(self, admin: Client, ws: UUID) -> None:
        listed = admin("GET", f"/v1/workspaces/{ws}/accounts")
        assert [row["email"] for row in listed.json["items"]] == ["ada@example.test"]
        assert "gAAAA" not in listed.text

    def test_health_names_the_reason_and_what_helps(
        self, admin: Client, wiring: ApiWiring, ws: UUID, database: Database
    ) -> None:
        well = admin("GET", f"/v1/workspaces/{ws}/health").json
        assert (well["state"], well["plan"]) == ("healthy", None)
        database.run("UPDATE calendar_auth_tokens SET status = 'reconnect_required', updated_at = now()")
        sick = admin("GET", f"/v1/workspaces/{ws}/health").json
        assert (sick["state"], sick["why"]["reason"]) == ("disconnected", "reconnect_required")
        assert sick["why"]["help"]
        database.run("UPDATE calendar_connections SET created_at = now() - interval '2 hours'")
        late = admin("GET", "/v1/health").json["items"]
        assert [(row["ws_id"], row["why"]["reason"]) for row in late] == [(str(ws), "reconnect_required")]
        assert admin("GET", "/v1/health", reason="waiting").json["items"] == []
        (behind,) = wiring.run_summary(None, timedelta(hours=1), 10).behind
        assert (str(behind.ws_id), behind.lag.reason) == (late[0]["ws_id"], late[0]["why"]["reason"]), "as `runs` says"

    def test_the_late_go_on_behind_who_is_late_no_more(self, admin: Client, database: Database) -> None:
        """Not at the beginning again: whoever pages while syncs end would never come to the end."""
        late = [rows.workspace(database) for _ in range(4)]
        for hours, each in enumerate(late):
            rows.connection(database, each, rows.account(database, each))
            database.run(
                "UPDATE calendar_connections SET created_at = now() - make_interval(hours => :h) WHERE ws_id = :ws",
                h=9 - hours,
                ws=each,
            )
        page = admin("GET", "/v1/health", limit=2).json
        assert [row["ws_id"] for row in page["items"]] == [*map(str, late[:2])]
        database.run("DELETE FROM calendar_connections WHERE ws_id = :ws", ws=late[1])
        page = admin("GET", "/v1/health", limit=2, after=page["next"]).json
        assert ([row["ws_id"] for row in page["items"]], page["next"]) == ([*map(str, late[2:])], None)

    def test_health_tells_of_the_last_plan_that_ended(self, admin: Client, ws: UUID, database: Database) -> None:
        for minute, status, error_type, late in (
            (0, "completed", None, 2),
            (1, "failed", "internal", 1),
            (2, "skipped", None, 0),
        ):
            database.run(
                "INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome, started_at, finished_at,"
                " error_type, report)"
                " VALUES (:id, :ws, 'schedule', 'schedule', '{}', :status, 'told', :at, :at, :error, :report::jsonb)",
                id=uuid4(),
                ws=ws,
                status=status,
                error=error_type,
                at=rows.NOON + timedelta(minutes=minute),
                report=json.dumps({"scheduled": 7, "late": late}),
            )
        plan = admin("GET", f"/v1/workspaces/{ws}/health").json["plan"]
        assert (plan["status"], plan["scheduled"], plan["late"], plan["unscheduled"]) == ("failed", 7, 1, 0)

    def test_a_calendar_holds_what_touches_the_time_asked_for(
        self, admin: Client, ws: UUID, database: Database
    ) -> None:
        noon = rows.NOON
        database.run(
            "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at) VALUES (:ws, 'Review', :s, :e)",
            ws=ws,
            s=noon,
            e=noon + timedelta(hours=1),
        )
        url = f"/v1/workspaces/{ws}/calendar"

        def titles(since: datetime, until: datetime) -> list[str]:
            answer = admin("GET", url, **{"from": since.isoformat(), "to": until.isoformat()}).json
            return [row["title"] for row in answer["items"]]

        assert titles(noon + timedelta(minutes=59), noon + timedelta(hours=2)) == ["Review"]
        assert titles(noon + timedelta(hours=1), noon + timedelta(hours=2)) == []
        assert admin("GET", url, **{"from": noon.isoformat(), "to": noon.isoformat()}).json["field"] == "to"
        assert admin("GET", url, **{"from": noon.isoformat()}).json["field"] == "to"


class TestPeople:
    @pytest.mark.usefixtures("no_quarter_ends_meanwhile")
    def test_members_and_meetings_are_set_up_and_a_plan_finds_their_time(
        self, admin: Client, ws: UUID, database: Database
    ) -> None:
        url = f"/v1/workspaces/{ws}"
        for user in ("ada", "ben"):
            assert admin("PUT", f"{url}/members/{user}", {"name": user.title()}).json["user_id"] == user
        assert admin("PUT", f"{url}/members/ben", {"time_zone": "Europe/Nowhere"}).json["field"] == "time_zone"
        assert [row["name"] for row in admin("GET", f"{url}/members").json["items"]] == ["Ada", "Ben"]
        put = admin("PUT", f"{url}/members/ben", {"digest": {"on": True, "at": "06:30"}}).json
        assert (put["name"], put["digest"]) == ("Ben", {"on": True, "at": "06:30", "email": None, "weekly": False})
        late = admin("PUT", f"{url}/members/ben", {"name": "Bo", "digest": {"at": "19:00"}})
        assert (late.status, late.json["field"]) == (422, "digest.at")
        nowhere = admin("PUT", f"{url}/members/ben", {"name": "Bo", "digest": {"email": "a@b.de, c@d.de"}})
        assert (nowhere.status, nowhere.json["field"]) == (422, "digest.email")
        assert admin("PUT", f"{url}/members/ben", {}).json["name"] == "Ben", "what is refused changes nothing"
        assert admin("PUT", f"{url}/members/ben", {"digest": {"at": "7am"}}).status == 422
        assert admin("PATCH", f"{url}/settings", {"weekly_report": True}).json == {"weekly_report": True}
        assert admin("GET", f"{url}/settings").json == {"weekly_report": True}
        asked = {"title": "Kick-off", "required": ["ada", "ben"]}
        meeting = admin("POST", f"{url}/meetings", asked)
        assert meeting.status == 201
        assert admin("POST", f"{url}/meetings", asked | {"required": ["ada", "cy"]}).json["field"] == "required"
        nights = admin("POST", f"{url}/meetings", asked | {"hours": "nights"})
        assert (nights.status, nights.json["field"]) == (422, "hours")
        shown = admin("POST", f"{url}/plan/preview").json
        assert "Kick-off" in {block["title"] for block in shown["blocks"]}
        assert admin("POST", f"{url}/plan/apply", {"fingerprint": shown["fingerprint"]}).status == 200
        (listed,) = admin("GET", f"{url}/meetings").json["items"]
        assert listed["meeting_id"] == meeting.json["meeting_id"]
        assert listed["start"] is not None
        assert admin("DELETE", f"{url}/meetings/{listed['meeting_id']}").json == {"items": []}
        gone = admin("DELETE", f"{url}/meetings/{listed['meeting_id']}")
        assert (gone.status, gone.json["code"]) == (404, "unknown_meeting")
        assert [row["user_id"] for row in admin("DELETE", f"{url}/members/ben").json["items"]] == ["ada"]
        assert admin("DELETE", f"{url}/members/ben").json["code"] == "unknown_member"


class TestAMeetingIsChanged:
    @pytest.fixture
    def url(self, member: Client, ws: UUID) -> str:
        for user in ("ada", "ben", "cy"):
            member("PUT", f"/v1/workspaces/{ws}/members/{user}", {})
        asked = {"title": "Kick-off", "required": ["ada", "ben"], "deadline": "2199-03-06T17:00:00Z"}
        added = member("POST", f"/v1/workspaces/{ws}/meetings", asked).json
        return f"/v1/workspaces/{ws}/meetings/{added['meeting_id']}"

    def test_what_is_left_out_stays_and_null_takes_an_instant_away(
        self, member: Client, url: str, database: Database
    ) -> None:
        was = member("GET", url).json
        changed = member("PATCH", url, {"minutes": 45, "optional": ["cy"], "earliest": "2199-03-01T09:00:00+01:00"})
        now = {**was, "minutes": 45, "optional": ["cy"], "earliest": "2199-03-01T08:00:00Z"}
        assert (changed.status, changed.json) == (200, now)
        bare = member("PATCH", url, {"earliest": None, "deadline": None, "optional": []}).json
        assert bare == {**now, "earliest": None, "deadline": None, "optional": []}
        assert member("PATCH", url, {}).json == bare == member("GET", url).json
        kept = database.run("SELECT action, details FROM audit_log WHERE action = 'meeting_change' ORDER BY at LIMIT 1")
        assert kept == [["meeting_change", {"changed": ["earliest", "minutes", "optional"]}]]

    def test_if_match_guards_what_was_read(self, member: Client, url: str) -> None:
        read = member("GET", url)
        tag = read.headers["ETag"]
        assert member("PATCH", url, {"minutes": 45}, {"If-Match": tag}).status == 200
        refused = member("PATCH", url, {"title": "Start"}, {"If-Match": tag})
        assert (refused.status, refused.json["code"]) == (412, "precondition_failed")
        assert member("GET", url).json == {**read.json, "minutes": 45}

    def test_who_changes_it_between_the_look_and_the_writing_is_noticed(
        self, member: Client, url: str, wiring: ApiWiring, ws: UUID
    ) -> None:
        meetings = wiring.meetings
        seen = meetings.one(ws, UUID(url.rsplit("/", 1)[1]))
        meetings.change(ws, seen.meeting_id, MeetingChange(minutes=45))
        with pytest.raises(ChangedMeanwhile):
            meetings.change(ws, seen.meeting_id, MeetingChange(title="Start"), seen)
        assert member("GET", url).json["title"] == "Kick-off"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"required": ["ada", "zoe"]}, "required"),
            ({"required": ["ada", "ada"]}, "required"),
            ({"optional": ["ada"]}, "optional"),
            ({"earliest": "2199-03-07T00:00:00Z"}, "deadline"),
            ({"hours": "nights"}, "hours"),
            ({"minutes": 0}, "minutes"),
            ({"duration": 30}, "duration"),
        ],
    )
    def test_what_is_unusable_names_its_field_and_changes_nothing(
        self, member: Client, url: str, body: dict[str, object], field: str
    ) -> None:
        was = member("GET", url).json
        refused = member("PATCH", url, body)
        assert (refused.status, refused.json["field"]) == (422, field)
        assert member("GET", url).json == was

    def test_one_that_is_not_there_is_404(self, member: Client, url: str, foreign: UUID, database: Database) -> None:
        theirs = database.run("INSERT INTO meetings (ws_id, title) VALUES (:w, 'T') RETURNING id", w=foreign)[0][0]
        for method, body in (("GET", None), ("PATCH", {"minutes": 45})):
            for unknown in (theirs, uuid4()):
                gone = member(method, f"{url.rsplit('/', 1)[0]}/{unknown}", body)
                assert (gone.status, gone.json["code"]) == (404, "unknown_meeting")


@pytest.mark.usefixtures("no_quarter_ends_meanwhile")
class TestPlans:
    def test_what_was_shown_is_what_is_written(self, admin: Client, ws: UUID, database: Database) -> None:
        _task(database, ws, "Write the report")
        url = f"/v1/workspaces/{ws}/plan"
        shown, again = (admin("POST", f"{url}/preview").json for _ in range(2))
        assert _lasting(shown) == _lasting(again)
        assert database.run(
            "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM workspace_calendar_events),"
            " (SELECT count(*) FROM workspace_sync_leases),"
            " (SELECT count(*) FROM workspace_history WHERE run_id IS NOT NULL)"
        ) == [[0, 0, 0, 0]], "rows, history and leases are untouched"
        applied = admin("POST", f"{url}/apply", {"fingerprint": shown["fingerprint"]})
        assert (applied.status, applied.json["inserted"]) == (200, len(shown["blocks"]))
        stored = database.run("SELECT start_at FROM workspace_calendar_events ORDER BY start_at")
        assert [row[0] for row in stored] == [datetime.fromisoformat(block["start"]) for block in shown["blocks"]]
        assert admin("GET", "/v1/runs", ws_id=ws).json["items"][0]["outcome"] == "planned"

    def test_nobody_waits_longer_for_one_than_the_gateway_does(self, wiring: ApiWiring) -> None:
        wiring._environment = {
            **wiring._environment,
            "ALMANAC_PLAN_BUDGET_SECONDS": "60",
            "ALMANAC_SYNC_LEASE_SECONDS": "900",
        }
        assert wiring.apply_plan.plan.budget_seconds == 20

    def test_two_at_once_are_made_and_a_third_is_told_when_to_come_back(
        self, admin: Client, ws: UUID, wiring: ApiWiring, database: Database, database_url: str, queue: ListQueue
    ) -> None:
        _task(database, ws, "Write the report")
        preview, apply = f"/v1/workspaces/{ws}/plan/preview", f"/v1/workspaces/{ws}/plan/apply"
        begun, go_on = Barrier(3), Event()

        def planning(*given: Any) -> Any:
            begun.wait(30)
            assert go_on.wait(30)
            return solve(*given)

        others = [new_wiring(database_url, queue) for _ in range(2)]
        for other in others:
            plan = other.apply_plan.plan
            solve = plan.planner
            vars(other)["apply_plan"] = replace(other.apply_plan, plan=replace(plan, planner=planning))
        clients = [Client(other, admin.token) for other in others]
        with ThreadPoolExecutor(2) as pool:
            waiting = [pool.submit(client, "POST", preview) for client in clients]
            begun.wait(30)
            for method, body in ((preview, None), (apply, {"fingerprint": "x"})):
                refused = admin("POST", method, body)
                assert (refused.status, refused.json["code"]) == (429, "previews_busy")
                assert refused.headers["Retry-After"] == "1", "a second at least, whatever is usual"
            page = Visitor(wiring).get(f"/console/workspaces/{ws}/plan")
            assert (page.status, page.headers["Retry-After"]) == (429, "1")
            assert "Try again in 1" in text_of(page.text)
            go_on.set()
            assert [each.result(30).status for each in waiting] == [200, 200]
        for other in others:
            other.close()
        assert admin("POST", preview).status == 200

    def test_of_many_who_come_together_two_have_a_turn(self, wiring: ApiWiring, database_url: str) -> None:
        databases = [Database(wiring.database._target, 10) for _ in range(8)]
        stores = [PostgresPreviewTurns(each) for each in databases]
        together = Barrier(len(stores))

        def take(store: PostgresPreviewTurns) -> bool:
            together.wait(30)
            return store.take(uuid4(), 30) is None

        with ThreadPoolExecutor(len(stores)) as pool:
            assert sum(pool.map(take, stores)) == 2
        for each in databases:
            each.close()

    def test_a_turn_of_one_who_has_died_ends_by_itself(self, admin: Client, ws: UUID, database: Database) -> None:
        _task(database, ws, "Write the report")
        url = f"/v1/workspaces/{ws}/plan/preview"
        taken = (
            "UPDATE preview_turns SET holder = gen_random_uuid(), began_at = now() - :age * interval '1 second',"
            " ends_at = now() + (30 - :age) * interval '1 second'"
        )
        database.run(taken, age=29)
        assert admin("POST", url).status == 429
        database.run(taken, age=30)
        assert admin("POST", url).status == 200
        assert database.run("SELECT count(holder) FROM preview_turns") == [[1]], "its own was given back"

    def test_a_turn_is_given_back_where_no_plan_can_be_made(self, admin: Client, ws: UUID, database: Database) -> None:
        database.run("UPDATE workspaces SET timezone = NULL WHERE id = :ws", ws=ws)
        for _ in range(3):
            assert admin("POST", f"/v1/workspaces/{ws}/plan/preview").json["code"] == "timezone_missing"

    def test_a_plan_that_would_be_another_one_now_is_refused_with_the_new_one(
        self, admin: Client, ws: UUID, database: Database
    ) -> None:
        _task(database, ws, "Write the report")
        url = f"/v1/workspaces/{ws}/plan"
        shown = admin("POST", f"{url}/preview").json
        _task(database, ws, "Read it")
        refused = admin("POST", f"{url}/apply", {"fingerprint": shown["fingerprint"]})
        assert (refused.status, refused.json["code"]) == (409, "plan_changed")
        fresh = refused.json["preview"]
        assert {block["title"] for block in fresh["blocks"]} == {"Write the report", "Read it"}
        assert database.run("SELECT count(*) FROM runs")[0][0] == 0
        assert admin("POST", f"{url}/apply", {"fingerprint": fresh["fingerprint"]}).status == 200


def _run(database: Database, ws_id: UUID, minute: int) -> None:
    database.run(
        "INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome, started_at, finished_at)"
        " VALUES (:id, :ws_id, 'sync', 'schedule', '{}', 'completed', 'incremental', :at, :at)",
        id=uuid4(),
        ws_id=ws_id,
        at=rows.NOON + timedelta(minutes=minute),
    )


def _task(database: Database, ws_id: UUID, title: str) -> None:
    database.run("INSERT INTO tasks (ws_id, title, total_minutes) VALUES (:ws, :title, 60)", ws=ws_id, title=title)


def _lasting(preview: dict[str, object]) -> dict[str, object]:
    gone = ("run_id", "request_id", "now", "as_of")
    return {n: v for n, v in preview.items() if n not in gone and not n.endswith(("_at", "_ms"))}
