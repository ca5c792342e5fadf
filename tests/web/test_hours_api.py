"""Hours and preferences over HTTP."""

from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from tests.web.conftest import Client

pytestmark = pytest.mark.integration
MORNING = {"timeBlocks": [{"startTime": "09:00", "endTime": "12:30"}]}


def test_hours_are_put_listed_and_forgotten(member: Client, ws: UUID, database: Database) -> None:
    url = f"/v1/workspaces/{ws}/hours"
    member("PUT", f"/v1/workspaces/{ws}/members/ada", {})
    put = member("PUT", f"{url}/Work", {"monday": MORNING, "friday": {"enabled": False, **MORNING}})
    assert (put.status, put.json["category"], put.json["user_id"], put.json["default"]) == (200, "work", None, False)
    assert put.json["week"]["monday"] == {"enabled": True, **MORNING}
    assert put.json["week"]["friday"] == put.json["week"]["sunday"] == {"enabled": False, "timeBlocks": []}
    again = member("PUT", f"{url}/work", put.json["week"])
    assert again.json == put.json, "what is answered can be sent"
    night = {"saturday": {"timeBlocks": [{"startTime": "22:00", "endTime": "02:00"}]}}
    assert member("PUT", f"{url}/nights?user_id=ada", night).json["user_id"] == "ada"
    database.run("INSERT INTO workspace_calendar_hour_settings VALUES (:w, 'odd', '7')", w=ws)

    listed = {each["category"]: each for each in member("GET", url).json["items"]}
    assert list(listed) == ["work", "personal", "meeting", "nights", "odd"]
    assert (listed["odd"]["week"], listed["odd"]["fault"]) == (None, "must be an object")
    assert listed["personal"]["default"]
    of_ada = member("GET", url, user_id="ada").json["items"]
    assert {each["category"]: each["user_id"] for each in of_ada}["nights"] == "ada"

    left = member("DELETE", f"{url}/nights?user_id=ada").json["items"]
    assert "nights" not in {each["category"] for each in left}
    assert member("DELETE", f"{url}/work").json["items"][0]["default"]
    kept = database.run("SELECT action, subject, details FROM audit_log WHERE action LIKE 'hours%' ORDER BY at")
    assert kept[2] == ["hours_put", "nights", {"user_id": "ada"}]
    assert [row[0] for row in kept[3:]] == ["hours_remove", "hours_remove"]

    for path, body, field in (
        ("work", {"someday": {}}, "someday"),
        (
            "work",
            {"monday": {"timeBlocks": [{"startTime": "9:00", "endTime": "10:00"}]}},
            "monday.timeBlocks.0.startTime",
        ),
        ("work", {"monday": {"timeBlocks": [{"startTime": "09:00"}]}}, "monday.timeBlocks.0.endTime"),
        ("work", {"monday": {"blocks": []}}, "monday.blocks"),
        ("work", {"tuesday": {"timeBlocks": [{"startTime": "09:00", "endTime": "09:00"}]}}, "tuesday"),
        ("work@ada", {}, "category"),
        ("work?user_id=zoe", {}, "user_id"),
    ):
        refused = member("PUT", f"{url}/{path}", body)
        assert (refused.status, refused.json["field"]) == (422, field)


def test_preferences_are_changed_one_by_one(member: Client, ws: UUID, database: Database) -> None:
    url = f"/v1/workspaces/{ws}/preferences"
    member("PUT", f"/v1/workspaces/{ws}/members/ada", {})
    usual = member("GET", url).json
    assert (usual["break_minutes"], usual["daily_cap_minutes"], usual["unusable"]) == (0, {}, [])
    assert set(usual["origin"].values()) == {"default"}
    changed = member("PATCH", url, {"break_minutes": 15, "daily_cap_minutes": {"Work": 360, "meeting": 0}}).json
    assert (changed["break_minutes"], changed["daily_cap_minutes"]) == (15, {"work": 360, "meeting": 0})
    of_ada = member("PATCH", f"{url}?user_id=ada", {"min_notice_minutes": 60, "daily_cap_minutes": {"meeting": None}})
    assert (of_ada.json["min_notice_minutes"], of_ada.json["daily_cap_minutes"]) == (60, {"work": 360})
    assert (of_ada.json["origin"]["break_minutes"], of_ada.json["user_id"]) == ("workspace", "ada")
    bare = member("PATCH", f"{url}?user_id=ada", {"min_notice_minutes": None, "daily_cap_minutes": None}).json
    assert {**bare, "user_id": None, "origin": changed["origin"]} == changed
    assert member("PATCH", url, {}).json == changed == member("GET", url).json
    kept = database.run(
        "SELECT subject, details FROM audit_log WHERE action = 'preferences_change' ORDER BY at LIMIT 2"
    )
    assert kept == [
        [None, {"changed": ["break_minutes", "daily_cap_minutes"]}],
        ["ada", {"changed": ["daily_cap_minutes", "min_notice_minutes"]}],
    ]
    for body, field in (
        ({"break_minutes": 10}, "break_minutes"),
        ({"min_notice_minutes": -1}, "min_notice_minutes"),
        ({"daily_cap_minutes": {"work": 1441}}, "daily_cap_minutes.work"),
        ({"daily_cap_minutes": {"nights": 60}}, "daily_cap_minutes"),
        ({"daily_cap_minutes": {"work": 60, "Work": 90}}, "daily_cap_minutes"),
        ({"brake_minutes": 15}, "brake_minutes"),
    ):
        refused = member("PATCH", url, body)
        assert (refused.status, refused.json["field"]) == (422, field)
    assert member("GET", url, user_id="zoe").json["field"] == "user_id"
