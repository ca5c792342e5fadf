"""Times that Postgres has and Python has not: a product's event without an end is one event, and no outage."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.web.api.table import ROUTES
from almanac.wiring.outside.api import ApiWiring
from tests.web.conftest import PUBLIC_URL, Client, ListQueue
from tests.web.test_exports_api import folder, make
from tests.web.test_hostile_requests import address, no_letters, pages
from tests.web.visitors import Visitor

pytestmark = pytest.mark.integration
__all__ = ["folder", "no_letters"]
SPANS = (("-infinity", "now"), ("now", "infinity"), ("-infinity", "infinity"), ("20260-01-01", "20260-01-02"))
MOMENTS = ("at_version=9", "from_version=1", "from_version=1&to_version=9", "since=2026-01-01T00:00:00Z")


@pytest.fixture
def endless(database: Database, ws: UUID) -> UUID:
    """A workspace whose product has written such rows, changed one and deleted one."""
    database.run("INSERT INTO workspace_members (ws_id, user_id, name) VALUES (:ws, 'ada', 'Ada')", ws=ws)
    for start, end in (*SPANS, ("0044-03-15 BC", "now")):
        database.run(
            "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
            " VALUES (:ws, :title, CAST(:start AS timestamptz), CAST(:end AS timestamptz))",
            ws=ws,
            title=start,
            start=start,
            end=end,
        )
    database.run(
        "INSERT INTO workspace_calendar_events (ws_id, title, all_day, start_date, end_date, start_at, end_at)"
        " VALUES (:ws, 'Days', true, '2026-01-01', 'infinity', '2026-01-01', 'infinity')",
        ws=ws,
    )
    database.run("UPDATE workspace_calendar_events SET end_at = '2026-03-02', title = 'Ends' WHERE title = '-infinity'")
    database.run("DELETE FROM workspace_calendar_events WHERE title = 'now'")
    for start, end in SPANS:
        database.run(
            "INSERT INTO tasks (ws_id, title, total_minutes, start_date, end_date)"
            " VALUES (:ws, 'Far', 60, CAST(:start AS timestamptz), CAST(:end AS timestamptz))",
            ws=ws,
            start=start,
            end=end,
        )
    database.run(
        "INSERT INTO workspace_habits (ws_id, name, start_date, end_date) VALUES (:ws, 'Run', '-infinity', 'infinity')",
        ws=ws,
    )
    return ws


def test_no_route_and_no_page_breaks_on_them(admin: Client, wiring: ApiWiring, endless: UUID, no_letters: None) -> None:
    assert admin("POST", f"/v1/workspaces/{endless}/plan/preview", {}).status == 200
    for route in ROUTES:
        if route.method == "GET" and "dead-letters" not in route.path:
            for query in ("", *MOMENTS):
                found = admin("GET", f"{address(route.path, endless)}?{query}")
                assert found.status < 500, (route.path, query)
    visitor = Visitor(wiring)
    for path, _ in pages(endless):
        assert visitor.get(path).status < 500, path


def test_they_are_told_as_the_first_and_last_instants_that_everybody_reads(admin: Client, endless: UUID) -> None:
    lines = admin("GET", f"/v1/workspaces/{endless}/snapshot").text.splitlines()
    events = {event["title"]: event for event in map(json.loads, lines) if "title" in event}
    compared = admin("GET", f"/v1/workspaces/{endless}/calendar/diff", from_version=0).json["events"]

    assert events["Ends"]["start_at"].startswith("0001-01-03T00:00:00")
    assert events["20260-01-01"]["start_at"].startswith("9999-12-29T00:00:00")
    assert events["Days"]["end_date"] == "9999-12-29"
    assert {each["after"]["title"] for each in compared} == events.keys()


@pytest.mark.parametrize("kind", ["csv", "ics"])
def test_they_are_in_exports_and_feeds(
    admin: Client, wiring: ApiWiring, endless: UUID, queue: ListQueue, folder: Path, kind: str
) -> None:
    place = f"/v1/workspaces/{endless}"
    job = admin("POST", f"{place}/exports", {"kind": kind}).json["job_id"]
    make(wiring, queue)
    made = admin("GET", f"{place}/exports/{job}").json
    assert (made["status"], made["error_type"]) == ("completed", None)

    url = admin("POST", f"{place}/feeds", {"name": "phone"}).json["url"]
    assert Client(wiring)("GET", url.removeprefix(PUBLIC_URL)).status == 200
