"""What has left every window goes after its age, and what the app has given it stays."""

from datetime import UTC, datetime, timedelta

import pytest

from almanac.adapters.postgres.maintenance import PostgresUpkeepStore
from almanac.domain.operations.maintenance import Limits
from tests.integration.team import Team

pytestmark = pytest.mark.integration

EVENT = (
    "INSERT INTO workspace_calendar_events (ws_id, provider, external_calendar_id, external_event_id, title, start_at,"
    " end_at) SELECT :ws, :provider, :calendar, :id, :id, now() - make_interval(days => :age),"
    " now() - make_interval(days => :age) + interval '1 hour'"
)


def old(
    team: Team, event_id: str, age: int = 400, provider: str = "google", calendar: str = "ada@example.test"
) -> None:
    team.database.run(EVENT, ws=team.ws_id, id=event_id, age=age, provider=provider, calendar=calendar)


def upkeep(team: Team, days: int = 365) -> int:
    before = datetime.now(UTC) - timedelta(days=days)
    return sum(batch.rows for batch in PostgresUpkeepStore(team.database, batch=2).delete_past_events(before))


def test_past_events_go_and_the_others_stay(team: Team) -> None:
    for n in range(5):
        old(team, f"old {n}")
    old(team, "younger", age=300)
    old(team, "the product's own", provider="almanac")

    assert upkeep(team) == 5
    assert set(team.stored().values()) == {"younger", "the product's own"}
    assert upkeep(team) == 0


KEPT = {
    "a task": "UPDATE workspace_calendar_events SET task_id = gen_random_uuid()",
    "a lock": "UPDATE workspace_calendar_events SET locked = true",
    "a colour": "UPDATE workspace_calendar_events SET color_override = 'PINK'",
    "a task's link": "INSERT INTO task_calendar_events (event_id, ws_id, scheduled_minutes)"
    " SELECT id, ws_id, 30 FROM workspace_calendar_events",
    "a habit's link": "INSERT INTO habit_calendar_events (event_id, ws_id, occurrence_date, scheduled_minutes)"
    " SELECT id, ws_id, start_at::date, 30 FROM workspace_calendar_events",
    "a meeting's link": "INSERT INTO meeting_calendar_events (event_id, ws_id, scheduled_minutes)"
    " SELECT id, ws_id, 30 FROM workspace_calendar_events",
}


@pytest.mark.parametrize("sql", KEPT.values(), ids=KEPT.keys())
def test_what_the_app_has_given_something_stays(team: Team, sql: str) -> None:
    old(team, "old")
    team.database.run(sql)

    assert upkeep(team) == 0


def test_nothing_goes_that_a_sync_token_still_tells_of(team: Team) -> None:
    (calendar,) = team.connect()
    team.add(calendar, "in the window", days=-80)
    team.sync()

    assert upkeep(team, days=30) == 0
    assert team.sync().tally.inserted == 0


def test_what_a_window_may_still_reach_is_asked_of_its_own_calendar(team: Team) -> None:
    """A window that is read moves by a week at most before it is read whole again."""
    (calendar,) = team.connect()
    team.sync()
    old(team, "just before the window", age=95, calendar=calendar)
    old(team, "long before it", age=105, calendar=calendar)
    old(team, "of a calendar that nobody reads", age=60, calendar="gone")

    assert upkeep(team, days=30) == 2
    assert set(team.stored().values()) == {"just before the window"}


def test_a_dry_run_counts_them(team: Team) -> None:
    old(team, "old")
    days = (timedelta(days=n) for n in (90, 30, 365))
    limits = Limits.at(datetime.now(UTC), *days)

    assert PostgresUpkeepStore(team.database).forecast(limits)["past_events_deleted"] == 1
