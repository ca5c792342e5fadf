"""Pages of what changed, of who is told, and of what is written to calendars."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.wiring.outside.api import ApiWiring
from tests.integration.rows import NOON
from tests.web.conftest import ListQueue
from tests.web.test_outbound_api import LINK, REFUSED
from tests.web.visitors import HOSTILE, Visitor, text_of

pytestmark = pytest.mark.integration
URL = "https://hooks.example.com/almanac?token=shy"


@pytest.fixture(autouse=True)
def queues(wiring: ApiWiring) -> None:
    vars(wiring)["queue_depths"] = dict


@pytest.fixture
def visitor(wiring: ApiWiring) -> Visitor:
    return Visitor(wiring)


def event(database: Database, ws: UUID, title: str = "Review") -> UUID:
    found: UUID = database.run(
        "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
        " VALUES (:ws, :title, :s, :e) RETURNING id",
        ws=ws,
        title=title,
        s=NOON,
        e=NOON + timedelta(hours=1),
    )[0][0]
    return found


class TestChanges:
    def test_each_column_is_shown_from_what_to_what(self, visitor: Visitor, ws: UUID, database: Database) -> None:
        one = event(database, ws)
        for title in ("Second", "Third"):
            database.run("UPDATE workspace_calendar_events SET title = :title WHERE id = :id", title=title, id=one)
        database.run("UPDATE workspace_calendar_events SET location = 'Harbour' WHERE id = :id", id=one)
        database.run("DELETE FROM workspace_calendar_events WHERE id = :id", id=one)
        page = visitor.get(f"/console/workspaces/{ws}/changes?subject={one}").text
        found = re.findall(r"<del>(.*?)</del>.*?<ins>(.*?)</ins>", page)
        said = [(text_of(was), text_of(now)) for was, now in found]
        assert said == [("nothing", "Harbour"), ("Second", "Third"), ("Review", "Second")]
        assert text_of(page).index("An event went") < text_of(page).index("An event appeared")

    @pytest.mark.parametrize(
        ("query", "kinds"),
        [
            ("kind=event.", ["An event changed", "An event appeared"]),
            ("kind=event.created", ["An event appeared"]),
            ("origin=plan", []),
            ("until=2020-01-01T00:00", []),
            ("since=1h&kind=event.updated", ["An event changed"]),
        ],
    )
    def test_filters_live_in_the_address(
        self, visitor: Visitor, ws: UUID, database: Database, query: str, kinds: list[str]
    ) -> None:
        one = event(database, ws)
        database.run("UPDATE workspace_calendar_events SET title = 'New' WHERE id = :id", id=one)
        page = visitor.get(f"/console/workspaces/{ws}/changes?{query}").text
        assert re.findall(r"<strong>((?:An|A|No) [^<]+)</strong>", page) == (kinds or ["No change is like that"])

    @pytest.mark.parametrize("query", ["kind=event.odd", "origin=nobody", "subject=x", "since=yesterday", "until=x"])
    def test_a_filter_that_nobody_knows_is_refused(self, visitor: Visitor, ws: UUID, query: str) -> None:
        assert visitor.get(f"/console/workspaces/{ws}/changes?{query}").status in (404, 422)

    def test_pages_go_back_version_by_version(self, visitor: Visitor, ws: UUID, database: Database) -> None:
        for _ in range(60):
            event(database, ws)
        first = visitor.get(f"/console/workspaces/{ws}/changes").text
        older = re.search(r'href="([^"]+before=[^"]+)"', first)
        assert older is not None
        second = visitor.get(older[1].replace("&amp;", "&")).text
        versions = [int(each) for page in (first, second) for each in re.findall(r'num version">(\d+)<', page)]
        assert versions == list(range(62, 0, -1))
        assert "hx-get" in first
        assert "hx-get" not in second, "older pages do not change"

    def test_the_way_there_is_a_choice_of_workspaces(
        self, visitor: Visitor, wiring: ApiWiring, ws: UUID, foreign: UUID
    ) -> None:
        assert f"/console/workspaces/{foreign}/changes" in visitor.get("/console/changes").text
        mine = Visitor(wiring, "viewer", [ws]).get("/console/changes").text
        assert str(foreign) not in mine
        assert f"/console/workspaces/{ws}/changes" in mine


class TestWebhooks:
    def test_a_long_list_asks_the_database_no_more_than_a_short_one(self, visitor: Visitor, database: Database) -> None:
        asked = []
        for name in ("one", "two", "three"):
            visitor.post("/console/webhooks", url=f"https://{name}.example/hook", once=name)
            before = visitor.wiring.database.round_trips
            assert f"{name}.example" in visitor.get("/console/webhooks").text
            asked.append(visitor.wiring.database.round_trips - before)
        assert len(set(asked)) == 1, asked
        assert database.run("SELECT count(*) FROM webhook_endpoints") == [[3]]

    def test_an_endpoint_is_added_tested_given_up_and_goes_on(
        self, visitor: Visitor, ws: UUID, database: Database
    ) -> None:
        assert "Nobody is told" in visitor.get("/console/webhooks").text
        added = [visitor.post("/console/webhooks", url=URL, ws_id=str(ws), once="o-1").text for _ in range(2)]
        assert "whsec_" in added[0]
        assert database.run("SELECT count(*) FROM webhook_endpoints") == [[1]]
        one = f"/console/webhooks/{database.run('SELECT id FROM webhook_endpoints')[0][0]}"
        assert "whsec_" not in visitor.get(one).text
        visitor.post(f"{one}/test")
        assert 'hx-trigger="every 5s"' in visitor.get(one).text
        assert "whsec_" in visitor.post(f"{one}/rotate").text
        event(database, ws)
        database.run("UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = 'failing'")
        assert 'role="alert"' in visitor.get("/console/webhooks").text
        assert "was given up" in text_of(visitor.get("/console/webhooks").text)
        assert "1 webhook was given up" in text_of(visitor.get("/console").text)
        said = visitor.post(f"{one}/status", status="active", skip="yes")
        assert "from now on" in visitor.get(said.headers["Location"]).text
        assert database.run("SELECT status FROM webhook_endpoints") == [["active"]]
        assert "It has heard everything" in visitor.get(one).text
        assert visitor.post(f"{one}/replay", from_version="x").status == 303
        again = visitor.get(visitor.post(f"{one}/replay", from_version="1").headers["Location"]).text
        assert "from version 1 on" in again
        assert visitor.post(f"{one}/remove").status == 303, "not without the tick"
        visitor.post(f"{one}/remove", sure="yes")
        assert visitor.get(one).status == 404
        actions = {row[0] for row in database.run("SELECT action FROM audit_log")}
        assert actions == {f"webhook_{each}" for each in ("add", "test", "rotate", "status", "replay", "remove")}

    def test_what_an_endpoint_answers_is_for_operators_and_inert(
        self, visitor: Visitor, wiring: ApiWiring, ws: UUID, database: Database
    ) -> None:
        endpoint, _secret = wiring.webhooks.add(URL, ws)
        database.run(
            "WITH d AS (INSERT INTO webhook_deliveries"
            " (id, endpoint_id, ws_id, from_version, to_version, more, replayed)"
            " VALUES (gen_random_uuid(), :endpoint, :ws, 1, 2, false, false) RETURNING id)"
            " INSERT INTO webhook_attempts (delivery_id, n, status_code, ms, response_head)"
            " SELECT id, 1, 500, 12, :head FROM d",
            endpoint=endpoint,
            ws=ws,
            head=HOSTILE,
        )
        one = f"/console/webhooks/{endpoint}"
        page = visitor.get(one).text
        assert "&lt;img src=x" in page
        assert "<img" not in page
        assert "onerror" not in Visitor(wiring, "viewer").get(one).text

    def test_those_of_other_workspaces_do_not_exist(
        self, wiring: ApiWiring, ws: UUID, foreign: UUID, database: Database
    ) -> None:
        theirs, everything = (wiring.webhooks.add(URL, each)[0] for each in (foreign, None))
        mine = Visitor(wiring, "admin", [ws])
        assert "hooks.example.com" not in mine.get("/console/webhooks").text
        for endpoint in (theirs, everything):
            assert mine.get(f"/console/webhooks/{endpoint}").status == 404
            assert mine.post(f"/console/webhooks/{endpoint}/status", status="paused").status == 404
        assert mine.post("/console/webhooks", url=URL).status == 403
        assert mine.post("/console/webhooks", url=URL, ws_id=str(foreign)).status == 404
        assert database.run("SELECT count(*) FROM webhook_endpoints") == [[2]]

    def test_without_keys_the_page_says_what_is_missing(self, visitor: Visitor, wiring: ApiWiring) -> None:
        wiring._environment = {**wiring._environment, "ALMANAC_WEBHOOK_KEYS": ""}
        assert "WebhookKeysSecretArn" in visitor.get("/console/webhooks").text


class TestMany:
    def test_whoever_is_late_is_asked_for_exactly_as_shown_and_once(
        self, visitor: Visitor, ws: UUID, database: Database, queue: ListQueue
    ) -> None:
        assert "Nobody is late" in visitor.get("/console/late").text
        database.run("UPDATE calendar_connections SET created_at = now() - interval '2 hours'")
        page = visitor.get("/console/late").text
        assert "Sync the one shown" in page
        assert "Nobody is late for that" in visitor.get("/console/late?reason=error").text
        assert visitor.get("/console/late?reason=odd").status == 422
        (shown,) = re.findall(r'name="ws" value="([^"]+)"', page)
        asked = [visitor.post("/console/ask", job="sync", ws=shown, once="o").headers["Location"] for _ in range(2)]
        assert asked[0] == asked[1]
        assert [each.job.ws_id for each in queue.sent.values()] == [ws]
        assert database.run("SELECT action FROM audit_log") == [["bulk_sync"]]

    def test_of_foreign_workspaces_nothing_is_asked(
        self, wiring: ApiWiring, ws: UUID, foreign: UUID, queue: ListQueue
    ) -> None:
        mine = Visitor(wiring, "operator", [ws])
        refused = mine.post("/console/ask", job="sync", ws=str(foreign))
        assert "Nothing+was+asked+for" in refused.headers["Location"]
        assert queue.sent == {}


class TestWriting:
    def test_a_conflict_is_told_on_the_week_and_decided(self, visitor: Visitor, ws: UUID, database: Database) -> None:
        link = database.run(LINK, event=event(database, ws))[0][0]
        assert "was changed on both sides" in text_of(visitor.get(f"/console/workspaces/{ws}/week").text)
        place = f"/console/workspaces/{ws}/outbound"
        page = text_of(visitor.get(place).text)
        assert "Ours" in page
        assert "Theirs" in page
        decided = visitor.post(f"/console/workspaces/{ws}/conflicts/{link}", choice="mine")
        assert "what was wanted here stays" in visitor.get(decided.headers["Location"]).text
        assert database.run("SELECT title FROM workspace_calendar_events") == [["Ours"]]
        again = visitor.post(f"/console/workspaces/{ws}/conflicts/{link}", choice="theirs")
        assert "not there any more" in visitor.get(again.headers["Location"]).text

    def test_what_a_new_target_refuses_says_where_it_stays(
        self, visitor: Visitor, ws: UUID, database: Database
    ) -> None:
        database.run(REFUSED, ws=ws)
        page = text_of(visitor.get(f"/console/workspaces/{ws}/outbound").text)
        assert "it stays in former" in page

    def test_a_mass_change_is_asked_for_with_its_number(self, visitor: Visitor, ws: UUID, database: Database) -> None:
        database.run("UPDATE calendar_connections SET sync_outbound_enabled = true, outbound_held = 'mass_change'")
        place = f"/console/workspaces/{ws}/outbound"
        assert "Let it through" in visitor.get(place).text
        database.run(
            "INSERT INTO calendar_event_links (ws_id, event_id, kind, provider, account, calendar_id,"
            " external_event_id, base, base_etag, ours)"
            " VALUES (:ws, gen_random_uuid(), 'block', 'google', 'ada@example.test', 'ada@example.test', 'g',"
            ' \'{"title": "Old"}\', \'e\', \'{"title": "Old"}\')',
            ws=ws,
        )
        assert "Let 1 deletion through" in visitor.get(place).text
        said = visitor.post(f"{place}/consent")
        assert "within an hour" in visitor.get(said.headers["Location"]).text
        assert database.run("SELECT outbound_consent_until > now() FROM calendar_connections") == [[True]]
