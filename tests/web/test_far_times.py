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
from tests.web.visitors import Visitor, text_of

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


@pytest.fixture
def told_before(database: Database, endless: UUID) -> UUID:
    """The same with a history as it was written before migration 0057, and one whose year has five digits."""
    old = ("-infinity", "infinity"), ("0044-03-15T00:00:00+00:00 BC", "20260-01-02T00:00:00+00:00")
    for kind, (start, end) in zip(("event.deleted", "event.updated"), old, strict=True):
        with database.transaction():
            database.run("SELECT set_config('almanac.history_change', 'redaction', true)")
            changed = database.run(
                "UPDATE workspace_history"
                " SET was = was || jsonb_build_object('start_at', :start::text, 'end_at', :end::text)"
                " WHERE ws_id = :ws AND kind = :kind RETURNING 1",
                ws=endless,
                kind=kind,
                start=start,
                end=end,
            )
        assert changed
    return endless


def test_a_history_from_before_is_told_too(
    admin: Client, wiring: ApiWiring, told_before: UUID, no_letters: None
) -> None:
    test_no_route_and_no_page_breaks_on_them(admin, wiring, told_before, no_letters)
    url = f"/v1/workspaces/{told_before}/calendar"
    compared = admin("GET", f"{url}/diff", from_version=8, to_version=11).json["events"]
    assert {(each["what"], each["before"]["end_at"]) for each in compared} == {
        ("went", "infinity"),
        ("changed", "20260-01-02T00:00:00+00:00"),
    }, "as it stands there"
    was = admin("GET", url, version=8, **{"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}).json["items"]
    assert {each["end_at"][:10] for each in was if each["title"] in ("now", "-infinity")} == {"9999-12-29"}


def test_what_cannot_be_shown_is_said(wiring: ApiWiring, told_before: UUID) -> None:
    visitor, place = Visitor(wiring), f"/console/workspaces/{told_before}"
    compared = text_of(visitor.get(f"{place}/compare?from=8&to=11").text)
    assert "earlier than can be shown to later than can be shown" in compared
    assert "later than can be shown → 02 Mar" in compared
    assert "earlier than can be shown" in text_of(visitor.get(f"{place}/changes").text)


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
