"""Connecting accounts: real Google client on the simulator, real Postgres."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.errors import BadInput, ProviderUnavailable, ReconnectRequired, UnknownWorkspace
from almanac.services.accounts.connect import ConnectAccount
from almanac.services.accounts.ports import Account
from local.google_simulator.control.client import Control
from local.google_simulator.simulator import Simulator
from local.kept_accounts import restore_accounts
from tests.integration.team import Team

pytestmark = pytest.mark.integration

ADA = "ada@example.test"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7) as simulator:
        yield simulator


@pytest.fixture
def team(simulator: Simulator, database_url: str) -> Iterator[Team]:
    team = Team(simulator, database_url)
    object.__setattr__(team.wiring.connect_account.retrier, "sleep", team.waited.append)
    yield team
    team.wiring.close()


@pytest.fixture
def token(team: Team) -> str:
    """The refresh token of Ada's new Google account."""
    return str(team.google.add_account(ADA, time_zone="Europe/Vienna")["refresh_token"])


@pytest.fixture
def connect(team: Team) -> ConnectAccount:
    return team.wiring.connect_account


def add(team: Team, token: str, ws_id: UUID | None = None) -> Account:
    return team.wiring.connect_account(ws_id or team.ws_id, "ada", ADA, token)


def connections(team: Team) -> dict[str, dict[str, Any]]:
    found = team.wiring.connections(team.ws_id)
    return {each.calendar_id: asdict(each) for each in found}


def table_sizes(team: Team) -> tuple[int, int]:
    sql = "SELECT (SELECT count(*) FROM calendar_auth_tokens), (SELECT count(*) FROM calendar_connections)"
    accounts, calendars = team.database.run(sql)[0]
    return accounts, calendars


class TestConnecting:
    def test_every_calendar_of_the_list_is_connected_as_google_describes_it(self, team: Team, token: str) -> None:
        second = team.google.add_calendar(ADA, "Klettern", time_zone="Asia/Kathmandu")
        team.google.set_entry(second, ADA, role="writer", hidden=True, color_id="22")

        account = add(team, token)

        found = connections(team)
        assert set(found) == {ADA, second}
        assert found[ADA]["primary"]
        assert not found[second]["primary"]
        facts = ("name", "access_role", "enabled", "is_read", "status", "account_id")
        assert [found[second][fact] for fact in facts] == ["Klettern", "writer", True, True, "new", account.id]
        stored = team.database.run("SELECT color, time_zone FROM calendar_connections ORDER BY is_primary")
        assert [list(row) for row in stored] == [["#f691b2", "Asia/Kathmandu"], ["#9fe1e7", "Europe/Vienna"]]

    def test_a_list_of_several_pages_is_read_to_its_end(self, team: Team, token: str) -> None:
        for number in range(260):
            team.google.add_calendar(ADA, f"Calendar {number}")

        add(team, token)

        assert len(connections(team)) == 261

    def test_the_account_can_be_synced_at_once(self, team: Team, token: str) -> None:
        team.add(ADA, "first")

        add(team, token)

        assert team.sync().status == "completed"
        assert team.stored() == team.truth(ADA)

    def test_tokens_are_stored_encrypted_and_nothing_else_is(self, team: Team, token: str) -> None:
        before = datetime.now(UTC)

        add(team, token)

        access, refresh, expires_at, row = team.database.run(
            "SELECT access_token, refresh_token, expires_at, a::text FROM calendar_auth_tokens a"
        )[0]
        assert team.wiring.cipher.decrypt(refresh) == token
        plain_access = team.wiring.cipher.decrypt(access)
        assert plain_access in team.simulator.world.account(ADA).access_tokens
        assert token not in row
        assert plain_access not in row
        assert timedelta(minutes=50) < expires_at - before < timedelta(minutes=61)

    def test_a_rotated_refresh_token_replaces_the_one_that_was_given(self, team: Team, token: str) -> None:
        team.google.configure({"rotate_refresh_tokens": True})

        account = add(team, token)

        kept = team.wiring.cipher.decrypt(account.refresh_token)
        assert kept == team.simulator.world.account(ADA).refresh_token != token

    def test_a_calendar_without_visible_events_is_stored_but_not_read(self, team: Team, token: str) -> None:
        busy = team.google.add_calendar(ADA, "Boss")
        team.google.set_entry(busy, ADA, role="freeBusyReader")

        add(team, token)

        assert (connections(team)[busy]["enabled"], connections(team)[busy]["is_read"]) == (False, False)
        assert [c.outcome for c in team.sync().connections] == ["redirected_to_full"]

    def test_names_that_postgres_cannot_store_are_cleaned(self, team: Team, token: str) -> None:
        odd = team.google.add_calendar(ADA, 'nul\0 quote" back\\ {brace},')

        add(team, token)

        assert connections(team)[odd]["name"] == 'nul quote" back\\ {brace},'

    def test_one_account_can_serve_two_workspaces(self, team: Team, token: str) -> None:
        other = uuid4()
        team.wiring.workspaces.add("Other", "UTC", other)

        first, second = add(team, token), add(team, token, other)

        assert first.id != second.id
        assert table_sizes(team) == (2, 2)


class TestNothingIsHalfStored:
    def test_a_token_that_google_no_longer_takes(self, team: Team, token: str) -> None:
        team.google.revoke_account(ADA)

        with pytest.raises(ReconnectRequired, match="nothing was stored"):
            add(team, token)

        assert table_sizes(team) == (0, 0)

    def test_a_calendar_list_that_breaks_off_after_its_first_page(self, team: Team, token: str) -> None:
        for number in range(260):
            team.google.add_calendar(ADA, f"Calendar {number}")
        team.inject("error", path="*/calendarList", page_token=True, status=503, times=None)

        with pytest.raises(ProviderUnavailable):
            add(team, token)

        assert table_sizes(team) == (0, 0)
        assert len(team.waited) == 3  # the run's patience, no other

    def test_an_unknown_workspace_costs_no_request(self, team: Team, token: str) -> None:
        with pytest.raises(UnknownWorkspace):
            add(team, token, uuid4())

        assert team.simulator.observation.requests() == []


class TestPatience:
    def test_a_hiccup_of_either_endpoint_is_waited_for(self, team: Team, token: str) -> None:
        team.inject("error", path="/token", status=503)
        team.inject("error", path="*/calendarList", status=429, reason="rateLimitExceeded", retry_after=2)

        add(team, token)

        assert len(team.waited) == 2
        assert team.waited[1] >= 2
        assert table_sizes(team) == (1, 1)


class TestReconnecting:
    def test_a_new_token_revives_the_account_and_raises_its_version(self, team: Team, token: str) -> None:
        add(team, token)
        team.google.revoke_account(ADA)
        team.database.run("UPDATE calendar_auth_tokens SET access_token = NULL")
        assert team.sync().outcome == "reconnect_required"
        before = team.database.run("SELECT status, version FROM calendar_auth_tokens")[0]

        account = add(team, team.google.reconnect_account(ADA)["refresh_token"])

        assert before[0] == "reconnect_required"
        assert (account.status, account.version) == ("active", before[1] + 1)
        assert team.database.run("SELECT status, last_error FROM calendar_auth_tokens")[0] == ["active", None]
        assert team.sync().status == "completed"

    def test_connections_keep_their_switches_and_their_place_in_the_listing(self, team: Team, token: str) -> None:
        second = team.google.add_calendar(ADA, "Old name")
        add(team, token)
        team.sync()
        team.database.run("UPDATE calendar_connections SET is_enabled = false WHERE calendar_id = :id", id=second)
        team.database.run("UPDATE calendar_connections SET sync_delete_enabled = false WHERE is_primary")
        team.sync()  # in full, because it deletes otherwise from now on
        states = team.database.run("SELECT * FROM calendar_sync_states ORDER BY connection_id")
        team.simulator.world.calendar(second).summary = "New name"

        add(team, token)

        found = connections(team)
        assert (found[second]["enabled"], found[second]["name"]) == (False, "New name")
        assert not found[ADA]["deletes"]
        assert team.database.run("SELECT * FROM calendar_sync_states ORDER BY connection_id") == states
        assert team.sync().outcome == "incremental"

    @pytest.mark.parametrize(("synced", "status"), [(True, "synced"), (False, "new")])
    def test_errors_and_pauses_are_cleared(self, team: Team, token: str, synced: bool, status: str) -> None:
        add(team, token)
        if synced:
            team.sync()
        team.database.run(
            "UPDATE calendar_connections SET status = 'error', last_error_type = 'google_unavailable',"
            " last_error = 'x', failures = 4, retry_at = now() + interval '1 hour'"
        )

        add(team, token)

        revived = connections(team)[ADA]
        assert [revived[name] for name in ("status", "error_type", "error", "failures", "retry_at")] == [
            status,
            None,
            None,
            0,
            None,
        ]

    def test_a_calendar_that_left_the_list_is_marked_lost_and_keeps_its_events(self, team: Team, token: str) -> None:
        second = team.google.add_calendar(ADA, "Gone soon")
        team.add(second, "kept")
        add(team, token)
        team.sync()
        team.google.set_entry(second, ADA, deleted=True)

        add(team, token)

        gone = connections(team)[second]
        assert (gone["status"], gone["error_type"]) == ("lost", "calendar_unreachable")
        assert list(team.stored(second).values()) == ["kept"]
        assert connections(team)[ADA]["status"] == "synced"

    def test_a_lost_calendar_that_is_listed_again_comes_back(self, team: Team, token: str) -> None:
        second = team.google.add_calendar(ADA, "Back again")
        for deleted in (False, True, False):
            team.google.set_entry(second, ADA, deleted=deleted)
            add(team, token)

        assert (connections(team)[second]["status"], connections(team)[second]["error_type"]) == ("new", None)

    def test_a_calendar_whose_events_become_visible_is_read_from_then_on(self, team: Team, token: str) -> None:
        shared = team.google.add_calendar(ADA, "Shared")
        team.google.set_entry(shared, ADA, role="freeBusyReader")
        add(team, token)
        team.google.set_entry(shared, ADA, role="reader")

        add(team, token)

        assert connections(team)[shared]["is_read"]

    def test_the_token_of_another_google_account_is_refused(self, team: Team, token: str) -> None:
        add(team, token)
        stored = team.database.run("SELECT * FROM calendar_auth_tokens")
        mallory = team.google.add_account("mallory@example.test")

        with pytest.raises(BadInput, match="another account than the one that is connected"):
            add(team, mallory["refresh_token"])

        assert team.database.run("SELECT * FROM calendar_auth_tokens") == stored
        assert set(connections(team)) == {ADA}


def test_what_was_connected_is_there_again_when_the_simulated_google_begins_anew(team: Team, token: str) -> None:
    """`make dev` keeps its database, and its Google forgets: accounts added to it work on after a restart."""
    team.add(ADA, "first")
    first, after = ((team.now + timedelta(days=days)).date().isoformat() for days in (3, 4))
    day = {"start": {"date": first}, "end": {"date": after}}
    team.google.insert_event(ADA, {"summary": "Fair", **day}, event_id="fair")
    second = team.google.add_calendar(ADA, "Klettern")
    add(team, token)
    team.sync()
    team.database.run("UPDATE calendar_auth_tokens SET status = 'reconnect_required', last_error = 'forgotten'")

    with Simulator(seed=8) as anew:
        stack: Any = SimpleNamespace(wiring=team.wiring, google=Control(anew.url))
        assert list(restore_accounts(stack)) == [ADA]
        assert list(restore_accounts(stack)) == [], "those that it has are left alone"
        years = ((team.now + timedelta(days=days)).isoformat() for days in (-700, 700))
        there = anew.observation.truth(ADA, *years)
        assert anew.world.account(ADA).refresh_token == token
        assert set(anew.world.account(ADA).entries) == {ADA, second}

    assert {event["id"]: event["summary"] for event in there} == team.truth(ADA)
    assert next(event for event in there if event["id"] == "fair")["start"] == {"date": first}
    assert team.database.run("SELECT status, last_error FROM calendar_auth_tokens") == [["active", None]]
