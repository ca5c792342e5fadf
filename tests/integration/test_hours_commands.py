"""`almanac hours` and `almanac preferences` against a real Postgres, and the same over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.domain.hours.preferences import PreferenceChange
from almanac.errors import BadInput
from almanac.wiring.command_line import Wiring
from tests.integration import rows
from tests.integration.test_people_commands import Run, run

pytestmark = pytest.mark.integration
__all__ = ["run"]


@pytest.fixture
def ws_id(database: Database) -> UUID:
    ws_id = rows.workspace(database)
    database.run("INSERT INTO workspace_members (ws_id, user_id) VALUES (:w, 'ada'), (:w, 'ben')", w=ws_id)
    return ws_id


def stored(database: Database, ws_id: UUID) -> dict[str, Any]:
    sql = "SELECT type, data FROM workspace_calendar_hour_settings WHERE ws_id = :w ORDER BY type"
    return {row[0]: row[1] for row in database.run(sql, w=ws_id)}


def asks_for_a_plan(database: Database, ws_id: UUID) -> bool:
    """Whether something has made the workspace due since this was last asked."""
    return bool(database.run("DELETE FROM unplanned_changes WHERE ws_id = :w RETURNING tx", w=ws_id))


def test_hours_are_set_shown_and_reset(run: Run, ws_id: UUID, database: Database) -> None:
    words = ("--day", "mon-thu", "09:00-12:30", "13:30-17:00", "--day", "fri", "09:00-24:00", "--day", "sun", "closed")
    asks_for_a_plan(database, ws_id)
    said = run("hours", "set", ws_id, "--category", "Work", *words)[1]
    assert said == (
        "work, of the workspace\n  Mon to Thu  09:00-12:30, 13:30-17:00\n  Fri         09:00-24:00\n"
        "  Sat to Sun  closed\n"
    )
    assert asks_for_a_plan(database, ws_id)
    run("hours", "set", ws_id, "--category", "work", *words)
    assert not asks_for_a_plan(database, ws_id), "what is so already is not written"

    night = ("--category", "nights", "--user", "ada", "--day", "fri,sat", "22:00-02:00")
    assert json.loads(run("hours", "set", ws_id, *night, "--json")[1])["user_id"] == "ada"
    found = stored(database, ws_id)
    assert set(found) == {"work", "nights@ada"}
    block = {"startTime": "22:00", "endTime": "02:00"}
    assert found["nights@ada"]["saturday"] == {"enabled": True, "timeBlocks": [block]}
    assert found["nights@ada"]["monday"] == {"enabled": False, "timeBlocks": []}

    shown = run("hours", "show", ws_id)[1]
    assert "personal, default\n  every day   07:00-23:00\n" in shown
    assert "nights, of ada\n" in shown
    of_ben = json.loads(run("hours", "show", ws_id, "--user", "ben", "--json")[1])["hours"]
    assert [(each["category"], each["default"]) for each in of_ben] == [
        ("work", False),
        ("personal", True),
        ("meeting", True),
    ]

    kept = ("--category", "work", "--user", "ben", "--day", "fri", "closed", "--keep")
    assert (
        "of ben\n  Mon to Thu  09:00-12:30, 13:30-17:00\n  Fri to Sun  closed" in run("hours", "set", ws_id, *kept)[1]
    )
    assert "work, of the workspace" in run("hours", "reset", ws_id, "--category", "work", "--user", "ben")[1]
    assert "work, default" in run("hours", "reset", ws_id, "--category", "work")[1]
    assert "work, default" in run("hours", "reset", ws_id, "--category", "Work")[1], "once more, it is as it was"
    slip = "almanac: --category: is none that is stored; there are work, personal, meeting"
    assert run("hours", "reset", ws_id, "--category", "wrk")[2].startswith(slip)
    assert set(stored(database, ws_id)) == {"nights@ada"}


def test_what_is_unusable_of_hours_names_its_place(run: Run, ws_id: UUID, database: Database) -> None:
    work = ("--category", "work", "--day", "mon")
    for words, place in (
        ((*work, "09:00-09:00"), "monday: 09:00-09:00 ends as it begins"),
        ((*work, "09:00-12:00", "11:00-13:00"), "monday: 11:00-13:00 overlaps"),
        ((*work, "9-12"), "--day: is no block of a day such as 09:00-12:30"),
        ((*work,), "--day: names days without a block"),
        ((*work, "09:00-10:00", "--day", "mon-fri", "closed"), "--day: names monday twice"),
        (("--category", "work", "--day", "day", "closed"), "--day: names no weekday"),
        (("--category", "work@ada", "--day", "mon", "closed"), "--category: must have"),
        ((*work, "closed", "--user", "zoe"), "--user: is no member; members are ada, ben"),
    ):
        code, _, error = run("hours", "set", ws_id, *words)
        assert (code, error.startswith(f"almanac: {place}")) == (2, True), error
    assert stored(database, ws_id) == {}


def test_rows_that_a_product_has_written_are_shown_and_taken_over(run: Run, ws_id: UUID, database: Database) -> None:
    database.run(
        "INSERT INTO workspace_calendar_hour_settings (ws_id, type, user_id, data) VALUES"
        " (:w, 'WORK', NULL, '[7]'), (:w, 'gone', 'zoe', '{}'), (:w, 'Late', 'ada', '{\"monday\": 7}')",
        w=ws_id,
    )
    shown = run("hours", "show", ws_id)[1]
    assert "work, of the workspace\n  cannot be read as they are stored: must be an object" in shown
    assert "gone, of zoe\n  every day   closed" in shown
    assert "late, of ada\n  cannot be read as they are stored: monday" in shown
    keep = ("--category", "work", "--day", "mon", "closed", "--keep")
    assert "--category: cannot be read as it is stored" in run("hours", "set", ws_id, *keep)[2]
    run("hours", "set", ws_id, "--category", "work", "--day", "daily", "00:00-24:00")
    run("hours", "set", ws_id, "--category", "late", "--user", "ada", "--day", "mon", "18:00-20:00")
    found = stored(database, ws_id)
    assert set(found) == {"WORK", "gone@zoe", "Late@ada"}
    assert found["Late@ada"]["monday"]["timeBlocks"] == [{"startTime": "18:00", "endTime": "20:00"}]
    assert run("hours", "reset", ws_id, "--category", "gone", "--user", "zoe")[0] == 0
    assert run("hours", "reset", ws_id, "--category", "gone", "--user", "zoe")[0] == 2


def test_what_a_product_wants_of_a_member_at_the_same_moment_stays(
    run: Run, ws_id: UUID, database: Database, database_url: str
) -> None:
    change = PreferenceChange({"break_minutes": 15})
    with closing(Wiring({"ALMANAC_DATABASE_URL": database_url})) as beside, ThreadPoolExecutor(1) as pool:
        pid = beside.database.run("SELECT pg_backend_pid()")[0][0]
        with database.transaction():
            database.run('UPDATE workspace_members SET settings = \'{"scheduling": {"theirs": 1}}\'')
            changed = pool.submit(beside.plan_preferences.change, ws_id, "ada", change)
            while not database.run("SELECT 1 FROM pg_locks WHERE pid = :pid AND NOT granted", pid=pid):
                assert not changed.done(), "it waits for the first one"
        changed.result(10)
        sql = "SELECT settings -> 'scheduling' FROM workspace_members WHERE user_id = 'ada'"
        assert database.run(sql) == [[{"theirs": 1, "break_minutes": 15}]]
        store = beside.plan_preferences.store
        store.change(ws_id, "ben", lambda _until_now: PreferenceChange())
        with pytest.raises(BadInput, match="user_id: is no member any more"):
            store.change(ws_id, "zoe", lambda _until_now: change)


def test_preferences_of_a_workspace_and_of_a_member(run: Run, ws_id: UUID, database: Database) -> None:
    own = {"theme": "dark", "scheduling": {"of_the_product": 1}}
    database.run("UPDATE workspaces SET settings = :s::jsonb WHERE id = :w", w=ws_id, s=json.dumps(own))
    asks_for_a_plan(database, ws_id)
    said = run("preferences", "set", ws_id, "--break", "15", "--daily-cap", "Work=360", "--daily-cap", "meeting=60")[1]
    assert "daily_cap_minutes      meeting=60, work=360  of the workspace\n" in said
    assert "min_notice_minutes     0                     default\n" in said
    assert "of_the_product as it is stored cannot be used" in said
    assert asks_for_a_plan(database, ws_id)
    run("preferences", "set", ws_id, "--break", "15", "--no-notice")
    assert not asks_for_a_plan(database, ws_id)

    words = ("--user", "ada", "--notice", "60", "--daily-cap", "meeting=none", "--buffer-before", "10")
    of_ada = json.loads(run("preferences", "set", ws_id, *words, "--json")[1])
    assert asks_for_a_plan(database, ws_id)
    assert (of_ada["daily_cap_minutes"], of_ada["min_notice_minutes"]) == ({"work": 360}, 60)
    assert of_ada["origin"] == {
        "break_minutes": "workspace",
        "min_notice_minutes": "member",
        "daily_cap_minutes": "member",
        "buffer_before_minutes": "member",
        "buffer_after_minutes": "default",
    }
    run("preferences", "set", ws_id, "--user", "ada", "--no-daily-cap", "--no-notice", "--no-buffer-before")
    assert "of ada" not in run("preferences", "show", ws_id, "--user", "ada")[1]
    settings = database.run("SELECT settings FROM workspaces WHERE id = :w", w=ws_id)[0][0]
    assert settings == {
        "theme": "dark",
        "scheduling": {"of_the_product": 1, "break_minutes": 15, "daily_cap_minutes": {"work": 360, "meeting": 60}},
    }
    for wrong, place in (
        (("--break", "10"), "--break"),
        (("--notice", "10081"), "--notice"),
        (("--daily-cap", "nights=60"), "--daily-cap"),
        (("--daily-cap", "work=60", "--daily-cap", "Work=none"), "--daily-cap"),
        (("--daily-cap", "60"), "argument --daily-cap"),
        (("--break", "15", "--no-break"), "--no-break"),
        ((), "--break"),
        (("--user", "zoe", "--break", "15"), "--user"),
    ):
        code, _, error = run("preferences", "set", ws_id, *wrong)
        assert (code, error.startswith(f"almanac: {place}: ")) == (2, True), error


def test_settings_that_are_no_object_are_left_alone(run: Run, ws_id: UUID, database: Database) -> None:
    database.run("UPDATE workspaces SET settings = '[1]' WHERE id = :w", w=ws_id)
    code, _, error = run("preferences", "set", ws_id, "--break", "15")
    assert (code, "is no JSON object" in error) == (2, True)
    assert database.run("SELECT settings FROM workspaces WHERE id = :w", w=ws_id) == [[[1]]]
    assert "break_minutes" in run("preferences", "show", ws_id, "--user", "ada")[1]
