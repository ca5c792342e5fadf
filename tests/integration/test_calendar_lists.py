"""The calendar list of an account is looked at once a day, and when one of its calendars is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.team import Team

pytestmark = pytest.mark.integration


@pytest.fixture
def team(make_team: Callable[..., Team]) -> Team:
    team = make_team()
    team.connect()
    team.sync()
    return team


def a_day_later(team: Team) -> None:
    team.database.run("UPDATE calendar_auth_tokens SET listed_at = listed_at - interval '25 hours'")


def lists(team: Team) -> int:
    return sum("calendarList" in request["path"] for request in team.simulator.observation.requests())


def connections(team: Team, *columns: str) -> dict[str, Any]:
    found = team.database.run(f"SELECT calendar_id, {', '.join(columns)} FROM calendar_connections")
    return {row[0]: row[1] if len(columns) == 1 else tuple(row[1:]) for row in found}


def test_within_a_day_it_is_not(team: Team) -> None:
    team.sync()

    assert lists(team) == 0


def test_a_new_calendar_is_noticed_and_read(team: Team) -> None:
    new = team.google.add_calendar("ada@example.test", "New", time_zone="Asia/Tokyo")
    team.add(new, "in it")
    a_day_later(team)

    team.sync()

    assert connections(team, "calendar_name", "time_zone", "is_enabled")[new] == ("New", "Asia/Tokyo", True)
    team.sync()
    assert set(team.stored(new).values()) == {"in it"}
    assert lists(team) == 1, "once a day"


def test_another_role_and_zone_are_noticed_and_switches_are_kept(team: Team) -> None:
    new = team.google.add_calendar("ada@example.test", "New")
    a_day_later(team)
    team.sync()
    team.database.run("UPDATE calendar_connections SET is_enabled = false WHERE calendar_id = :id", id=new)
    team.google.set_entry(new, "ada@example.test", role="reader")
    team.simulator.world.calendar(new).time_zone = "Asia/Tokyo"
    a_day_later(team)

    team.sync()

    assert connections(team, "access_role", "time_zone", "is_enabled")[new] == ("reader", "Asia/Tokyo", False)


def test_a_calendar_that_can_be_seen_at_last_is_switched_on(team: Team) -> None:
    new = team.google.add_calendar("ada@example.test", "New")
    team.google.set_entry(new, "ada@example.test", role="freeBusyReader")
    a_day_later(team)
    team.sync()
    assert connections(team, "is_enabled")[new] is False
    team.google.set_entry(new, "ada@example.test", role="reader")
    a_day_later(team)

    team.sync()

    assert connections(team, "is_enabled")[new] is True


@pytest.mark.parametrize(("status", "reason"), [(403, "forbidden"), (404, "notFound")])
def test_a_refusal_is_reason_enough(team: Team, status: int, reason: str) -> None:
    new = team.google.add_calendar("ada@example.test", "New")
    team.inject("error", path="*/events", status=status, reason=reason)

    team.sync()

    assert lists(team) == 1
    assert new in connections(team, "status")


def test_one_that_is_taken_away_is_lost(team: Team) -> None:
    new = team.google.add_calendar("ada@example.test", "New")
    a_day_later(team)
    team.sync()
    team.google.set_entry(new, "ada@example.test", deleted=True)
    a_day_later(team)
    team.database.run("UPDATE calendar_connections SET is_enabled = false WHERE calendar_id = :id", id=new)

    team.sync()

    assert connections(team, "status")[new] == "lost"


def test_a_list_that_cannot_be_read_costs_nothing(team: Team) -> None:
    team.inject("error", path="*calendarList", times=None, status=503)
    a_day_later(team)

    assert team.sync().status == "completed"
