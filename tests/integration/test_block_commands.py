"""`almanac block`: what is locked no plan moves, until it is let go."""

import json
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from tests.integration import rows
from tests.integration.test_habit_commands import add, plan, run, ws_id
from tests.integration.test_hours_commands import asks_for_a_plan
from tests.integration.test_people_commands import Run

pytestmark = pytest.mark.integration
__all__ = ["run", "ws_id"]


def test_a_locked_block_stays_and_one_let_go_follows_the_plan(run: Run, ws_id: UUID, database: Database) -> None:
    habit = add(run, ws_id, "Run", "--user", "ben", "--at", "09:00", "--from", "2026-03-02")
    plan(run, ws_id)
    block = json.loads(run("habit", "list", ws_id, "--json")[1])["habits"][0]["blocks"][1]
    key = block["event_id"]
    asks_for_a_plan(database, ws_id)
    assert "locked" in run("block", "lock", ws_id, key)[1]
    assert asks_for_a_plan(database, ws_id)
    locked = json.loads(run("block", "lock", ws_id, key, "--json")[1])
    assert not asks_for_a_plan(database, ws_id)
    assert (locked["locked"], locked["kind"], locked["user_ids"]) == (True, "habit", ["ben"])
    listed = {each["event_id"]: each for each in json.loads(run("block", "list", ws_id, "--json")[1])["blocks"]}
    assert listed[key] == {name: value for name, value in locked.items() if name != "ws_id"}
    assert all(not each["locked"] for other, each in listed.items() if other != key)

    assert "  of ben\n" in run("block", "list", ws_id)[1]

    run("habit", "change", ws_id, habit, "--at", "18:00")
    plan(run, ws_id)
    starts = "SELECT start_at FROM workspace_calendar_events WHERE id = :id"
    held = database.run(starts, id=key)[0][0]
    assert f"{held:%Y-%m-%dT%H:%M:%SZ}" == block["start"]
    assert "locked" not in run("block", "unlock", ws_id, key)[1]
    plan(run, ws_id)
    assert database.run(starts, id=key)[0][0] != held
    run("member", "remove", ws_id, "--user", "ben")
    assert "  of ben (no member)\n" in run("block", "list", ws_id)[1], "as habits are listed"


def test_what_is_no_block_of_the_workspace_is_unknown(run: Run, ws_id: UUID, database: Database) -> None:
    foreign = rows.workspace(database)
    database.run("INSERT INTO workspace_habits (ws_id, name) VALUES (:w, 'Theirs')", w=foreign)
    plan(run, foreign)
    (theirs, *_) = json.loads(run("block", "list", foreign, "--json")[1])["blocks"]
    own = database.run(
        "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
        " VALUES (:w, 'No block', '2199-01-01', '2199-01-02') RETURNING id",
        w=ws_id,
    )[0][0]
    said = "almanac: BLOCK: the workspace has no such block; `almanac block list` shows those there are\n"
    for event in (theirs["event_id"], own, "00000000-0000-4000-8000-000000000000"):
        assert run("block", "lock", ws_id, event) == (2, "", said)
    assert database.run("SELECT count(*) FROM workspace_calendar_events WHERE locked") == [[0]]
    assert run("block", "list", ws_id)[1] == "no blocks\n"
    assert run("block", "list", ws_id, "--days", "91")[2] == "almanac: --days: must be 1 to 90\n"
