"""Pages that look back and ahead: two moments compared, a run's changes, a run taken back, a line, a forecast."""

import re
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.wiring.outside.api import ApiWiring
from tests.web.test_past_api import swept
from tests.web.visitors import HOSTILE, Visitor, text_of

__all__ = ["swept"]
pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def queues(wiring: ApiWiring) -> None:
    vars(wiring)["queue_depths"] = dict


@pytest.fixture
def visitor(wiring: ApiWiring) -> Visitor:
    return Visitor(wiring)


def test_two_moments_stand_side_by_side_with_who_did_it(
    visitor: Visitor, ws: UUID, swept: tuple[UUID, int], database: Database
) -> None:
    run, before = swept
    page = f"/console/workspaces/{ws}/compare"
    database.run("UPDATE workspace_calendar_events SET title = :title WHERE ws_id = :ws", title=HOSTILE, ws=ws)

    one = visitor.get(f"{page}?from={before}").text

    assert sorted(re.findall(r'"version">(\w+)<', one)) == ["changed", "went"]
    assert "by a full reading that no longer found it" in text_of(one)
    assert "by your product" in text_of(one)
    assert f"/console/runs/{run}" in one
    assert one.count("<svg viewBox") == 2
    assert "<img" not in one
    assert "Nothing differs" in visitor.get(f"{page}?from={before}&to={before}").text
    last_day = visitor.get(page).text
    assert re.findall(r'"version">(\w+)<', last_day) == ["came"], "what came and went on the same day is no difference"


def test_a_week_is_shown_as_it_was(visitor: Visitor, ws: UUID, swept: tuple[UUID, int], database: Database) -> None:
    (at,) = database.run("SELECT start_at FROM workspace_calendar_events WHERE ws_id = :ws", ws=ws)[0]
    database.run("UPDATE workspace_calendar_events SET title = 'Renamed' WHERE ws_id = :ws", ws=ws)
    week = f"/console/workspaces/{ws}/week?week={at:%G-W%V}"

    now, then = visitor.get(week).text, visitor.get(f"{week}&at={swept[1]}").text

    assert ("Renamed" in now, "Renamed" in then) == (True, False)
    assert then.count('<th scope="row"><bdi>') == 2
    assert "as it was at version" in text_of(then)
    for wrong, status in (("9999", 422), ("soon", 422)):
        assert visitor.get(f"{week}&at={wrong}").status == status


@pytest.mark.parametrize("query", ["from=9999", "from=x", "from=3&to=1", "from=2999-01-01T00:00&to=yesterday"])
def test_a_moment_that_is_none_is_refused_by_name(visitor: Visitor, ws: UUID, query: str) -> None:
    answer = visitor.get(f"/console/workspaces/{ws}/compare?{query}")
    assert answer.status == 422


def test_what_is_no_longer_kept_is_said(visitor: Visitor, ws: UUID, database: Database) -> None:
    for _ in range(3):
        database.run(
            "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
            " VALUES (:ws, 'Review', now(), now() + interval '1 hour')",
            ws=ws,
        )
    database.run("UPDATE workspace_history_heads SET oldest = 3 WHERE ws_id = :ws", ws=ws)
    assert "no longer kept" in visitor.get(f"/console/workspaces/{ws}/compare?from=0").text


def test_a_run_is_taken_back_as_it_was_shown(
    visitor: Visitor, wiring: ApiWiring, ws: UUID, swept: tuple[UUID, int], database: Database
) -> None:
    run, _ = swept
    place = f"/console/runs/{run}/undo"
    shown = visitor.get(place).text
    assert "Take back 1 event" in shown
    assert f'{place}"' in visitor.get(f"/console/runs/{run}/changes").text
    (fingerprint,) = re.findall(r'name="fingerprint" value="([^"]+)"', shown)

    other = visitor.post(place, fingerprint="made-up")
    forged = visitor.post(place, csrf="made-up", fingerprint=fingerprint)
    done = visitor.post(place, fingerprint=fingerprint)

    assert (other.status, forged.status, done.status) == (409, 403, 303)
    assert "Nothing was written" in other.text
    assert "1 back, 0 set back, 0 removed" in text_of(visitor.get(done.headers["Location"]).text)
    assert "nothing" in text_of(visitor.get(place).text).lower()
    assert database.run("SELECT action, subject FROM audit_log") == [["undo", str(run)]]
    count = "SELECT count(*) FROM workspace_calendar_events WHERE ws_id = :ws AND external_event_id = 'e2'"
    assert database.run(count, ws=ws) == [[1]]
    assert Visitor(wiring, "viewer").get(place).status == 403
    assert "/undo" not in Visitor(wiring, "viewer").get(f"/console/runs/{run}/changes").text


def test_a_line_is_followed_from_any_id(
    visitor: Visitor, wiring: ApiWiring, ws: UUID, swept: tuple[UUID, int], foreign: UUID
) -> None:
    run, before = swept
    for name in (str(run), f"{ws}/{before + 1}"):
        page = visitor.get(f"/console/trace?id={name}").text
        assert f"/console/runs/{run}" in page
        assert "1 × event deleted" in text_of(page)
    assert "Nothing is known" in visitor.get(f"/console/trace?id={uuid4()}").text
    assert "Which change?" in visitor.get("/console/trace").text
    assert "Nothing is known" in Visitor(wiring, "viewer", [foreign]).get(f"/console/trace?id={run}").text
    for place in (f"/console/runs/{run}/changes", f"/console/runs/{run}/undo"):
        assert Visitor(wiring, "operator", [foreign]).get(place).status == 404


def test_the_page_of_a_workspace_says_whether_it_will_be_late(visitor: Visitor, ws: UUID, database: Database) -> None:
    page = f"/console/workspaces/{ws}"
    assert "in time" in text_of(visitor.get(page).text)
    database.run("UPDATE calendar_auth_tokens SET status = 'reconnect_required' WHERE ws_id = :ws", ws=ws)
    said = text_of(visitor.get(page).text)
    assert "not by itself" in said
    assert "when somebody has helped" in said
