"""Tasks over HTTP: set up, planned, changed, ticked off."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.domain.items.tasks import TaskChange
from almanac.services.items.requirements import ChangedMeanwhile
from almanac.wiring.outside.api import ApiWiring
from tests.web.conftest import Client
from tests.web.visitors import Visitor

pytestmark = pytest.mark.integration


@pytest.fixture
def url(member: Client, ws: UUID) -> str:
    for user in ("ada", "ben"):
        member("PUT", f"/v1/workspaces/{ws}/members/{user}", {})
    return f"/v1/workspaces/{ws}/tasks"


@pytest.fixture
def task(member: Client, url: str) -> str:
    """The address of one."""
    asked = {"title": "Report", "minutes": 120, "split": True, "max_piece": 60, "deadline": "2199-03-06T17:00:00Z"}
    return f"{url}/{member('POST', url, asked).json['task_id']}"


def test_a_task_that_was_added_is_planned_as_the_change_asks_for_it_and_gets_its_block(
    member: Client, url: str, ws: UUID, wiring: ApiWiring, database: Database
) -> None:
    database.run("DELETE FROM unplanned_changes")
    asked = {"title": "Report", "minutes": 60, "hours": "Work", "assignees": [{"user_id": "ben"}]}
    once = {"Idempotency-Key": "t"}
    (first, second) = (member("POST", url, asked, once) for _ in range(2))
    assert (first.status, first.json) == (201, second.json)
    assert database.run("SELECT ws_id FROM unplanned_changes") == [[ws]], "whatever waits for a change plans it"
    (listed,) = member("GET", url).json["items"]
    assert (listed["task_id"], listed["hours"], listed["blocks"]) == (first.json["task_id"], "work", [])

    member("POST", f"/v1/workspaces/{ws}/schedule")
    (sent,) = wiring.queue.sent.values()  # type: ignore[attr-defined]
    wiring.plan_workspace(sent.job, datetime.now(UTC), lambda: 60)
    (block,) = member("GET", f"{url}/{first.json['task_id']}").json["blocks"]
    assert block["user_id"] == "ben"
    lasts = datetime.fromisoformat(block["end"]) - datetime.fromisoformat(block["start"])
    assert lasts.total_seconds() == 3600
    assert database.run("SELECT count(*) FROM unplanned_changes") == [[0]]
    assert [each["title"] for each in member("GET", url, user_id="ben").json["items"]] == ["Report"]
    assert member("GET", url, user_id="ada").json["items"] == []
    assert member("GET", url, user_id="zoe").json["field"] == "user_id"
    assert member("GET", url, user_id="").json["field"] == "user_id"


def test_a_long_list_comes_in_pages_whoever_asks_for_it(
    member: Client, url: str, ws: UUID, task: str, wiring: ApiWiring, database: Database
) -> None:
    sql = (
        "INSERT INTO tasks (ws_id, title, total_minutes) SELECT :w, 'Task ' || n, 30 FROM generate_series(1, 210) n"
        " RETURNING id"
    )
    ids = {str(row[0]) for row in database.run(sql, w=ws)}
    left = member("DELETE", task)
    assert (left.status, len(left.json["items"])) == (200, 200)
    rest = member("GET", url, after=left.json["next"]).json
    assert ({each["task_id"] for each in (*left.json["items"], *rest["items"])}, rest["next"]) == (ids, None)
    assert member("GET", url, after=left.json["next"], user_id="ben").json["field"] == "after"
    assert len(member("GET", url, limit=3).json["items"]) == 3

    last = rest["items"][-1]["task_id"]
    first = f"{url}/{left.json['items'][0]['task_id']}"
    member("PATCH", first, {"after": [last]})
    page = Visitor(wiring).get(f"/console/workspaces/{ws}/tasks?change={first.rsplit('/', 1)[1]}").text
    assert "and more: <code>almanac task list</code>" in page
    assert f'value="task:{last}" checked' in page, "what it waits for stays, though it is not on the page"


def test_what_is_left_out_stays_and_null_takes_a_bound_away(member: Client, task: str, database: Database) -> None:
    was, earliest = member("GET", task).json, "2199-03-01T09:00:00+01:00"
    body = {
        "done_minutes": 30,
        "assignees": [{"user_id": "ben", "minutes": 90}],
        "earliest": earliest,
    }
    ben = {"user_id": "ben", "minutes": 90, "done_minutes": 0, "is_member": True}
    now = {**was, "done_minutes": 30, "minutes_left": 60, "assignees": [ben], "earliest": "2199-03-01T08:00:00Z"}
    assert member("PATCH", task, body).json == now
    bare = member("PATCH", task, {"earliest": None, "deadline": None, "max_piece": None, "assignees": []}).json
    assert bare == {**now, "earliest": None, "deadline": None, "max_piece": None, "assignees": [], "minutes_left": 90}
    assert member("PATCH", task, {}).json == bare == member("GET", task).json
    kept = database.run("SELECT details FROM audit_log WHERE action = 'task_change' ORDER BY at LIMIT 1")
    assert kept == [[{"changed": ["assignees", "done_minutes", "earliest"]}]]


def test_it_is_ticked_off_opened_again_and_deleted(member: Client, url: str, task: str) -> None:
    assert member("PATCH", task, {"done": True}).json["done_at"] is not None
    assert member("GET", url).json == {"items": [], "next": None}
    assert [f"{url}/{each['task_id']}" for each in member("GET", url, done="true").json["items"]] == [task]
    assert member("PATCH", task, {"done": False}).json["done_at"] is None
    assert member("DELETE", task).json["items"] == []
    gone = member("DELETE", task)
    assert (gone.status, gone.json["code"]) == (404, "unknown_task")


def test_if_match_guards_what_was_read(member: Client, task: str, wiring: ApiWiring, ws: UUID) -> None:
    tag = member("GET", task).headers["ETag"]
    assert member("PATCH", task, {"minutes": 90}, {"If-Match": tag}).status == 200
    refused = member("PATCH", task, {"title": "Start"}, {"If-Match": tag})
    assert (refused.status, refused.json["code"]) == (412, "precondition_failed")

    seen = wiring.tasks.one(ws, UUID(task.rsplit("/", 1)[1]))
    wiring.tasks.change(ws, seen.task_id, TaskChange(minutes=45))
    with pytest.raises(ChangedMeanwhile):
        wiring.tasks.change(ws, seen.task_id, TaskChange(title="Start"), seen)
    assert member("GET", task).json["title"] == "Report"


def test_what_is_unusable_names_its_field_and_changes_nothing(member: Client, url: str, task: str) -> None:
    was, own = member("GET", task).json, task.rsplit("/", 1)[1]
    for body, field in (
        ({"assignees": [{"user_id": "zoe"}]}, "assignees"),
        ({"assignees": [{"user_id": "ben"}, {"user_id": "ben", "minutes": 5}]}, "assignees"),
        ({"assignees": [{"user_id": "ben", "minutes": 0}]}, "assignees.0.minutes"),
        ({"earliest": "2199-03-07T00:00:00Z"}, "deadline"),
        ({"hours": "nights"}, "hours"),
        ({"minutes": 0}, "minutes"),
        ({"title": " \n"}, "title"),
        ({"min_piece": 90}, "min_piece"),
        ({"split": False, "max_piece": 30}, "max_piece"),
        ({"after": [own]}, "after"),
        ({"after": [str(uuid4())]}, "after"),
        ({"after_meetings": [str(uuid4())]}, "after_meetings"),
        ({"after": ["x"]}, "after.0"),
        ({"color": "red"}, "color"),
    ):
        refused = member("PATCH", task, body)
        assert (refused.status, refused.json["field"]) == (422, field)
    assert member("GET", task).json == was
    asked = {"title": "Next", "minutes": 30, "after": [own]}
    following = member("POST", url, asked).json["task_id"]
    circle = member("PATCH", task, {"after": [following]}).json
    assert (circle["field"], circle["detail"]) == ("after", "makes a circle: what it names waits for this task")
    assert member("POST", url, {"title": "No length"}).json["field"] == "minutes"


def test_one_of_another_workspace_is_as_unknown_as_none(
    member: Client, url: str, foreign: UUID, database: Database
) -> None:
    theirs = database.run("INSERT INTO tasks (ws_id, title) VALUES (:w, 'T') RETURNING id", w=foreign)[0][0]
    for method, body in (("GET", None), ("PATCH", {"minutes": 45}), ("DELETE", None)):
        for unknown in (theirs, uuid4()):
            gone = member(method, f"{url}/{unknown}", body)
            assert (gone.status, gone.json["code"]) == (404, "unknown_task")
    waits = member("POST", url, {"title": "Ours", "minutes": 30, "after": [str(theirs)]})
    assert (waits.status, waits.json["field"]) == (422, "after")
    assert database.run("SELECT title FROM tasks") == [["T"]]
