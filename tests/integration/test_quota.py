"""Google's limits, a project's and a user's: what keeps a run below them, and who waits when one is met."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from almanac.adapters.postgres.due_workspaces import PostgresDueStore
from almanac.domain.sync.retry import FIRST_PAUSE, MAX_ATTEMPTS
from almanac.providers.google.calendar import GoogleCalendar
from almanac.providers.google.pace.rate_limit import RateLimiter
from almanac.services.queues.ports import DueWorkspace
from local.google_simulator.simulator import Simulator
from local.google_simulator.world.clock import Clock
from tests.integration.team import Team

pytestmark = pytest.mark.integration

ADA, BOB = "ada@example.test", "bob@example.test"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    stands = datetime.now(UTC)
    with Simulator(seed=7, clock=Clock(lambda: stands)) as simulator:
        yield simulator


def asked(team: Team, account: str) -> int:
    """Requests for events so far in the name of an account."""
    return sum(listing["account"] == account for listing in team.listings())


def outcomes(team: Team) -> dict[str, set[str]]:
    """What the last run made of each account's calendars."""
    sql = (
        "SELECT a.account_email, k.outcome FROM workspace_calendar_sync_log_connections k"
        " JOIN calendar_connections c ON c.id = k.connection_id JOIN calendar_auth_tokens a ON a.id = c.auth_token_id"
        " WHERE k.run_id = (SELECT id FROM workspace_calendar_sync_log ORDER BY started_at DESC LIMIT 1)"
    )
    found: dict[str, set[str]] = {}
    for email, outcome in team.database.run(sql):
        found.setdefault(email, set()).add(outcome)
    return found


def pace(team: Team, per_minute: int) -> list[float]:
    """Pace the team's requests by the simulator's clock, which moves only while they wait; the waits."""
    waits: list[float] = []
    clock = team.simulator.world.clock

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock.step(seconds)

    paced = RateLimiter(per_minute, lambda: clock.now().timestamp(), sleep)
    team.wiring.__dict__["google"] = GoogleCalendar(team.simulator.url, 5, paced)
    return waits


@pytest.mark.parametrize("limit", ["project_per_minute", "user_per_minute"])
def test_a_paced_process_never_meets_the_limit_it_was_given(team: Team, limit: str) -> None:
    team.connect(ADA, calendars=79)
    team.google.configure({limit: 30})
    waits = pace(team, 30)

    report = team.sync()

    assert (report.status, report.tally.retries) == ("completed", 0)
    assert report.tally.api_calls == 80 + 1, "one listing a calendar, and the token"
    assert 60 < sum(waits) < 180, "simulated seconds: three minutes' worth of requests, less the burst"


def test_without_a_pace_the_same_run_meets_it(team: Team) -> None:
    team.connect(ADA, calendars=79)
    team.google.configure({"project_per_minute": 30})
    assert team.sync().status == "partial"


class TestAUserWhoHasAskedTooMuch:
    """403 userRateLimitExceeded for Ada, who has three calendars; Bob has two in the same workspace."""

    @pytest.fixture(autouse=True, params=[(403, "userRateLimitExceeded"), (429, "rateLimitExceeded")])
    def slowed(self, team: Team, request: pytest.FixtureRequest) -> None:
        team.connect(ADA, calendars=2)
        team.connect(BOB, calendars=1)
        status, reason = request.param
        team.inject("error", status=status, reason=reason, account=ADA, path="*/events", times=None)

    def test_every_other_account_is_read_as_ever(self, team: Team) -> None:
        report = team.sync()
        assert report.status == "partial"
        assert outcomes(team) == {ADA: {"failed"}, BOB: {"redirected_to_full"}}

    def test_no_more_is_asked_than_one_calendars_attempts(self, team: Team) -> None:
        team.sync()
        assert asked(team, ADA) == MAX_ATTEMPTS

    def test_all_calendars_of_that_account_pause_and_no_others(self, team: Team) -> None:
        team.sync()
        sql = (
            "SELECT a.account_email, c.retry_at, c.last_error_type FROM calendar_connections c"
            " JOIN calendar_auth_tokens a ON a.id = c.auth_token_id"
        )
        rows = team.database.run(sql)
        paused = {email for email, retry_at, _ in rows if retry_at is not None}
        assert paused == {ADA}
        least = datetime.now(UTC) + timedelta(seconds=FIRST_PAUSE - 60)
        assert all(retry_at > least for email, retry_at, _ in rows if email == ADA)
        assert {kind for email, _, kind in rows if email == ADA} == {"google_rate_limited"}

    def test_the_next_schedule_asks_nothing_for_them(self, team: Team) -> None:
        team.sync()
        before = asked(team, ADA), asked(team, BOB)
        team.sync()
        assert (asked(team, ADA) - before[0], asked(team, BOB) - before[1]) == (0, 2)
        assert outcomes(team) == {ADA: {"backing_off"}, BOB: {"incremental"}}

    def test_a_workspace_of_that_account_alone_is_not_due_until_the_pause_is_over(self, team: Team) -> None:
        team.database.run("DELETE FROM calendar_auth_tokens WHERE account_email = :email", email=BOB)
        team.sync()
        due = PostgresDueStore(team.database)
        assert due.due_for_sync(None, 10) == []
        team.database.run("UPDATE calendar_connections SET retry_at = now()")
        assert due.due_for_sync(None, 10) == [DueWorkspace(team.ws_id)]

    def test_after_the_pause_the_calendars_are_read(self, team: Team) -> None:
        team.sync()
        team.google.clear_faults()
        team.database.run("UPDATE calendar_connections SET retry_at = now() WHERE retry_at IS NOT NULL")
        assert team.sync().status == "completed"
        assert outcomes(team) == {ADA: {"redirected_to_full"}, BOB: {"incremental"}}
