"""What callers and operators were promised, as scenarios of several steps."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from markupsafe import escape

from almanac.adapters.postgres.connection import Database
from almanac.domain.operations.lag import Lag
from almanac.presentation.operations.health import MEANING, meaning, what_helps
from almanac.services.watching.health import Health
from almanac.wiring.outside.api import ApiWiring
from tests.browser.scene import Letters
from tests.integration import rows
from tests.web.conftest import Client
from tests.web.visitors import Visitor

pytestmark = pytest.mark.integration
SINCE, UNTIL = datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2126, 3, 2, 12, 30, tzinfo=UTC)


def test_a_job_that_went_on_twice_and_was_tried_again_is_one_with_its_counts_once(
    admin: Client, ws: UUID, database: Database
) -> None:
    url = admin("POST", f"/v1/workspaces/{ws}/sync").json["status_url"]
    for minute, (status, outcome, inserted) in enumerate(
        [("completed", "continued", 5), ("failed", "failed", 2), ("completed", "incremental", 1)]
    ):
        database.run(
            "INSERT INTO runs (id, ws_id, kind, source, job_id, scope, status, outcome, started_at, finished_at,"
            " report, error_type)"
            " VALUES (:id, :ws, 'sync', 'manual', :job, '{}', :status, :outcome, :at, :at, :report::jsonb,"
            " CASE WHEN :failed THEN 'google_unavailable' END)",
            failed=status == "failed",
            id=uuid4(),
            ws=ws,
            job=url.rpartition("/")[2],
            status=status,
            outcome=outcome,
            at=rows.NOON + timedelta(minutes=minute),
            report=f'{{"inserted": {inserted}}}',
        )
    told = admin("GET", url).json
    assert [(run["outcome"], run["inserted"]) for run in told["runs"]] == [
        ("continued", 5),
        ("failed", 2),
        ("incremental", 1),
    ]
    assert told["inserted"] == 8


def test_ids_of_another_workspace_answer_as_ids_that_nobody_has(
    wiring: ApiWiring, admin: Client, member: Client, foreign: UUID, database: Database
) -> None:
    job = admin("POST", f"/v1/workspaces/{foreign}/sync").json["job_id"]
    endpoint = admin("POST", "/v1/webhooks", {"url": "https://example.com/h", "ws_id": str(foreign)}).json["id"]
    run = uuid4()
    database.run(
        "INSERT INTO runs (id, ws_id, kind, source, scope, status, started_at)"
        " VALUES (:id, :ws, 'sync', 'manual', '{}', 'running', now())",
        id=run,
        ws=foreign,
    )
    for method, place, theirs in (
        ("GET", "/v1/jobs/{}", job),
        ("POST", "/v1/jobs/{}/retry", job),
        ("POST", "/v1/jobs/{}/cancel", job),
        ("GET", "/v1/runs/{}", run),
        ("POST", "/v1/runs/{}/retry", run),
        ("POST", "/v1/runs/{}/cancel", run),
        ("GET", "/v1/webhooks/{}", endpoint),
        ("DELETE", "/v1/webhooks/{}", endpoint),
        ("POST", "/v1/webhooks/{}/rotate", endpoint),
        ("POST", "/v1/webhooks/{}/test", endpoint),
        ("GET", "/v1/webhooks/{}/deliveries", endpoint),
    ):
        answers = []
        for each in (theirs, uuid4()):
            answer = member(method, place.format(each))
            answers.append((answer.status, answer.text.replace(str(each), "")))
        assert answers[0] == answers[1], place
        assert answers[0][0] == 404
    assert database.run("SELECT count(*) FROM audit_log WHERE principal = :p", p=_name(member)) == [[0]]


@pytest.mark.parametrize("reason", MEANING)
def test_a_late_workspace_names_its_reason_and_what_helps_on_the_page_as_over_http(
    wiring: ApiWiring, admin: Client, ws: UUID, reason: str
) -> None:
    lag = Lag(reason, SINCE, UNTIL if reason == "backing_off" else None)  # type: ignore[arg-type]
    vars(wiring)["workspace_health"] = lambda ws_id: Health(ws_id, "late", lag, [], [])
    page = Visitor(wiring).get(f"/console/workspaces/{ws}").text
    told = admin("GET", f"/v1/workspaces/{ws}/health").json["why"]
    assert (told["reason"], told["text"], told["help"]) == (reason, meaning(lag), what_helps(lag))
    for said in (reason.replace("_", " "), str(escape(what_helps(lag))), 'datetime="2026-03-02T12:00:00Z"'):
        assert said in page
    assert ('datetime="2126-03-02T12:30:00Z"' in page) == (reason == "backing_off")


def test_dead_letters_that_are_shown_are_sent_back_once_whoever_clicks_twice(
    wiring: ApiWiring, ws: UUID, database: Database
) -> None:
    letters = Letters(ws)
    vars(wiring)["dead_letters"] = letters
    visitor = Visitor(wiring)
    for _ in range(2):
        answer = visitor.post("/console/dead-letters/redrive", letter="sync:message-1", once="o-1")
        assert "1+letter+was+sent+back" in answer.headers["Location"]
    assert [each.letter.message_id for each in letters.left] == ["message-2", "message-3"]
    assert database.run("SELECT action, details ->> 'redriven' FROM audit_log") == [["redrive", "1"]]


def test_letters_of_a_workspace_are_looked_for_and_sent_back_alone(
    wiring: ApiWiring, ws: UUID, foreign: UUID, database: Database
) -> None:
    letters = Letters(ws)
    vars(wiring)["dead_letters"] = letters
    visitor, place = Visitor(wiring), f"/console/dead-letters?ws_id={ws}"
    assert len(re.findall('type="checkbox"', visitor.get(place).text)) == 3
    assert "No dead letter is like that" in visitor.get(f"/console/dead-letters?job=sync&ws_id={foreign}").text
    answer = visitor.post("/console/dead-letters/redrive", letter="sync:message-1", once="o-2", ws_id=str(ws))
    assert answer.headers["Location"].startswith(f"{place}&said=1+letter")
    assert "1 letter was sent back" in visitor.get(answer.headers["Location"]).text
    for written in (f"{place}&said=1+letter+was+sent+back.", answer.headers["Location"].replace("1+l", "9+l")):
        assert "sent back." not in visitor.get(written).text, "anybody can write an address"
    for refused, status in ((f"{place}x", 404), ("/console/dead-letters?job=none", 422)):
        assert visitor.get(refused).status == status


def _name(client: Client) -> str:
    return f"key:{str(client.token).split('_')[1]}"
