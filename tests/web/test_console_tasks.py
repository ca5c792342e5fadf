"""The console's page of tasks: what it shows, and what its forms do."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.domain.items.tasks import TaskChange
from almanac.wiring.outside.api import ApiWiring
from tests.web.visitors import HOSTILE, Visitor, form_of, text_of, told

pytestmark = pytest.mark.integration
WANTED: dict[str, str | list[str]] = {
    "title": "Report",
    "minutes": "120",
    "priority": "high",
    "hours": "Work",
    "split": "yes",
    "max_piece": "60",
    "assignees": ["ada", "cy"],
    "minutes:cy": "45",
    "minutes:ben": "10",
}


@pytest.fixture
def visitor(wiring: ApiWiring) -> Visitor:
    return Visitor(wiring)


@pytest.fixture
def page(wiring: ApiWiring, ws: UUID) -> str:
    for user, name in (("ada", "Ada"), ("ben", ""), ("cy", HOSTILE)):
        wiring.people.add(ws, user, name, None)
    return f"/console/workspaces/{ws}/tasks"


def added(visitor: Visitor, wiring: ApiWiring, ws: UUID, page: str, **more: str | list[str]) -> str:
    """The address of a task that was added by the form."""
    assert "The task was added" in told(visitor, visitor.post(page, **{**WANTED, **more}))
    return f"{page}/{max(wiring.tasks.all(ws), key=lambda task: task.title == more.get('title')).task_id}"


def test_a_task_is_added_once_and_shown_with_what_the_last_plan_says(
    visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring, database: Database
) -> None:
    assert "No task is open" in visitor.get(page).text
    wall = {"earliest": "2199-03-04T09:00", "deadline": "2199-03-06T17:00", "hard": "yes", "once": "n-1"}
    for _ in range(2):
        assert visitor.post(page, **WANTED, **wall).status == 303
    (found,) = wiring.tasks.all(ws)
    assert [(each.user_id, each.minutes) for each in found.assignees] == [("ada", None), ("cy", 45)]
    assert (found.hours, found.split, found.max_piece, found.hard_deadline) == ("work", True, 60, True)
    assert found.earliest == datetime(2199, 3, 4, 8, tzinfo=UTC), "on the wall of the workspace"
    assert database.run("SELECT count(*) FROM audit_log WHERE action = 'task_add'") == [[1]]
    first = f"task:{found.task_id}"
    second = added(visitor, wiring, ws, page, title=HOSTILE, assignees=[], after=[first], earliest="", deadline="")

    wiring.request_plan(ws, 30, "full", force_reschedule=False)
    (sent,) = wiring.queue.sent.values()  # type: ignore[attr-defined]
    wiring.plan_workspace(sent.job, datetime.now(UTC), lambda: 60)
    shown = visitor.get(page).text
    assert "<img" not in shown
    said = text_of(shown)
    for words in ("without a place", "In the way", "2 h 45 min left", "Waits for Report", "Ada , as nobody is named"):
        assert words in said
    viewer = Visitor(wiring, "viewer", [ws])
    looked = viewer.get(page).text
    assert "Report" in looked
    assert "Add it" not in looked
    for address in (page, second, f"{second}/done", f"{second}/reopen", f"{second}/remove"):
        assert viewer.post(address, **WANTED, sure="yes").status == 403


def test_what_cannot_be_is_said_and_what_was_entered_stays_in_the_form(
    visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring
) -> None:
    for wrong, complaint in (
        ({"title": ""}, "Title: must have 1 to 255 characters"),
        ({"minutes": "0"}, "Minutes: must be a whole number from 1 to 44,640"),
        ({"minutes:cy": "-5"}, "Who works on it: must be a whole number from 1 to 44,640"),
        ({"assignees": ["zoe"]}, "Who works on it: names somebody who is no member"),
        ({"split": ""}, "Longest piece: goes only with a task that may be split"),
        ({"min_piece": "90"}, "Shortest piece: must not be longer than the longest piece"),
        ({"hours": "nights"}, "Hours: is no category of hours of all who work on it"),
        ({"priority": "urgent"}, "Priority: must be one of critical, high, normal, low"),
        ({"deadline": "soon"}, "Deadline: must be a date and a time"),
        ({"after": ["task:x"]}, "Waits for: must be what the form offers"),
        ({"after": [f"meeting:{ws}"]}, "Waits for: names what the workspace does not have"),
    ):
        answer = visitor.post(page, **{**WANTED, "title": HOSTILE, **wrong})
        assert answer.status == 422
        assert f"Nothing was stored. {complaint}" in text_of(answer.text)
        assert '<details class="first" open>' in answer.text
        assert "<img" not in answer.text
    assert wiring.tasks.all(ws) == []


def test_a_task_is_changed_unless_somebody_was_faster_and_as_it_is_not_at_all(
    visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring, database: Database
) -> None:
    task = added(visitor, wiring, ws, page)
    (was,) = wiring.tasks.all(ws)
    database.run(
        "UPDATE tasks SET end_date = '2199-03-04 08:00:07Z', start_date = '-infinity', calendar_hours = 'Nights',"
        " total_minutes = NULL"
    )
    wiring.people.remove(ws, "cy")
    database.run("DELETE FROM unplanned_changes")
    (was,) = wiring.tasks.all(ws)
    shown = form_of(visitor, page, task)
    assert "cy (no member any more)" in text_of(visitor.get(f"{page}?change={was.task_id}").text)
    assert "The task was changed" in told(visitor, visitor.post(task, **shown)), "as impossible as it is, it may stay"
    assert list(wiring.tasks.all(ws)) == [was]
    assert database.run("SELECT count(*) FROM unplanned_changes") == [[0]]
    assert database.run("SELECT start_date::text FROM tasks") == [["-infinity"]]

    wanted = {**shown, "minutes": "60", "hours": "work", "assignees": ["ben"], "minutes:ben": "", "max_piece": ""}
    assert "The task was changed" in told(visitor, visitor.post(task, **wanted))
    (now,) = wiring.tasks.all(ws)
    assert (now.minutes, now.hours, now.max_piece, [each.user_id for each in now.assignees]) == (
        60,
        "work",
        None,
        ["ben"],
    )
    assert "somebody else has changed" in told(visitor, visitor.post(task, **{**shown, "title": "Start"}))
    assert list(wiring.tasks.all(ws)) == [now]
    wiring.tasks.change(ws, now.task_id, TaskChange(title=" Two\nlines "))
    odd = form_of(visitor, page, task)
    assert odd["title"] == "Twolines", "as a browser has it"
    visitor.post(task, **{**odd, "minutes": "45"})
    assert [(each.title, each.minutes) for each in wiring.tasks.all(ws)] == [(" Two\nlines ", 45)]
    refused = visitor.post(task, **{**form_of(visitor, page, task), "done_minutes": "x"})
    assert (refused.status, "Done elsewhere: must be" in text_of(refused.text)) == (422, True)
    assert f'<li id="{now.task_id}">' in refused.text


def test_it_is_ticked_off_opened_again_and_removed_by_whoever_means_it(
    visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring
) -> None:
    task = added(visitor, wiring, ws, page)
    assert "The task was ticked off: it is done" in told(visitor, visitor.post(f"{task}/done"))
    assert "Report" not in visitor.get(f"{page}?user_id=ada").text
    assert "Report" in visitor.get(f"{page}?user_id=ada&done=yes").text
    assert "The task was opened again: the next plan looks for its place" in told(
        visitor, visitor.post(f"{task}/reopen")
    )
    wiring.tasks.change(ws, UUID(task[-36:]), TaskChange(title="Report of all"))
    assert "it was not confirmed" in told(visitor, visitor.post(f"{task}/remove"))
    assert "The task was removed" in told(visitor, visitor.post(f"{task}/remove", sure="yes"))
    assert wiring.tasks.all(ws) == []
    for action in ("", "/done", "/reopen", "/remove"):
        assert visitor.post(f"{task}{action}", **WANTED, sure="yes").status == 404
    assert visitor.get(f"{page}?user_id=zoe").status == 422
