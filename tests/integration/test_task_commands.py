"""`almanac task`, against a real Postgres."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from tests.integration import rows
from tests.integration.commands import Run, run, ws_id

pytestmark = pytest.mark.integration
__all__ = ["run", "ws_id"]
UNKNOWN = "almanac: TASK: the workspace has no such task; `almanac task list` shows the open ones\n"


def added(run: Run, ws_id: UUID, *words: object) -> str:
    code, said, error = run("task", "add", ws_id, "--title", "Report", "--minutes", 120, *words, "--json")
    assert code == 0, error
    return str(json.loads(said)["task_id"])


def listed(run: Run, ws_id: UUID, *words: object) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = json.loads(run("task", "list", ws_id, *words, "--json")[1])["tasks"]
    return found


def block(
    database: Database, ws_id: UUID, task: str, hours: int, *, user: str | None = None, minutes: int = 60
) -> None:
    """A block of it, so many hours from now."""
    database.run(
        "WITH block AS (INSERT INTO workspace_calendar_events (ws_id, provider, title, start_at, end_at)"
        " SELECT :w, 'almanac', 'Report', at, at + :minutes * interval '1 minute'"
        " FROM (SELECT date_trunc('hour', now()) + :hours * interval '1 hour' AS at) s RETURNING id, ws_id)"
        " INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes, user_id)"
        " SELECT id, ws_id, :t, :minutes, :user FROM block",
        w=ws_id,
        t=task,
        user=user,
        hours=hours,
        minutes=minutes,
    )


@pytest.fixture
def team(run: Run, ws_id: UUID) -> None:
    for user in ("ada", "ben", "cy"):
        run("member", "add", ws_id, "--user", user)


def test_a_task_is_added_planned_ticked_off_opened_again_and_removed(run: Run, ws_id: UUID, database: Database) -> None:
    assert run("task", "list", ws_id) == (0, "no open tasks\n", "")
    task = added(run, ws_id, "--split", "--min-piece", 45, "--max-piece", 60)
    assert database.run("SELECT count(*) FROM unplanned_changes") == [[1]]
    (row,) = listed(run, ws_id)
    assert (row["hours"], row["priority"], row["minutes_left"], row["planned"]) == ("personal", "normal", 120, True)
    blocks = json.loads(run("schedule", ws_id, "--preview", "--json")[1])["blocks"]
    assert [each["minutes"] for each in blocks] == [60, 60]

    block(database, ws_id, task, 30)
    done = run("task", "done", ws_id, task)
    assert done[1].endswith("it is done; the next plan takes its blocks to come away\n")
    assert json.loads(run("schedule", ws_id, "--preview", "--json")[1])["blocks"] == []
    when = database.run("SELECT completed_at FROM tasks")
    assert run("task", "done", ws_id, task)[0] == 0
    assert database.run("SELECT completed_at FROM tasks") == when, "once more, it is as it was"
    assert run("task", "list", ws_id)[1] == "no open tasks\n"
    assert [each["task_id"] for each in listed(run, ws_id, "--done")] == [task]
    assert "the next plan leaves its blocks there or moves them" in run("task", "reopen", ws_id, task)[1]
    assert run("task", "list", ws_id, "--done")[1] == "no task is done\n"

    said = f"task {task} is removed; the next plan takes its blocks to come away\n"
    assert run("task", "remove", ws_id, task) == (0, said, "")
    (gone,) = json.loads(run("schedule", ws_id, "--preview", "--json")[1])["removed"]
    assert gone["title"] == "Report"
    assert run("task", "remove", ws_id, task) == (2, "", UNKNOWN)


@pytest.mark.usefixtures("team")
class TestATaskIsChanged:
    def test_what_is_given_changes_and_the_rest_stays(self, run: Run, ws_id: UUID, database: Database) -> None:
        first = added(run, ws_id)
        wishes = ("--deadline", "2199-03-06T17:00Z", "--hard", "--priority", "high", "--hours", "Work", "--split")
        task = added(run, ws_id, *wishes, "--user", "ada=90", "--user", "ben", "--after", first)
        (was,) = [each for each in listed(run, ws_id) if each["task_id"] == task]
        assert (was["hours"], was["minutes_left"]) == ("work", 210)
        assert [(each["user_id"], each["minutes"]) for each in was["assignees"]] == [("ada", 90), ("ben", None)]
        assert [each["id"] for each in was["after"]] == [first]

        said = json.loads(run("task", "change", ws_id, task, "--earliest", "2199-03-01T09:00Z", "--json")[1])
        assert "  not before 2199-03-01T09:00:00Z\n" in run("task", "list", ws_id)[1], "it is snoozed"
        assert said == {"ws_id": str(ws_id), **was, "earliest": "2199-03-01T09:00:00Z"}

        sized = json.loads(run("task", "change", ws_id, task, "--min-piece", 45, "--max-piece", 60, "--json")[1])
        assert (sized["min_piece"], sized["max_piece"]) == (45, 60)
        any_size = run("task", "change", ws_id, task, "--no-min-piece", "--no-max-piece", "--json")[1]
        assert json.loads(any_size) == said

        alone = ("--user", "cy", "--no-deadline", "--no-earliest", "--soft", "--whole", "--no-after")
        run("task", "change", ws_id, task, *alone, "--done-minutes", 30)
        (now,) = [each for each in listed(run, ws_id) if each["task_id"] == task]
        plain = {"deadline": None, "hard_deadline": False, "split": False, "after": [], "done_minutes": 30}
        cy = [{"user_id": "cy", "minutes": None, "done_minutes": 0, "is_member": True}]
        assert now == {**was, **plain, "assignees": cy, "minutes_left": 90}

        run("task", "change", ws_id, task, "--nobody")
        assert {each["task_id"] for each in listed(run, ws_id, "--user", "ada")} == {first, task}, "she is the default"
        assert listed(run, ws_id, "--user", "cy") == []

        database.run("DELETE FROM unplanned_changes")
        same = ("--title", "Report", "--minutes", 120, "--nobody", "--no-after", "--soft", "--done-minutes", 30)
        assert run("task", "change", ws_id, task, *same)[0] == 0
        assert database.run("SELECT count(*) FROM unplanned_changes") == [[0]], "nothing has changed"

    def test_what_somebody_has_done_stays_theirs_while_they_are_of_it(
        self, run: Run, ws_id: UUID, database: Database
    ) -> None:
        task = added(run, ws_id, "--user", "ada", "--user", "ben")
        database.run("UPDATE task_assignees SET done_minutes = 60 WHERE user_id = 'ada'")
        run("task", "change", ws_id, task, "--user", "ada=100", "--user", "cy=10")
        assert database.run("SELECT user_id, total_minutes, done_minutes FROM task_assignees ORDER BY 1") == [
            ["ada", 100, 60],
            ["cy", 10, 0],
        ]
        assert listed(run, ws_id)[0]["minutes_left"] == 50

    def test_what_is_left_of_several_is_what_a_plan_places(self, run: Run, ws_id: UUID, database: Database) -> None:
        task = added(run, ws_id, "--split", "--user", "ben=60", "--user", "cy=90")
        block(database, ws_id, task, -9, user="ben", minutes=90)
        block(database, ws_id, task, -7)  # of nobody, which is the default member's: neither of them is that
        assert listed(run, ws_id)[0]["minutes_left"] == 90
        placed = json.loads(run("schedule", ws_id, "--preview", "--json")[1])["blocks"]
        assert {(*each["people"], each["minutes"]) for each in placed} == {("cy", 90)}
        database.run("UPDATE task_calendar_events SET user_id = 'cy' WHERE user_id IS NULL")
        assert listed(run, ws_id)[0]["minutes_left"] == 30

    def test_it_waits_for_tasks_and_meetings_and_never_for_itself(
        self, run: Run, ws_id: UUID, database: Database
    ) -> None:
        first, second = added(run, ws_id), added(run, ws_id)
        who = ("--with", "ada", "--with", "ben")
        meeting = json.loads(run("meeting", "add", ws_id, "--title", "Kick-off", *who, "--json")[1])["meeting_id"]
        third = added(run, ws_id, "--after", second, "--after-meeting", meeting)
        run("task", "change", ws_id, second, "--after", first)
        assert "waits for Report, Kick-off" in run("task", "list", ws_id)[1]

        database.run(
            "INSERT INTO meeting_dependencies (ws_id, meeting_id, depends_on_task_id) VALUES (:w, :m, :t)",
            w=ws_id,
            m=meeting,
            t=first,
        )
        circle = "makes a circle: what it names waits for this task"
        for option, named in (("--after", third), ("--after-meeting", meeting)):
            refused = run("task", "change", ws_id, first, option, named)
            assert refused == (2, "", f"almanac: {option}: {circle}\n")
        refused = run("task", "change", ws_id, first, "--after", first)
        assert refused == (2, "", "almanac: --after: names the task itself\n")
        foreign = database.run(
            "INSERT INTO tasks (ws_id, title) VALUES (:w, 'T') RETURNING id", w=rows.workspace(database)
        )[0][0]
        for option, named in (("--after", foreign), ("--after", meeting), ("--after-meeting", uuid4())):
            code, _, error = run("task", "change", ws_id, first, option, named)
            assert (code, error.split(": ")[1]) == (2, option)
        run("task", "done", ws_id, second)
        assert "waits for Kick-off" in run("task", "list", ws_id)[1], "what is done is waited for no more"

    def test_what_is_wrong_names_its_option_and_changes_nothing(self, run: Run, ws_id: UUID) -> None:
        task = added(run, ws_id, "--deadline", "2199-03-06T17:00Z", "--split")
        was = run("task", "list", ws_id)
        wrong: tuple[tuple[tuple[object, ...], str], ...] = (
            ((), "--title: missing; give it, or whatever else is to change"),
            (("--user", "zoe"), "--user: names somebody who is no member; members are ada, ben, cy"),
            (("--user", "ben", "--user", "ben=30"), "--user: names somebody a second time"),
            (("--min-piece", 60, "--max-piece", 45), "--min-piece: must not be longer than the longest piece"),
            (("--whole", "--max-piece", 45), "--max-piece: goes only with a task that may be split"),
            (
                ("--earliest", "2199-03-07T17:00Z"),
                "--deadline: must lie after the earliest start; give a later one as well, or none",
            ),
            (
                ("--hours", "nights"),
                "--hours: is no category of hours of all who work on it; known are meeting, personal, work",
            ),
            (("--minutes", 44641), "--minutes: must be 1 to 44640"),
            (("--no-after", "--after", uuid4()), "--no-after: goes not with --after and --after-meeting"),
            (("--deadline", "2199-03-08T17:00Z", "--no-deadline"), "--no-deadline: goes not with --deadline"),
            (("--split", "--max-piece", 60, "--no-max-piece"), "--no-max-piece: goes not with --max-piece"),
            (
                ("--user", "ben", "--user", "cy", "--done-minutes", 30),
                "--done-minutes: goes for a task of one; of several, give each the minutes that are left",
            ),
        )
        for words, said in wrong:
            assert run("task", "change", ws_id, task, *words) == (2, "", f"almanac: {said}\n")
        assert run("task", "list", ws_id) == was

    def test_hours_are_those_of_all_who_work_on_it(self, run: Run, ws_id: UUID, database: Database) -> None:
        database.run(
            "INSERT INTO workspace_calendar_hour_settings (ws_id, type, user_id, data)"
            " VALUES (:w, 'Focus', 'ben', '{}')",
            w=ws_id,
        )
        task = added(run, ws_id, "--user", "ben", "--hours", "FOCUS")
        code, _, error = run("task", "change", ws_id, task, "--user", "ben", "--user", "ada")
        assert (code, error.split(":")[1]) == (2, " --hours")
        assert run("task", "change", ws_id, task, "--nobody")[0] == 2, "the default member has no such hours"


def test_a_task_of_another_workspace_is_unknown(run: Run, ws_id: UUID, database: Database) -> None:
    task = database.run(
        "INSERT INTO tasks (ws_id, title) VALUES (:w, 'Theirs') RETURNING id", w=rows.workspace(database)
    )
    for words in (("change", "--title", "Ours"), ("done",), ("reopen",), ("remove",)):
        assert run("task", words[0], ws_id, task[0][0], *words[1:]) == (2, "", UNKNOWN)
    assert database.run("SELECT title, completed_at FROM tasks") == [["Theirs", None]]


def test_the_list_copes_with_whatever_a_product_has_written(run: Run, ws_id: UUID, database: Database) -> None:
    """And says of each what comes of it."""
    run("member", "add", ws_id, "--user", "ada")
    names = ("No length", "Not for us", "Odd hours", "Left", "Begun", "Endless")
    add = "INSERT INTO tasks (ws_id, title, total_minutes) VALUES (:w, :n, 90) RETURNING id"
    ids = {name: str(database.run(add, w=ws_id, n=name)[0][0]) for name in names}
    database.run("UPDATE tasks SET total_minutes = NULL WHERE title = 'No length'")
    database.run("UPDATE tasks SET auto_schedule = false WHERE title = 'Not for us'")
    database.run("UPDATE tasks SET calendar_hours = 'Nights' WHERE title = 'Odd hours'")
    database.run("UPDATE tasks SET start_date = '-infinity', end_date = 'infinity' WHERE title = 'Endless'")
    database.run("INSERT INTO task_assignees (task_id, user_id) VALUES (:t, 'zoe')", t=ids["Left"])
    block(database, ws_id, ids["Begun"], -2)
    for hours in range(20, 28, 2):
        block(database, ws_id, ids["Begun"], hours, minutes=15)
    found = {each["title"]: each for each in listed(run, ws_id)}
    assert found["Begun"]["minutes_left"] == 30, "a block that has begun is work done"
    assert len(found["Begun"]["blocks"]) == 4
    assert found["No length"]["minutes_left"] is None
    assert found["Left"]["assignees"][0]["is_member"] is False
    before = run("task", "list", ws_id)[1]
    assert " and 1 more" in before
    for name, words in (("No length", "nobody has said how long it takes"), ("Endless", "nothing of it is left")):
        done = ("--done-minutes", 90 if name == "Endless" else 0)
        assert run("task", "change", ws_id, ids[name], *done)[1].splitlines()[-1].startswith(words)
    assert "nobody has said how long it takes" in before

    shown = json.loads(run("schedule", ws_id, "--preview", "--json")[1])["fingerprint"]
    assert run("schedule", ws_id, "--write", shown)[0] == 0
    said = run("task", "list", ws_id)[1]
    for words in (
        "  left out of the plan: total_minutes is missing",
        "it is not for Almanac",
        "left out of the plan: calendar_hours 'Nights' is unknown",
        "of zoe (no member)",
        "; would help: add them",
        "9999-12-29",
    ):
        assert words in said
    assert run("task", "change", ws_id, ids["Odd hours"], "--title", "Odd")[0] == 0, "what is not given is let be"
    assert run("task", "change", ws_id, ids["Left"], "--priority", "low")[0] == 0
    assert run("task", "change", ws_id, ids["Endless"], "--priority", "low")[0] == 0
    assert database.run("SELECT end_date::text FROM tasks WHERE title = 'Endless'") == [["infinity"]]
