"""Habits over HTTP: added, planned, changed as they were read, skipped and removed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.domain.items.habits import HabitChange
from almanac.services.items.requirements import ChangedMeanwhile
from almanac.wiring.outside.api import ApiWiring
from tests.web.conftest import Client

pytestmark = pytest.mark.integration
RUN = {"name": "Run", "minutes": 45, "min_minutes": 30, "ideal_time": "07:30", "weekdays": ["monday", "sunday"]}


@pytest.fixture
def habits(member: Client, ws: UUID) -> str:
    for user in ("ada", "ben"):
        member("PUT", f"/v1/workspaces/{ws}/members/{user}", {})
    return f"/v1/workspaces/{ws}/habits"


@pytest.mark.usefixtures("no_quarter_ends_meanwhile")
def test_a_habit_is_added_once_planned_skipped_paused_and_removed(
    member: Client, habits: str, ws: UUID, database: Database
) -> None:
    database.run("DELETE FROM unplanned_changes")
    asked = {**RUN, "user_id": "ada", "hours": "Personal", "month_weekday": None}
    added = [member("POST", habits, asked, {"Idempotency-Key": "k"}) for _ in range(2)]
    assert [each.status for each in added] == [201, 201]
    assert added[0].json == added[1].json
    assert database.run("SELECT count(*) FROM unplanned_changes") == [[1]], "it makes the workspace due"
    url = f"{habits}/{added[0].json['habit_id']}"
    shown = member("GET", url).json
    assert (shown["frequency"], shown["weekdays"], shown["ideal_time"]) == ("weekly", ["monday", "sunday"], "07:30")
    assert (shown["blocks"], shown["notes"], shown["hours"], shown["active"]) == ([], [], "personal", True)

    plan = f"/v1/workspaces/{ws}/plan"
    seen = member("POST", f"{plan}/preview").json
    assert {block["title"] for block in seen["blocks"]} == {"Run"}
    assert member("POST", f"{plan}/apply", {"fingerprint": seen["fingerprint"]}).status == 200
    (listed,) = member("GET", habits).json["items"]
    first, second, _ = listed["blocks"]
    assert datetime.fromisoformat(first["end"]) - datetime.fromisoformat(first["start"]) == timedelta(minutes=45)
    assert datetime.fromisoformat(first["date"]).weekday() in (0, 6)

    block = f"/v1/workspaces/{ws}/blocks/{second['event_id']}"
    for locked in (True, False):
        kept = member("PATCH", block, {"locked": locked}).json
        assert (kept["title"], kept["locked"], kept["user_ids"]) == ("Run", locked, ["ada"])
        assert member("GET", url).json["blocks"][1] == {**second, "locked": locked}
    assert member("PATCH", f"{block[:-4]}0000", {"locked": True}).json["code"] == "unknown_block"

    skipped = member("PUT", f"{url}/skipped/{first['date']}").json
    assert skipped["skipped"] == [first["date"]]
    member("POST", f"{plan}/apply", {"fingerprint": member("POST", f"{plan}/preview").json["fingerprint"]})
    assert member("GET", url).json["blocks"][0] == second
    assert member("DELETE", f"{url}/skipped/{first['date']}").json["skipped"] == []
    assert member("DELETE", f"{url}/skipped/{first['date']}").status == 200
    tuesday = datetime.now(UTC).date() + timedelta(days=8 - datetime.now(UTC).weekday())
    for day in (tuesday, "2026-13-01", "2026-01-05"):
        refused = member("PUT", f"{url}/skipped/{day}")
        assert (refused.status, refused.json["field"]) == (422, "day")

    member("PATCH", url, {"active": False})
    assert member("POST", f"{plan}/preview").json["blocks"] == []
    assert member("DELETE", url).json == {"items": [], "next": None}
    kept = [row[0] for row in database.run("SELECT action FROM audit_log WHERE action LIKE 'habit%' ORDER BY at")]
    assert kept == ["habit_add", "habit_skip", "habit_unskip", "habit_unskip", "habit_change", "habit_remove"]


def test_a_weekday_counts_once(member: Client, habits: str, database: Database) -> None:
    """However often somebody, or a product, names it."""
    url = f"{habits}/{member('POST', habits, RUN).json['habit_id']}"
    database.run("UPDATE workspace_habits SET days_of_week = '{1,0,1}'")
    assert member("GET", url).json["weekdays"] == ["monday", "sunday"]
    assert member("PATCH", url, {"weekdays": ["sunday", "tuesday", "sunday"]}).json["weekdays"] == ["tuesday", "sunday"]
    assert database.run("SELECT days_of_week FROM workspace_habits") == [[[0, 2]]]


def test_what_is_left_out_stays_and_null_takes_away(member: Client, habits: str, ws: UUID, wiring: ApiWiring) -> None:
    other = member("POST", habits, {"name": "Read"}).json["habit_id"]
    url = f"{habits}/{member('POST', habits, {**RUN, 'user_id': 'ben', 'after': other}).json['habit_id']}"
    read = member("GET", url)
    changed = member(
        "PATCH", url, {"minutes": 60, "min_minutes": None, "month_weekday": {"week": 5, "weekday": "friday"}}
    )
    assert changed.json == {
        **read.json,
        "minutes": 60,
        "min_minutes": None,
        "frequency": "monthly",
        "weekdays": [],
        "month_weekday": {"week": 5, "weekday": "friday"},
    }
    bare = member("PATCH", url, {"user_id": None, "after": None, "ideal_time": None, "end_date": None}).json
    assert bare == {**changed.json, "user_id": None, "after": None, "ideal_time": None}
    assert member("PATCH", url, {}).json == bare
    stale = member("PATCH", url, {"name": "Walk"}, {"If-Match": read.headers["ETag"]})
    assert (stale.status, stale.json["code"]) == (412, "precondition_failed")
    fresh = member("PATCH", url, {"name": "Walk"}, {"If-Match": member("GET", url).headers["ETag"]})
    assert (fresh.status, fresh.json["name"]) == (200, "Walk")
    key = UUID(url.rsplit("/", 1)[1])
    seen = wiring.habits.one(ws, key)
    wiring.habits.change(ws, key, HabitChange(minutes=15))
    with pytest.raises(ChangedMeanwhile):
        wiring.habits.change(ws, key, HabitChange(name="Ride"), seen)
    assert member("GET", url).json["name"] == "Walk"


def test_what_is_unusable_names_its_field(member: Client, habits: str, foreign: UUID, database: Database) -> None:
    theirs = database.run("INSERT INTO workspace_habits (ws_id, name) VALUES (:w, 'T') RETURNING id", w=foreign)[0][0]
    for body, field in (
        ({"name": ""}, "name"),
        ({"user_id": "zoe"}, "user_id"),
        ({"hours": "nights"}, "hours"),
        ({"min_minutes": 50}, "min_minutes"),
        ({"max_minutes": 40}, "max_minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, "end_date"),
        ({"start_date": "0001-01-01"}, "start_date"),
        ({"weekdays": [7]}, "weekdays.0"),
        ({"name": "\u2003"}, "name"),
        ({"weekdays": ["someday"]}, "weekdays.0"),
        ({"frequency": "daily"}, "weekdays"),
        ({"ideal_time": "7:30"}, "ideal_time"),
        ({"time_preference": "morning"}, "time_preference"),
        ({"after": str(theirs)}, "after"),
        ({"duration": 30}, "duration"),
    ):
        refused = member("POST", habits, {**RUN, **body})
        assert (refused.status, refused.json["field"]) == (422, field), body
    assert member("GET", habits).json == {"items": [], "next": None}
    for unknown in (theirs, uuid4()):
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"minutes": 45}),
            ("DELETE", "", None),
            ("PUT", "/skipped/2199-01-01", None),
            ("DELETE", "/skipped/2199-01-01", None),
        ):
            gone = member(method, f"{habits}/{unknown}{path}", body)
            assert (gone.status, gone.json["code"]) == (404, "unknown_habit")
    assert database.run("SELECT count(*) FROM workspace_habits") == [[1]]


def test_a_long_list_comes_in_pages(member: Client, habits: str, ws: UUID, database: Database) -> None:
    sql = "INSERT INTO workspace_habits (ws_id, name) SELECT :w, 'Nr ' || n FROM generate_series(1, 203) n RETURNING id"
    gone, *ids = sorted(str(row[0]) for row in database.run(sql, w=ws))
    left = member("DELETE", f"{habits}/{gone}")
    assert (left.status, len(left.json["items"])) == (200, 200)
    rest = member("GET", habits, after=left.json["next"]).json
    assert ([each["habit_id"] for each in (*left.json["items"], *rest["items"])], rest["next"]) == (ids, None)
    assert member("GET", habits.replace("habits", "tasks"), after=left.json["next"]).json["field"] == "after"
