"""Exports and feeds over HTTP: asked for once, listed, downloaded; an address is shown once and opens one calendar."""

import gzip
import logging
import re
from base64 import b64decode
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar

from almanac.adapters.files import linked_file
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.exports.store import PostgresExportRuns
from almanac.domain.export.kinds import EXPORT_KINDS
from almanac.jobs import CalendarExport
from almanac.services.export.run import RunExport
from almanac.services.feeds.feeds import FeedText
from almanac.web.console import export_pages
from almanac.wiring.base import utc_now
from almanac.wiring.outside.api import ApiWiring
from tests.web.conftest import PUBLIC_URL, Client, ListQueue, event
from tests.web.visitors import HOSTILE, Visitor

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(wiring: ApiWiring, tmp_path: Path) -> Path:
    wiring._environment = {**wiring._environment, "ALMANAC_EXPORT_FOLDER": str(tmp_path)}
    return tmp_path


def make(wiring: ApiWiring, queue: ListQueue) -> None:
    """Make what waits in the queue, as the function does."""
    run = RunExport(
        PostgresExportRuns(wiring.database), wiring.makers, wiring.export_files, None, lambda *_: "", utc_now
    )
    for each in queue.sent.values():
        assert isinstance(each.job, CalendarExport)
        run(each.job, utc_now(), lambda: 60, "m")


def test_an_export_is_asked_for_once_followed_and_downloaded(
    admin: Client, wiring: ApiWiring, ws: UUID, queue: ListQueue, folder: Path, database: Database
) -> None:
    place, key = f"/v1/workspaces/{ws}/exports", {"Idempotency-Key": "once"}
    asked = [admin("POST", place, {"kind": "csv"}, headers=key) for _ in range(2)]
    job = asked[0].json["job_id"]

    assert [each.status for each in asked] == [202, 202]
    assert (asked[1].json["job_id"], len(queue.sent)) == (job, 1)
    assert admin("POST", place, {"kind": "ics"}, headers=key).json["code"] == "idempotency_mismatch"
    assert admin("GET", asked[0].json["status_url"]).json["status"] == "queued"
    waiting = admin("GET", f"{place}/{job}").json
    assert (waiting["status"], waiting["url"]) == ("queued", None)

    make(wiring, queue)

    made = admin("GET", f"{place}/{job}").json
    assert admin("GET", asked[0].json["status_url"]).json["status"] == "completed"
    assert (made["status"], made["kind"], made["error_type"]) == ("completed", "csv", None)
    link = urlsplit(made["url"])
    found = linked_file(str(folder), link.path, link.query, utc_now().timestamp())
    assert found is not None
    assert found[1].startswith(b"id,title")
    (listed,) = admin("GET", place).json["items"]
    assert (listed["id"], listed["url"]) == (job, None)
    said = database.run("SELECT action, subject FROM audit_log WHERE action = 'export'")
    assert [tuple(row) for row in said] == [("export", job)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "pdf"}, "kind"),
        ({}, "kind"),
        ({"kind": "csv", "since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "until"),
        ({"kind": "csv", "colour": "red"}, "colour"),
        *(({"kind": kind, "user_id": "ada"}, "user_id") for kind in EXPORT_KINDS if kind != "digest"),
        ({"kind": "digest", "user_id": "nobody"}, "user_id"),
    ],
)
def test_what_cannot_be_asked_for_is_said(admin: Client, ws: UUID, folder: Path, body: Any, field: str) -> None:
    refused = admin("POST", f"/v1/workspaces/{ws}/exports", body)
    assert (refused.status, refused.json["field"]) == (422, field)


def test_a_queue_that_is_down_leaves_nothing(admin: Client, ws: UUID, queue: ListQueue, folder: Path) -> None:
    queue.down = True
    assert admin("POST", f"/v1/workspaces/{ws}/exports", {"kind": "csv"}).status == 503
    assert admin("GET", f"/v1/workspaces/{ws}/exports").json["items"] == []


def test_without_a_place_there_are_no_exports(admin: Client, ws: UUID) -> None:
    refused = admin("POST", f"/v1/workspaces/{ws}/exports", {"kind": "csv"})
    assert (refused.status, refused.json["code"]) == (409, "exports_off")


class TestAFeed:
    def test_is_read_without_a_key_and_ends(self, admin: Client, wiring: ApiWiring, ws: UUID) -> None:
        place, stranger = f"/v1/workspaces/{ws}/feeds", Client(wiring)
        added = admin("POST", place, {"name": "phone"})
        path = added.json["url"].removeprefix(PUBLIC_URL)

        read = stranger("GET", path)
        assert (added.status, read.status, read.cookies) == (201, 200, [])
        assert read.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert Calendar.from_ical(read.text)["X-WR-CALNAME"].endswith(": phone")
        known = stranger("GET", path, headers={"If-None-Match": read.headers["ETag"]})
        assert (known.status, known.text, known.headers["ETag"]) == (304, "", read.headers["ETag"])
        assert added.json["url"] not in str(admin("GET", place).json)

        other = admin("POST", f"{place}/{added.json['id']}/rotate").json["url"].removeprefix(PUBLIC_URL)
        assert (stranger("GET", path).status, stranger("GET", other).status) == (404, 200)
        assert admin("DELETE", f"{place}/{added.json['id']}").status == 200
        assert stranger("GET", other).status == 404
        assert admin("POST", f"{place}/{added.json['id']}/rotate").status == 404

    def test_of_nobody_is_refused(self, admin: Client, ws: UUID) -> None:
        refused = admin("POST", f"/v1/workspaces/{ws}/feeds", {"name": "phone", "user_id": "nobody"})
        assert (refused.status, refused.json["code"], refused.json["field"]) == (422, "bad_input", "user_id")

    def test_of_who_is_a_member_no_more_is_none(self, admin: Client, wiring: ApiWiring, ws: UUID) -> None:
        """What is everybody's would go on being read by somebody who has left."""
        for user in ("ada", "eve"):
            admin("PUT", f"/v1/workspaces/{ws}/members/{user}")
        added = admin("POST", f"/v1/workspaces/{ws}/feeds", {"name": "phone", "user_id": "eve"})
        path, stranger = added.json["url"].removeprefix(PUBLIC_URL), Client(wiring)
        read = stranger("GET", path)
        admin("DELETE", f"/v1/workspaces/{ws}/members/eve")
        assert (read.status, stranger("GET", path).status) == (200, 404)
        assert stranger("GET", path, headers={"If-None-Match": read.headers["ETag"]}).status == 404
        admin("PUT", f"/v1/workspaces/{ws}/members/eve")
        assert stranger("GET", path).status == 200

    def test_is_made_once_under_a_key(self, admin: Client, wiring: ApiWiring, ws: UUID) -> None:
        """Whoever has lost the answer gets an address that works, and the one that was lost opens nothing."""
        place, key, stranger = f"/v1/workspaces/{ws}/feeds", {"Idempotency-Key": "f-1"}, Client(wiring)
        first, again = (admin("POST", place, {"name": "phone"}, key) for _ in range(2))
        assert (first.status, again.status, first.json["id"]) == (201, 201, again.json["id"])
        assert len(admin("GET", place).json["items"]) == 1
        paths = [each.json["url"].removeprefix(PUBLIC_URL) for each in (first, again)]
        assert [stranger("GET", path).status for path in paths] == [404, 200]
        assert admin("POST", place, {"name": "desk"}, key).json["code"] == "idempotency_mismatch"

    def test_is_small_on_its_way(self, admin: Client, wiring: ApiWiring, ws: UUID) -> None:
        url = admin("POST", f"/v1/workspaces/{ws}/feeds", {"name": "phone"}).json["url"]
        asked = event("GET", url.removeprefix(PUBLIC_URL), headers={"Accept-Encoding": "gzip, br"})
        answer: Any = wiring.web(asked, None)
        assert answer["isBase64Encoded"]
        assert gzip.decompress(b64decode(answer["body"])).startswith(b"BEGIN:VCALENDAR")

    def test_that_no_lambda_can_give_is_told_so(self, wiring: ApiWiring) -> None:
        """Anybody with the address could have made the function fail, and its alarm ring."""
        vars(wiring)["feeds"] = SimpleNamespace(read=lambda *_: FeedText('"tag"', "x" * 7_000_000))
        path = f"/ics/{'A' * 22}.ics"
        refused, packed = (Client(wiring)("GET", path, headers=each) for each in ({}, {"Accept-Encoding": "gzip"}))
        assert (refused.status, refused.json["code"], refused.json["instance"]) == (422, "answer_too_large", "/ics/")
        assert (packed.status, packed.headers["Content-Encoding"]) == (200, "gzip")

    @pytest.mark.parametrize(
        "path",
        [
            f"/ics/{'A' * 22}.ics",
            "/ics/",
            "/ics/x.ics",
            f"/ics/{'A' * 22}",
            f"/ics/{UUID(int=7)}.ics",
            "/ics/../v1.ics",
        ],
    )
    def test_that_is_none_is_always_the_same(
        self, wiring: ApiWiring, path: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        refused = Client(wiring)("GET", path)
        assert (refused.status, refused.text, refused.headers) == (
            404,
            "no such feed\n",
            {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"},
        )
        assert "A" * 22 not in str([vars(record) for record in caplog.records])

    @pytest.mark.parametrize("path", [f"//ics/{'A' * 22}.ics", f"/ICS/{'A' * 22}.ics", f"/x/ics/{'A' * 22}"])
    def test_whose_address_was_mistyped_is_in_no_log(
        self, wiring: ApiWiring, path: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        assert Client(wiring)("GET", path).status == 404
        assert [vars(record)["route"] for record in caplog.records] == ["/ics/"]

    def test_that_cannot_be_made_is_told_as_a_problem_and_nothing_of_it_is_logged(
        self, wiring: ApiWiring, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An exception that leaves the handler is logged by Lambda, with its text."""

        def read(*_: object) -> None:
            raise ValueError("Canary salary talk")

        vars(wiring)["feeds"] = SimpleNamespace(read=read)
        failed = Client(wiring)("GET", f"/ics/{'A' * 22}.ics")
        assert (failed.status, failed.json["code"], failed.json["instance"]) == (500, "internal", "/ics/")
        assert [record.levelname for record in caplog.records].count("ERROR") == 1
        assert "Canary" not in failed.text + str([vars(record) for record in caplog.records])


class TestInTheConsole:
    def test_a_file_is_asked_for_once_and_downloaded(
        self, wiring: ApiWiring, ws: UUID, queue: ListQueue, folder: Path
    ) -> None:
        visitor, place = Visitor(wiring), f"/console/workspaces/{ws}"
        asked = [visitor.post(f"{place}/exports", kind="report", once="form-1") for _ in range(2)]
        job = asked[0].headers["Location"].rsplit("/", 1)[1]
        waiting = visitor.get(f"{place}/exports/{job}")
        make(wiring, queue)
        made = visitor.get(f"{place}/exports/{job}")

        assert (len(queue.sent), asked[1].headers["Location"]) == (1, asked[0].headers["Location"])
        assert waiting.headers["Location"] == f"/console/jobs/{job}"
        link = urlsplit(made.headers["Location"])
        found = linked_file(str(folder), link.path, link.query, utc_now().timestamp())
        assert found is not None
        assert found[1].startswith(b"<!doctype html>")
        page = visitor.get(f"{place}/exports").text
        assert f'href="{place}/exports/{job}"' in page
        assert (page.count(">completed<"), page.count(f'action="{place}/exports"')) == (1, len(EXPORT_KINDS))
        assert visitor.post(f"{place}/exports", kind="pdf").status == 303
        assert visitor.get(f"{place}/exports/{uuid4()}").status == 404

    def test_the_list_says_what_it_has_nothing_of_and_goes_on_where_a_page_ends(
        self, wiring: ApiWiring, ws: UUID, database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export_pages, "_ROWS", 2)
        visitor, place = Visitor(wiring), f"/console/workspaces/{ws}/exports"
        nothing = visitor.get(place).text
        for n in range(3):
            database.run(
                "INSERT INTO exports (id, ws_id, kind, status, error_type, created_at, expires_at) VALUES"
                " (gen_random_uuid(), :ws, 'csv', 'failed', :error, now() - :n * interval '1 minute',"
                " now() + interval '1 day')",
                ws=ws,
                error=f"trouble_{n}",
                n=n,
            )
        first = visitor.get(place).text
        (older,) = re.findall(r'href="([^"]+after=[^"]+)">Older', first)
        rest = visitor.get(unescape(older)).text

        assert "Nothing was asked for in the last 7 days" in nothing
        assert [re.findall(r"trouble (\d)", page) for page in (first, rest)] == [["0", "1"], ["2"]]
        assert "Older" not in rest
        assert "/console/jobs/" in rest, "what failed leads to its job"
        assert visitor.get(f"{place}?after=bm9uZQ").status == 422
        assert f'href="{place}"' in visitor.get("/console/exports").text

    def test_without_a_place_for_files_there_are_feeds_alone(self, wiring: ApiWiring, ws: UUID) -> None:
        page = Visitor(wiring).get(f"/console/workspaces/{ws}/exports").text
        assert "ALMANAC_EXPORT_BUCKET" in page
        assert "New feed" in page
        assert 'name="kind"' not in page

    def test_without_an_address_no_feed_is_offered_or_made(
        self, admin: Client, wiring: ApiWiring, ws: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(vars(wiring), "feeds", replace(wiring.feeds, public_url=None))
        visitor, place = Visitor(wiring), f"/console/workspaces/{ws}"
        page, pressed = visitor.get(f"{place}/exports").text, visitor.post(f"{place}/feeds", name="phone")

        assert "Set <code>ALMANAC_PUBLIC_URL</code>" in page
        assert "New feed" not in page
        assert (pressed.status, "ALMANAC_PUBLIC_URL+is+missing" in pressed.headers["Location"]) == (303, True)
        assert wiring.feeds.all(ws) == []
        refused = admin("POST", f"/v1/workspaces/{ws}/feeds", {"name": "phone"})
        assert (refused.status, refused.json["code"]) == (409, "feeds_off")
        assert "ALMANAC_PUBLIC_URL" in refused.json["detail"]

    def test_digests_and_the_weekly_report_are_switched(
        self, wiring: ApiWiring, ws: UUID, database: Database, folder: Path
    ) -> None:
        wiring.people.add(ws, "ada", None, None)
        visitor, place = Visitor(wiring), f"/console/workspaces/{ws}"
        for form in (
            {"path": "digests", "user_id": "ada", "on": "yes"},
            {"path": "settings", "weekly_report": "yes"},
            {"path": "digests", "user_id": "ada", "what": "weekly report", "on": "yes"},
        ):
            path = form.pop("path")
            assert visitor.post(f"{place}/{path}", **form).status == 303
            assert Visitor(wiring, "viewer").post(f"{place}/{path}", **form).status == 403
        page = visitor.get(place).text

        assert "digest of ada: on, switch off" in page
        assert "weekly report of ada: on, switch off" in page
        assert "weekly report: on, switch off" in visitor.get(f"{place}/exports").text
        assert "at 07:00" in page
        nobody = visitor.post(f"{place}/digests", user_id="nobody", on="yes")
        assert "no+such+member" in nobody.headers["Location"]
        actions = database.run("SELECT action FROM audit_log ORDER BY at")
        assert [row[0] for row in actions] == ["member_digest", "workspace_settings", "member_weekly_report"]

    def test_a_feed_is_made_once_and_shows_its_address_once(self, wiring: ApiWiring, ws: UUID, folder: Path) -> None:
        visitor, place = Visitor(wiring), f"/console/workspaces/{ws}"
        (once,) = re.findall(r'name="once" value="([^"]+feed)"', visitor.get(f"{place}/exports").text)
        lost, added = (visitor.post(f"{place}/feeds", name=HOSTILE, once=once) for _ in range(2))
        found = re.search(r"/ics/[\w-]{22}\.ics", added.text)
        assert found is not None
        page = visitor.get(f"{place}/exports").text
        (feed,) = wiring.feeds.all(ws)

        assert Client(wiring)("GET", found[0]).status == 200
        assert found[0] not in lost.text, "the first one opens nothing any more"
        assert found[0] not in page
        assert f"{place}/feeds/{feed.id}/revoke" in page
        assert "<img" not in page + added.text
        assert visitor.post(f"{place}/feeds/{feed.id}/revoke").status == 303
        assert Client(wiring)("GET", found[0]).status == 404
        assert Visitor(wiring, "operator").post(f"{place}/feeds", name="x").status == 403
