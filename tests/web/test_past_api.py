"""Looking back and ahead over HTTP: a calendar compared, a run undone, the line of a change, a forecast."""

from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from tests.integration.history.test_history import Synced
from tests.integration.rows import event
from tests.web.conftest import Client

pytestmark = pytest.mark.integration


@pytest.fixture
def swept(database: Database, ws: UUID) -> tuple[UUID, int]:
    """A run that swept an event away, and the version before it."""
    team = Synced(database)
    team.ws_id = ws
    team.connection_id = database.run("SELECT id FROM calendar_connections WHERE ws_id = :ws", ws=ws)[0][0]
    team.sync(event("e1"), event("e2"), full=True)
    database.run("UPDATE workspace_calendar_events SET created_at = '2026-01-01' WHERE ws_id = :ws", ws=ws)
    before = team.head
    return team.sync(event("e1"), full=True), before


def test_two_moments_are_compared(member: Client, ws: UUID, swept: tuple[UUID, int]) -> None:
    run, before = swept
    url = f"/v1/workspaces/{ws}/calendar/diff"

    moments, of_run = member("GET", url, from_version=before), member("GET", f"/v1/runs/{run}/diff")

    assert [(each["what"], each["by"][0]["origin"]) for each in moments.json["events"]] == [("went", "sweep")]
    assert moments.json["events"] == of_run.json["events"]
    assert member("GET", url).status == 422
    assert member("GET", url, from_version=9999).status == 422
    assert member("GET", f"/v1/runs/{uuid4()}/diff").status == 404


def test_a_run_is_undone_as_it_was_shown_or_not_at_all(
    database: Database, member: Client, ws: UUID, swept: tuple[UUID, int]
) -> None:
    run, _ = swept
    url = f"/v1/runs/{run}/undo"

    shown = member("POST", url)
    other = member("POST", url, {"fingerprint": "made-up"})
    done = member("POST", url, {"fingerprint": shown.json["fingerprint"]})

    assert (shown.json["applied"], shown.json["restored"]) == (False, 1)
    assert (other.status, other.json["code"]) == (409, "undo_changed")
    assert other.json["preview"]["fingerprint"] == shown.json["fingerprint"]
    assert (done.status, done.json["applied"]) == (200, True)
    count = "SELECT count(*) FROM workspace_calendar_events WHERE ws_id = :ws AND external_event_id = 'e2'"
    assert database.run(count, ws=ws) == [[1]]
    assert database.run("SELECT action FROM audit_log WHERE action = 'undo'") == [["undo"]]


def test_a_line_and_a_forecast(member: Client, ws: UUID, swept: tuple[UUID, int], foreign: UUID) -> None:
    run, _ = swept

    (line,) = member("GET", "/v1/trace", id=str(run)).json["lines"]
    forecast = member("GET", f"/v1/workspaces/{ws}/forecast").json["items"]

    assert (line["run"]["run_id"], line["changes"]) == (str(run), {"event.deleted": 1})
    assert [each["job"] for each in forecast] == ["sync"]
    assert member("GET", "/v1/trace", id=f"{foreign}/1").status == 404
    assert member("GET", "/v1/trace", id="nobody").status == 404
    assert member("GET", f"/v1/workspaces/{foreign}/forecast").status == 404


def test_a_busy_neighbour_of_a_batch_hides_no_run(
    database: Database, member: Client, ws: UUID, swept: tuple[UUID, int], foreign: UUID
) -> None:
    run, _ = swept
    database.run("UPDATE runs SET job_id = 'batch' WHERE id = :run", run=run)
    database.run(
        "INSERT INTO jobs (id, ws_id, kind, body, source, created_at)"
        " VALUES ('batch', :ws, 'sync', '{}', 'batch', now())",
        ws=ws,
    )
    database.run(
        "INSERT INTO runs (id, ws_id, kind, source, job_id, scope, status, outcome, started_at, finished_at)"
        " SELECT gen_random_uuid(), :ws, 'sync', 'batch', 'batch', '{}', 'skipped', 'superseded', at, at"
        " FROM generate_series(1, 5000), CAST('2026-01-01' AS timestamptz) at",
        ws=foreign,
    )

    (line,) = member("GET", "/v1/trace", id="batch").json["lines"]
    job = member("GET", "/v1/jobs/batch").json

    assert line["run"]["run_id"] == str(run)
    assert [each["id"] for each in job["runs"]] == [str(run)]
