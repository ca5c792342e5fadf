"""The console: who comes in, what they see, which forms count, and that strangers' text stays text."""

import gzip
import re
from base64 import b64decode
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.errors import SecretsUnavailable
from almanac.presentation.agenda import Style
from almanac.services.queues.dead_letters import ExplainedLetters
from almanac.web.console.export_pages import download
from almanac.web.console.look_pages import connected
from almanac.web.console.rendering import STATIC, asset
from almanac.web.console.session import LASTS_SECONDS, Sessions
from almanac.web.console.table import PAGES
from almanac.wiring.outside.api import ApiWiring
from tests.web.conftest import Client, ListQueue, event, new_wiring
from tests.web.visitors import HOSTILE, Visitor

pytestmark = pytest.mark.integration
HTMX = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
"""SHA-256 of dist/htmx.min.js of the package htmx.org 4.0.1 (0BSD)."""


class NoLetters:
    """Queues without a dead letter."""

    def listed(self, *_: object) -> ExplainedLetters:
        return ExplainedLetters({"sync": 0, "schedule": 0}, [])


@pytest.fixture(autouse=True)
def queues(wiring: ApiWiring) -> None:
    vars(wiring)["queue_depths"] = dict
    vars(wiring)["dead_letters"] = NoLetters()


@pytest.fixture
def visitor(wiring: ApiWiring) -> Visitor:
    return Visitor(wiring)


Lived = tuple[UUID, UUID, str, UUID]


def addresses(ws: UUID, run: UUID, job: str, endpoint: UUID) -> list[str]:
    """Every page, of something that is there."""
    values = {"ws": str(ws), "run_id": str(run), "job_id": job, "endpoint_id": str(endpoint)}
    found = []
    for page in PAGES:
        path = page.path
        for name, value in values.items():
            path = path.replace(f"<{name}>", value)
        if page.method == "GET" and page.answer is not download:  # leads to a file, see test_exports_api.py
            found.append(f"{path}?status=connected" if page.answer is connected else path)
    assert not any("<" in path for path in found)
    return found


@pytest.fixture
def lived(database: Database, wiring: ApiWiring, ws: UUID, queue: ListQueue) -> Lived:
    """A workspace whose every text is hostile, with an event, a plan that ran, and a job that waits."""
    database.run("UPDATE workspaces SET name = :name", name=HOSTILE)
    database.run("UPDATE calendar_connections SET calendar_name = :name", name=HOSTILE)
    database.run("INSERT INTO tasks (ws_id, title, total_minutes) VALUES (:ws, :title, 60)", ws=ws, title=HOSTILE)
    now = datetime.now(UTC)
    database.run(
        "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at) VALUES (:ws, :title, :s, :e)",
        ws=ws,
        title=HOSTILE,
        s=now,
        e=now + timedelta(hours=1),
    )
    wiring.request_plan(ws, 30, "full", force_reschedule=False)
    (sent,) = queue.sent.values()
    report = wiring.plan_workspace(sent.job, now, lambda: 60)  # type: ignore[arg-type]
    endpoint, _secret = wiring.webhooks.add(f"https://example.com/{quote(HOSTILE)}", ws)
    database.run("UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = 'gone'")
    return ws, report.run_id, str(sent.job.request_id), endpoint


class TestComingIn:
    def test_a_link_opens_once_and_gives_a_cookie_of_this_host_only(self, wiring: ApiWiring) -> None:
        visitor = Visitor(wiring)
        assert "__Host-almanac=" in visitor.set_cookie
        for part in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax", f"Max-Age={LASTS_SECONDS}"):
            assert part in visitor.set_cookie
        assert visitor.get("/console").status == 200
        again = Client(wiring).send(event("GET", visitor.login))
        assert (again.status, again.cookies) == (403, [])

    def test_a_stranger_is_told_how_to_come_in_on_every_page(self, wiring: ApiWiring) -> None:
        for page in PAGES:
            path = page.path.replace("<ws>", str(uuid4()))
            answer = Client(wiring).send(event(page.method, path, ""))
            assert answer.status == 401
            assert "almanac console login" in answer.text

    def test_a_session_that_was_changed_or_is_over_opens_nothing(self, visitor: Visitor) -> None:
        cookie = visitor.cookie
        for changed in (
            cookie[:-1] + ("A" if cookie[-1] != "A" else "B"),
            cookie.replace(".", "x.", 1),
            "__Host-almanac=",
        ):
            visitor.cookie = changed
            assert visitor.get("/console").status == 401
        clock = [1000.0]
        sessions = Sessions(lambda: ["k"], lambda: clock[0])
        value = sessions.begin("ada", "viewer", None).partition("=")[2].partition(";")[0]
        assert sessions.of(value) is not None
        clock[0] += LASTS_SECONDS
        assert sessions.of(value) is None

    def test_keys_rotate(self) -> None:
        old, new = Sessions(lambda: ["old"], lambda: 0.0), Sessions(lambda: ["new", "old"], lambda: 0.0)
        value = old.begin("ada", "viewer", None).partition("=")[2].partition(";")[0]
        session = old.of(value)
        assert session is not None
        assert new.of(value) is not None
        assert new.is_form_of(value, session.csrf)
        assert Sessions(lambda: ["new"], lambda: 0.0).of(value) is None

    def test_keys_that_cannot_be_read_now_are_a_page_that_says_so(self, wiring: ApiWiring) -> None:
        def away() -> list[str]:
            raise SecretsUnavailable("the secret could not be read")

        wiring.console._sessions._read = away
        assert Client(wiring).send(event("GET", "/console")).status == 503

    def test_without_a_key_the_console_is_off(self, wiring: ApiWiring) -> None:
        wiring._environment = {n: v for n, v in wiring._environment.items() if n != "ALMANAC_SESSION_KEYS"}
        answer = Client(wiring).send(event("GET", "/console"))
        assert answer.status == 403
        assert "ALMANAC_SESSION_KEYS" in answer.text

    def test_signing_out_ends_it(self, visitor: Visitor) -> None:
        answer = visitor.post("/console/sign-out")
        assert answer.status == 303
        assert "Max-Age=0" in answer.cookies[0]


class TestSeeing:
    def test_every_page_is_whole_and_strangers_text_is_text(self, visitor: Visitor, lived: Lived) -> None:
        for address in addresses(*lived):
            answer = visitor.get(address)
            assert answer.status == 200, (address, answer.text)
            assert "<img" not in answer.text
            assert "<script>" not in answer.text
            assert " style=" not in answer.text, "the policy refuses it"
            policy = answer.headers["Content-Security-Policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"

    def test_a_live_part_ends_when_the_run_has_ended(self, visitor: Visitor, lived: Lived) -> None:
        assert "hx-get" not in visitor.get(f"/console/runs/{lived[1]}?part=1").text
        asked = visitor.post(f"/console/workspaces/{lived[0]}/sync")
        assert 'hx-trigger="every 2s"' in visitor.get(asked.headers["Location"]).text
        visitor.wiring.database.run("UPDATE jobs SET created_at = created_at - interval '1 minute'")
        assert 'hx-trigger="every 5s"' in visitor.get(asked.headers["Location"]).text

    def test_a_viewer_sees_no_button_but_to_leave(self, wiring: ApiWiring, lived: Lived) -> None:
        viewer = Visitor(wiring, "viewer")
        for address in addresses(*lived):
            answer = viewer.get(address)
            if answer.status == 403:
                assert address == "/console/dead-letters" or address.endswith("/undo")
                continue
            assert answer.text.count('method="post"') == answer.text.count('action="/console/sign-out"') == 1

    def test_a_session_of_one_workspace_sees_no_other(self, wiring: ApiWiring, lived: Lived, foreign: UUID) -> None:
        mine = Visitor(wiring, "admin", [foreign])
        for address in addresses(*lived):
            answer = mine.get(address)
            assert str(lived[0]) not in answer.text.replace(address, "")
            if any(str(each) in address for each in lived):
                assert answer.status == 404

    def test_search_leads_to_what_has_the_id(self, visitor: Visitor, lived: Lived) -> None:
        ws, run, job, _endpoint = lived
        assert visitor.get(f"/console/search?q={ws}").headers["Location"] == f"/console/workspaces/{ws}"
        assert visitor.get(f"/console/search?q={run}").headers["Location"] == f"/console/runs/{run}"
        assert visitor.get(f"/console/search?q={job}").headers["Location"] == f"/console/jobs/{job}"
        assert visitor.get("/console/search?q=ada@example.test").headers["Location"] == f"/console/workspaces/{ws}"
        assert "Nothing has that" in visitor.get("/console/search?q=zzz").text

    def test_the_page_names_the_reason_and_until_when(self, visitor: Visitor, ws: UUID, database: Database) -> None:
        until = datetime(2126, 1, 1, 12, tzinfo=UTC)
        database.run(
            "UPDATE calendar_connections SET created_at = now() - interval '2 hours', status = 'error', failures = 3,"
            " last_error_type = 'google_rate_limited', retry_at = :until",
            until=until,
        )
        text = visitor.get(f"/console/workspaces/{ws}").text
        assert "backing off" in text
        assert 'datetime="2126-01-01T12:00:00Z"' in text


def test_a_plan_that_is_shown_says_why_it_would_move_a_block(visitor: Visitor, lived: Lived, admin: Client) -> None:
    ws, database = lived[0], visitor.wiring.database
    database.run(
        "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
        " SELECT e.ws_id, :title, start_at, end_at"
        " FROM workspace_calendar_events e JOIN task_calendar_events b ON b.event_id = e.id WHERE e.ws_id = :ws",
        ws=ws,
        title=HOSTILE,
    )
    page = visitor.get(f"/console/workspaces/{ws}/plan").text
    moved = [each for each in admin("POST", f"/v1/workspaces/{ws}/plan/preview").json["blocks"] if each["causes"]]
    assert "because <bdi>&lt;img" in page
    assert "<img" not in page
    assert [(each["change"], each["causes"][0]["kind"]) for each in moved] == [("moved", "event")]


@pytest.mark.usefixtures("no_quarter_ends_meanwhile")
def test_a_team_sees_whose_is_what_and_a_meeting_as_one(visitor: Visitor, ws: UUID, database: Database) -> None:
    for user in ("ada", "ben"):
        sql = "INSERT INTO workspace_members (ws_id, user_id, name) VALUES (:ws, :user, initcap(:user))"
        database.run(sql, ws=ws, user=user)
    meeting = database.run("INSERT INTO meetings (ws_id, title) VALUES (:ws, 'Sync') RETURNING id", ws=ws)[0][0]
    for user in ("ada", "ben"):
        database.run("INSERT INTO meeting_attendees (meeting_id, user_id) VALUES (:m, :u)", m=meeting, u=user)

    shown = visitor.get(f"/console/workspaces/{ws}/plan").text

    assert "Proposed for <bdi>Ada</bdi>" in shown
    assert "Proposed for <bdi>Ben</bdi>" in shown
    assert "meeting of <bdi>Ada, Ben</bdi>" in shown
    mark = shown.partition('name="fingerprint" value="')[2].partition('"')[0]
    assert visitor.post(f"/console/workspaces/{ws}/plan/apply", fingerprint=mark, days="30").status == 303
    (start,) = database.run("SELECT start_at FROM workspace_calendar_events WHERE title = 'Sync'")[0]
    week = visitor.get(f"/console/workspaces/{ws}/week?week={start.astimezone(ZoneInfo('Europe/Berlin')):%G-W%V}").text
    assert 'class="meeting-bar"' in week


def test_a_week_shows_what_was_before_now_too(visitor: Visitor, ws: UUID, database: Database) -> None:
    zone = ZoneInfo("Europe/Berlin")
    today = datetime.now(zone).date()
    monday = datetime.combine(today - timedelta(days=today.weekday() + 7), time(5, 0), zone)
    insert = "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at) VALUES (:ws, 'Early', :at, :until)"
    database.run(insert, ws=ws, at=monday, until=monday + timedelta(hours=1))
    picture = visitor.get(f"/console/workspaces/{ws}/week?week={monday:%G-W%V}").text.split("<svg")[1]
    assert re.findall(r">(\d\d:00)<", picture)[:1] == ["05:00"]
    assert ">18:00<" in picture


def test_no_cookie_opens_anything_under_v1(wiring: ApiWiring) -> None:
    assert Visitor(wiring).get("/v1/workspaces").status == 401


def test_whoever_has_connected_an_account_is_told_how_that_ended(
    visitor: Visitor, ws: UUID, database: Database
) -> None:
    ((account_id,),) = database.run("SELECT id FROM calendar_auth_tokens")
    done = visitor.get(f"/console/connected?status=connected&connection={account_id}")
    assert (done.status, f"/console/workspaces/{ws}" in done.text) == (200, True)
    assert "has declined" in visitor.get("/console/connected?status=denied").text
    assert visitor.get("/console/connected?status=perhaps").status == 422
    assert visitor.get(f"/console/search?q={account_id}").headers["Location"] == f"/console/workspaces/{ws}"


class TestRules:
    def test_settings_say_when_each_ticks_next(
        self, database_url: str, queue: ListQueue, monkeypatch: pytest.MonkeyPatch, database: Database, ws: UUID
    ) -> None:
        database.run(
            "INSERT INTO runs (id, ws_id, kind, source, scope, status, sent_at, started_at)"
            " VALUES (gen_random_uuid(), :ws, 'schedule', 'schedule', '{}', 'running', :at::timestamptz, :at)",
            ws=ws,
            at=datetime(2026, 3, 2, 11, 10, 30, tzinfo=UTC),
        )
        monkeypatch.setattr("almanac.wiring.outside.api.utc_now", lambda: datetime(2026, 3, 2, 12, 1, tzinfo=UTC))
        told = {"ALMANAC_CADENCES": "sync=cron(0/15 * * * ? *);relay=rate(1 minute);upkeep=cron(20 3 L * ? *)"}
        told["ALMANAC_CADENCES"] += ";schedule=rate(30 minutes)"
        wiring = new_wiring(database_url, queue, told)
        page = Visitor(wiring).get("/console/settings").text
        wiring.close()
        rows = {
            name: re.sub(r"<[^>]+>", " ", row)
            for name, row in re.findall(r'scope="row">([^<]+)</th>(.+?)</tr>', page, re.DOTALL)
        }
        assert "cron(0/15 * * * ? *) – in 14 min 0 s" in " ".join(rows["Reading calendars"].split())
        assert "within 1 min" in rows["Events out"]
        assert rows["Upkeep"].split()[-1] == "–"
        assert "about in 9 min 30 s" in " ".join(rows["Plans of everybody"].split())
        assert "Digests that are due" not in rows

    def test_where_none_ticks_that_is_said(self, visitor: Visitor) -> None:
        page = visitor.get("/console/settings").text
        assert "Rules are switched off" in page
        assert "no rule ticks here" in page


class TestDoing:
    def test_a_form_counts_when_one_of_our_pages_sent_it(self, visitor: Visitor, ws: UUID, queue: ListQueue) -> None:
        url = f"/console/workspaces/{ws}/sync"
        strange: list[dict[str, Any]] = [
            {"csrf": "x"},
            {"csrf": ""},
            {"headers": {"Sec-Fetch-Site": "cross-site"}},
            {"headers": {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:8787"}},
            {"headers": {"Origin": "http://evil.test"}},
            {"headers": {"Origin": "null"}},
            {"headers": {}},
        ]
        for each in strange:
            assert visitor.post(url, **each).status == 403
        assert queue.sent == {}
        ours: list[dict[str, Any]] = [
            {"headers": {"Sec-Fetch-Site": "same-origin", "Origin": "null"}},  # as Chromium sends it without a referrer
            {"headers": {"Origin": "http://127.0.0.1:8787"}},
        ]
        for each in ours:
            assert visitor.post(url, **each).status == 303
        assert len(queue.sent) == 2

    def test_a_form_of_another_session_does_not_count(self, wiring: ApiWiring, visitor: Visitor, ws: UUID) -> None:
        other = Visitor(wiring, "admin").csrf()
        assert visitor.post(f"/console/workspaces/{ws}/sync", csrf=other).status == 403

    def test_a_double_click_is_one_request(self, visitor: Visitor, ws: UUID, queue: ListQueue) -> None:
        places = {visitor.post(f"/console/workspaces/{ws}/sync", once="o-1").headers["Location"] for _ in range(2)}
        assert len(places) == len(queue.sent) == 1

    def test_a_viewer_may_do_nothing_whatever_they_send(
        self, wiring: ApiWiring, lived: Lived, queue: ListQueue, database: Database
    ) -> None:
        viewer, before = Visitor(wiring, "viewer"), len(queue.sent)
        ws, run, job, endpoint = map(str, lived)
        for page in (page for page in PAGES if page.method == "POST"):
            path = page.path.replace("<ws>", ws).replace("<run_id>", run).replace("<job_id>", job)
            path = path.replace("<endpoint_id>", endpoint).replace("<link_id>", str(uuid4()))
            assert viewer.post(path.replace("<connection_id>", str(uuid4()))).status == 403
        assert len(queue.sent) == before
        assert database.run("SELECT count(*) FROM audit_log")[0][0] == 0

    def test_switches_turn_and_every_write_is_in_the_audit_log(
        self, visitor: Visitor, ws: UUID, database: Database
    ) -> None:
        connection_id = database.run("SELECT id FROM calendar_connections")[0][0]
        url = f"/console/workspaces/{ws}/connections/{connection_id}"
        assert "is off now" in visitor.get(visitor.post(url, switch="enabled", on="no").headers["Location"]).text
        assert database.run("SELECT is_enabled FROM calendar_connections")[0][0] is False
        assert database.run("SELECT principal, action, ws_id, subject FROM audit_log") == [
            ["console:link", "switch", ws, str(connection_id)]
        ]

    @pytest.mark.usefixtures("no_quarter_ends_meanwhile")
    def test_a_plan_is_applied_as_shown_or_shown_anew(self, visitor: Visitor, ws: UUID, database: Database) -> None:
        database.run("INSERT INTO tasks (ws_id, title, total_minutes) VALUES (:ws, 'Report', 60)", ws=ws)
        shown = visitor.get(f"/console/workspaces/{ws}/plan").text
        mark = shown.partition('name="fingerprint" value="')[2].partition('"')[0]
        database.run("INSERT INTO tasks (ws_id, title, total_minutes) VALUES (:ws, 'Review', 60)", ws=ws)
        url = f"/console/workspaces/{ws}/plan/apply"
        refused = visitor.post(url, fingerprint=mark, days="30")
        assert refused.status == 409
        assert "Nothing was written" in refused.text
        now, proposed, *_ = re.findall(r'<svg viewBox="([^"]+)" class="week"', refused.text)
        assert now == proposed
        fresh = refused.text.partition('name="fingerprint" value="')[2].partition('"')[0]
        assert visitor.post(url, fingerprint=fresh, days="30").status == 303
        assert database.run("SELECT count(*) FROM task_calendar_events")[0][0] == 2


class TestFiles:
    def test_htmx_is_the_one_that_was_looked_at(self) -> None:
        folder = Path(__file__).parents[2] / "layers/almanac/almanac/web/console/static"
        assert sha256((folder / "htmx.min.js").read_bytes()).hexdigest() == HTMX

    def test_files_are_kept_for_ever_and_everybody_may_have_them(self, wiring: ApiWiring) -> None:
        for name in STATIC:
            answer = Client(wiring).send(event("GET", asset(name)))
            assert answer.status == 200
            assert "immutable" in answer.headers["Cache-Control"]
        assert Client(wiring).send(event("GET", "/console/static/x/../application.py")).status == 404

    def test_a_week_has_a_colour_for_whatever_may_be_in_it(self) -> None:
        sheet = (Path(__file__).parents[2] / "layers/almanac/almanac/web/console/static/console.css").read_text()
        for style in get_args(Style):
            assert {f".week .{style}{part} {{" in sheet for part in ("", "-bar", "-text")} == {True}, style

    def test_the_first_load_is_small(self, visitor: Visitor) -> None:
        total = 0
        for address in ("/console", *map(asset, STATIC)):
            answer = visitor.get(address, **{"Accept-Encoding": "gzip"})
            assert answer.headers["Content-Encoding"] == "gzip"
            packed = b64decode(answer.text)
            assert gzip.decompress(packed)
            total += len(packed)
        assert total <= 45_000
