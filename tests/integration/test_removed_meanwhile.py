"""What is removed while a run is at work: a calendar, an account, a workspace. Ordinary life, and nobody's alarm."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.domain.sync.report import SyncReport
from almanac.errors import UnknownWorkspace
from almanac.jobs import CalendarSchedule, CalendarSync, message_body
from almanac.services.queues.message_run import SqsMessage
from tests.integration.team import Team

pytestmark = pytest.mark.integration


@pytest.fixture
def other(database_url: str) -> Iterator[Database]:
    """The product's own connection."""
    database = Database(lambda: parse_url(database_url))
    yield database
    database.close()


def receive(team: Team, **job: Any) -> SyncReport:
    body = message_body(CalendarSync(**{"ws_id": team.ws_id, **job}))
    return team.wiring.receive_sync(SqsMessage(body, str(uuid4()), "h", 1, datetime.now(UTC)), lambda: 100.0)


def while_reading(team: Team, act: Callable[[], object]) -> None:
    """Something happens while the first listing's answer is on the way."""
    google, real = team.wiring.google, team.wiring.google.list_events

    def list_events(*arguments: Any) -> Any:
        google.list_events = real  # type: ignore[method-assign]
        answer = real(*arguments)
        act()
        return answer

    google.list_events = list_events  # type: ignore[method-assign]


@pytest.mark.parametrize("table", ["calendar_connections", "calendar_auth_tokens"])
@pytest.mark.parametrize("synced", [False, True], ids=["full", "delta"])
def test_a_calendar_or_its_account(team: Team, other: Database, table: str, synced: bool) -> None:
    (calendar,) = team.connect()
    if synced:
        team.sync()
    team.add(calendar)
    while_reading(team, lambda: other.run(f"DELETE FROM {table}"))

    report = receive(team, source="manual")

    assert (report.status, report.outcome) == ("completed", "nothing_to_read")
    assert [(c.status, c.outcome, c.error_type) for c in report.connections] == [("skipped", "removed", None)]
    assert team.stored() == {}
    assert team.queue.postponed == []


def test_the_other_calendars_are_read(team: Team, other: Database) -> None:
    first, second = team.connect(calendars=1)
    team.add(first, "goes")
    kept = team.add(second, "stays")["id"]
    gone = "DELETE FROM calendar_connections WHERE calendar_id = :id"
    while_reading(team, lambda: other.run(gone, id=first))

    receive(team, source="manual")

    assert team.stored() in ({kept: "stays"}, {**team.truth(first), kept: "stays"})
    assert team.stored(second) == {kept: "stays"}


def test_an_account_while_its_token_is_traded(team: Team, other: Database) -> None:
    team.connect()
    endpoint = team.wiring.google_tokens
    real = endpoint.refresh

    def refresh(token: str) -> Any:
        fresh = real(token)
        other.run("DELETE FROM calendar_auth_tokens")
        return fresh

    endpoint.refresh = refresh  # type: ignore[method-assign]

    assert [c.outcome for c in receive(team, source="manual").connections] == ["removed"]


def test_the_workspace(team: Team, other: Database) -> None:
    (calendar,) = team.connect()
    team.add(calendar)
    while_reading(team, lambda: other.run("DELETE FROM workspaces"))

    report = receive(team, source="schedule")

    assert (report.status, report.outcome) == ("skipped", "removed")
    again = receive(team, source="schedule")
    assert (again.status, again.outcome) == ("skipped", "removed")
    assert team.queue.postponed == []


def test_the_workspace_between_the_beginning_of_its_run_and_the_load(team: Team, other: Database) -> None:
    team.connect()
    pages = team.wiring.calendar_pages
    real = pages.load_calendars

    def load(*arguments: Any) -> Any:
        other.run("DELETE FROM workspaces")
        return real(*arguments)

    pages.load_calendars = load  # type: ignore[method-assign]

    assert receive(team, source="schedule").outcome == "removed"


def test_a_workspace_that_somebody_names_and_nobody_has_is_told(team: Team) -> None:
    team.database.run("DELETE FROM workspaces")

    with pytest.raises(UnknownWorkspace):
        receive(team, source="manual")


def test_a_workspace_whose_plan_is_being_made(team: Team, other: Database) -> None:
    store = team.wiring.plan_store
    real = store.load

    def load(*arguments: Any) -> Any:
        other.run("DELETE FROM workspaces")
        return real(*arguments)

    store.load = load  # type: ignore[method-assign]

    report = team.wiring.plan_workspace(CalendarSchedule(ws_id=team.ws_id), None, lambda: 100.0)

    assert (report.status, report.outcome) == ("skipped", "removed")
    later = team.wiring.plan_workspace(CalendarSchedule(ws_id=team.ws_id, source="schedule"), None, lambda: 100.0)
    assert later.outcome == "removed"
