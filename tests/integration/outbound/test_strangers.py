"""Others who write to the same calendar, and accounts that are not the one that was written to."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.services.outbound.leaving import Blocks
from tests.integration import rows
from tests.integration.outbound.stage import ADA, Writing

pytestmark = pytest.mark.integration


@pytest.fixture
def beside(team: Writing, make_team: Callable[..., Writing]) -> Writing:
    """Another workspace that has connected Ada's calendar too, and writes to it."""
    team.block("Report")
    team.sync()
    other = make_team(connected=False)
    account = rows.account(other.database, other.ws_id, ADA)
    other.give_token(account, team.simulator.world.account(ADA).refresh_token)
    rows.connection(other.database, other.ws_id, account, ADA)
    other.target(ADA)
    return other


def test_34_each_of_two_workspaces_sees_the_others_blocks_and_touches_none(team: Writing, beside: Writing) -> None:
    beside.block("Budget", hours=30)
    for each in (beside, team, beside, team):
        each.sync()
    assert [body["summary"] for body in team.there()] == ["Report", "Budget"]
    assert list(team.stored(ADA).values()) == ["Budget"]
    assert list(beside.stored(ADA).values()) == ["Report"]
    before = team.requests()
    for each in (beside, team):
        each.run("DELETE FROM workspace_calendar_events WHERE ws_id = :ws AND provider <> 'almanac'")
        each.sync()
    assert team.writes(before) == []
    assert len(team.there()) == 2


def test_53_another_account_gets_nothing_that_was_meant_for_the_first(team: Writing) -> None:
    block = team.block()
    team.sync()
    team.google.revoke_account(ADA)
    team.run("UPDATE calendar_auth_tokens SET access_token = NULL WHERE ws_id = :ws")
    team.move(block, 40)
    (other,) = team.connect("bob@example.test")
    before = team.requests()
    for _ in range(2):
        team.sync()
    assert team.writes(before) == []
    assert team.there(other) == []
    status = team.wiring.outbound.status(team.ws_id, dry_run=False, confirm=False)
    assert [(each.calendar_id, each.reason) for each in status.held] == [(ADA, "reconnect_required")]


@pytest.mark.parametrize("blocks", ["remove", "leave"])
def test_an_account_that_goes_from_one_workspace_stays_connected_in_another(
    team: Writing, beside: Writing, blocks: Blocks
) -> None:
    team.wiring.accounts.disconnect(team.ws_id, ADA, blocks=blocks)
    team.sync()
    beside.run("UPDATE calendar_auth_tokens SET access_token = NULL WHERE ws_id = :ws")
    beside.block("Budget", hours=30)
    beside.sync()
    assert not team.simulator.world.account(ADA).revoked
    assert "Budget" in [body["summary"] for body in team.there()]
    beside.wiring.accounts.disconnect(beside.ws_id, ADA, blocks="leave")
    assert team.simulator.world.account(ADA).revoked


LISTED: dict[str, dict[str, Any]] = {
    "divert": {"etags": ['"another"'], "tombstones": [], "series": [], "full_pass": False},
    "doubt_missing": {"since": "2100-01-01", "window_start": "2000-01-01", "window_end": "2100-01-01"},
}


@pytest.mark.parametrize("statement", LISTED)
def test_no_run_is_overtaken_while_it_notes_what_a_listing_says(
    team: Writing, database_url: str, statement: str
) -> None:
    """Between a look at the lease and what is noted nobody gets it: what comes later would be an overtaken run's."""
    block, run_id = team.block(), uuid4()
    team.sync()
    (fence,) = team.run(
        "UPDATE workspace_sync_leases SET owner = :run, expires_at = now() WHERE ws_id = :ws RETURNING fence",
        run=run_id,
    )[0]
    said: dict[str, Any] = {"ws_id": team.ws_id, "run_id": run_id, "provider": "google", "calendar_id": team.calendar}
    said |= {"connection_id": team.run("SELECT id FROM calendar_connections WHERE ws_id = :ws")[0][0]}
    said |= {"ids": team.link(block, "external_event_id")} if statement == "divert" else {}
    beside = Database(lambda: parse_url(database_url))
    free = "SELECT 1 FROM workspace_sync_leases WHERE ws_id = :ws_id FOR UPDATE SKIP LOCKED"
    run = team.database.statements("outbound/outbound.sql")
    with team.database.transaction():
        run(statement, fence=fence, **said, **LISTED[statement])
        assert not beside.run(free, ws_id=team.ws_id)
    assert beside.run(free, ws_id=team.ws_id)
    beside.close()
    assert team.link(block) == "sent"
